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
  // Covers all columns that the index in memory is built from: in address order, the table itself would be read at random.
  (table) => [index('ip_ranges_by_table').on(table.tableId, table.firstKey, table.lastKey, table.city)],
);

/** One row per published table; the newest one is current. */
export const ipTables = sqliteTable('ip_tables', {
  ...ledgerColumns(),
  tableId: integer('table_id').notNull(),
  rangeCount: integer('range_count').notNull(),
  /** SHA-256 of the files of the table: importing the same files again changes nothing. */
  digest: text('digest').notNull(),
  /** Blocks of IPv6 whose addresses hold an IPv4 address behind the prefix and are looked up by it, such as 2002::/16. */
  ipv4Blocks: text('ipv4_blocks', { mode: 'json' }).$type<readonly string[]>().notNull().default([]),
});
