import type { StoreOptions } from '../../store.ts';
import type { ArchivedRecords } from '../archive/records.ts';
import { ArchivedRows } from '../archive/rows.ts';
import { createSchemaCheck } from '../file/client.ts';
import { SqlThreadClient } from '../sql-thread/thread-client.ts';
import { SqliteTransaction } from '../transaction/transaction.ts';
import type { BulkWriterOptions } from './bulk-writer.ts';

/** A transaction that should end, because others wait, ends once they are executed: some ten milliseconds. */
const listsAheadMax = 32;

/** Connections for writing in bulk, each with SQLite in a thread of its own. */
export class BulkThreads {
  readonly #options: Pick<StoreOptions, 'nowUs' | 'firstSequence'>;
  readonly #clients: SqlThreadClient[] = [];

  constructor(options: Pick<StoreOptions, 'nowUs' | 'firstSequence'>) {
    this.#options = options;
  }

  open(path: string, archived: ArchivedRecords | null): Pick<BulkWriterOptions, 'client' | 'tx' | 'checkSchema'> {
    const client = new SqlThreadClient(path, listsAheadMax);
    this.#clients.push(client);
    const tx = new SqliteTransaction(client, this.#options, archived && new ArchivedRows(archived));
    return { client, tx, checkSchema: createSchemaCheck(client) };
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}
