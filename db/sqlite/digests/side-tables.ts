import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import * as tables from '../../tables/index.ts';
import { columnsOf } from '../rows/columns.ts';

/**
 * The numbers of the side tables, in the keys of `row_digests`. A number is never given to another table.
 */
const numbers: readonly (readonly [number, SQLiteTable])[] = [
  [1, tables.alertRules],
  [2, tables.alertDeliveries],
  [3, tables.alertCursors],
  [4, tables.apiKeys],
  [5, tables.datasets],
  [6, tables.datasetVersions],
  [7, tables.experimentRepeats],
  [8, tables.idempotencyKeys],
  [9, tables.imports],
  [10, tables.rejectedRecords],
  [11, tables.rejectGroups],
  [12, tables.userFileOutputs],
  [13, tables.erasedRecords],
  [14, tables.ledgerSegments],
];

const idsPerTable = 2 ** 40;

/** A table of rows that change, outside of the ledger; each row has a digest. */
export interface SideTable {
  readonly table: SQLiteTable;
  readonly name: string;
  /** The key of the digest of the table's counter; those of its rows follow it, the first of which has the id 1. */
  readonly firstKey: number;
  /** The first key of the next table. */
  readonly endKey: number;
}

export const sideTables: readonly SideTable[] = numbers.map(([number, table]) => ({
  table,
  name: getTableName(table),
  firstKey: number * idsPerTable,
  endKey: (number + 1) * idsPerTable,
}));

/** What the digest of a row notes about its dataset; null for rows of no dataset, and for datasets, whose keys say it. */
export const noteOfDataset = (table: SQLiteTable): ((row: readonly unknown[]) => number | null) => {
  if (table !== tables.datasetVersions) return () => null;
  const position = columnsOf(table).findIndex(([key]) => key === 'datasetId');
  return (row) => row[position] as number;
};

const byTable = new Map(sideTables.map((each) => [each.table, each]));

export const sideTableOf = (table: SQLiteTable): SideTable => {
  const found = byTable.get(table);
  if (!found) throw new Error(`${getTableName(table)} has no number for the digests of its rows`);
  return found;
};
