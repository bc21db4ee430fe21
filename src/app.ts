import type { Logger } from 'pino';
import { openDatasetEngine } from '../db/datasets/engine/duckdb-engine.ts';
import { openSqlEngine } from '../db/datasets/sql/open.ts';
import { openStore } from '../db/open.ts';
import type { Store } from '../db/store.ts';
import type { Config } from './config.ts';
import type { ServerInfo } from './context.ts';
import type { AlertReport } from './domains/alerts/deliveries.ts';
import { createWatchedFolder, dropFolders, type WatchReport } from './domains/uploads/watched-folder.ts';
import type { SyncReport } from './domains/user-sync/user-sync.ts';
import { createDomains, type Domains } from './domains.ts';
import { factsIn, projectionsOf } from './facts-place.ts';
import { createGraphqlFastPath } from './graphql/fast-path.ts';
import { createGraphql } from './graphql/server.ts';
import { TrustedDocuments } from './graphql/trusted-documents/trusted-documents.ts';
import { createFastGuard } from './http/fast-guard.ts';
import { createRequestGuard, type GuardedFace } from './http/request-guard.ts';
import { createRequestLog } from './http/request-log.ts';
import type { FastPath, RequestObserver } from './http/server.ts';
import { createFollower } from './ledger/follower.ts';
import { IndexFiles } from './ledger/index-files/index-files.ts';
import { createLedger, type Ledger } from './ledger/ledger.ts';
import { createClock } from './lib/clock.ts';
import { withoutValues } from './lib/log-text.ts';
import { announceServer, type ServerNotice } from './lib/running-servers.ts';
import { createMcpFace } from './mcp/http.ts';
import { createTools } from './mcp/tools.ts';
import { createFastPath } from './rest/fast-path.ts';
import { createRoutePatterns } from './rest/route-patterns.ts';
import { createRouter } from './rest/router.ts';
import { Telemetry, type Tracing } from './telemetry/telemetry.ts';
import { programVersion } from './version.ts';
import { createUiFace } from './web/face.ts';
import { UiFiles, uiDocuments, uiFolder } from './web/ui-files.ts';

/** The whole program without a socket. */
export interface App {
  readonly domains: Domains;
  readonly ledger: Ledger;
  readonly store: Store;
  /** Responds to a request: GraphQL, REST, documentation, health. */
  fetch(request: Request): Promise<Response>;
  /** Responds at less cost to the requests that it supports. */
  readonly fastPath: FastPath;
  /** Measures and traces the requests of a socket. */
  readonly observe: RequestObserver;
  /**
   * Rebuilds the indices, then follows what other processes record. `/readyz` answers 503 until it resolves. `address` is
   * the URL that the server listens on.
   */
  start(address?: string): Promise<void>;
  /** Makes `/readyz` answer 503, so that load balancers send no more requests; everything else goes on. */
  announceStop(): void;
  /** Ends exports with an error and imports as INTERRUPTED: a server that stops waits no longer for them. */
  readonly interrupt: () => Promise<unknown>;
  /** Resolves after the first synchronization of user files since the start, or after its timeout. */
  firstSync(): Promise<void>;
  close(): Promise<void>;
}

export interface AppOptions {
  readonly log: Logger;
  /** Where traces go; default: nowhere. */
  readonly tracing?: Tracing | undefined;
  /** Called with every SQL statement that runs. */
  readonly onStatement?: (sql: string) => void;
  /** The folder of the built web UI; default: where the build leaves it. */
  readonly ui?: string | undefined;
}

