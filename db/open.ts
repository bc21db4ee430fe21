import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openSqlite } from './sqlite.ts';
import type { Store } from './store.ts';

export interface StoreOptions {
  /** The data folder; made when missing. `:memory:` keeps everything in memory. */
  readonly data: string;
  readonly writeQueueMax: number;
  readonly writeWaitMs: number;
  readonly nowUs: () => number;
  /** Called with every SQL statement that runs. */
  readonly onStatement?: (sql: string) => void;
}

/** Opens the store of a data folder. The one place that knows which engines there are. */
export const openStore = (options: StoreOptions): Store => {
  if (options.data === ':memory:') return openSqlite(':memory:', options);
  mkdirSync(options.data, { recursive: true });
  return openSqlite(join(options.data, 'asof.sqlite'), options);
};
