import { availableParallelism } from 'node:os';
import type Database from 'better-sqlite3';
import { openClient } from '../file/client.ts';
import type { LongConnection } from '../rows/sql-connection.ts';
import { SqlThreadClient } from './thread-client.ts';

/** More than a transaction of many works has, so that this thread need not wait before its end. */
const listsAheadMax = 256;

/**
 * A connection for transactions that last while the event loop runs: SQLite inserts and syncs in a thread of its own, so that this
 * one is free. Not on a single core, where two threads would only take turns, nor where statements are logged, which this
 * thread does.
 */
export const openLongConnection = (path: string, onStatement?: (sql: string) => void): LongConnection =>
  onStatement || availableParallelism() < 2
    ? new LocalConnection(openClient(path, onStatement))
    : new SqlThreadClient(path, listsAheadMax);

/** The same in this thread. */
class LocalConnection implements LongConnection {
  readonly prepare: LongConnection['prepare'];
  readonly #client: Database.Database;

  constructor(client: Database.Database) {
    this.#client = client;
    this.prepare = client.prepare.bind(client);
  }

  get open(): boolean {
    return this.#client.open;
  }

  get inTransaction(): boolean {
    return this.#client.inTransaction;
  }

  exec(text: string): void {
    this.#client.exec(text);
  }

  async execLater(text: string): Promise<void> {
    this.#client.exec(text);
  }

  close(): void {
    this.#client.close();
  }
}
