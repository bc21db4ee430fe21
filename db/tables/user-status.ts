import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { ledgerColumns } from './columns.ts';

export const statusChanges = sqliteTable(
  'status_changes',
  {
    ...ledgerColumns(),
    userId: text('user_id').notNull(),
    effectiveAtUs: integer('effective_at_us').notNull(),
    status: text('status', { enum: ['non-paying', 'paying', 'cancelled'] }).notNull(),
  },
  (table) => [index('status_changes_by_user').on(table.userId, table.effectiveAtUs)],
);
