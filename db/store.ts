import type { InferInsertModel, InferSelectModel, Table } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';

export type Row<T extends Table> = InferSelectModel<T>;
export type NewRow<T extends Table> = InferInsertModel<T>;

/** A table whose rows are records: it has the columns of `ledgerColumns`. */
export type LedgerTable = SQLiteTable & { readonly seq: SQLiteColumn; readonly recordedAtUs: SQLiteColumn };
/** A record before the store gave it its place and time. */
export type NewRecord<T extends Table> = Omit<NewRow<T>, 'seq' | 'recordedAtUs'>;

/** Column values that must all be equal; null matches null. */
export type Match<T extends Table> = Partial<Row<T>>;

export interface Commit {
  readonly lastSeq: number;
  readonly recordedAtUs: number;
}

/** What a piece of work may do inside the transaction it shares with the others that waited. */
export interface Tx {
  /** The time this transaction's records are stamped with, microseconds since 1970 UTC; never before an earlier one's. */
  readonly nowUs: number;
  /** Adds one record to the ledger and gives its `seq`. */
  append<T extends LedgerTable>(table: T, record: NewRecord<T>): number;
  /** The same in one step with the question whether a row matches already, which a unique index must tell: gives that row then. */
  appendOrFind<T extends LedgerTable>(
    table: T,
    record: NewRecord<T>,
    match: Match<T>,
  ): { readonly seq: number; readonly known?: never } | { readonly known: Row<T>; readonly seq?: never };
  /** The newest row (by primary key) that matches. */
  findLatest<T extends SQLiteTable>(table: T, match: Match<T>): Row<T> | undefined;
  /** Adds a row to a table that is not part of the ledger and gives its key. */
  insert<T extends SQLiteTable>(table: T, row: NewRow<T>): number;
  /** Changes a row of a table that is not part of the ledger. */
  update<T extends SQLiteTable>(table: T, match: Match<T>, changes: Match<T>): void;
}

export interface PageRequest<T extends SQLiteTable> {
  readonly match?: Match<T>;
  /** The integer key column that orders the page and that `after` and `before` speak of. */
  readonly key: Extract<keyof Row<T>, string>;
  readonly direction: 'asc' | 'desc';
  /** Only rows strictly beyond this key in the page's direction. */
  readonly after?: number;
  /** Only rows strictly on the near side of this key. */
  readonly before?: number;
  readonly limit: number;
}

/** The narrow waist: a few verbs over table objects. Domains know no engine, engines know no domain. */
export interface Store {
  /**
   * Runs `work` in one transaction with everything else that waits at this moment and resolves after it is synced to
   * disk. Work that throws is undone alone. Rejects with `OVERLOADED` when too much waits or the store stays locked.
   */
  write<R>(work: (tx: Tx) => R): Promise<R>;
  /** Runs `work` against what is stored plus what it appends itself, and stores nothing. */
  dryRun(): { run<R>(work: (tx: Tx) => R): R; close(): void };
  /** The newest commits after `seq`, oldest first. */
  commitsAfter(seq: number, limit: number): Commit[];
  /** These columns of the records with `after < seq <= upTo`, in order. */
  records<T extends LedgerTable, C extends keyof Row<T> & string>(
    table: T,
    columns: readonly C[],
    after: number,
    upTo: number,
  ): Pick<Row<T>, C>[];
  /** Rows whose `column` is one of `values`, in any order: one statement. */
  rowsIn<T extends SQLiteTable>(
    table: T,
    column: Extract<keyof Row<T>, string>,
    values: readonly (string | number)[],
  ): Row<T>[];
  page<T extends SQLiteTable>(table: T, request: PageRequest<T>): Row<T>[];
  count<T extends SQLiteTable>(table: T, match?: Match<T>): number;
  /**
   * These columns of records, in the order of one of them and of `seq`, which must be among them: read in short slices,
   * so that neither thread nor log is held.
   */
  slices<T extends LedgerTable, C extends keyof Row<T> & string>(
    table: T,
    columns: readonly C[],
    match: Match<T>,
    orderBy: C,
    sliceRows: number,
  ): Iterable<Pick<Row<T>, C>[]>;
  /** Changes whenever another process has committed. */
  foreignVersion(): number;
  /** Problems found in the file itself and in its ledger, none when it is sound; and how many records there are. */
  verify(): { problems: string[]; records: number };
  close(): void;
}

export interface StoreOptions {
  /** The data folder; made when missing. `:memory:` keeps everything in memory. */
  readonly data: string;
  readonly writeQueueMax: number;
  readonly writeWaitMs: number;
  readonly nowUs: () => number;
  /** Called with every SQL statement that runs. */
  readonly onStatement?: (sql: string) => void;
}
