import type { TableRow } from '../../../db/datasets/engine.ts';
import type { ColumnOrder, DatasetVersion } from './columns.ts';
import type { FilterRequest } from './filter.ts';

/** A page of rows that pass the conditions. */
export interface RowsQuery extends FilterRequest {
  readonly orderBy?: readonly ColumnOrder[] | null | undefined;
  /** The id of a version; by default the version of the cursor, or else the current version. */
  readonly versionId?: number | undefined;
  readonly limit: number;
  readonly fromEnd: boolean;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}

/** A row of a version. */
export interface DatasetRow extends TableRow {
  readonly version: DatasetVersion;
}

export interface RowsPage {
  readonly version: DatasetVersion;
  readonly rows: readonly DatasetRow[];
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  readonly total: number;
  /** Number of rows that the filter leaves out only because a cell that it compares does not fit the type of its column. */
  readonly excludedCount: number;
  /** The cursor of a row in this list, for `after` and `before`. */
  cursorOf(row: DatasetRow): string;
}
