import type { Cell } from '../../src/lib/cell-text.ts';
import type { DatasetColumn } from '../../src/lib/dataset-column.ts';
import type { ExplicitType } from '../../src/lib/import-option-texts.ts';
import type { FileDialect, ImportReadOptions } from '../../src/lib/import-options.ts';
import type { Work } from '../../src/lib/work.ts';
import type { BuildObserver } from './build-observer.ts';

/** A value of a query, as the client wrote it. */
export type Literal = string | number | boolean | null;

/** A condition on one cell. */
export type CellTest =
  | { readonly op: 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte'; readonly value: Literal }
  | { readonly op: 'in'; readonly values: readonly Literal[] }
  /** Numbers and dates must be equal; text must contain the value, ignoring case. */
  | { readonly op: 'matches'; readonly value: Literal }
  | { readonly op: 'contains' | 'startsWith'; readonly text: string }
  | { readonly op: 'hasAny'; readonly values: readonly string[] }
  | { readonly op: 'isNull' | 'isMisfit'; readonly value: boolean };

/** A condition on rows. Columns are referenced by index. */
export type TableFilter =
  | { readonly and: readonly TableFilter[] }
  | { readonly or: readonly TableFilter[] }
  | { readonly not: TableFilter }
  | { readonly column: number; readonly test: CellTest }
  /** Text that occurs in any textual column, ignoring case. */
  | { readonly search: string }
  | { readonly group: GroupOfTable; readonly key: readonly Cell[] };

/** The columns to group by, and how their values are rounded. */
export interface GroupOfTable {
  readonly by: readonly TableGrouping[];
  readonly timeZone: string;
}

export interface TableGrouping {
  readonly column: number;
  readonly grain?: 'MINUTE' | 'HOUR' | 'DAY' | 'WEEK' | 'MONTH' | 'QUARTER' | 'YEAR' | undefined;
  readonly binWidth?: number | undefined;
}

export interface TableOrder {
  readonly column: number;
  readonly descending: boolean;
}

export const measureFunctions = [
  'COUNT',
  'COUNT_DISTINCT',
  'SUM',
  'AVERAGE',
  'MIN',
  'MAX',
  'MEDIAN',
  'P95',
  'STANDARD_DEVIATION',
] as const;
export type MeasureFunction = (typeof measureFunctions)[number];

export interface TableMeasure {
  readonly function: MeasureFunction;
  /** With null, COUNT counts rows. */
  readonly column: number | null;
}

export interface TableRow {
  /** The row number in its version, from 0. */
  readonly row: number;
  readonly line: number;
  readonly importId: number;
  readonly cells: readonly Cell[];
  /** The texts of the cells that do not fit the type of their column. */
  readonly misfits: readonly { readonly column: number; readonly text: string }[];
}

export interface RowsRequest {
  readonly filter: TableFilter | null;
  readonly orders: readonly TableOrder[];
  readonly limit: number;
  readonly fromEnd: boolean;
  /** Row numbers that bound the page, both exclusive. */
  readonly after: number | null;
  readonly before: number | null;
  readonly withTotal: boolean;
}

export interface RowsResult {
  readonly rows: readonly TableRow[];
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  /** Null unless `withTotal` is set. */
  readonly total: number | null;
  /** Number of rows that the filter leaves out only because a cell that it compares does not fit the type of its column. */
  readonly excludedCount: number;
}

/** A condition on a group. */
export interface GroupCondition {
  /** Index into the keys followed by the measures. */
  readonly index: number;
  readonly test: CellTest;
}

export interface GroupsRequest {
  readonly group: GroupOfTable;
  readonly measures: readonly TableMeasure[];
  readonly filter: TableFilter | null;
  readonly having: readonly GroupCondition[];
  /** Each `column` is an index into the keys followed by the measures. */
  readonly orders: readonly TableOrder[];
  readonly offset: number;
  readonly limit: number;
}

export interface GroupResult {
  readonly key: readonly Cell[];
  readonly measures: readonly Cell[];
  /** For each measure, the number of cells of the group that it leaves out because they do not fit the type of the column. */
  readonly excludedCounts: readonly number[];
}

export interface GroupsResult {
  readonly groups: readonly GroupResult[];
  readonly total: number;
  /** Number of rows of which a cell is left out, by the filter or by a measure of any group, because it does not fit the type. */
  readonly excludedCount: number;
}

export interface ValueCount {
  readonly value: Cell;
  readonly count: number;
}

export interface FacetResult {
  readonly column: number;
  readonly buckets: readonly ValueCount[];
  readonly otherCount: number;
  /** Number of rows that the filter leaves out because a cell does not fit the type of its column. */
  readonly excludedCount: number;
}

export interface ProfileResult {
  readonly nulls: number;
  readonly distinct: number;
  readonly min: Cell;
  readonly max: Cell;
  readonly mean: number | null;
  readonly median: number | null;
  readonly histogram: readonly { readonly from: Cell; readonly to: Cell; readonly count: number }[];
  readonly mostCommon: readonly ValueCount[];
}

/** `earlier` is the version to compare with. */
export interface DifferenceRequest {
  readonly earlier: StoredTable;
  readonly keyColumns: readonly string[];
}

export interface DifferenceResult {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

/** Removed rows are in the order of the earlier version, others in that of the later one. */
export interface ChangesRequest extends DifferenceRequest, Pick<RowsRequest, 'limit' | 'fromEnd' | 'after' | 'before'> {
  readonly kind: 'ADDED' | 'REMOVED' | 'CHANGED';
}

/** A row that one version lacks (null), or that both have with different cells in the columns with these names. */
export interface RowChange {
  readonly earlier: TableRow | null;
  readonly later: TableRow | null;
  readonly columns: readonly string[];
}

export interface ChangesResult extends Pick<RowsResult, 'hasBefore' | 'hasAfter'> {
  readonly changes: readonly RowChange[];
}

/** The queries that a version answers, each with its request and its result. */
export interface TableQueries {
  rows: { request: RowsRequest; result: RowsResult };
  rowsAt: { request: { readonly rows: readonly number[] }; result: readonly (TableRow | null)[] };
  groups: { request: GroupsRequest; result: GroupsResult };
  facets: {
    request: { readonly columns: readonly number[]; readonly filter: TableFilter | null; readonly limit: number };
    result: readonly FacetResult[];
  };
  profile: { request: { readonly column: number }; result: ProfileResult };
  difference: { request: DifferenceRequest; result: DifferenceResult };
  changes: { request: ChangesRequest; result: ChangesResult };
}

export type TableQueryName = keyof TableQueries;

/** The rows and columns of an export as Parquet. */
export interface ParquetRequest {
  readonly filter: TableFilter | null;
  readonly orders: readonly TableOrder[];
  /** Indexes, each once. */
  readonly columns: readonly number[];
}

/** A file that is removed after its use. */
export interface TemporaryFile {
  readonly path: string;
  remove(): Promise<void>;
}

/** A version as its catalogue describes it. */
export interface StoredTable {
  readonly file: string;
  readonly columns: readonly DatasetColumn[];
  readonly rowCount: number;
}

/** What a file must still be, which `verify` checks. */
export interface FileChecksum {
  readonly fileBytes: number;
  /** SHA-256 of the file, in hexadecimal digits. */
  readonly fileSha256: string;
}

/** How to build a version from a CSV file. */
export interface BuildRequest extends ImportReadOptions {
  /** The CSV file. */
  readonly path: string;
  /** The file of the new version; it only exists once it is complete. */
  readonly target: string;
  readonly importId: number;
  readonly types: readonly ExplicitType[];
  readonly mode: 'REPLACE' | 'APPEND' | 'UPSERT';
  /** The version that APPEND and UPSERT start from. */
  readonly earlier: StoredTable | null;
  readonly keyColumns: readonly string[];
  /** Number of `firstRows` of the result. */
  readonly previewRows: number;
}

export interface BuildResult extends FileChecksum {
  readonly columns: readonly DatasetColumn[];
  readonly rowCount: number;
  readonly dialect: FileDialect;
  /** The first rows of the CSV file as they are stored. */
  readonly firstRows: readonly TableRow[];
  /** Rows of the CSV file: read = accepted + unchanged + rejected. */
  readonly read: number;
  readonly accepted: number;
  readonly unchanged: number;
  readonly rejected: number;
}

/** A version whose rows were written to another Parquet file. */
export interface RewrittenVersion extends StoredTable, FileChecksum {}

/** A value of a column, as a file writes it. */
export interface CellValue {
  /** The index of the column. */
  readonly column: number;
  readonly text: string;
}

/** Stores each version of a dataset as an immutable Parquet file, which DuckDB queries. Throws DomainError. */
export interface DatasetEngine {
  /** The folder with the files of versions. */
  readonly folder: string;
  /** A new, unique file name for a version. */
  newFile(): string;
  build(request: BuildRequest, observer: BuildObserver): Promise<BuildResult>;
  /** Begins to open the database, so that the first query need not wait for it. */
  open(): void;
  /** Whether `prepare` is worth while for a version of this size. */
  mayPrepare(version: { readonly rowCount: number; readonly fileBytes: number }): boolean;
  /** Copies a version into memory while nothing else runs, if there is room, perhaps in place of the file that it replaces. */
  prepare(table: StoredTable, options: { isNew: boolean; replaces: string | null }): Promise<void>;
  /** Moves the rows of a file of the kind that held versions before Parquet; the old file stays. */
  convert(file: string): Promise<RewrittenVersion>;
  query<Q extends TableQueryName>(
    table: StoredTable,
    name: Q,
    request: TableQueries[Q]['request'],
    work: Work,
  ): Promise<TableQueries[Q]['result']>;
  /** Writes rows to a Parquet file. Throws what `query` throws. */
  writeParquet(table: StoredTable, request: ParquetRequest, work: Work): Promise<TemporaryFile>;
  /** The number of rows with any of the values. */
  countRowsWith(table: StoredTable, values: readonly CellValue[]): Promise<number>;
  /** Writes the rows without any of the values to a new file; the old file stays. */
  withoutRowsWith(table: StoredTable, values: readonly CellValue[]): Promise<RewrittenVersion>;
  /** Removes the file of a version once no query reads it; it is no error when the file does not exist. */
  remove(file: string): Promise<void>;
  /** Removes all files that are not in use, except those that this or another running process has created since its start. */
  sweep(inUse: ReadonlySet<string>): Promise<void>;
  close(): void;
}
