import type { Cell } from '../../../src/lib/cell-text.ts';
import type { SqlFormat } from '../../../src/lib/sql-formats.ts';
import type { SqlParameters } from '../../../src/lib/sql-parameters.ts';
import type { Work } from '../../../src/lib/work.ts';

/** The types of the columns of facts. INSTANT: microseconds since 1970 UTC; DATE: days since 1970; DECIMAL: text. */
export type SqlType = 'TEXT' | 'INTEGER' | 'DECIMAL' | 'INSTANT' | 'DATE' | 'BOOLEAN';

export interface SqlColumn {
  readonly name: string;
  readonly type: SqlType;
}

/** The values of consecutive rows in one column. */
export type SqlValues = readonly (string | number | boolean | null)[];

/** Consecutive rows of a table, column by column. */
export interface SqlPage {
  readonly rows: number;
  readonly columns: readonly SqlValues[];
  /** Where the next page begins. */
  readonly cursor: number;
}

/** A column whose values depend on the state of the ledger: a code for each row, and the value of each code. */
export interface SqlCodes {
  readonly name: string;
  readonly type: SqlType;
  readonly codes: Uint32Array;
  readonly labels: SqlValues;
}

/** What is true of the rows of a table as of one state of the ledger. */
export interface SqlState {
  /** Equal keys stand for equal states of the same table. */
  readonly key: string;
  /** The cursor behind the last of its rows. */
  readonly cursor: number;
  /** Only rows whose column `seq` is at most this one; null for rows that have no sequence number. */
  readonly sequence: number | null;
  /** The columns that depend on the state. */
  codes(): Promise<readonly SqlCodes[]>;
}

/** Facts for queries: rows that are only added to, and columns that depend on the state of the ledger. */
export interface SqlFacts {
  readonly name: string;
  readonly columns: readonly SqlColumn[];
  /** The names and types of the columns of `SqlState.codes`, in their order. */
  readonly stateColumns: readonly SqlColumn[];
  /** The names of all columns that a query sees, in their order. */
  readonly visible: readonly string[];
  /** The BOOLEAN column of the state without which a row does not count. */
  readonly filter?: string;
  /** A BOOLEAN column that is true for rows for which a later row has the same values in the columns of `key`. */
  readonly superseded?: { readonly name: string; readonly key: readonly string[] };
  /** The rows from one cursor to another. The first cursor is 0. */
  pages(from: number, to: number): AsyncIterable<SqlPage>;
}

/** A table of a query. `name` is how the query names it; names are equal when they differ in case only. */
export type SqlSource = { readonly name: string } & (
  | { readonly facts: SqlFacts; readonly state: SqlState }
  | {
      /** The file of a version of a dataset. */
      readonly file: string;
      /** Its columns: the name for queries and the name in the file. */
      readonly columns: readonly { readonly name: string; readonly field: string }[];
    }
);

export interface SqlRequest {
  readonly text: string;
  readonly parameters: SqlParameters;
  readonly sources: readonly SqlSource[];
  /** Maximum number of rows of the result; further ones are left out. */
  readonly rowsMax: number;
}

export interface SqlResultColumn {
  readonly name: string;
  /** The type as DuckDB names it. */
  readonly type: string;
}

/**
 * A value of a result: like a cell of a dataset. Nested values are lists and objects, and what JSON has no notation for is
 * text.
 */
export type SqlCell = Cell | SqlCell[] | { readonly [name: string]: SqlCell };

export interface SqlResult {
  readonly columns: readonly SqlResultColumn[];
  readonly rowCount: number;
  /** Whether the query has more rows than the result. */
  readonly isTruncated: boolean;
}

export interface SqlRows extends SqlResult {
  readonly rows: readonly (readonly SqlCell[])[];
}

export interface SqlFile extends SqlResult {
  /** The path of a file that the receiver removes. */
  readonly path: string;
}

/** What a query refers to. */
export interface SqlReferences {
  /** The tables that it names, as it writes them, each once. */
  readonly tables: readonly string[];
  /** All names of columns in lower case; null when the query may use any column, as `select *` does. */
  readonly columns: ReadonlySet<string> | null;
}

/**
 * Runs queries of users in a process of its own. Errors are thrown as DomainError: BAD_REQUEST for a query that is malformed
 * or not allowed, LIMIT_EXCEEDED beyond a limit, OVERLOADED when too many queries wait. Queries end with the work of their
 * requests, and then throw its reason.
 */
export interface SqlEngine {
  /** Checks that the text is one SELECT that only uses what is allowed. */
  check(text: string, work: Work): Promise<SqlReferences>;
  rows(request: SqlRequest, work: Work): Promise<SqlRows>;
  file(request: SqlRequest, format: SqlFormat, work: Work): Promise<SqlFile>;
  close(): void;
}

/** The settings that the engine uses. */
export interface SqlLimits {
  readonly sqlMsMax: number;
  readonly sqlMemoryBytesMax: number;
  readonly sqlTempBytesMax: number;
  readonly sqlResultBytesMax: number;
  readonly sqlLengthMax: number;
  readonly sqlQueriesAtOnce: number;
  readonly sqlNiceness: number;
}
