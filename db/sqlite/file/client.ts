import Database from 'better-sqlite3';
import { DomainError } from '../../../src/errors.ts';
import type { SqlConnection } from '../rows/sql-connection.ts';
import type { MarkState } from './mark.ts';
import { lastMigrationMs, newestMigrationMs, runMigrations } from './migrations.ts';
import { hasNoTables, incompleteCopy, lossOf, openForReading, usedFoldersBeside } from './preflight.ts';

/** How long opening a file may block the thread while another process opens or migrates it. */
const openWaitMs = 10_000;

/** How long SQLite itself may block the thread for a lock afterwards: the write queue waits longer, between attempts. */
const nativeWaitMs = 2;

/** Opens a SQLite file (or `:memory:`), brings it to the newest schema and asserts that commits are synced. */
export const openClient = (path: string, onStatement?: (sql: string) => void): Database.Database => {
  const verbose = onStatement ? { verbose: (text: unknown) => onStatement(String(text)) } : {};
  const client = new Database(path, { timeout: openWaitMs, ...verbose });
  if (path !== ':memory:') useWal(client);
  // After WAL, because better-sqlite3 is compiled to lower it to NORMAL on a WAL database's first use.
  client.pragma('synchronous = FULL');
  client.pragma('wal_autocheckpoint = 4000');
  // A savepoint keeps a copy of each page that is changed after it: in memory, not in a file.
  client.pragma('temp_store = MEMORY');
  migrate(client);
  const level = client.pragma('synchronous', { simple: true });
  if (level !== 2)
    throw new Error(
      `SQLite runs with synchronous=${level}, not 2 (FULL): writes would be acknowledged before they are synced to disk`,
    );
  client.pragma(`busy_timeout = ${nativeWaitMs}`);
  return client;
};

/**
 * Opens a store to check or copy it: nothing of it is changed. Throws NOT_FOUND for a store that was never completed,
 * NOT_ALLOWED for one of another version, DATA_DAMAGED for one that lacks its tables.
 */
export const openReadOnly = (path: string, marked: MarkState | null): Database.Database => {
  const used = usedFoldersBeside(path);
  const client = openForReading(path);
  try {
    if (lastMigrationMs(client) < newestMigrationMs()) checkIncomplete(client, { path, marked, used });
    checkSchema(client);
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
};

/** Says why a store lacks tables, unless it is that of an older version. */
const checkIncomplete = (
  client: Database.Database,
  {
    path,
    marked,
    used,
  }: { readonly path: string; readonly marked: MarkState | null; readonly used: readonly string[] },
): void => {
  const loss = lossOf(client, marked);
  if (loss !== null) throw new DomainError('DATA_DAMAGED', loss);
  if (hasNoTables(client)) {
    if (used.length > 0) throw incompleteCopy(path, used);
    throw new DomainError(
      'NOT_FOUND',
      `${path} is an empty store that has never held anything: whatever made it ended before the store was complete. ` +
        'Start a server on the data folder, which completes it, or delete the file; if there were records, put back a backup',
    );
  }
  if (lastMigrationMs(client) < 0)
    throw new DomainError('DATA_DAMAGED', 'the store lacks the list of its migrations: it was altered');
};

/**
 * Keeps every other connection out until this one is closed, and overwrites what is deleted. Throws CONFLICT, and closes the
 * connection, while another one is open.
 */
export const keepOthersOut = (client: Database.Database): void => {
  client.pragma('secure_delete = ON');
  client.pragma('locking_mode = EXCLUSIVE');
  try {
    client.exec('begin immediate');
    client.exec('commit');
  } catch (error) {
    client.close();
    if (!isBusy(error)) throw error;
    throw new DomainError(
      'CONFLICT',
      'another process has the data folder open: stop its server (the folder "servers" names it) and other commands first',
    );
  }
};

/** Two processes may open a new file at once, and SQLite does not wait for the lock that this change needs. */
const useWal = (client: Database.Database): void => {
  const deadline = performance.now() + openWaitMs;
  for (;;) {
    try {
      client.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
    }
  }
};

/** Brings a file to the newest schema. Throws NOT_ALLOWED for one of a newer version. */
const migrate = (client: Database.Database): void => {
  const newest = newestMigrationMs();
  const known = lastMigrationMs(client);
  if (known > newest) throw new DomainError('NOT_ALLOWED', ofNewerVersion);
  if (known < newest) runMigrations(client);
};

/**
 * A check that no newer version of the program has migrated the file, for each transaction that writes: another process may
 * do so at any time. Throws OUTDATED.
 */
export const createSchemaCheck = (client: SqlConnection): (() => void) => {
  const newest = newestMigrationMs();
  const last = client.prepare('select max(created_at) from __drizzle_migrations').pluck();
  return () => {
    if (Number(last.get()) <= newest) return;
    throw new DomainError(
      'OUTDATED',
      'a newer version of asof has migrated the data folder: this process writes no more, so replace it by that version',
    );
  };
};

const ofNewerVersion = 'the data folder was last used by a newer version of asof: use that version or a newer one';

/** Throws NOT_ALLOWED unless the file has the newest schema; changes nothing. */
export const checkSchema = (client: Database.Database): void => {
  const newest = newestMigrationMs();
  const known = lastMigrationMs(client);
  if (known > newest) throw new DomainError('NOT_ALLOWED', ofNewerVersion);
  if (known < newest)
    throw new DomainError(
      'NOT_ALLOWED',
      'the data folder was last used by an older version of asof: use that version, or start a server of this one first',
    );
};

/** True for errors that mean another connection holds a lock. */
export const isBusy = (error: unknown): boolean => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY');
};

/** The error of a write that waited for another process in vain. */
export const lockedFor = (writeWaitMs: number): DomainError =>
  new DomainError(
    'OVERLOADED',
    `another process kept the store locked for ${writeWaitMs} ms (setting writeWaitMs); nothing was stored`,
    { details: { retryAfterMs: writeWaitMs } },
  );
