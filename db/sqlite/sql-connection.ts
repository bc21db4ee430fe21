import type Database from 'better-sqlite3';

/** What transactions need of a connection. */
export interface SqlConnection extends Pick<Database.Database, 'prepare'> {
  readonly inTransaction: boolean;
  exec(text: string): unknown;
}
