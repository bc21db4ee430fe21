import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openDatasetEngine } from '../../db/datasets/engine/duckdb-engine.ts';
import { openSqlEngine } from '../../db/datasets/sql/open.ts';
import { openStore, storeExists, storeFileName } from '../../db/open.ts';
import type { Store, StoreOptions } from '../../db/store.ts';
import type { Config } from '../config.ts';
import { createDomains, type Domains } from '../domains.ts';
import type { Area } from '../ledger/areas.ts';
import { IndexFiles } from '../ledger/index-files/index-files.ts';
import { createLedger, type Ledger } from '../ledger/ledger.ts';
import { createClock } from '../lib/clock.ts';
import { silentLog } from '../lib/debug-log.ts';
import { noTrace } from '../lib/telemetry.ts';
import { programVersion } from '../version.ts';
import { CommandError, exitFailure, isSystemError } from './exit.ts';

/** The services of a command: the program without GraphQL and REST, which take longer to load than most commands run. */
export interface CommandServices {
  /** The data folder. */
  readonly data: string;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly domains: Domains;
}

/** A command starts faster with the files that servers write, and writes none. */
const readingOnly = {
  indexFileRecords: 0,
  indexFileStopRecords: 0,
  log: { info: () => undefined, warn: () => undefined },
} as const;

/** Opens a data folder with `open`. Throws CommandError when the folder cannot be used. */
export const openOrFail = <R>({ data }: Config, open: () => R): R => {
  try {
    return open();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new CommandError(exitFailure, `the data folder ${data} cannot be used: ${error.message}`, error);
  }
};

interface Access extends Pick<StoreOptions, 'isReadOnly' | 'isExclusive' | 'acceptsLoss'> {
  /** What the work rests on, where it does not call `ledger.catchUp()`, which refuses a damaged store. */
  readonly area?: Area;
}

/** Opens the data folder, runs `work` and closes it. Indices are empty until `ledger.catchUp()`. */
export const withData = async <R>(
  config: Config,
  work: (opened: CommandServices) => Promise<R>,
  { area, ...access }: Access = {},
): Promise<R> => {
  const nowUs = createClock(config.now);
  const store = openOrFail(config, () => openStore({ ...config, ...access, nowUs }));
  const indexFiles = new IndexFiles(store, { ...config, ...readingOnly, version: programVersion() });
  const ledger = createLedger(store, { refusesDamaged: true, indexFiles });
  const engine = openDatasetEngine(config, silentLog);
  // A command waits for its query and has nothing to give way to.
  const sqlEngine = openSqlEngine({ ...config, sqlNiceness: 0 }, engine.folder, silentLog);
  try {
    const domains = createDomains({
      store,
      engine,
      sqlEngine,
      ledger,
      limits: config,
      nowUs,
      log: silentLog,
      trace: noTrace,
    });
    if (area) {
      await ledger.soundness.check();
      ledger.refuseDamaged(area);
    }
    return await work({ data: config.data, store, ledger, domains });
  } finally {
    engine.close();
    sqlEngine.close();
    await ledger.close();
    store.close();
  }
};

/** Like `withData` for work that only reads: a missing data folder is an error and is not created. */
export const withExistingData = async <R>(
  config: Config,
  work: (opened: CommandServices) => Promise<R>,
  access?: Parameters<typeof withData>[2],
): Promise<R> => {
  if (!storeExists(config.data)) throw new CommandError(exitFailure, withoutStore(config.data));
  return withData(config, work, access);
};

/** What a data folder has besides its store. */
const partsOfFolder = [`${storeFileName}-wal`, 'asof.mark', 'datasets', 'images'];

/** Says of a folder without a store whether it is an incomplete copy of a data folder, and of what. */
const withoutStore = (data: string): string => {
  const parts = partsOfFolder.filter((name) => existsSync(join(data, name)));
  return parts.length === 0
    ? `${data} is not a data folder of asof`
    : `${data} is an incomplete copy of a data folder: it has ${parts.join(', ')}, but ${storeFileName} is missing`;
};
