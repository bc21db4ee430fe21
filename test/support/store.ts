import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { openStore } from '../../db/open.ts';
import type { Store, StoreOptions, Tx } from '../../db/store.ts';
import { statusChanges } from '../../db/tables/index.ts';

/** A new folder that is deleted after the test. */
export const dataFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'asof-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export const storeDefaults = {
  writeQueueMax: 10_000,
  writeWaitMs: 10_000,
  writeProbeMs: 1000,
  startCheckRecordsMax: 1_000_000,
  firstSequence: 1,
  nowUs: () => Date.now() * 1000,
};

/** A store that is closed with the test; in a new folder unless a path is passed. */
export const testStore = (options: Partial<StoreOptions> = {}): Store => {
  const store = openStore({ ...storeDefaults, data: options.data ?? dataFolder(), ...options });
  onTestFinished(() => store.close());
  return store;
};

/** A connection past the store: what another program, a fault or a forger may do to its file. */
export const rawConnection = (data: string): Database.Database => {
  const client = new Database(join(data, 'asof.sqlite'));
  onTestFinished(() => void client.close());
  return client;
};

/** Work that records a status change of some user and returns its sequence number. */
export const appendChange =
  (userId = 'ada', effectiveAtUs = 0) =>
  (tx: Tx): number =>
    tx.append(statusChanges, { userId, effectiveAtUs, status: 'paying' });
