import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { ledgerColumns } from './columns.ts';

/**
 * Ranges of every table ever imported. `firstKey` and `lastKey` are fixed-width hex (`4…` or `6…`), so that text order
 * is address order. Rows are staged under `tableId` and count only once `ipTables` names that table.
 */
export const ipRanges = sqliteTable(
  'ip_ranges',
  {
    ...ledgerColumns(),
    tableId: integer('table_id').notNull(),
    firstKey: text('first_key').notNull(),
    lastKey: text('last_key').notNull(),
    city: text('city').notNull(),
  },
  // Holds all that the index in memory is built from: read in order of address, the table itself would be read at random.
  (table) => [index('ip_ranges_by_table').on(table.tableId, table.firstKey, table.lastKey, table.city)],
);

/** One row per table put in force; the newest is the one that answers. */
export const ipTables = sqliteTable('ip_tables', {
  ...ledgerColumns(),
  tableId: integer('table_id').notNull(),
  rangeCount: integer('range_count').notNull(),
  /** SHA-256 of the files it was made from: the same files again change nothing. */
  digest: text('digest').notNull(),
});
