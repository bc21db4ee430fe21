import { blob, integer, sqliteTable } from 'drizzle-orm/sqlite-core';

/** One row per committed transaction that appended records: up to which `seq` it reached, and when. */
export const commits = sqliteTable('commits', {
  lastSeq: integer('last_seq').primaryKey(),
  recordedAtUs: integer('recorded_at_us').notNull(),
  /** SHA-256 of that of the commit before, `lastSeq`, `recordedAtUs` and `recordDigests`; null only until a store of before is opened. */
  digest: blob('digest', { mode: 'buffer' }),
  /** The digests of its records, in order. They stay when a record is erased. */
  recordDigests: blob('record_digests', { mode: 'buffer' }),
});
