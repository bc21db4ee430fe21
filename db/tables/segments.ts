import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/**
 * Ranges of the ledger whose records are in Parquet files, no longer in tables. They follow each other, from the first record
 * of the ledger on; the records of small tables stay where they are.
 */
export const ledgerSegments = sqliteTable('ledger_segments', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  firstSeq: integer('first_seq').notNull(),
  lastSeq: integer('last_seq').notNull(),
  /** Number of records in the file. */
  records: integer('records').notNull(),
  /** The size of the file. */
  bytes: integer('bytes').notNull(),
  /** SHA-256 of the file in hex. */
  sha256: text('sha256').notNull(),
  /** The folder or `s3://bucket/prefix` that it was written to. */
  location: text('location').notNull(),
  /** The name of the file there. */
  name: text('name').notNull(),
  /** How many of its records each table has, by the name of the table. */
  tableCounts: text('table_counts', { mode: 'json' }).$type<Readonly<Record<string, number>>>().notNull(),
  /** How many of its records are of each import. */
  importCounts: text('import_counts', { mode: 'json' })
    .$type<ReadonlyArray<[importId: number, records: number]>>()
    .notNull(),
  archivedAtUs: integer('archived_at_us').notNull(),
});

/** The keys by which archived records are looked up, so that a record that is sent again is recognized. */
export const archivedKeys = sqliteTable(
  'archived_keys',
  {
    /** Of the table and the key, 52 bits. */
    hash: integer('hash').notNull(),
    sequence: integer('sequence').notNull(),
  },
  (table) => [primaryKey({ columns: [table.hash, table.sequence] })],
);
