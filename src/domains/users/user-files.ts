import type { Row, Tx } from '../../../db/store.ts';
import { userFileSyncs, userFiles } from '../../../db/tables/user-files.ts';
import { SeqColumn } from '../../indices/seq-column.ts';
import { exchangeParts, type StateColumns } from '../../indices/state-columns.ts';
import { createVersions, type Version, type Versions } from '../../indices/versions.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { ageOn, dayOfMs, dayOfUs } from '../../lib/age.ts';
import { createYielder } from '../../lib/yielding.ts';
import { createDetailsColumns, type NameColumn, type StoredDetails } from './details-columns.ts';
import { createImageColumns, type UserImage } from './image-columns.ts';
import { createStagedFiles, type StagedFile } from './staged-files.ts';
import type { Users } from './users.ts';

export type UserFileRow = Row<typeof userFiles>;

/** What a synchronization did, counted in users, each once. */
export type SyncCounts = Pick<
  Row<typeof userFileSyncs>,
  'processed' | 'updated' | 'unchanged' | 'removed' | 'rejected'
>;

/** Users as described by a folder or bucket of small files: one CSV file and at most one image for each user. */
export interface UserFiles {
  /** The details of a user as of a sequence number, by default the newest; null without a file. */
  detailsOfUser(userId: string, sequence?: number): StoredDetails | null;
  imageOfUser(userId: string, sequence?: number): UserImage | null;
  /** Completed years at an instant, microseconds, as of a sequence number; null when the birth is unknown. */
  ageOfUser(userId: string, atUs: number, sequence: number): number | null;
  hasImageOfUser(userId: string, sequence: number): boolean;
  /** `ageOfUser` by the user's code. */
  ageAt(user: number, atUs: number, sequence: number): number | null;
  /** The code of a user's details as of a sequence number; 0 without a file and after its removal. */
  detailsCodeAt(user: number, sequence?: number): number;
  /** The same for many users. */
  detailsCodesAt: Versions['valuesAt'];
  detailsOf(code: number): StoredDetails | null;
  /** Milliseconds since 1970 UTC; NaN for code 0. */
  birthMsOf(code: number): number;
  firstNames: NameColumn;
  lastNames: NameColumn;
  /** The code of a user's image as of a sequence number; 0 without one. */
  imageCodeAt(user: number, sequence?: number): number;
  imageCodesAt: Versions['valuesAt'];
  imageOf(code: number): UserImage | null;
  /** A current image with this content; null when no user has it. */
  imageOfContent(sha256: string): UserImage | null;
  /** The details that users got from the records after one sequence number and up to another, and their images. */
  changesBetween(
    after: number,
    upTo: number,
  ): { readonly details: Iterable<Version>; readonly images: Iterable<Version> };
  /** The number of changes to user files as of a sequence number: equal numbers are equal files. */
  revisionAt(sequence: number): number;
  /** Whether the files that an import staged are published. */
  isPublished(importId: number): boolean;
  /** Names of objects whose current version was rejected. */
  readonly rejectedObjects: ReadonlySet<string>;
  /** Publishes the files that an import staged. */
  publish(tx: Tx, importId: number, counts: SyncCounts): void;
  /** Calls `listener` with the code of each user whose details or image have changed. */
  onChange(listener: (user: number) => void): void;
  readonly entries: number;
}

const columns = [
  'seq',
  'importId',
  'name',
  'userId',
  'kind',
  'outcome',
  'firstName',
  'lastName',
  'birthMs',
  'sha256',
  'contentType',
  'width',
  'height',
  'byteSize',
] as const;

type ProjectedRow = Pick<UserFileRow, (typeof columns)[number]>;

const rowsPerYield = 512;

export const createUserFiles = (ledger: Ledger, users: Users): UserFiles => {
  const state = projectUserFiles(ledger, users);
  const { details, detailsVersions, images, imageVersions } = state;
  users.addNamingSource((user, sequence) => detailsVersions.valueAt(user, sequence) !== 0);

  const userOf = (userId: string): number => users.codes.codeOf(userId) ?? -1;
  const ageAt: UserFiles['ageAt'] = (user, atUs, sequence) => {
    const code = detailsVersions.valueAt(user, sequence);
    return code === 0 ? null : ageOn(dayOfMs(details.birthMsOf(code)), dayOfUs(atUs));
  };

  return {
    ageAt,
    ageOfUser: (userId, atUs, sequence) => ageAt(userOf(userId), atUs, sequence),
    hasImageOfUser: (userId, sequence) => imageVersions.valueAt(userOf(userId), sequence) !== 0,
    detailsOfUser: (userId, sequence) => details.detailsOf(detailsVersions.valueAt(userOf(userId), sequence)),
    imageOfUser: (userId, sequence) => images.imageOf(imageVersions.valueAt(userOf(userId), sequence)),
    detailsCodeAt: detailsVersions.valueAt,
    detailsCodesAt: detailsVersions.valuesAt,
    detailsOf: details.detailsOf,
    birthMsOf: details.birthMsOf,
    firstNames: details.firstNames,
    lastNames: details.lastNames,
    imageCodeAt: imageVersions.valueAt,
    imageCodesAt: imageVersions.valuesAt,
    imageOf: images.imageOf,
    imageOfContent: images.imageOfContent,
    changesBetween: (after, upTo) => ({
      details: detailsVersions.between(after, upTo),
      images: imageVersions.between(after, upTo),
    }),
    revisionAt: state.revisionAt,
    isPublished: state.isPublished,
    rejectedObjects: state.rejectedObjects,
    publish: (tx, importId, counts) => void tx.append(userFileSyncs, { importId, line: null, ...counts }),
    onChange: state.onChange,
    get entries() {
      return state.entries();
    },
  };
};

