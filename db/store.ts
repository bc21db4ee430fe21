import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { DomainError } from '../src/errors.ts';
import type { Records } from '../src/lib/record-columns.ts';
import type { LedgerArchive } from './ledger-archive.ts';
import type { ColumnName, ErasingTx, LedgerTable, Match, Row, Tx } from './tx.ts';

export type * from './ledger-archive.ts';
export type * from './tx.ts';

export interface Commit {
  readonly lastSeq: number;
  readonly recordedAtUs: number;
}

/** Records of a table that are read together with those of others. */
export interface RecordQuery {
  readonly table: LedgerTable;
  readonly columns: readonly string[];
}

/** Some commits that follow each other, and their records, about a thousand. */
export interface RecordStep {
  readonly commits: readonly Commit[];
  /** By query, without those that have none. */
  readonly records: ReadonlyMap<RecordQuery, Records<never>>;
}

export interface StepReader {
  /** How many commits a read is of at most. */
  readonly commitsMax: number;
  /**
   * The next commits after `seq` in steps, each of which is read when it is taken. A caller that passes `seq` has all before.
   * A step has the whole of each commit unless `dividesCommits`: the last part of a commit then comes with the commit.
   */
  read(seq: number, dividesCommits: boolean): Iterable<RecordStep>;
}

/** Steps that a thread reads before they are taken. */
export interface StepsAhead {
  /** Null when there is none left, or when the thread has failed: a `StepReader` then reads on, and says what is wrong. */
  next(): Promise<RecordStep | null>;
  /** Why the thread has failed; undefined while it has not. */
  readonly fault: unknown;
  close(): void;
}

/** Something that is not as it was stored. */
export interface Damage {
  /** The table that answers must not rest on; null when it may be any. */
  readonly table: string | null;
  /** Of a record of the ledger. */
  readonly sequence?: number;
  /** The key of a row of a side table. */
  readonly row?: number;
  /** The only dataset whose answers rest on it. */
  readonly datasetId?: number;
  readonly importId?: number;
  readonly line?: number;
  readonly message: string;
}

export interface Verification {
  readonly damages: readonly Damage[];
  /** The texts of `damages`. */
  readonly problems: readonly string[];
  readonly records: number;
  /** False without a high-water mark beside the store: whether it was cut cannot be seen then. */
  readonly hasMark: boolean;
}

export interface PageRequest<T extends SQLiteTable> {
  readonly match?: Match<T>;
  /** The integer key column that orders the page and that `after` and `before` refer to. */
  readonly key: ColumnName<T>;
  readonly direction: 'asc' | 'desc';
  /** Only rows strictly beyond this key in the page's direction. */
  readonly after?: number;
  /** Only rows strictly on the near side of this key. */
  readonly before?: number;
  readonly limit: number;
}

export interface KeyRange<T extends SQLiteTable> {
  readonly key: ColumnName<T>;
  readonly after: number;
  readonly upTo: number;
}

export interface SliceRequest<T extends LedgerTable, C extends ColumnName<T>> {
  /** `seq` must be one of them. */
  readonly columns: readonly C[];
  readonly match: Match<T>;
  /** Rows with the same value are ordered by `seq`. */
  readonly orderBy: C;
  readonly sliceRows: number;
}

/** When a transaction of many works ends. */
export interface BulkOptions {
  /** Not 0 while another thread has writes to do, which go first. */
  readonly waiting: Int32Array;
  /** Maximum number of works in a transaction. */
  readonly worksMax: number;
  /** Whether no other process is likely to write. Otherwise a transaction ends after `sharedMs`. */
  readonly isAlone: () => boolean;
  readonly sharedMs: number;
  /** Called after each transaction. */
  readonly onCommit: () => void;
  /** Whether SQLite inserts in a thread of its own while this one prepares the next records. */
  readonly hasThread: boolean;
}

