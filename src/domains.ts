import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatasetEngine } from '../db/datasets/engine.ts';
import type { SqlEngine } from '../db/datasets/sql/engine.ts';
import type { Store } from '../db/store.ts';
import type { Config } from './config.ts';
import { Alerts } from './domains/alerts/alerts.ts';
import { createApiKeys } from './domains/api-keys.ts';
import { Changes } from './domains/changes/changes.ts';
import { createConversations } from './domains/conversations/conversations.ts';
import { createDashboard } from './domains/conversations/dashboard.ts';
import type { ConversationEngine } from './domains/conversations/engine.ts';
import { Datasets } from './domains/datasets/datasets.ts';
import { DatasetDifferences } from './domains/datasets/differences.ts';
import { createDatasetGroups } from './domains/datasets/groups.ts';
import { DatasetImports } from './domains/datasets/imports.ts';
import { VersionPreparation } from './domains/datasets/preparation.ts';
import { VersionRetention } from './domains/datasets/retention.ts';
import { VersionTables } from './domains/datasets/version-tables.ts';
import { Eraser } from './domains/erasure/erasure.ts';
import { createExcludedUsers } from './domains/excluded-users/excluded-users.ts';
import { createExperimentEvents } from './domains/experiments/events.ts';
import { createExperiments } from './domains/experiments/experiments.ts';
import { PlanEditor } from './domains/experiments/plan-editor.ts';
import { createRecordedEvents } from './domains/experiments/recorded-events.ts';
import type { FactSource } from './domains/facts/dimensions.ts';
import type { FactEngine } from './domains/facts/engine.ts';
import { createEnrichedAggregate } from './domains/facts/enriched-aggregate.ts';
import type { FactKnowledge } from './domains/facts/knowledge.ts';
import { Health } from './domains/health/health.ts';
import { createImportEnds } from './domains/imports/import-ends.ts';
import { createImports } from './domains/imports/imports.ts';
import { IngestQueue } from './domains/imports/ingest-queue.ts';
import { Rejects } from './domains/imports/rejects.ts';
import { createIpCity } from './domains/ip-city/ip-city.ts';
import type { MonitorEngine } from './domains/monitor/engine.ts';
import { createMonitor } from './domains/monitor/monitor.ts';
import { Sql } from './domains/sql/sql.ts';
import { createTransactions } from './domains/transactions/transactions.ts';
import { DatasetUploads } from './domains/uploads/dataset-uploads.ts';
import { LinkSources } from './domains/uploads/link-sources.ts';
import { DatasetRefreshes } from './domains/uploads/refreshes.ts';
import { createSpool } from './domains/uploads/spool.ts';
import { createUploads } from './domains/uploads/uploads.ts';
import { createUserDirectory } from './domains/user-directory/user-directory.ts';
import { createUserStatus } from './domains/user-status/user-status.ts';
import { createUserFilesImporter } from './domains/user-sync/import.ts';
import { createSyncStarter } from './domains/user-sync/starter.ts';
import { userFilesTarget } from './domains/user-sync/target.ts';
import { UserSync } from './domains/user-sync/user-sync.ts';
import { imageFiles } from './domains/users/image-files.ts';
import { createUserFiles } from './domains/users/user-files.ts';
import { createUserRecords } from './domains/users/user-records.ts';
import { createUsers } from './domains/users/users.ts';
import { createFactKnowledge } from './fact-knowledge.ts';
import { importTargets } from './import-targets.ts';
import { createImportThread } from './import-thread.ts';
import type { Ledger } from './ledger/ledger.ts';
import { OpenRequests } from './ledger/open-requests.ts';
import type { Importer } from './ledger/record.ts';
import { createClock } from './lib/clock.ts';
import type { DebugLog } from './lib/debug-log.ts';
import type { Trace } from './lib/telemetry.ts';
import { createReadingThread } from './reading-thread.ts';
import { createRecordImporters } from './record-importers.ts';
import { createImageStore } from './sources/image-store.ts';
import { openObjects } from './sources/open-objects.ts';
import { type FileCheck, type OwnedFile, problemsOfFiles } from './sources/stored-file.ts';

