import type Database from 'better-sqlite3';
import type { Store, Tx } from '../../store.ts';
import type { ArchivedRows } from '../archive/rows.ts';
import { openClient } from '../file/client.ts';
import { SqliteTransaction } from '../transaction/transaction.ts';

/** A dry run: reads see the real store with the dry run's own rows on top; its rows go to a scratch database in memory. */
export const createDryRun = (
  client: Database.Database,
  nowUs: () => number,
  archived: ArchivedRows | null,
): ReturnType<Store['dryRun']> => {
  const scratchClient = openClient(':memory:');
  const scratch = new SqliteTransaction(scratchClient, { nowUs, firstSequence: 1 }, null);
  const real = new SqliteTransaction(client, { nowUs, firstSequence: 1 }, archived);
  scratch.begin();
  const tx: Tx = {
    get nowUs() {
      return scratch.nowUs;
    },
    // Each record is looked up in two stores.
    announce: () => undefined,
    append: (table, record) => scratch.append(table, record),
    appendOrFind(table, record, match) {
      const known = real.findLatest(table, match);
      return known ? { known } : scratch.appendOrFind(table, record, match);
    },
    insert: (table, row) => scratch.insert(table, row),
    insertAll: (table, rows) => scratch.insertAll(table, rows),
    update: (table, match, changes) => scratch.update(table, match, changes),
    remove: (table, match) => scratch.remove(table, match),
    removeUpTo: (table, column, last) => scratch.removeUpTo(table, column, last),
    findLatest: (table, match) => scratch.findLatest(table, match) ?? real.findLatest(table, match),
  };
  return { run: (work) => work(tx), close: () => scratchClient.close() };
};
