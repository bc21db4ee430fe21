import type { Store } from '../db/store.ts';
import type { Config } from './config.ts';
import { createEnrichedAggregate } from './domains/enriched-aggregate.ts';
import { createExperimentEvents } from './domains/experiment-events.ts';
import { createExperimentEventsImporter } from './domains/experiment-events-import.ts';
import { createIntake } from './domains/intake.ts';
import { createIpCity } from './domains/ip-city.ts';
import { createIpRangesImporter } from './domains/ip-city-import.ts';
import type { Importer } from './domains/recording.ts';
import { createTransactions } from './domains/transactions.ts';
import { createTransactionsImporter } from './domains/transactions-import.ts';
import { createUploads } from './domains/uploads.ts';
import { createUserStatus } from './domains/user-status.ts';
import { createStatusChangesImporter } from './domains/user-status-import.ts';
import { createUsers } from './domains/users.ts';
import { createUsersImporter } from './domains/users-import.ts';
import type { Ledger } from './indices/follow.ts';

/** Every domain there is, each given what it needs. */
export const createDomains = (store: Store, ledger: Ledger, config: Config) => {
  const users = createUsers(ledger);
  const userStatus = createUserStatus(store, ledger, users);
  const ipCity = createIpCity(store, ledger);
  const transactions = createTransactions(store, ledger, users, userStatus, ipCity, config);
  const enrichedAggregate = createEnrichedAggregate(transactions, users, ipCity);
  const experimentEvents = createExperimentEvents(store);
  const importers = {
    statusChanges: createStatusChangesImporter(userStatus),
    ipRanges: createIpRangesImporter(store),
    transactions: createTransactionsImporter(transactions),
    users: createUsersImporter(users),
    experimentEvents: createExperimentEventsImporter(experimentEvents),
  };
  const intake = createIntake(store, ledger, Object.values<Importer>(importers), config);
  const uploads = createUploads(intake, config);
  const indexStates = () => [
    { name: 'user-status', entries: userStatus.entries, bytes: userStatus.byteLength },
    { name: 'ip-ranges', entries: ipCity.table().ranges.ranges, bytes: ipCity.table().ranges.byteLength },
    { name: 'transactions', entries: transactions.columns.rows, bytes: transactions.columns.byteLength },
  ];
  return {
    indexStates,
    users,
    userStatus,
    ipCity,
    transactions,
    experimentEvents,
    enrichedAggregate,
    importers,
    intake,
    uploads,
  };
};

export type Domains = ReturnType<typeof createDomains>;
