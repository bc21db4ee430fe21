import type { FieldProblem } from '../../src/errors.ts';
import type { Cell } from '../../src/lib/cell-text.ts';
import type { ColumnType, DatasetColumn } from '../../src/lib/cells.ts';

/** A value of a question, as a client wrote it. */
export type Literal = string | number | boolean | null;

/** What is asked of a cell. */
export type CellTest =
  | { readonly op: 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte'; readonly value: Literal }
  | { readonly op: 'in'; readonly values: readonly Literal[] }
  /** Numbers and dates equal, text as a part in any case. */
  | { readonly op: 'matches'; readonly value: Literal }
  | { readonly op: 'contains' | 'startsWith'; readonly text: string }
  | { readonly op: 'hasAny'; readonly values: readonly string[] }
  | { readonly op: 'isNull' | 'isMisfit'; readonly value: boolean };

/** Columns are given by their place. */
export type TableFilter =
  | { readonly and: readonly TableFilter[] }
  | { readonly or: readonly TableFilter[] }
  | { readonly not: TableFilter }
  | { readonly column: number; readonly test: CellTest }
  /** Text in any textual column, in any case. */
  | { readonly search: string }
  | { readonly group: GroupOfTable; readonly key: readonly Cell[] };

/** Columns of a table and how their values are put together. */
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
  /** Null counts rows. */
  readonly column: number | null;
}

/** A row by its place in its version, from 0. */
export interface TableRow {
  readonly row: number;
  readonly line: number;
  readonly importId: number;
  readonly cells: readonly Cell[];
  /** The texts of cells that did not fit, by column. */
  readonly misfits: readonly { readonly column: number; readonly text: string }[];
}

export interface RowsRequest {
  readonly filter: TableFilter | null;
  readonly orders: readonly TableOrder[];
  readonly limit: number;
  readonly fromEnd: boolean;
  /** Rows of the list between which the page lies, themselves excluded. */
  readonly after: number | null;
  readonly before: number | null;
  readonly withTotal: boolean;
}

export interface RowsResult {
  readonly rows: readonly TableRow[];
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  /** Null when it was not asked for. */
  readonly total: number | null;
}

/** A condition on a group: by its place among the keys and measures, keys first. */
export interface GroupCondition {
  readonly index: number;
  readonly test: CellTest;
}

export interface GroupsRequest {
  readonly group: GroupOfTable;
  readonly measures: readonly TableMeasure[];
  readonly filter: TableFilter | null;
  readonly having: readonly GroupCondition[];
  /** By place among keys and measures. */
  readonly orders: readonly TableOrder[];
  readonly offset: number;
  readonly limit: number;
}

export interface GroupsResult {
  readonly groups: readonly { readonly key: readonly Cell[]; readonly measures: readonly Cell[] }[];
  readonly total: number;
}

export interface ValueCount {
  readonly value: Cell;
  readonly count: number;
}

export interface FacetResult {
  readonly column: number;
  readonly buckets: readonly ValueCount[];
  readonly otherCount: number;
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

export interface DifferenceResult {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

/** What can be asked of a version, and the answer to each. */
export interface TableQueries {
  rows: { asked: RowsRequest; answer: RowsResult };
  rowsAt: { asked: { readonly rows: readonly number[] }; answer: readonly (TableRow | null)[] };
  groups: { asked: GroupsRequest; answer: GroupsResult };
  facets: {
    asked: { readonly columns: readonly number[]; readonly filter: TableFilter | null; readonly limit: number };
    answer: readonly FacetResult[];
  };
  profile: { asked: { readonly column: number }; answer: ProfileResult };
  difference: {
    asked: { readonly earlier: string; readonly keyColumns: readonly string[] };
    answer: DifferenceResult;
  };
}

export type TableQueryName = keyof TableQueries;

/** How a file becomes a version. */
export interface BuildRequest {
  /** The CSV file. */
  readonly path: string;
  /** The version's file; it is not there unless it is whole. */
  readonly target: string;
  readonly importId: number;
  readonly columns: readonly { readonly column: string; readonly type: ColumnType }[];
  readonly mode: 'REPLACE' | 'APPEND' | 'UPSERT';
  /** The version that APPEND and UPSERT begin with. */
  readonly earlier: string | null;
  readonly keyColumns: readonly string[];
}

export interface RejectedRow {
  readonly line: number;
  readonly raw: string;
  readonly problems: FieldProblem[];
}

export interface BuildProgress {
  readonly bytesRead: number;
  readonly read: number;
  readonly rejected: number;
}

export interface BuildResult {
  readonly columns: readonly DatasetColumn[];
  readonly rowCount: number;
  /** Of the file's rows: read = accepted + unchanged + rejected. */
  readonly read: number;
  readonly accepted: number;
  readonly unchanged: number;
  readonly rejected: number;
}

export interface BuildObserver {
  readonly signal: AbortSignal;
  onProgress(standing: BuildProgress): void;
  /** The next rows are read when it has resolved. */
  onRejects(rows: readonly RejectedRow[]): Promise<void>;
}

/**
 * Tables of uploaded files, in a folder of their own: each version is one immutable file, built and asked in processes of its own, which are ended
 * when they take too long. Faults come as DomainError.
 */
export interface DatasetEngine {
  /** A name for a version's file that no other has. */
  newFile(): string;
  build(wanted: BuildRequest, watcher: BuildObserver): Promise<BuildResult>;
  query<Q extends TableQueryName>(
    file: string,
    question: Q,
    asked: TableQueries[Q]['asked'],
  ): Promise<TableQueries[Q]['answer']>;
  /** Removes a version's file; no error when it is not there. */
  remove(file: string): Promise<void>;
  /** Removes files that no version names. */
  sweep(inUse: ReadonlySet<string>): Promise<void>;
  close(): void;
}

/** The settings these tables know. */
export interface DatasetLimits {
  readonly data: string;
  readonly recordBytesMax: number;
  readonly datasetCellLengthMax: number;
  readonly datasetColumnsMax: number;
  readonly datasetRejectsMax: number;
  readonly datasetQueryMsMax: number;
  readonly datasetProcesses: number;
  readonly datasetImportsAtOnce: number;
  readonly datasetCacheBytesMax: number;
  readonly datasetPageBytesMax: number;
  readonly datasetGroupsMax: number;
  readonly datasetNeedleLengthMax: number;
}
