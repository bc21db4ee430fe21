import { blob, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** The digest of each row of a side table: rows there change, so no chain can hold them. */
export const rowDigests = sqliteTable('row_digests', {
  /** The number of the table and the id of the row. */
  key: integer('key').primaryKey(),
  digest: blob('digest', { mode: 'buffer' }).notNull(),
  /** The dataset of a dataset version, so that a damaged or missing row still says which one it belongs to; null for other rows. */
  datasetId: integer('dataset_id'),
});

/** One row: the state of all side tables. */
export const storeState = sqliteTable('store_state', {
  id: integer('id').primaryKey(),
  /** Number of transactions that changed a row of a side table. */
  changes: integer('changes').notNull(),
  /** All row digests, combined by exclusive or. */
  digest: blob('digest', { mode: 'buffer' }).notNull(),
});

/** Records whose content was erased. The digest that each was stored with stays in its commit. */
export const erasedRecords = sqliteTable('erased_records', {
  /** The sequence number of the record. */
  id: integer('id').primaryKey(),
  tableName: text('table_name').notNull(),
  recordedAtUs: integer('recorded_at_us').notNull(),
  importId: integer('import_id'),
  /** The digest of what is left of the record, in hex; null when nothing is. */
  leftDigest: text('left_digest'),
  erasedAtUs: integer('erased_at_us').notNull(),
});
