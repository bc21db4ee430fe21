import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { ledgerColumns } from './columns.ts';

/** Plans of experiments; the newest row of a key is the current plan, as a whole. */
export const experiments = sqliteTable(
  'experiments',
  {
    ...ledgerColumns(),
    key: text('key').notNull(),
    name: text('name').notNull(),
    startedAtUs: integer('started_at_us'),
    endedAtUs: integer('ended_at_us'),
    allocation: text('allocation', { mode: 'json' })
      .$type<Array<{ variant: string; weight: number; isControl: boolean }>>()
      .notNull(),
    markets: text('markets', { mode: 'json' }).$type<string[]>().notNull(),
  },
  (table) => [index('experiments_by_key').on(table.key)],
);

export const experimentEvents = sqliteTable(
  'experiment_events',
  {
    ...ledgerColumns(),
    /** The sender's own id within the experiment that the event names. Without one (null) a repeated event cannot be recognized. */
    eventId: text('event_id'),
    /** The key of the experiment that the event names; null when it names none. */
    experiment: text('experiment'),
    userId: text('user_id').notNull(),
    variant: text('variant').notNull(),
    accountType: text('account_type').notNull(),
    eventType: text('event_type'),
    occurredAtUs: integer('occurred_at_us').notNull(),
    /** Exact decimal text in its shortest form. */
    orderValue: text('order_value'),
  },
  // Partial, because most senders give no id, and an index entry costs as much as the event. Events that name no experiment
  // share one space of ids: SQLite would take each null for another value. No key of an experiment is empty.
  (table) => [
    uniqueIndex('experiment_events_by_event_id')
      .on(table.eventId, sql`case when experiment is null then '' else experiment end`)
      .where(sql`event_id is not null`),
  ],
);

/** The number of duplicate events by experiment. Not a ledger table: duplicates leave no row of their own. */
export const experimentRepeats = sqliteTable('experiment_repeats', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  /** The experiment that the event named; null when it named none. */
  experiment: text('experiment'),
  duplicates: integer('duplicates').notNull(),
});
