import { createHash } from 'node:crypto';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { type SegmentColumn, tableColumn } from '../../segments/file.ts';
import type { LedgerTable } from '../../store.ts';
import { conversations, experimentEvents, followups, statusChanges, transactions } from '../../tables/index.ts';
import { columnsOf } from '../rows/columns.ts';

export interface ArchivedTable {
  readonly table: LedgerTable;
  readonly name: string;
  /** Columns by whose values together its archived records are found without reading all of them. */
  readonly keys: readonly (readonly string[])[];
}

const archived = (table: LedgerTable, ...keys: readonly (readonly string[])[]): ArchivedTable => ({
  ...{ table, name: getTableName(table), keys },
});

/**
 * The tables whose records are archived: those that grow with what happens. The others are small, and what is in force is
 * looked up in them all the time.
 */
export const archivedTables: readonly ArchivedTable[] = [
  archived(transactions, ['transactionId']),
  archived(experimentEvents, ['eventId']),
  archived(statusChanges, ['userId', 'effectiveAtUs'], ['userId']),
  archived(conversations, ['uuid']),
  archived(followups, ['uuid']),
];

const byTable = new Map<SQLiteTable, ArchivedTable>(archivedTables.map((each) => [each.table, each]));

export const archivedTableOf = (table: SQLiteTable): ArchivedTable | undefined => byTable.get(table);

/** The first of the keys whose columns are all among those of a match, without nulls. */
export const keyIn = (
  { keys }: ArchivedTable,
  match: Readonly<Record<string, unknown>>,
): readonly string[] | undefined => keys.find((key) => key.every((column) => match[column] != null));

const hashBytes = 6;

/** Stands for a key in `archived_keys`; the values are those of the driver. */
export const keyHash = (name: string, key: readonly string[], values: readonly unknown[]): number =>
  createHash('sha256')
    .update(JSON.stringify([name, key, values]))
    .digest()
    .readUIntBE(0, hashBytes);

/** The columns of a segment's file: all that its tables have; those that a table lacks are null in its records. */
export const segmentColumns = (): SegmentColumn[] => {
  const columns = new Map<string, SegmentColumn>([[tableColumn, { name: tableColumn, type: 'VARCHAR' }]]);
  for (const { table } of archivedTables)
    for (const [, column] of columnsOf(table)) {
      const type = column.getSQLType() === 'integer' ? 'BIGINT' : 'VARCHAR';
      const known = columns.get(column.name);
      if (known && known.type !== type) throw new Error(`${column.name} has different types in tables of the ledger`);
      columns.set(column.name, { name: column.name, type });
    }
  return [...columns.values()];
};
