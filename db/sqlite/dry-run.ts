import type Database from 'better-sqlite3';
import type { Store, Tx } from '../store.ts';
import { openClient } from './client.ts';
import { createTransaction } from './transaction.ts';

/** A dry run: reads see the real store with the rehearsed rows on top, appends go to a scratch database in memory. */
export const createDryRun = (client: Database.Database, clockUs: () => number): ReturnType<Store['dryRun']> => {
  const scratchClient = openClient(':memory:');
  const scratch = createTransaction(scratchClient, clockUs);
  const real = createTransaction(client, clockUs);
  scratch.begin();
  const tx: Tx = {
    get nowUs() {
      return scratch.nowUs;
    },
    append: scratch.append,
    appendOrFind(table, record, match) {
      const known = real.findLatest(table, match);
      return known ? { known } : scratch.appendOrFind(table, record, match);
    },
    insert: scratch.insert,
    update: scratch.update,
    findLatest: (table, match) => scratch.findLatest(table, match) ?? real.findLatest(table, match),
  };
  return { run: (work) => work(tx), close: () => scratchClient.close() };
};
