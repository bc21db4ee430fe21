import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/**
 * Batches that were stored under a key of their sender, with what was answered. Not a ledger table: rows are removed when
 * they expire.
 */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    /** Name of the API key of the sender; empty for senders without one. */
    sentBy: text('sent_by').notNull(),
    key: text('key').notNull(),
    /** SHA-256 of what was sent. */
    digest: text('digest').notNull(),
    storedAtUs: integer('stored_at_us').notNull(),
    /** The outcomes in the order of the records; those of consecutive records are one entry, `[kind, count, first sequence number]`. */
    outcomes: text('outcomes', { mode: 'json' })
      .$type<
        Array<
          | ['CREATED', count: number, firstSeq: number]
          | ['DUPLICATE', count: number, firstSeq?: number]
          | ['CONFLICT', problems: Array<{ path: string; code: string; message: string }>, storedSeq: number]
          | ['REJECTED', problems: Array<{ path: string; code: string; message: string }>]
        >
      >()
      .notNull(),
    rejectedIds: text('rejected_ids', { mode: 'json' }).$type<number[]>().notNull(),
  },
  (table) => [
    uniqueIndex('idempotency_keys_by_key').on(table.sentBy, table.key),
    index('idempotency_keys_by_time').on(table.storedAtUs),
  ],
);
