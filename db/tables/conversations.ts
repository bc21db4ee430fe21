import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { ledgerColumns } from './columns.ts';

/** Starts of conversations; `recordedAtUs` is the time of the start. */
export const conversations = sqliteTable('conversations', {
  ...ledgerColumns(),
  /** Lower case. */
  uuid: text('uuid').notNull().unique(),
  symbol: text('symbol').notNull(),
  /** The answer to the client. */
  isVowelGuess: integer('is_vowel_guess', { mode: 'boolean' }).notNull(),
});

/** Follow-ups, including repeats and those of conversations whose start is not recorded. */
export const followups = sqliteTable(
  'followups',
  {
    ...ledgerColumns(),
    uuid: text('uuid').notNull(),
  },
  (table) => [index('followups_by_uuid').on(table.uuid)],
);
