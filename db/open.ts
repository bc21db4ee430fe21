import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openSqlite } from './sqlite.ts';
import type { Store, StoreOptions } from './store.ts';

/** Opens the store of a data folder. The one place that knows which engines there are. */
export const openStore = (options: StoreOptions): Store => {
  if (options.data === ':memory:') return openSqlite(':memory:', options);
  mkdirSync(options.data, { recursive: true });
  return openSqlite(join(options.data, 'asof.sqlite'), options);
};
