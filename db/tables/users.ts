import { index, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { ledgerColumns } from './columns.ts';

/** The attributes of a user according to a source; the newest row of a user is current, as a whole. */
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
