import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { fileURLToPath } from 'node:url';

const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url));

/** How long SQLite itself may sleep on the thread for a lock; longer waits are done between tries by the write queue. */
const nativeWaitMs = 50;

/** Opens a SQLite file (or `:memory:`), brings it to the newest schema and asserts that commits are synced. */
export const openClient = (path: string, onStatement?: (sql: string) => void): Database.Database => {
  const verbose = onStatement ? { verbose: (text: unknown) => onStatement(String(text)) } : {};
  const client = new Database(path, { timeout: nativeWaitMs, ...verbose });
  if (path !== ':memory:') client.pragma('journal_mode = WAL');
  // After WAL, because better-sqlite3 is compiled to lower it to NORMAL on a WAL database's first use.
  client.pragma('synchronous = FULL');
  client.pragma('wal_autocheckpoint = 4000');
  migrateOnce(client);
  const level = client.pragma('synchronous', { simple: true });
  if (level !== 2) throw new Error(`SQLite runs with synchronous=${level}: writes would be answered before they are synced`);
  return client;
};

/** Two processes may open a new folder at once: the loser of the race for the lock tries again. */
const migrateOnce = (client: Database.Database): void => {
  for (let tries = 0; ; tries++) {
    try {
      migrate(drizzle({ client }), { migrationsFolder });
      return;
    } catch (error) {
      if (tries > 100 || !isBusy(error)) throw error;
    }
  }
};

/** True for errors that mean another connection holds a lock. */
export const isBusy = (error: unknown): boolean => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY');
};