export interface BulkWriter {
  /**
   * Runs one work as a commit of the ledger. It is durable, and visible to others, only once the transaction of it and its
   * neighbours is. Work that throws undoes the whole transaction.
   */
  write<R>(work: (tx: Tx) => R): Promise<R>;
  /**
   * Runs `work` as the last one of the open transaction: one that would follow each other work, such as storing a count, is
   * then done once. A later one of the same owner replaces it; an undone transaction forgets it.
   */
  setLast(owner: object, work: (tx: Tx) => void): void;
  /** The number of the transaction that is open, or was last: until it changes, nobody else has written. */
  readonly transaction: number;
  /** Resolves once all works are durable. */
  flush(): Promise<void>;
}

/**
 * The narrow waist: a few verbs over table objects. Domains know no engine, engines know no domain. Every row that a
 * verb returns holds values of the types that its table declares.
 */
export interface Store {
  /**
   * Runs `work` in one transaction with all other work that is pending, and resolves after the transaction is synced to
   * disk. Work that throws is undone alone. Rejects with `OVERLOADED` when too much work is pending or the store stays
   * locked; with `OUT_OF_SPACE` or `STORAGE_FAILED` when the transaction cannot be written, which is then undone whole; with
   * `OUTDATED` when a newer version of the program has migrated the store.
   */
  write<R>(work: (tx: Tx) => R): Promise<R>;
  /**
   * Like `write`, in a transaction of its own, for work that takes long: after each step others may read, and see the state
   * before it. Other writes wait. A store in memory does all steps at once.
   */
  writeInSteps<R>(work: (tx: Tx) => Generator<void, R>): Promise<R>;
  /**
   * Like `write`, for batches of which many follow each other: those that are pending, or come soon, share a transaction
   * between whose works others may read. When one of them throws, all are undone, and then run again as `write` runs them:
   * before that, `undo` of each, the last one first, reverts what its work did besides the transaction.
   */
  writeShared<R>(work: (tx: Tx) => R, undo: () => void): Promise<R>;
  /**
   * Transactions of many works each, for an import in a thread of its own: they block it. Nothing else writes with this
   * store meanwhile.
   */
  bulk(options: BulkOptions): BulkWriter;
  /** Not 0 while this store has writes to do; shared with threads that write in bulk. */
  readonly waiting: Int32Array;
  /** Runs `work` against what is stored plus what it appends itself, and stores nothing. */
  dryRun(): { run<R>(work: (tx: Tx) => R): R; close(): void };
  /** The first commits after `seq`, oldest first. A caller that passes `seq` has everything up to it. */
  commitsAfter(seq: number, limit: number): Commit[];
  /**
   * What the ledger held up to a sequence number, as a digest of its records and of what was erased from them; null when no
   * commit ends with it. Equal digests are equal records.
   */
  stateDigest(sequence: number): string | null;
  /** Reads the records of these tables step by step, in the order of the ledger. */
  stepReader(queries: readonly RecordQuery[]): StepReader;
  /** Reads those after `seq` in a thread of its own; null when they are too few for that, or nobody else can read the store. */
  stepsAhead(queries: readonly RecordQuery[], seq: number): StepsAhead | null;
  /** These columns of the records with `after < seq <= upTo`, in order. */
  records<T extends LedgerTable, C extends ColumnName<T>>(
    table: T,
    columns: readonly C[],
    after: number,
    upTo: number,
  ): Records<Pick<Row<T>, C>>;
  /** The first `limit` of these records, as rows. */
  recordPage<T extends LedgerTable, C extends ColumnName<T>>(
    table: T,
    columns: readonly C[],
    range: { readonly after: number; readonly upTo: number; readonly limit: number },
  ): Pick<Row<T>, C>[];
  /** Rows whose `column` is one of `values`, in any order: one statement. */
  rowsIn<T extends SQLiteTable>(table: T, column: ColumnName<T>, values: readonly (string | number)[]): Row<T>[];
  page<T extends SQLiteTable>(table: T, request: PageRequest<T>): Row<T>[];
  /** How many rows match; with a range only those with `after < key <= upTo`. */
  count<T extends SQLiteTable>(table: T, match?: Match<T>, range?: KeyRange<T>): number;
  /** How many rows with `after < key <= upTo` have each of these values in a column; values without any are left out. */
  countsIn<T extends SQLiteTable, V extends string | number>(
    table: T,
    column: ColumnName<T>,
    values: readonly V[],
    range: KeyRange<T>,
  ): ReadonlyMap<V, number>;
  /** Records in short slices, so that neither the thread nor the log is held for long. */
  slices<T extends LedgerTable, C extends ColumnName<T>>(
    table: T,
    request: SliceRequest<T, C>,
  ): Iterable<Records<Pick<Row<T>, C>>>;
  /** Like `write`, for work that erases records. */
  erase<R>(work: (tx: ErasingTx) => R): Promise<R>;
  /** Throws BAD_REQUEST for a store in memory. */
  archive(): LedgerArchive;
  /** The size of the file, or of the memory that stands for it. */
  bytes(): number;
  /**
   * Writes the file anew, so that nothing that was removed remains in its pages or its log. It needs twice the size of the
   * file on the disk, and holds the thread; for a store that is opened with `isExclusive`.
   */
  compact(): void;
  /** Calls back after each commit of this process with the side tables that it may have changed. */
  onCommit(listener: (tables: ReadonlySet<SQLiteTable>) => void): void;
  /** Changes whenever another process has committed. */
  foreignVersion(): number;
  /** Why writes fail at present; null while they succeed. After a failure the store looks by itself whether they do again. */
  writeFault(): DomainError | null;
  /** Calls back whenever writes begin to fail, and with null when they succeed again. */
  onWriteFault(listener: (fault: DomainError | null) => void): void;
  /**
   * Compares everything with its digests, or a share of the records; `damages` is empty when the store is sound. It holds
   * the thread until it is done: not for a server. Without segments their files are not read.
   */
  verify(share?: number, options?: { readonly withSegments: boolean }): Verification;
  /**
   * Checks a store that this program did not close: all of it, in a thread of its own, or only its newest records when it has
   * more than `startCheckRecordsMax`; `onLater` then gets what is found in the rest. Of another store, the newest records.
   */
  checkAtStart(onLater: (damages: readonly Damage[]) => void): Promise<readonly Damage[]>;
  close(): void;
}

