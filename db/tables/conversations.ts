import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { ledgerColumns } from './columns.ts';

/** A conversation begun: `recordedAtUs` is when. */
export const conversations = sqliteTable('conversations', {
  ...ledgerColumns(),
  /** Lower case. */
  uuid: text('uuid').notNull().unique(),
  symbol: text('symbol').notNull(),
  /** What was answered. */
  isVowelGuess: integer('is_vowel_guess', { mode: 'boolean' }).notNull(),
});

/** Follow-ups, repeats and those of conversations never seen to begin included. */
export const followups = sqliteTable(
  'followups',
  {
    ...ledgerColumns(),
    uuid: text('uuid').notNull(),
  },
  (table) => [index('followups_by_uuid').on(table.uuid)],
);
