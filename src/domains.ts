import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatasetEngine } from '../db/datasets/engine.ts';
import type { Store } from '../db/store.ts';
import type { Config } from './config.ts';
import { createApiKeys } from './domains/api-keys.ts';
import { createConversations } from './domains/conversations/conversations.ts';
import { createDashboard } from './domains/conversations/dashboard.ts';
import { createDatasets } from './domains/datasets/datasets.ts';
import { createDatasetGroups } from './domains/datasets/groups.ts';
import { DatasetImports } from './domains/datasets/imports.ts';
import { createExperimentEvents } from './domains/experiments/events.ts';
import { createExperiments } from './domains/experiments/experiments.ts';
import { createExperimentEventsImporter } from './domains/experiments/import.ts';
import { createRecordedEvents } from './domains/experiments/recorded-events.ts';
import { createEnrichedAggregate } from './domains/facts/enriched-aggregate.ts';
import { createImports } from './domains/imports/imports.ts';
import { createIngestQueue } from './domains/imports/ingest-queue.ts';
import { createRejects } from './domains/imports/rejects.ts';
import { createIpRangesImporter } from './domains/ip-city/import.ts';
import { createIpCity } from './domains/ip-city/ip-city.ts';
import { createMonitor } from './domains/monitor/monitor.ts';
import { createTransactionsImporter } from './domains/transactions/import.ts';
import { createTransactions } from './domains/transactions/transactions.ts';
import { createDatasetUploads } from './domains/uploads/dataset-uploads.ts';
import { createUploads } from './domains/uploads/uploads.ts';
import { createUserDirectory } from './domains/user-directory/user-directory.ts';
import { createStatusChangesImporter } from './domains/user-status/import.ts';
import { createUserStatus } from './domains/user-status/user-status.ts';
import { createUserFilesImporter } from './domains/user-sync/import.ts';
import { UserSync } from './domains/user-sync/user-sync.ts';
import { createUsersImporter } from './domains/users/import.ts';
import { createUserFiles } from './domains/users/user-files.ts';
import { createUsers } from './domains/users/users.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Importer } from './ledger/record.ts';
import { createImageStore } from './sources/image-store.ts';
import { openObjects } from './sources/open-objects.ts';

/** What all domains are built on. */
export interface DomainServices {
  readonly store: Store;
  readonly engine: DatasetEngine;
  readonly ledger: Ledger;
  readonly config: Config;
  readonly nowUs: () => number;
}

/** Every domain, each after the domains that it uses. */
export const createDomains = ({ store, engine: tables, ledger, config, nowUs }: DomainServices) => {
  const apiKeys = createApiKeys(store, config);
  const users = createUsers(ledger);
  const userFiles = createUserFiles(ledger, users);
  const userStatus = createUserStatus(store, ledger, users);
  const userDirectory = createUserDirectory({ users, userFiles, userStatus }, ledger, nowUs);
  const images = createImageStore(
    config.data === ':memory:' ? join(tmpdir(), 'asof-images') : join(config.data, 'images'),
  );
  const source = config.userFiles === '' ? null : openObjects(config.userFiles, config);
  const userFileRuns = new UserSync({
    store,
    ledger,
    users,
    userFiles,
    images,
    source,
    limits: config,
    directory: userDirectory,
  });
  const ipCity = createIpCity(store, ledger);
  const transactions = createTransactions({ store, ledger, users, userFiles, userStatus, ipCity, limits: config });
  const experiments = createExperiments(ledger);
  const experimentEvents = createExperimentEvents({
    store,
    ledger,
    users,
    userFiles,
    userStatus,
    experiments,
    limits: config,
  });
  const monitor = createMonitor({ ledger, users, userStatus, experiments, experimentEvents, limits: config, nowUs });
  const recordedEvents = createRecordedEvents(ledger, experimentEvents, experiments, users);
  const enrichedAggregate = createEnrichedAggregate([transactions, experimentEvents]);
  const conversations = createConversations(store, ledger, config);
  const dashboard = createDashboard(ledger, conversations, config);
  const importers = {
    statusChanges: createStatusChangesImporter(userStatus),
    ipRanges: createIpRangesImporter(store),
    transactions: createTransactionsImporter(transactions),
    users: createUsersImporter(users),
    experimentEvents: createExperimentEventsImporter(experimentEvents),
  };
  const intake = createImports(store, ledger, Object.values<Importer>(importers), config);
  const eventQueue = createIngestQueue({ intake, importer: importers.experimentEvents, limits: config });
  const rejects = createRejects(store, ledger, [...intake.importers, createUserFilesImporter(userFiles)], config);
  const uploads = createUploads(intake, userFileRuns, config);
  const datasets = createDatasets(store, ledger, tables, config);
  const datasetGroups = createDatasetGroups(datasets, config);
  const datasetImports = new DatasetImports({ store, ledger, datasets, engine: tables });
  const datasetUploads = createDatasetUploads(datasetImports, uploads, config);
  return {
    apiKeys,
    users,
    userDirectory,
    userFiles,
    userFileRuns,
    images,
    userStatus,
    ipCity,
    transactions,
    experiments,
    experimentEvents,
    monitor,
    recordedEvents,
    enrichedAggregate,
    conversations,
    dashboard,
    importers,
    intake,
    eventInbox: eventQueue,
    rejects,
    uploads,
    datasets,
    datasetGroups,
    datasetImports,
    datasetUploads,
  };
};

export type Domains = ReturnType<typeof createDomains>;