/** What the domains depend on. */
export interface DomainServices {
  readonly store: Store;
  readonly engine: DatasetEngine;
  readonly sqlEngine: SqlEngine;
  readonly ledger: Ledger;
  /** The settings: each domain declares the few that it reads. */
  readonly limits: Config;
  readonly nowUs: () => number;
  readonly log: DebugLog;
  readonly trace: Trace;
  /** The engines of facts, with what the domains know of facts; default: columns in memory. */
  readonly openEngines?: ((knowledge: FactKnowledge) => Engines) | undefined;
}

/** What answers questions about facts that are elsewhere than in memory. */
export type Engines = Readonly<Record<FactSource, FactEngine>> & {
  readonly CONVERSATIONS: ConversationEngine;
  readonly MONITOR: MonitorEngine;
};

/** All domains. */
export const createDomains = (services: DomainServices) => {
  const { store, limits } = services;
  const changes = new Changes(store, services.ledger);
  const users = createUserDomains(services, changes);
  const facts = createFactDomains(services, users);
  const imports = createImportDomains(services, users, facts);
  const datasets = createDatasetDomains(services, imports);
  return {
    apiKeys: createApiKeys(store, limits),
    changes,
    health: new Health(store, services.ledger, { nowUs: services.nowUs, data: limits.data }),
    ...users,
    ...facts,
    ...imports,
    ...datasets,
    eraser: new Eraser({ ...services, ...users, ...imports, tables: datasets.versionTables, data: limits.data }),
    storedFiles: () => storedFiles(services, users, datasets),
    /** What is wrong with each faulty file that the store names, one text for each. */
    fileProblems: (check: FileCheck = {}) => problemsOfFiles(storedFiles(services, users, datasets), check),
    alerts: createAlerts(services, imports, facts),
    sql: new Sql({ ...services, ...users, ...facts, ...datasets }),
  };
};

export type Domains = ReturnType<typeof createDomains>;

/** Every file that the store names: images, and versions of datasets. */
function* storedFiles(
  { store }: DomainServices,
  { images }: UserDomains,
  { versionTables }: ReturnType<typeof createDatasetDomains>,
): Generator<OwnedFile> {
  yield* imageFiles(store, images);
  yield* versionTables.files();
}

const createUserDomains = (services: DomainServices, changes: Changes) => {
  const { store, ledger, limits, nowUs, trace } = services;
  const users = createUsers(ledger);
  const userFiles = createUserFiles(ledger, users);
  const userRecords = createUserRecords(store);
  const userStatus = createUserStatus(store, ledger, users);
  const excludedUsers = createExcludedUsers(store, ledger, users);
  const userDirectory = createUserDirectory({ users, userFiles, userStatus }, ledger, nowUs);
  const images = createImageStore(imageFolder(limits.data));
  const source = limits.userFiles === '' ? null : openObjects(limits.userFiles, limits, trace);
  const onChange = (): void => changes.mark(['USER_SYNC']);
  const userSync = new UserSync({
    ...{ ...services, users, userFiles, images, source },
    ...{ directory: userDirectory, onChange },
  });
  return { users, userFiles, userRecords, userStatus, excludedUsers, userDirectory, images, userSync };
};

const imageFolder = (data: string): string =>
  data === ':memory:' ? join(tmpdir(), 'asof-images') : join(data, 'images');

type UserDomains = ReturnType<typeof createUserDomains>;