/** Details and images of users as of any sequence number, kept up to date with the ledger. */
const projectUserFiles = (ledger: Ledger, users: Users) => {
  const details = createDetailsColumns();
  const images = createImageColumns();
  const versions = createFileVersions(images);
  const staged = createStagedFiles();
  /** Synchronizations that have ended and are to be published. */
  const ended: EndedSync[] = [];
  let lastSeq = 0;

  const codeOf = (row: ProjectedRow): number => {
    if (row.outcome !== 'TAKEN') return 0;
    return row.kind === 'CSV' ? details.push(row) : images.push(row);
  };

  /** Publishes the ended synchronizations, and each reject that was corrected after its own synchronization. */
  const publish = (): void => {
    for (const { seq, importId } of ended.splice(0)) {
      applyCorrections(seq);
      for (const file of staged.publish(importId, seq)) versions.apply(file, seq);
      versions.addRevision(seq);
    }
    applyCorrections(Number.POSITIVE_INFINITY);
  };

  const applyCorrections = (beforeSeq: number): void => {
    for (const file of staged.drainCorrections(beforeSeq)) {
      versions.apply(file, file.seq);
      versions.addRevision(file.seq);
    }
  };

  ledger.subscribe(userFiles, columns, {
    name: 'user-files',
    after: ['users'],
    // In `prepare`, which may yield: names and images are many, and they stay invisible until they are published.
    async prepare(records) {
      const maybeYield = createYielder(undefined);
      for (const [index, row] of records.rows().entries()) {
        if (index % rowsPerYield === 0) await maybeYield();
        if (row.seq <= lastSeq) continue;
        lastSeq = row.seq;
        const { seq, name, kind, outcome } = row;
        const user = users.addUnnamed(row.userId);
        staged.add(row.importId ?? 0, { seq, user, name, kind, outcome, code: codeOf(row) });
      }
    },
    apply: publish,
    exchange(state) {
      exchangeParts(state, { details, images, versions, staged });
      lastSeq = state.value('lastSeq', lastSeq) ?? lastSeq;
    },
    size: () => ({
      entries: versions.entries(),
      bytes: versions.byteLength() + details.byteLength + images.byteLength,
    }),
  });

  projectSyncs(ledger, ended, publish);
  return { ...versions, details, images, isPublished: staged.isPublished };
};

interface EndedSync {
  readonly seq: number;
  readonly importId: number;
}

/** Adds each synchronization that has ended to a list that `publish` empties. */
const projectSyncs = (ledger: Ledger, ended: EndedSync[], publish: () => void): void => {
  let lastSync = 0;
  ledger.subscribe(userFileSyncs, ['seq', 'importId'], {
    name: 'user-file-syncs',
    after: ['user-files'],
    // In `prepare`, because a step may hold several synchronizations with their rows and `user-files` applies them all.
    async prepare(records) {
      for (const { seq, importId } of records.rows()) {
        if (seq <= lastSync || importId === null) continue;
        lastSync = seq;
        ended.push({ seq, importId });
      }
    },
    apply: publish,
    exchange(columns) {
      lastSync = columns.value('lastSync', lastSync) ?? lastSync;
    },
  });
};

/** The code of each user's details and image as of any sequence number. */
const createFileVersions = (images: ReturnType<typeof createImageColumns>) => {
  const detailsVersions = createVersions();
  const imageVersions = createVersions();
  /** The sequence numbers at which files changed, ascending. */
  const revisions = new SeqColumn();
  const rejectedObjects = new Set<string>();
  const listeners: ((user: number) => void)[] = [];
  let present = 0;

  return {
    detailsVersions,
    imageVersions,
    rejectedObjects,
    addRevision: (seq: number): void => void revisions.push(seq),
    revisionAt: (sequence: number): number => revisions.upperBound(sequence),
    onChange: (listener: (user: number) => void): void => void listeners.push(listener),
    apply({ user, name, kind, outcome, code }: StagedFile, seq: number): void {
      if (outcome === 'REJECTED') {
        rejectedObjects.add(name);
        return;
      }
      rejectedObjects.delete(name);
      const versions = kind === 'CSV' ? detailsVersions : imageVersions;
      const previous = versions.valueAt(user);
      if (!versions.add(user, seq, code)) return;
      if (kind === 'CSV') present += Number(code !== 0) - Number(previous !== 0);
      else images.replace(previous, code);
      for (const listener of listeners) listener(user);
    },
    exchange(columns: StateColumns): void {
      detailsVersions.exchange(columns.within('detailsVersions'));
      imageVersions.exchange(columns.within('imageVersions'));
      revisions.exchange(columns, 'revisions');
      for (const name of columns.value('rejectedObjects', [...rejectedObjects]) ?? []) rejectedObjects.add(name);
      present = columns.value('present', present) ?? present;
    },
    /** Number of users who have a file. */
    entries: () => present,
    byteLength: () => detailsVersions.byteLength + imageVersions.byteLength,
  };
};
