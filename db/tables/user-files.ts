import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { ledgerColumns } from './columns.ts';

/**
 * What each synchronisation found of an object of the source. Rows are staged under `importId` and count only once
 * `userFileSyncs` names it; the newest row of a name that counts says what is known of the object.
 */
export const userFiles = sqliteTable(
  'user_files',
  {
    ...ledgerColumns(),
    /** The object's name within the source. */
    name: text('name').notNull(),
    /** What tells its content from others without reading it; empty for an object that has to be read the next time. */
    version: text('version').notNull(),
    userId: text('user_id').notNull(),
    kind: text('kind', { enum: ['CSV', 'IMAGE'] }).notNull(),
    /** A REJECTED object leaves what was known before. */
    outcome: text('outcome', { enum: ['TAKEN', 'REJECTED', 'REMOVED'] }).notNull(),
    firstName: text('first_name'),
    lastName: text('last_name'),
    /** Milliseconds since 1970 UTC, negative before. */
    birthMs: integer('birth_ms'),
    /** Of the image's bytes, in hex: they are in the image folder under this name. */
    sha256: text('sha256'),
    contentType: text('content_type'),
    width: integer('width'),
    height: integer('height'),
    byteSize: integer('byte_size'),
  },
  (table) => [index('user_files_by_name').on(table.name)],
);

/** One row a synchronisation that changed something: it puts what was staged under its import in force. */
export const userFileSyncs = sqliteTable('user_file_syncs', {
  ...ledgerColumns(),
  /** Users, each counted once: `processed = updated + unchanged + removed + rejected`. */
  processed: integer('processed').notNull(),
  updated: integer('updated').notNull(),
  unchanged: integer('unchanged').notNull(),
  removed: integer('removed').notNull(),
  rejected: integer('rejected').notNull(),
});

/** The table written back to the source, as it was written last. Not a ledger table: it can be made again at any time. */
export const userFileOutputs = sqliteTable('user_file_outputs', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  location: text('location').notNull(),
  /** SHA-256 of its bytes. */
  digest: text('digest').notNull(),
  /** What the source told it by after it was written. */
  version: text('version').notNull(),
});
