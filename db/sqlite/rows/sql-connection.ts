import type Database from 'better-sqlite3';

/** What transactions need of a connection. */
export interface SqlConnection extends Pick<Database.Database, 'prepare'> {
  readonly inTransaction: boolean;
  exec(text: string): unknown;
}

/** A connection on which a transaction may last while the event loop runs. */
export interface LongConnection extends SqlConnection {
  readonly open: boolean;
  /** Like `exec`; a connection whose statements run in a thread leaves the event loop free meanwhile. */
  execLater(text: string): Promise<void>;
  close(): void;
}
