import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/**
 * How each import went. Not a ledger table: its counts move in the same transaction as the records they count, so that
 * at every commit `read = accepted + unchanged + conflicts + rejected`.
 */
export const imports = sqliteTable(
  'imports',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    target: text('target').notNull(),
    source: text('source').notNull(),
    state: text('state', { enum: ['RUNNING', 'SUCCEEDED', 'SUCCEEDED_WITH_REJECTS', 'FAILED', 'CANCELLED'] }).notNull(),
    startedAtUs: integer('started_at_us').notNull(),
    finishedAtUs: integer('finished_at_us'),
    bytesTotal: integer('bytes_total').notNull(),
    bytesRead: integer('bytes_read').notNull().default(0),
    read: integer('read').notNull().default(0),
    accepted: integer('accepted').notNull().default(0),
    unchanged: integer('unchanged').notNull().default(0),
    conflicts: integer('conflicts').notNull().default(0),
    rejected: integer('rejected').notNull().default(0),
    failureCode: text('failure_code'),
    failureMessage: text('failure_message'),
    /** The process that runs it: a RUNNING import whose process is gone was interrupted. */
    processId: integer('process_id').notNull(),
    /** SHA-256 of the files it came with, and of how they are read: the same again adds nothing. */
    digest: text('digest').notNull().default(''),
  },
  (table) => [index('imports_by_digest').on(table.digest), index('imports_by_source').on(table.source)],
);

/** Records that were not taken in, kept as they came. */
export const rejectedRecords = sqliteTable(
  'rejected_records',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    receivedAtUs: integer('received_at_us').notNull(),
    importId: integer('import_id'),
    target: text('target').notNull(),
    source: text('source').notNull(),
    line: integer('line'),
    raw: text('raw').notNull(),
    problems: text('problems', { mode: 'json' })
      .$type<Array<{ path: string; code: string; message: string }>>()
      .notNull(),
    state: text('state', { enum: ['OPEN', 'RESOLVED', 'DISCARDED'] })
      .notNull()
      .default('OPEN'),
    /** When it was resolved or discarded. */
    settledAtUs: integer('settled_at_us'),
    /** The mended record as it was taken in, or why it was discarded. */
    settlement: text('settlement'),
    /** The record it became; null also when that was stored before. */
    settledSeq: integer('settled_seq'),
  },
  (table) => [
    index('rejected_records_by_import').on(table.importId),
    index('rejected_records_by_target').on(table.target, table.state),
  ],
);
