import { index, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { ledgerColumns } from './columns.ts';

/** What a source said of a user; the newest row of a user is the one in force, as a whole. */
export const userProfiles = sqliteTable(
  'user_profiles',
  {
    ...ledgerColumns(),
    userId: text('user_id').notNull(),
    country: text('country'),
    gender: text('gender'),
  },
  (table) => [index('user_profiles_by_user').on(table.userId)],
);
