import { join } from 'node:path';
import { openStore } from '../../db/open.ts';
import type { LedgerArchive, Store } from '../../db/store.ts';
import { type ArchiveResult, archiveLedger } from '../../src/archive/archive-ledger.ts';
import { openFolderTarget } from '../../src/backup/folder-target.ts';
import { storeDefaults } from './store.ts';

export interface ArchiveRequest {
  readonly data: string;
  readonly before: number;
  /** Default: a folder beside the data folder. */
  readonly to?: string;
  readonly segmentRecords?: number;
}

/** Archives records as the command does, beside whatever has the data folder open. */
export const archiveRecords = async (
  { data, before, to = join(data, '../archive'), segmentRecords = 100_000 }: ArchiveRequest,
  observe: (store: Store) => Store = (store) => store,
): Promise<ArchiveResult> => {
  const opened = openStore({ ...storeDefaults, data });
  const target = openFolderTarget(to);
  try {
    const services = {
      ...{ store: observe(opened), data, target, segmentRecords, openTarget: openFolderTarget },
      onSegment: async () => undefined,
    };
    return await archiveLedger(services, before, new AbortController().signal);
  } finally {
    await target.close();
    opened.close();
  }
};

const steps: readonly string[] = ['writeFile', 'checkFile', 'addKeys', 'add', 'removeNext'];

/** Calls back before and after each step of an archive, with the number of the call from 1. */
export const stepping = (atStep: (number: number) => void): ((store: Store) => Store) => {
  let number = 0;
  const observed = (archive: LedgerArchive): LedgerArchive =>
    new Proxy(archive, {
      get(target, name) {
        const verb = Reflect.get(target, name, target) as unknown;
        if (typeof verb !== 'function') return verb;
        if (!steps.includes(String(name))) return verb.bind(target);
        return async (...args: unknown[]) => {
          atStep(++number);
          const result: unknown = await verb.apply(target, args);
          atStep(++number);
          return result;
        };
      },
    });
  return (store) =>
    new Proxy(store, {
      get(target, name) {
        if (name === 'archive') return () => observed(target.archive());
        const value = Reflect.get(target, name, target) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
};
