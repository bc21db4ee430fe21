import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { ledgerColumns } from './columns.ts';

type AllocationRow = { variant: string; weight: number; isControl: boolean };

/** Revisions of the plans of experiments: the newest row of a key has its name and period, each row adds a phase. */
export const experiments = sqliteTable(
  'experiments',
  {
    ...ledgerColumns(),
    key: text('key').notNull(),
    name: text('name').notNull(),
    startedAtUs: integer('started_at_us'),
    endedAtUs: integer('ended_at_us'),
    allocation: text('allocation', { mode: 'json' }).$type<AllocationRow[]>().notNull(),
    /** From when on allocation and markets are in force; null from the start, instead of all earlier phases. */
    allocationFromUs: integer('allocation_from_us'),
    allocationByMarket: text('allocation_by_market', { mode: 'json' })
      .$type<Array<{ country: string; allocation: AllocationRow[] }>>()
      .notNull()
      .default([]),
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
    /** Random number of the request with many events that it was sent in; null for others, and for imports. */
    requestId: integer('request_id'),
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
export const experimentRepeats = sqliteTable(
  'experiment_repeats',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    /** The experiment that the event named; null when it named none. */
    experiment: text('experiment'),
    /** How many until then. */
    duplicates: integer('duplicates').notNull(),
    /** When the last of them was sent. A row for each transaction that had some. */
    recordedAtUs: integer('recorded_at_us').notNull().default(0),
  },
  // The first finds the newest row of an experiment, the second the last one by an instant.
  (table) => [
    index('experiment_repeats_by_experiment').on(table.experiment),
    index('experiment_repeats_by_time').on(table.experiment, table.recordedAtUs),
  ],
);
