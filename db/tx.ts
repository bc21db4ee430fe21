import type { InferInsertModel, InferSelectModel, Table } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';

export type Row<T extends Table> = InferSelectModel<T>;
export type NewRow<T extends Table> = InferInsertModel<T>;

/** A table whose rows are records: it has the columns of `ledgerColumns`. */
export type LedgerTable = SQLiteTable & { readonly seq: SQLiteColumn; readonly recordedAtUs: SQLiteColumn };
/** A record before the store gave it its sequence number and time. */
export type NewRecord<T extends Table> = Omit<NewRow<T>, 'seq' | 'recordedAtUs'>;

/** Column values that must all be equal; null matches null. */
export type Match<T extends Table> = Partial<Row<T>>;

/** Names of columns, as the properties of a row. */
export type ColumnName<T extends Table> = keyof Row<T> & string;

/** Either the sequence number of the new record or the row that was there before. */
export type AppendResult<T extends Table> =
  | { readonly seq: number; readonly known?: never }
  | { readonly known: Row<T>; readonly seq?: never };

/** What a job may do inside the transaction that it shares with the other jobs that were pending. */
export interface Tx {
  /** The time of this transaction's records, microseconds since 1970 UTC; never before that of an earlier transaction. */
  readonly nowUs: number;
  /**
   * Says which records are about to be appended to a table, and by which columns they are looked up: they are then looked up
   * and inserted together. A first column that is null is not looked up. Until the work ends, rows of the table are found
   * by this transaction only.
   */
  announce<T extends LedgerTable>(table: T, columns: readonly string[], records: readonly object[]): void;
  /** Adds a record to the ledger and returns its `seq`. */
  append<T extends LedgerTable>(table: T, record: NewRecord<T>): number;
  /**
   * Adds a record to the ledger unless a row matches already, in one step: a unique index of the table must cover the
   * columns of `match`.
   */
  appendOrFind<T extends LedgerTable>(table: T, record: NewRecord<T>, match: Match<T>): AppendResult<T>;
  /** The newest row (by primary key) that matches. */
  findLatest<T extends SQLiteTable>(table: T, match: Match<T>): Row<T> | undefined;
  /** Adds a row to a table that is not part of the ledger and returns its key. */
  insert<T extends SQLiteTable>(table: T, row: NewRow<T>): number;
  /** Like `insert` for many rows, by few statements; returns their keys. */
  insertAll<T extends SQLiteTable>(table: T, rows: readonly NewRow<T>[]): number[];
  /** Changes the rows that match in a table that is not part of the ledger. */
  update<T extends SQLiteTable>(table: T, match: Match<T>, changes: Match<T>): void;
  /** Removes the rows that match from a table that is not part of the ledger. */
  remove<T extends SQLiteTable>(table: T, match: Match<T>): void;
  /** Removes the rows in which a number is at most `last` from a table that is not part of the ledger. */
  removeUpTo<T extends SQLiteTable>(table: T, column: ColumnName<T>, last: number): void;
}

/** What work that erases may do besides. */
export interface ErasingTx extends Tx {
  /**
   * Removes the records that match. Their sequence numbers, times, imports and digests stay, so that the ledger remains
   * sound. Indices in memory do not follow: use it where there are none.
   */
  erase<T extends LedgerTable>(table: T, match: Match<T>): void;
  /** Like `erase` for one record, which stays with other values in some of its columns. */
  eraseContent<T extends LedgerTable>(table: T, seq: number, left: Match<T>): void;
}