/** A connection that only reads the file of a store, beside the processes that write to it. */
export interface StoreCopier {
  /** Changes whenever any process has committed. */
  version(): number;
  /**
   * Writes the state of the last commit to a new file. It takes no lock that writers wait for; while it runs, the log of
   * the store is not shortened, so it grows by what is written meanwhile.
   */
  copyTo(path: string): Promise<void>;
  /** What the store lacks of what it had, which a copy without its mark does not show; null for nothing. */
  loss(): string | null;
  close(): void;
}

/** What was removed with the records after a sequence number. */
export interface CutResult {
  readonly removedRecords: number;
  /** The last record that stays was not the last one of its commit. */
  readonly isWithinCommit: boolean;
  /** Imports that stored or did something later: they have failed now, with what they had stored by then. */
  readonly endedImports: readonly number[];
  /** Names of datasets that existed then, of which the store holds no version of that time. */
  readonly lostDatasets: readonly string[];
  /** Files of versions that do not exist any more. */
  readonly files: readonly string[];
}

export interface StoreOptions {
  /** The data folder; created when missing. `:memory:` keeps everything in memory. */
  readonly data: string;
  readonly writeQueueMax: number;
  readonly writeWaitMs: number;
  readonly writeProbeMs: number;
  /** Number of records up to which all are checked before the start is done; beyond it, so many of the newest ones. */
  readonly startCheckRecordsMax: number;
  /** The sequence number of the first record; a store that has records goes on after its last one. */
  readonly firstSequence: number;
  readonly nowUs: () => number;
  /** Called after each commit with how long it took. */
  readonly onCommitted?: (seconds: number) => void;
  /** Reads a store that exists, and changes nothing of it; for a check of it. */
  readonly isReadOnly?: boolean;
  /** Opens a store that this process has open already, in another thread. */
  readonly isInThread?: boolean;
  /** Keeps all other processes out until the store is closed; opening throws CONFLICT while another one has it open. */
  readonly isExclusive?: boolean;
  /** Takes a store as it is that lacks what its mark says it had. */
  readonly acceptsLoss?: boolean;
  /** Called with every SQL statement that runs. */
  readonly onStatement?: (sql: string) => void;
}
