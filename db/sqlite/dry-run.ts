import type Database from 'better-sqlite3';
import type { Store, Tx } from '../store.ts';
import { openClient } from './client.ts';
import { createTx } from './transaction.ts';

/** A dry run: reads see the real store with the rehearsed rows on top, appends go to a scratch database in memory. */
export const createRehearsal = (client: Database.Database, clockUs: () => number): ReturnType<Store['rehearsal']> => {
  const scratchClient = openClient(':memory:');
  const scratch = createTx(scratchClient, clockUs);
  const real = createTx(client, clockUs);
  scratch.begin();
  const tx: Tx = {
    get nowUs() {
      return scratch.nowUs;
    },
    append: scratch.append,
    appendUnless(table, record, match) {
      const known = real.newest(table, match);
      return known ? { known } : scratch.appendUnless(table, record, match);
    },
    insert: scratch.insert,
    update: scratch.update,
    newest: (table, match) => scratch.newest(table, match) ?? real.newest(table, match),
  };
  return { run: (work) => work(tx), close: () => scratchClient.close() };
};