export const createApp = (config: Config, options: AppOptions): App => {
  const { log, ui: folder = uiFolder() } = options;
  const documents = new TrustedDocuments(config, log, uiDocuments(folder));
  const telemetry = new Telemetry(config, options.tracing ?? null);
  const core = createCore(config, options, telemetry);
  const { store, ledger, engine, sqlEngine, domains, nowUs } = core;
  const { interrupt, interrupted } = createInterruption(domains);
  const server = newServerInfo({ startedAtUs: nowUs(), interrupted, projections: () => projectionsOf(core) });
  const trustedDocuments = () => documents.describe();
  const services = { ...domains, config, ledger, server, nowUs, observer: telemetry, trustedDocuments };
  const rest = createRouter(services, log);
  const graphql = createGraphql(services, documents, log);
  const { version } = server;
  const mcp = createMcpFace(
    { tools: createTools(documents), operations: graphql.operations, apiKeys: domains.apiKeys, version },
    config,
  );
  const ui = createUiFace(new UiFiles(folder), rest.face);
  const faceOf = (pathname: string): GuardedFace =>
    graphqlPath.test(pathname) ? graphql.face : pathname === '/mcp' ? mcp : ui;
  const routeOf = createRoutePatterns(rest.routes, otherPaths);
  const requestLog = createRequestLog(log, routeOf);
  const guard = createFastGuard(config, requestLog);
  const graphqlFastPath = createGraphqlFastPath(guard, graphql, services);
  const restFastPath = createFastPath(guard, rest);
  const background = createBackgroundJobs(config, log, core);
  documents.onChange(() => domains.changes.mark(['DOCUMENTS']));
  let closed = false;

  return {
    domains,
    ledger,
    store,
    fetch: createRequestGuard(config, requestLog, faceOf),
    fastPath: (incoming) => graphqlFastPath(incoming) ?? restFastPath(incoming),
    observe: telemetry.requestObserver(routeOf),
    async start(address) {
      const startedAt = performance.now();
      telemetry.start(services);
      await ledger.catchUp();
      if (!closed) await core.clickhouse()?.start();
      if (closed) return;
      server.rebuildUs = Math.round((performance.now() - startedAt) * 1000);
      server.builtAtUs = nowUs();
      documents.start();
      // Alerts, synchronizations and sweeps would act on what is damaged.
      if (ledger.damages.length === 0) await background.start(address);
    },
    firstSync: background.firstSync,
    announceStop() {
      server.isStopping = true;
    },
    interrupt,
    async close() {
      closed = true;
      const ended = interrupt();
      documents.stop();
      await background.stop();
      await core.clickhouse()?.stop();
      for (const each of [engine, sqlEngine]) each.close();
      await ended;
      await Promise.all([domains.reading?.close(), ledger.close()]);
      store.close();
      await telemetry.close();
      log.debug({ data: config.data }, 'store closed');
    },
  };
};

/** Paths beside those of REST routes. */
const otherPaths = ['/graphql', '/graphql.csv', '/graphql.ndjson', '/mcp', '/index.html'];

/** Ends what runs in a server that stops; `interrupt` may be called again. */
const createInterruption = ({ imports, datasetImports }: Domains) => {
  const abort = new AbortController();
  const interrupt = (): Promise<unknown> => {
    abort.abort();
    return Promise.all([imports.interruptAll(), datasetImports.interruptAll()]);
  };
  return { interrupt, interrupted: abort.signal };
};

/** The suffixes answer with rows. */
const graphqlPath = /^\/graphql(?:\.csv|\.ndjson)?$/;

type MutableServerInfo = { -readonly [Key in keyof ServerInfo]: ServerInfo[Key] };

const newServerInfo = (known: Pick<ServerInfo, 'startedAtUs' | 'interrupted' | 'projections'>): MutableServerInfo => ({
  ...known,
  version: programVersion(),
  rebuildUs: null,
  builtAtUs: null,
  isStopping: false,
});

type Core = ReturnType<typeof createCore>;

/** The program without its HTTP interfaces. */
const createCore = (config: Config, { log, onStatement }: AppOptions, telemetry: Telemetry) => {
  const nowUs = createClock(config.now);
  const onCommitted = (seconds: number): void => telemetry.committed(seconds);
  const opened = openStore({ ...config, nowUs, onCommitted, ...statementListener(config, log, onStatement) });
  const store = telemetry.observeStore(opened);
  log.debug({ data: config.data }, 'store opened');
  const indexFiles = new IndexFiles(store, { ...config, version: programVersion(), log });
  const ledger = createLedger(store, { logger: log, indexFiles });
  const engine = openDatasetEngine(config, log);
  const sqlEngine = openSqlEngine(config, engine.folder, log);
  const { clickhouse, openEngines } = factsIn(config, log, { store, ledger });
  const parts = { store, engine, sqlEngine, ledger, limits: config, nowUs, log, openEngines, trace: telemetry.trace };
  const domains = createDomains(parts);
  return { store, ledger, engine, sqlEngine, domains, nowUs, clickhouse };
};

/** No listener when nothing uses it: the driver then does not build the text of each statement. */
const statementListener = (
  { logSql }: Config,
  log: Logger,
  onStatement: AppOptions['onStatement'],
): Pick<AppOptions, 'onStatement'> => {
  if (!logSql) return onStatement ? { onStatement } : {};
  return {
    onStatement(sql) {
      log.info({ sql: withoutValues(sql) }, 'SQL statement');
      onStatement?.(sql);
    },
  };
};

