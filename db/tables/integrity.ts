import { blob, integer, sqliteTable } from 'drizzle-orm/sqlite-core';

/** The digest of each row outside of the ledger: rows there change, so no chain can hold them. */
export const rowDigests = sqliteTable('row_digests', {
  /** The number of the table and the id of the row. */
  key: integer('key').primaryKey(),
  digest: blob('digest', { mode: 'buffer' }).notNull(),
});

/** One row: the state of everything outside of the ledger. */
export const storeState = sqliteTable('store_state', {
  id: integer('id').primaryKey(),
  /** Number of transactions that changed a row outside of the ledger. */
  changes: integer('changes').notNull(),
  /** All row digests, combined by exclusive or. */
  digest: blob('digest', { mode: 'buffer' }).notNull(),
});
