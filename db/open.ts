import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openSqlite } from './sqlite/store.ts';
import type { Store, StoreOptions } from './store.ts';

/** Opens the store of a data folder. The one place that knows which engines there are. */
export const openStore = (options: StoreOptions): Store => {
  if (options.data === ':memory:') return openSqlite(':memory:', options);
  mkdirSync(options.data, { recursive: true });
  return openSqlite(fileOf(options.data), options);
};

/** Whether a data folder has a store; `openStore` creates a missing one. */
export const storeExists = (data: string): boolean => data === ':memory:' || existsSync(fileOf(data));

const fileOf = (data: string): string => join(data, 'asof.sqlite');
