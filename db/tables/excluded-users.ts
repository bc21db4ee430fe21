import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { ledgerColumns } from './columns.ts';

/** Exclusions of users, and inclusions, each of which ends all earlier exclusions of its user. */
export const excludedUsers = sqliteTable(
  'excluded_users',
  {
    ...ledgerColumns(),
    userId: text('user_id').notNull(),
    kind: text('kind', { enum: ['EXCLUDED', 'INCLUDED'] }).notNull(),
    /** The half-open time `[from, to)` of an exclusion; null without bound, and for inclusions. */
    fromUs: integer('from_us'),
    toUs: integer('to_us'),
    reason: text('reason'),
  },
  (table) => [
    // The newest row of a user: the entries of an index are in the order of their rows.
    index('excluded_users_by_user').on(table.userId),
    index('excluded_users_by_time').on(table.userId, table.kind, table.fromUs, table.toUs),
  ],
);
