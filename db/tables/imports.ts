import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { FileDialect } from '../../src/lib/import-options.ts';
import type { ImportReading } from '../../src/lib/import-reading.ts';

/**
 * The state and counts of each import. Not a ledger table: counts change in the transaction of the records they count, so
 * that at every commit `read = accepted + unchanged + conflicts + rejected`.
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
    /** The process that runs it: a RUNNING import whose process no longer exists was interrupted. */
    processId: integer('process_id').notNull(),
    /** SHA-256 of its files and of the options they are read with; importing them again adds nothing. */
    digest: text('digest').notNull().default(''),
    /** How the CSV file was read; null before it is known, and for other formats. */
    dialect: text('dialect', { mode: 'json' }).$type<FileDialect>(),
    /** How its records are read; null where no record can be read again alone. */
    reading: text('reading', { mode: 'json' }).$type<ImportReading>(),
  },
  (table) => [
    index('imports_by_digest').on(table.digest),
    index('imports_by_source').on(table.source),
    index('imports_by_state').on(table.state),
  ],
);

/** Records that were not stored, with their original text. */
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
    /** The corrected record as it was stored, or why it was discarded. */
    settlement: text('settlement'),
    /** The record that was stored for it; null also when it was a duplicate. */
    settledSeq: integer('settled_seq'),
    /** The key of its group. */
    groupId: integer('group_id').notNull().default(0),
  },
  (table) => [
    index('rejected_records_by_import').on(table.importId, table.state),
    index('rejected_records_by_target').on(table.target, table.state),
    index('rejected_records_by_state').on(table.state),
    index('rejected_records_by_group').on(table.groupId, table.state),
    index('rejected_records_by_time').on(table.target, table.receivedAtUs),
  ],
);

/**
 * The number of rejected records with the same target, source, import and first problem, so that listing them does not read
 * the records. Counts change in the transaction of the records they count.
 */
export const rejectGroups = sqliteTable(
  'reject_groups',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    target: text('target').notNull(),
    source: text('source').notNull(),
    importId: integer('import_id'),
    /** The path of the first problem. */
    field: text('field').notNull(),
    code: text('code').notNull(),
    open: integer('open').notNull(),
    resolved: integer('resolved').notNull(),
    discarded: integer('discarded').notNull(),
    /** Whether `open` is above 0. */
    isOpen: integer('is_open', { mode: 'boolean' }).notNull(),
    /** Its newest open record, or the newest of all when none is open. */
    newestId: integer('newest_id').notNull(),
    newestAtUs: integer('newest_at_us').notNull(),
  },
  (table) => [
    index('reject_groups_by_problem').on(table.target, table.source, table.importId, table.field, table.code),
    index('reject_groups_by_newest').on(table.isOpen, table.newestId),
  ],
);
