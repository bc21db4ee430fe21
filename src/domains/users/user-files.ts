import type { Row, Tx } from '../../../db/store.ts';
import { userFileSyncs, userFiles } from '../../../db/tables/user-files.ts';
import { createDictionary } from '../../indices/dictionary.ts';
import { growableFloat64, growableUint32 } from '../../indices/growable.ts';
import { createVersions } from '../../indices/versions.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { ageOn, dayOfMs, dayOfUs } from '../../lib/age.ts';
import { createYielder } from '../../lib/yielding.ts';
import { createImageColumns, type UserImage } from './image-columns.ts';
import type { Users } from './users.ts';

/** What a user's own file says. */
export interface UserDetails {
  readonly firstName: string | null;
  readonly lastName: string | null;
  /** Milliseconds since 1970 UTC, negative before. */
  readonly birthMs: number;
}

export type UserFileRow = Row<typeof userFiles>;

/** A synchronisation's account in users, each counted once. */
export type SyncCounts = Pick<
  Row<typeof userFileSyncs>,
  'processed' | 'updated' | 'unchanged' | 'removed' | 'rejected'
>;

/** Users as a folder or bucket of small files describes them, one CSV and perhaps one image a user. */
export interface UserFiles {
  /** What a user's file says now; null without one. */
  detailsOfUser(userId: string): UserDetails | null;
  imageOfUser(userId: string): UserImage | null;
  /** Completed years at an instant, microseconds, by what was known up to a sequence number; null when that is not known. */
  ageOfUser(userId: string, atUs: number, sequence: number): number | null;
  hasImageOfUser(userId: string, sequence: number): boolean;
  /** The same by the user's code. */
  ageAt(user: number, atUs: number, sequence: number): number | null;
  /** A code for what a user's file said up to a sequence number; 0 when there was none, or it had been removed. */
  detailsCodeAt(user: number, sequence?: number): number;
  detailsOf(code: number): UserDetails | null;
  /** Milliseconds since 1970 UTC; NaN for code 0. */
  birthMsOf(code: number): number;
  firstNames: NameColumn;
  lastNames: NameColumn;
  /** A code for the image a user had; 0 for none. */
  imageCodeAt(user: number, sequence?: number): number;
  imageOf(code: number): UserImage | null;
  /** The image in force of this content; null when no user has it. */
  imageOfContent(sha256: string): UserImage | null;
  /** Changes whenever a synchronisation has changed something. */
  readonly revision: number;
  /** Whether what a synchronisation found is in force. */
  isInForce(importId: number): boolean;
  /** Names of objects that were refused as they are now. */
  readonly rejectedObjects: ReadonlySet<string>;
  /** Puts what was staged under an import in force. */
  publish(tx: Tx, importId: number, counts: SyncCounts): void;
  /** Calls back with the code of each user whose details or image are others than before. */
  onChange(listener: (user: number) => void): void;
  readonly entries: number;
}

/** One of a user's names by the code of the details. */
export interface NameColumn {
  readonly codeBy: (detailsCode: number) => number;
  readonly textOf: (nameCode: number) => string;
  readonly size: number;
}

type FollowedRow = Pick<
  UserFileRow,
  | 'seq'
  | 'importId'
  | 'name'
  | 'userId'
  | 'kind'
  | 'outcome'
  | 'firstName'
  | 'lastName'
  | 'birthMs'
  | 'sha256'
  | 'contentType'
  | 'width'
  | 'height'
  | 'byteSize'
>;

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

/** What a row will change once it is in force. */
interface Staged {
  readonly seq: number;
  readonly user: number;
  readonly name: string;
  readonly kind: 'CSV' | 'IMAGE';
  readonly outcome: UserFileRow['outcome'];
  /** Of the details or the image; 0 when it was removed. */
  readonly code: number;
}

const rowsPerLook = 512;