const createFactDomains = (services: DomainServices, userDomains: UserDomains) => {
  const { store, ledger, nowUs } = services;
  const openRequests = new OpenRequests();
  const importEnds = createImportEnds(store);
  const ipCity = createIpCity(store, ledger, services.limits);
  const experiments = createExperiments(ledger, nowUs);
  const engines = services.openEngines?.(createFactKnowledge({ ...userDomains, ipCity, experiments, importEnds }));
  const transactions = createTransactions({
    ...{ ...services, ...userDomains, ipCity, engine: engines?.TRANSACTIONS },
  });
  const experimentEvents = createExperimentEvents({
    ...{ ...services, ...userDomains, experiments, openRequests, importEnds },
    engine: engines?.EXPERIMENT_EVENTS,
  });
  const planEditor = new PlanEditor({ experiments, experimentEvents, ledger, nowUs });
  const monitor = createMonitor({
    ...services,
    ...userDomains,
    experiments,
    experimentEvents,
    engine: engines?.MONITOR,
  });
  const recordedEvents = createRecordedEvents(ledger, experimentEvents, experiments, userDomains.users);
  const enrichedAggregate = createEnrichedAggregate([transactions, experimentEvents], ledger, services.limits);
  return {
    ...{ ipCity, transactions, experiments, experimentEvents, planEditor, openRequests, importEnds },
    ...{ monitor, recordedEvents, enrichedAggregate },
    ...createConversationDomains(services, engines?.CONVERSATIONS),
  };
};

type FactDomains = ReturnType<typeof createFactDomains>;

const createImportDomains = (services: DomainServices, users: UserDomains, facts: FactDomains) => {
  const { store, ledger, limits } = services;
  const importers = createRecordImporters(store, limits);
  const imports = createImports({
    ...services,
    importers: Object.values<Importer>(importers),
    targets: importTargets,
    thread: limits.data === ':memory:' ? null : createImportThread(limits, store.waiting),
  });
  const reading = createReadingThread(importers.experimentEvents, limits);
  const eventQueue = new IngestQueue({
    ...{ ledger, importer: importers.experimentEvents, limits, openRequests: facts.openRequests, reading },
  });
  const rejectImporters = [...imports.importers, createUserFilesImporter(users.userFiles)];
  const { recordBytesMax, data, importFolder } = limits;
  const rejects = new Rejects({ store, ledger, importers: rejectImporters, recordBytesMax });
  const starters = [createSyncStarter(users.userSync, imports)];
  const spool = createSpool(data);
  const links = new LinkSources({ spool, limits });
  const uploads = createUploads({ imports, starters, data, importFolder, links, spool });
  return { importers, imports, eventQueue, reading, rejects, uploads, links };
};

type ImportDomains = ReturnType<typeof createImportDomains>;

const createDatasetDomains = (services: DomainServices, { uploads, links }: ImportDomains) => {
  const { store, ledger, engine, limits, log, nowUs } = services;
  const versionTables = new VersionTables({ store, ledger, engine, log });
  const retention = new VersionRetention({ store, ledger, engine, log, limits });
  const stored = { store, ledger, engine, tables: versionTables, retention };
  const datasets = new Datasets({ ...stored, limits });
  const datasetGroups = createDatasetGroups(datasets, limits);
  const datasetDifferences = new DatasetDifferences(stored);
  const versionPreparation = new VersionPreparation({ ...stored, log });
  const datasetImports = new DatasetImports({ ...stored, datasets, preparation: versionPreparation, log });
  const datasetRefreshes = new DatasetRefreshes({ store, ledger, imports: datasetImports, links, nowUs, limits });
  const datasetUploads = new DatasetUploads({
    ...{ store, imports: datasetImports, uploads, links },
    ...{ refreshes: datasetRefreshes, limits },
  });
  return {
    ...{ datasets, versionTables, versionPreparation, datasetGroups, datasetDifferences },
    ...{ datasetImports, datasetRefreshes, datasetUploads },
  };
};

const createAlerts = (services: DomainServices, { importers }: ImportDomains, facts: FactDomains) =>
  new Alerts({
    ...services,
    ...facts,
    targets: importTargets,
    apiTargets: Object.values<Importer>(importers).map(({ target }) => target.name),
    userFiles: userFilesTarget.name,
    wallUs: createClock(null),
  });

const createConversationDomains = (
  { store, ledger, limits }: DomainServices,
  engine: ConversationEngine | undefined,
) => {
  const conversations = createConversations(store, ledger, limits, { engine });
  const dashboard = createDashboard({ ledger, conversations, limits });
  return { conversations, dashboard };
};