/** Not by their names, which may be those of people. */
const filesDamaged = 'files are missing or have another size: "asof verify --list" names them';

const unfinished = 'an erasure that was interrupted could not be completed; the next start tries it again';

/** What runs besides requests: following the store, the watched folder, synchronizations of user files, alerts. */
const createBackgroundJobs = (config: Config, log: Logger, { store, ledger, domains }: Core) => {
  const follower = createFollower({
    store,
    ledger,
    everyMs: config.followMs,
    onForeignCommit() {
      domains.changes.markUnrecorded();
      domains.apiKeys.refresh();
      notice?.followed();
      domains.datasetRefreshes.plan();
      domains.versionPreparation.refresh();
      domains.alerts.refresh();
    },
    onError: (error) => log.error(error, 'the records of other processes could not be read'),
  });
  store.onWriteFault((fault) => {
    if (fault) return log.error({ err: fault, code: fault.code }, 'the data folder cannot be written');
    log.info('the data folder can be written again');
    // The ends of imports that failed meanwhile could not be stored.
    domains.imports.endInterrupted().catch((error: unknown) => log.error(error, 'imports could not be ended'));
  });
  const watchedFolder = createWatchedFolder(dropFolders(domains), config, watchReport(log));
  const stopping = new AbortController();
  let firstSync: Promise<void> | undefined;
  let notice: ServerNotice | undefined;

  return {
    async start(address: string | undefined): Promise<void> {
      // So that the first query is as fast as later ones.
      Promise.all([domains.transactions.warm(), domains.monitor.warm()]).catch((error: unknown) =>
        log.error(error, 'the caches of transactions and of the monitor could not be warmed'),
      );
      follower.start();
      notice = announceServer(config.data);
      // What another process has written since the store was opened.
      domains.apiKeys.refresh();
      await domains.eraser.finishInterrupted().catch((error: unknown) => log.error(error, unfinished));
      domains.eraser.erasures();
      await domains.versionTables.sweep();
      void domains.versionTables.convertAll();
      domains.versionPreparation.start();
      await watchedFolder.start();
      domains.datasetRefreshes.start((error) => log.error(error, 'a dataset could not be refreshed from its link'));
      domains.alerts.start(address, alertReport(log));
      const { userFilesEveryMinutes, userFilesStartMs } = config;
      firstSync = domains.userSync.start(userFilesEveryMinutes * 60_000, userFilesStartMs, reportSync(log));
      const problems = domains.fileProblems({ isQuick: true, signal: stopping.signal });
      domains.health.countDamagedFiles(problems).then(
        (files) => files > 0 && log.error({ files }, filesDamaged),
        (error: unknown) => stopping.signal.aborted || log.error(error, 'files could not be looked for'),
      );
    },
    firstSync: async (): Promise<void> => firstSync,
    async stop(): Promise<void> {
      stopping.abort();
      follower.stop();
      notice?.remove();
      watchedFolder.close();
      domains.versionTables.close();
      domains.versionPreparation.stop();
      await Promise.all([domains.userSync.close(), domains.datasetRefreshes.stop(), domains.alerts.stop()]);
    },
  };
};

const watchReport = (log: Logger): WatchReport => ({
  imported: (_file, { id, target, state, read, accepted, rejected, conflicts, failureCode }) =>
    log[state === 'SUCCEEDED' ? 'info' : 'warn'](
      { import: id, target, state, read, accepted, rejected, conflicts, failureCode },
      failureCode ? 'a file of the watched folder could not be imported' : 'imported a file of the watched folder',
    ),
  failed: (_path, error) => log.error(error, 'a file of the watched folder could not be read'),
});

const alertReport = (log: Logger): AlertReport => ({
  failed: ({ id, ruleId, event, attempts, responseStatus }) =>
    log.warn({ delivery: id, alert: ruleId, event, attempts, responseStatus }, 'an alert could not be delivered'),
  fault: (error) => log.error(error, 'alerts could not be judged or sent'),
});

const reportSync =
  (log: Logger) =>
  (report: SyncReport | null, error: unknown): void => {
    if (!report) {
      log.error(error, 'user files could not be synchronized');
      return;
    }
    const { import: finished, ...counts } = report;
    const { id, state, failureCode } = finished;
    log[state === 'SUCCEEDED' && finished.failureMessage === null ? 'info' : 'warn'](
      { import: id, state, failureCode, ...counts },
      'a synchronization of user files ended',
    );
  };