export const createUserFiles = (ledger: Ledger, users: Users): UserFiles => {
  const [firstName, lastName] = [createDictionary(), createDictionary()];
  const [firstOf, lastOf, birth] = [growableUint32(), growableUint32(), growableFloat64()];
  const images = createImageColumns();
  const details = createVersions();
  const imageVersions = createVersions();
  /** Where rows wait until their synchronisation is in force. */
  const staged = new Map<number, Staged[]>();
  /** Synchronisations that have ended and are to be put in force. */
  const ended: { readonly seq: number; readonly importId: number }[] = [];
  const inForce = new Set<number>();
  const refused = new Set<string>();
  const listeners: ((user: number) => void)[] = [];
  let [revision, present, lastSeq, lastSync] = [0, 0, 0, 0];
  // Code 0 of names stands for none, of details for no file.
  for (const names of [firstName, lastName]) names.intern('');
  firstOf.push(0);
  lastOf.push(0);
  birth.push(Number.NaN);

  const detailsCode = ({ firstName: first, lastName: last, birthMs }: FollowedRow): number => {
    firstOf.push(firstName.intern(first ?? ''));
    lastOf.push(lastName.intern(last ?? ''));
    return birth.push(birthMs ?? Number.NaN);
  };

  const codeOf = (row: FollowedRow): number => {
    if (row.outcome !== 'TAKEN') return 0;
    return row.kind === 'CSV' ? detailsCode(row) : images.push(row);
  };

  const stage = (row: FollowedRow): void => {
    const { seq, name, kind, outcome } = row;
    const user = users.addUnnamed(row.userId);
    const among = staged.get(row.importId ?? 0) ?? [];
    among.push({ seq, user, name, kind, outcome, code: codeOf(row) });
    staged.set(row.importId ?? 0, among);
  };

  const put = ({ user, name, kind, outcome, code }: Staged, seq: number): void => {
    if (outcome === 'REJECTED') {
      refused.add(name);
      return;
    }
    refused.delete(name);
    const versions = kind === 'CSV' ? details : imageVersions;
    const before = versions.valueAt(user);
    if (!versions.add(user, seq, code)) return;
    if (kind === 'CSV') present += Number(code !== 0) - Number(before !== 0);
    else images.replace(before, code);
    for (const listener of listeners) listener(user);
  };

  /** Puts in force what a synchronisation ended with, and by themselves records that were mended after theirs. */
  const advance = (): void => {
    for (const { seq, importId } of ended.splice(0)) {
      putMended(seq);
      for (const each of takeStaged(importId, seq)) put(each, seq);
      inForce.add(importId);
      // No two run at once: what else was staged before was broken off and never counts.
      for (const other of staged.keys()) if (!inForce.has(other)) takeStaged(other, seq);
      revision++;
    }
    putMended(Number.POSITIVE_INFINITY);
  };

  const putMended = (before: number): void => {
    const mended = [...staged.keys()].filter((id) => inForce.has(id)).flatMap((id) => takeStaged(id, before));
    for (const each of mended.sort((a, b) => a.seq - b.seq)) put(each, each.seq);
    if (mended.length > 0) revision++;
  };

  /** Rows of an import that were recorded before a sequence number; they wait no longer. */
  const takeStaged = (importId: number, before: number): Staged[] => {
    const rows = staged.get(importId) ?? [];
    const later = rows.filter(({ seq }) => seq >= before);
    if (later.length > 0) staged.set(importId, later);
    else staged.delete(importId);
    return later.length === 0 ? rows : rows.filter(({ seq }) => seq < before);
  };

  ledger.subscribe(userFiles, columns, {
    name: 'user-files',
    after: ['users'],
    // Names and images are many, and nobody sees them before they are in force.
    async prepare(rows) {
      const maybeYield = createYielder();
      for (const [place, row] of rows.entries()) {
        if (place % rowsPerLook === 0) await maybeYield();
        if (row.seq <= lastSeq) continue;
        lastSeq = row.seq;
        stage(row);
      }
    },
    apply: advance,
    size() {
      const arrays = [details, imageVersions, firstOf, lastOf, birth, images];
      return { entries: present, bytes: arrays.reduce((bytes, each) => bytes + each.byteLength, 0) };
    },
  });

  ledger.subscribe(userFileSyncs, ['seq', 'importId'], {
    name: 'user-file-syncs',
    after: ['user-files'],
    // In `prepare`, because a step may hold several synchronizations with their rows and `user-files` applies them all.
    async prepare(rows) {
      for (const { seq, importId } of rows) {
        if (seq <= lastSync || importId === null) continue;
        lastSync = seq;
        ended.push({ seq, importId });
      }
    },
    apply: advance,
  });

  users.addNamingSource((user) => details.valueAt(user) !== 0);

  const userOf = (userId: string): number => users.codes.codeOf(userId) ?? -1;
  const detailsOf = (code: number): UserDetails | null =>
    code === 0
      ? null
      : {
          firstName: firstName.textOf(firstOf.values[code] as number) || null,
          lastName: lastName.textOf(lastOf.values[code] as number) || null,
          birthMs: birth.values[code] as number,
        };

  const ageAt: UserFiles['ageAt'] = (user, atUs, sequence) => {
    const code = details.valueAt(user, sequence);
    return code === 0 ? null : ageOn(dayOfMs(birth.values[code] as number), dayOfUs(atUs));
  };

  return {
    ageAt,
    ageOfUser: (userId, atUs, sequence) => ageAt(userOf(userId), atUs, sequence),
    hasImageOfUser: (userId, sequence) => imageVersions.valueAt(userOf(userId), sequence) !== 0,
    detailsOfUser: (userId) => detailsOf(details.valueAt(userOf(userId))),
    imageOfUser: (userId) => images.imageOf(imageVersions.valueAt(userOf(userId))),
    detailsCodeAt: details.valueAt,
    detailsOf,
    birthMsOf: (code) => birth.values[code] as number,
    firstNames: namesOf(firstName, (code) => firstOf.values[code] as number),
    lastNames: namesOf(lastName, (code) => lastOf.values[code] as number),
    imageCodeAt: imageVersions.valueAt,
    imageOf: images.imageOf,
    imageOfContent: images.imageOfContent,
    get revision() {
      return revision;
    },
    isInForce: (importId) => inForce.has(importId),
    rejectedObjects: refused,
    publish: (tx, importId, counts) => void tx.append(userFileSyncs, { importId, line: null, ...counts }),
    onChange: (listener) => void listeners.push(listener),
    get entries() {
      return present;
    },
  };
};

const namesOf = (names: ReturnType<typeof createDictionary>, codeBy: (code: number) => number): NameColumn => ({
  codeBy,
  textOf: names.textOf,
  get size() {
    return names.size;
  },
});
