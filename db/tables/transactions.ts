import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { ledgerColumns } from './columns.ts';

export const transactions = sqliteTable('transactions', {
  ...ledgerColumns(),
  transactionId: text('transaction_id').notNull().unique(),
  userId: text('user_id').notNull(),
  occurredAtUs: integer('occurred_at_us').notNull(),
  productId: text('product_id').notNull(),
  /** Exact decimal text in its shortest form. */
  amount: text('amount').notNull(),
  /** Canonical address text; null when the transaction has none. */
  ip: text('ip'),
});
