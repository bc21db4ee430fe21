import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openStoreCopier } from './sqlite/copy.ts';
import { cutLedger } from './sqlite/cut.ts';
import { openClient } from './sqlite/file/client.ts';
import { markPathOf } from './sqlite/file/marked-file.ts';
import { segmentFolder } from './sqlite/rows/segment-catalogue.ts';
import { openSqlite } from './sqlite/store.ts';
import type { CutResult, Store, StoreCopier, StoreOptions } from './store.ts';

export { segmentFolder };

/** Opens the store of a data folder. The one place that knows which engines there are. */
export const openStore = (options: StoreOptions): Store => {
  if (options.data === ':memory:') return openSqlite(':memory:', options);
  mkdirSync(options.data, { recursive: true });
  return openSqlite(fileOf(options.data), options);
};

/** Whether a data folder has a store; `openStore` creates a missing one. */
export const storeExists = (data: string): boolean => data === ':memory:' || existsSync(fileOf(data));

/** The file of the store of a data folder, to copy it. Throws NOT_FOUND without one. */
export const openCopier = (data: string): StoreCopier => openStoreCopier(fileOf(data));

/** Removes what was recorded after a sequence number from a store that nobody else uses. Throws BAD_REQUEST beyond its end. */
export const cutStore = (data: string, sequence: number): CutResult => {
  const client = openClient(fileOf(data));
  try {
    const result = cutLedger(client, sequence);
    // It says how far the store had got before.
    rmSync(markPathOf(fileOf(data)), { force: true });
    return result;
  } finally {
    client.close();
  }
};

/** The name of the store's file in a data folder. */
export const storeFileName = 'asof.sqlite';

const fileOf = (data: string): string => join(data, storeFileName);
