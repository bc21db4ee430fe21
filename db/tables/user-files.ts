import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { ledgerColumns } from './columns.ts';

/**
 * The outcome of each object of the source in each synchronization. Rows are staged under `importId` and count only once
 * `userFileSyncs` names it; the newest such row of a name is the current state of the object.
 */
export const userFiles = sqliteTable(
  'user_files',
  {
    ...ledgerColumns(),
    /** The object's name within the source. */
    name: text('name').notNull(),
    /** Identifies the content without reading it; empty for an object that must be read at the next synchronization. */
    version: text('version').notNull(),
    userId: text('user_id').notNull(),
    kind: text('kind', { enum: ['CSV', 'IMAGE'] }).notNull(),
    /** A REJECTED object does not change the current state. */
    outcome: text('outcome', { enum: ['TAKEN', 'REJECTED', 'REMOVED'] }).notNull(),
    firstName: text('first_name'),
    lastName: text('last_name'),
    /** Milliseconds since 1970 UTC, negative before. */
    birthMs: integer('birth_ms'),
    /** SHA-256 of the image in hex; the file in the image folder has this name. */
    sha256: text('sha256'),
    contentType: text('content_type'),
    width: integer('width'),
    height: integer('height'),
    byteSize: integer('byte_size'),
  },
  (table) => [index('user_files_by_name').on(table.name)],
);

/** One row a synchronization that changed something: it puts what was staged under its import in force. */
export const userFileSyncs = sqliteTable('user_file_syncs', {
  ...ledgerColumns(),
  /** Users, each counted once: `processed = updated + unchanged + removed + rejected`. */
  processed: integer('processed').notNull(),
  updated: integer('updated').notNull(),
  unchanged: integer('unchanged').notNull(),
  removed: integer('removed').notNull(),
  rejected: integer('rejected').notNull(),
});

/** The table last written back to the source. Not a ledger table: it can be computed again at any time. */
export const userFileOutputs = sqliteTable('user_file_outputs', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  location: text('location').notNull(),
  /** SHA-256 of its bytes. */
  digest: text('digest').notNull(),
  /** The fingerprint that the source reported after the write. */
  version: text('version').notNull(),
});
