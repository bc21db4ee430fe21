import { rm } from 'node:fs/promises';
import type { ErasingTx, LedgerTable, Match, Store } from '../../../db/store.ts';
import { conversations, followups } from '../../../db/tables/conversations.ts';
import { datasetVersions } from '../../../db/tables/datasets.ts';
import { excludedUsers } from '../../../db/tables/excluded-users.ts';
import { experimentEvents } from '../../../db/tables/experiments.ts';
import { erasedRecords } from '../../../db/tables/integrity.ts';
import { ledgerSegments } from '../../../db/tables/segments.ts';
import { transactions } from '../../../db/tables/transactions.ts';
import { userFiles } from '../../../db/tables/user-files.ts';
import { statusChanges } from '../../../db/tables/user-status.ts';
import { userProfiles } from '../../../db/tables/users.ts';
import { removeIndexFiles } from '../../ledger/index-files/index-files.ts';
import { formatMicros, microsOf, parseDecimal } from '../../lib/decimal.ts';
import type { ImageStore } from '../../sources/image-store.ts';
import {
  type DatasetRowServices,
  DatasetRows,
  type FoundRows,
  type RowCount,
  type RowSelection,
} from './dataset-rows.ts';
import { ErasureJournal } from './journal.ts';
import { namingOf } from './person-pattern.ts';
import { type FoundText, type TextKind, textsNaming } from './texts.ts';

/** The tables whose records are a person's, with the column that names the person. A conversation's is its UUID. */
export const personTables = {
  'user attributes': [userProfiles, 'userId'],
  'user files': [userFiles, 'userId'],
  'status changes': [statusChanges, 'userId'],
  transactions: [transactions, 'userId'],
  'experiment events': [experimentEvents, 'userId'],
  exclusions: [excludedUsers, 'userId'],
  conversations: [conversations, 'uuid'],
  'follow-ups': [followups, 'uuid'],
} as const satisfies Readonly<Record<string, readonly [LedgerTable, string]>>;

type RecordKind = keyof typeof personTables;

/** How much of a kind there is before, and is the person's. */
export interface ErasureCount {
  readonly kind: RecordKind | TextKind | 'images';
  /** Null for texts, of which only those that name the person are counted. */
  readonly before: number | null;
  readonly erased: number;
}

/** What to erase: a person, rows of datasets, or both. */
export interface ErasureRequest {
  readonly userId: string | null;
  /** `NAME.COLUMN=VALUE`, or `NAME.COLUMN` for the rows whose value is the user's id. */
  readonly rows: readonly string[];
}

/** What the store holds of what is to be erased. */
export interface Erasure {
  readonly counts: readonly ErasureCount[];
  /** Rows of datasets, of each version. */
  readonly rows: readonly RowCount[];
  /** The files of the versions that have any of the rows. */
  readonly files: readonly string[];
  /** Bytes that the new files of versions need at most. */
  readonly newBytes: number;
  /** Sums of the amounts of transactions, exact decimal texts. */
  readonly amount: { readonly before: string; readonly erased: string; readonly after: string };
  /** From this sequence number on figures can no longer be reproduced; null when no record is the person's. */
  readonly firstSequence: number | null;
  readonly hasTexts: boolean;
  readonly isEmpty: boolean;
  /** The records to erase, by their tables. */
  readonly matches: readonly (readonly [LedgerTable, Match<LedgerTable>])[];
  /**
   * Removes it from the tables; `finish` removes what is left in files and free pages. When it throws, OUT_OF_SPACE or
   * STORAGE_FAILED among others, nothing was erased. What is archived is erased by `fromSegments`, in the same transaction.
   */
  erase(fromSegments?: (tx: ErasingTx) => void): Promise<void>;
}

export interface EraserServices extends DatasetRowServices {
  readonly images: ImageStore;
  readonly uploads: { removeAbandoned(): Promise<void> };
  /** The data folder. */
  readonly data: string;
}

const sliceRows = 10_000;

/** Erases people and rows from a store that no other process has open: indices in memory do not follow. */
export class Eraser {
  readonly #services: EraserServices;
  readonly #store: Store;
  readonly #images: ImageStore;
  readonly #rows: DatasetRows;
  readonly #journal: ErasureJournal;
  #erasures: readonly number[] | undefined;

  constructor(services: EraserServices) {
    this.#services = services;
    this.#store = services.store;
    this.#images = services.images;
    this.#rows = new DatasetRows(services);
    this.#journal = new ErasureJournal(services.data);
  }

  /**
   * What changes when records are erased, also those of which something was left before. Read once: no other process erases
   * while this one has the store open.
   */
  erasures(): readonly number[] {
    this.#erasures ??= [this.#store.count(erasedRecords), this.#store.count(erasedRecords, { leftDigest: null })];
    return this.#erasures;
  }

