import type { Logger } from 'pino';
import { openDatasetEngine } from '../db/datasets/open.ts';
import { openStore } from '../db/open.ts';
import type { Store } from '../db/store.ts';
import type { Config } from './config.ts';
import type { ServerFacts } from './context.ts';
import { createWatchedFolder } from './domains/uploads/watched-folder.ts';
import type { SyncReport } from './domains/user-sync/user-sync.ts';
import { createDomains, type Domains } from './domains.ts';
import { createGraphql } from './graphql/server.ts';
import { createRequestGuard } from './http/request-guard.ts';
import type { FastPath } from './http/server.ts';
import { createLedger, type Ledger } from './ledger/ledger.ts';
import { createClock } from './lib/clock.ts';
import { createFastPath } from './rest/fast-path.ts';
import { createRouter } from './rest/router.ts';
import { programVersion } from './version.ts';

/** The whole program without a socket. */
export interface App {
  readonly domains: Domains;
  readonly ledger: Ledger;
  readonly store: Store;
  /** Answers a request: GraphQL, REST, documentation, health. */
  fetch(request: Request): Promise<Response>;
  /** The same at less cost, for the requests that it gives an answer to. */
  readonly fastPath: FastPath;
  /** Rebuilds the indices, then follows what other processes record. `/readyz` answers 503 until it resolves. */
  start(): Promise<void>;
  /** Resolves when user files are level with their source for the first time since the start, or have taken too long. */
  firstSync(): Promise<void>;
  close(): Promise<void>;
}

interface AppOptions {
  readonly log: Logger;
  /** Called with every SQL statement that runs. */
  readonly onStatement?: (sql: string) => void;
}

export const createApp = (config: Config, { log, onStatement }: AppOptions): App => {
  const nowUs = createClock(config.now);
  const store = openStore({ ...config, nowUs, ...(onStatement ? { onStatement } : {}) });
  const ledger = createLedger(store, log);
  const engine = openDatasetEngine(config);
  const domains = createDomains({ store, engine, ledger, config, nowUs });
  const server: { -readonly [Key in keyof ServerFacts]: ServerFacts[Key] } = {
    version: programVersion(),
    startedAtUs: nowUs(),
    rebuildUs: null,
    builtAtUs: null,
  };
  const shared = { ...domains, config, ledger, server, nowUs };
  const rest = createRouter(shared, log);
  const fetch = createRequestGuard(config, log, createGraphql(shared, log), rest.fetch);
  const watched = createWatchedFolder(domains.intake, config, {
    taken: (file, { id, state, read, accepted, rejected, conflicts, failureCode, failureMessage }) =>
      log[state === 'SUCCEEDED' ? 'info' : 'warn'](
        { file, import: id, state, read, accepted, rejected, conflicts, failureCode },
        failureMessage ?? 'a file of the watched folder was taken in',
      ),
    failed: (path, error) => log.error(error, `could not take in ${path}`),
  });
  const tellOfSync = (report: SyncReport | null, error: unknown): void => {
    if (!report) {
      log.error(error, 'user files could not be synchronised');
      return;
    }
    const { import: ended, ...counts } = report;
    const { id, failureMessage } = ended;
    log[ended.state === 'SUCCEEDED' && failureMessage === null ? 'info' : 'warn'](
      { import: id, ...counts },
      failureMessage ?? 'user files are synchronised',
    );
  };
  let following: NodeJS.Timeout | undefined;
  let firstSync: Promise<void> | undefined;
  let closed = false;
  let version = store.foreignVersion();

  const follow = (): void => {
    const seen = store.foreignVersion();
    if (seen === version) return;
    // Version first, rows second: a commit in between is read twice rather than never.
    version = seen;
    const failed = (error: unknown): void => {
      version = -1;
      log.error(error, 'could not follow the store');
    };
    try {
      domains.apiKeys.refresh();
    } catch (error) {
      failed(error);
    }
    ledger.catchUp().catch(failed);
  };

  return {
    domains,
    ledger,
    store,
    fetch,
    fastPath: createFastPath(config, rest),
    async start() {
      const begun = performance.now();
      await ledger.catchUp();
      if (closed) return;
      server.rebuildUs = Math.round((performance.now() - begun) * 1000);
      server.builtAtUs = nowUs();
      // The first question should not have to wait for what the second gets for nothing.
      const warm = [domains.transactions.warm(), domains.monitor.warm()];
      Promise.all(warm).catch((error: unknown) => log.error(error, 'could not get ready for the first question'));
      following = setInterval(follow, config.followMs);
      following.unref();
      await domains.datasets.sweep();
      await watched.start();
      const { userFilesEveryMinutes, userFilesStartMs } = config;
      firstSync = domains.userFileRuns.start(userFilesEveryMinutes * 60_000, userFilesStartMs, tellOfSync);
    },
    firstSync: async () => firstSync,
    async close() {
      closed = true;
      clearInterval(following);
      watched.close();
      await domains.userFileRuns.close();
      engine.close();
      await domains.datasetImports.abortAll();
      await ledger.idle();
      store.close();
    },
  };
};
