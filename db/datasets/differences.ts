import type { RowsRequest, RowsResult, StoredTable, TableRow } from './engine.ts';

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
