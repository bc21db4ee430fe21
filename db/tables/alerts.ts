import { index, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { ledgerColumns } from './columns.ts';

/** Alert rules. Rows of removed rules stay, because deliveries name their rule; their URL and secret do not. */
export const alertRules = sqliteTable('alert_rules', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  event: text('event', {
    enum: ['experiment.broken', 'rejects.rate', 'sync.failed', 'import.failed', 'source.silent'],
  }).notNull(),
  format: text('format', { enum: ['json', 'slack'] }).notNull(),
  /** Empty once the rule is removed, like the secret. */
  url: text('url').notNull(),
  /** Scheme and host of the URL: the rest may be secret. */
  publicUrl: text('public_url').notNull(),
  /** Null for a format without a signature. */
  secret: text('secret'),
  /** Null: every experiment that runs. */
  experiment: text('experiment'),
  /** An import target; null: every one. */
  target: text('target'),
  /** The options of the rule; null for the setting. */
  rate: real('rate'),
  recordsMin: integer('records_min'),
  windowMs: integer('window_ms'),
  silenceMs: integer('silence_ms'),
  addedAtUs: integer('added_at_us').notNull(),
  /** Name of the API key it was added with. */
  addedBy: text('added_by'),
  removedAtUs: integer('removed_at_us'),
  removedBy: text('removed_by'),
});

/** Changes of the state of what a rule watches: the newest row of a rule and subject is its state; without one it is OK. */
export const alertChanges = sqliteTable(
  'alert_changes',
  {
    ...ledgerColumns(),
    ruleId: integer('rule_id').notNull(),
    /** The key of an experiment, or a target with the source of its records. */
    subject: text('subject').notNull(),
    state: text('state', { enum: ['OK', 'BROKEN'] }).notNull(),
    message: text('message').notNull(),
    figures: text('figures', { mode: 'json' }).$type<Readonly<Record<string, unknown>>>().notNull(),
    /** The last record that was judged. */
    judgedSeq: integer('judged_seq').notNull(),
  },
  (table) => [index('alert_changes_by_subject').on(table.ruleId, table.subject)],
);

/** Attempts to deliver a message, with their results. */
export const alertAttempts = sqliteTable(
  'alert_attempts',
  {
    ...ledgerColumns(),
    deliveryId: integer('delivery_id').notNull(),
    /** From 1. */
    number: integer('number').notNull(),
    /** Null when there was no response. */
    responseStatus: integer('response_status'),
    /** Null when the message was delivered. */
    error: text('error'),
    durationMs: integer('duration_ms').notNull(),
  },
  (table) => [index('alert_attempts_by_delivery').on(table.deliveryId)],
);

/**
 * Messages on their way: inserted in the transaction of the change that they report. Not a ledger table: its state and
 * counts change in the transaction of each attempt.
 */
export const alertDeliveries = sqliteTable(
  'alert_deliveries',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    /** The header `webhook-id` of every attempt. */
    messageId: text('message_id').notNull().unique(),
    ruleId: integer('rule_id').notNull(),
    /** The event of the rule, or `alert.test`. */
    event: text('event').notNull(),
    /** Messages of a rule about one subject are delivered in order. */
    subject: text('subject').notNull(),
    /** The record of the change; null for a test. */
    changeSeq: integer('change_seq'),
    /** The same in every attempt. */
    body: text('body').notNull(),
    state: text('state', { enum: ['PENDING', 'DELIVERED', 'FAILED'] }).notNull(),
    attempts: integer('attempts').notNull(),
    responseStatus: integer('response_status'),
    lastError: text('last_error'),
    createdAtUs: integer('created_at_us').notNull(),
    nextAttemptAtUs: integer('next_attempt_at_us').notNull(),
    lastAttemptAtUs: integer('last_attempt_at_us'),
    settledAtUs: integer('settled_at_us'),
    /** The process that sends it, until then; null while none does. */
    claimedBy: integer('claimed_by'),
    claimedUntilUs: integer('claimed_until_us'),
  },
  (table) => [index('alert_deliveries_by_rule').on(table.ruleId, table.state)],
);

/** One row: the imports that alerts have judged. */
export const alertCursors = sqliteTable('alert_cursors', {
  id: integer('id').primaryKey(),
  /** Imports up to this one are judged, except those that had not ended. */
  importId: integer('import_id').notNull(),
  unfinished: text('unfinished', { mode: 'json' }).$type<readonly number[]>().notNull(),
});