  /** Finds everything; erases nothing. Throws BAD_REQUEST for rows of no dataset that exists, DATA_DAMAGED. */
  async find({ userId, rows }: ErasureRequest): Promise<Erasure> {
    const selections = rows.map((text) => this.#rows.select(text, userId));
    const found = await this.#rows.find(selections);
    const { counts, seqs } = userId === null ? { counts: [], seqs: new Set<number>() } : this.#records(userId);
    const images = userId === null ? [] : this.#imagesOnlyOf(userId);
    if (userId !== null) counts.push({ kind: 'images', before: this.#imageCount(), erased: images.length });
    const texts = this.#texts(userId, seqs, selections);
    for (const kind of new Set(texts.map((text) => text.kind)))
      counts.push({ kind, before: null, erased: texts.filter((text) => text.kind === kind).length });
    return {
      counts,
      rows: found.counts,
      files: found.files,
      newBytes: found.bytes,
      amount: this.#amounts(userId),
      firstSequence: seqs.size > 0 ? [...seqs].reduce((least, seq) => Math.min(least, seq)) : null,
      hasTexts: texts.length > 0,
      isEmpty: seqs.size + texts.length + found.files.length === 0,
      matches: userId === null ? [] : matchesOf(userId).map(([, table, match]) => [table, match] as const),
      erase: (fromSegments) => this.#erase({ userId, texts, images, found }, fromSegments),
    };
  }

  /** Finishes an erasure that was interrupted, if there is one. Throws what `finish` throws. */
  async finishInterrupted(): Promise<void> {
    if (this.#journal.exists()) await this.finish();
  }

  /**
   * Removes what an erasure has left: images, the files of versions that were written anew, and what is in free pages. An
   * erasure that was interrupted before its commit is none, and nothing of it is left. Throws when the disk is full.
   */
  async finish(): Promise<void> {
    const { images, files } = await this.#journal.read();
    for (const sha256 of images)
      if (this.#store.count(userFiles, { sha256 }) === 0) await rm(this.#images.pathOf(sha256), { force: true });
    for (const file of files)
      if (this.#store.count(datasetVersions, { file }) === 0) await this.#services.engine.remove(file);
    // What processes that were killed had begun to read.
    await Promise.all([this.#services.uploads.removeAbandoned(), this.#images.removeAbandoned()]);
    await removeIndexFiles(this.#services.data);
    this.#store.compact();
    await this.#journal.end();
  }

  async #erase({ userId, texts, images, found }: Found, fromSegments?: (tx: ErasingTx) => void): Promise<void> {
    if (userId !== null && !fromSegments && this.#store.count(ledgerSegments) > 0)
      throw new Error('records that are archived would not be erased');
    const { newFiles, apply, undo } = await found.rewrite();
    this.#erasures = undefined;
    try {
      await this.#journal.begin({ images, files: [...found.files, ...newFiles] });
      await this.#store.erase((tx) => {
        for (const text of texts) text.erase(tx);
        if (userId !== null) for (const [, table, match] of matchesOf(userId)) tx.erase(table, match);
        fromSegments?.(tx);
        apply(tx);
      });
    } catch (error) {
      await undo();
      await this.#journal.end();
      throw error;
    }
  }

  #records(userId: string): { readonly counts: ErasureCount[]; readonly seqs: ReadonlySet<number> } {
    const seqs = new Set<number>();
    const counts = matchesOf(userId).map(([kind, table, match]): ErasureCount => {
      let erased = 0;
      for (const records of this.#store.slices(table, { columns: ['seq'], match, orderBy: 'seq', sliceRows }))
        for (const row of records.rows()) {
          seqs.add((row as { seq: number }).seq);
          erased++;
        }
      return { kind, before: this.#store.count(table), erased };
    });
    return { counts, seqs };
  }

  #texts(userId: string | null, seqs: ReadonlySet<number>, selections: readonly RowSelection[]): FoundText[] {
    const rows = selections.map(({ dataset, text }) => ({ dataset, names: namingOf(text) }));
    const person = {
      names: userId === null ? () => false : namingOf(userId),
      isRecord: (seq: number) => seqs.has(seq),
      namesRow: (text: string | null, importId: number) =>
        rows.some(({ dataset, names }) => names(text) && this.#rows.mayConcern(dataset, importId)),
    };
    return [...textsNaming(this.#store, person)];
  }

  /** SHA-256 of the images that no other user has or had. */
  #imagesOnlyOf(userId: string): string[] {
    const own = new Set<string>();
    const request = { columns: ['seq', 'sha256'], match: { userId }, orderBy: 'seq', sliceRows } as const;
    for (const records of this.#store.slices(userFiles, request))
      for (const { sha256 } of records.rows()) if (sha256 !== null) own.add(sha256);
    return [...own].filter(
      (sha256) => this.#store.count(userFiles, { sha256 }) === this.#store.count(userFiles, { sha256, userId }),
    );
  }

  #imageCount(): number {
    const known = new Set<string>();
    const request = { columns: ['seq', 'sha256'], match: { kind: 'IMAGE' }, orderBy: 'seq', sliceRows } as const;
    for (const records of this.#store.slices(userFiles, request))
      for (const { sha256 } of records.rows()) if (sha256 !== null) known.add(sha256);
    return known.size;
  }

  #amounts(userId: string | null): Erasure['amount'] {
    let [before, erased] = [0n, 0n];
    const request = { columns: ['seq', 'userId', 'amount'], match: {}, orderBy: 'seq', sliceRows } as const;
    for (const records of this.#store.slices(transactions, request))
      for (const row of records.rows()) {
        const parsed = parseDecimal(row.amount);
        const micros = parsed ? microsOf(parsed) : 0n;
        before += micros;
        if (row.userId === userId) erased += micros;
      }
    return { before: formatMicros(before), erased: formatMicros(erased), after: formatMicros(before - erased) };
  }
}

interface Found {
  readonly userId: string | null;
  readonly texts: readonly FoundText[];
  readonly images: readonly string[];
  readonly found: FoundRows;
}

const matchesOf = (userId: string): [RecordKind, LedgerTable, Match<LedgerTable>][] =>
  Object.entries(personTables).map(([kind, [table, column]]) => [
    kind as RecordKind,
    table,
    { [column]: column === 'uuid' ? userId.toLowerCase() : userId } as Match<LedgerTable>,
  ]);
