import { integer, text } from 'drizzle-orm/sqlite-core';

/**
 * The columns every ledger table begins with. `seq` is gap-free over all ledger tables together and is the only order
 * that counts; `recordedAtUs` is displayed, never used for ordering.
 */
export const ledgerColumns = () => ({
  seq: integer('seq').primaryKey(),
  recordedAtUs: integer('recorded_at_us').notNull(),
  importId: integer('import_id'),
  line: integer('line'),
  /** Name of the API key that the record was sent with. */
  sentBy: text('sent_by'),
});
