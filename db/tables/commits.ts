import { integer, sqliteTable } from 'drizzle-orm/sqlite-core';

/** One row per committed transaction that appended records: up to which `seq` it reached, and when. */
export const commits = sqliteTable('commits', {
  lastSeq: integer('last_seq').primaryKey(),
  recordedAtUs: integer('recorded_at_us').notNull(),
});
