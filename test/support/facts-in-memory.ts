import { readConfig } from '../../src/config.ts';
import type { ConversationEngine } from '../../src/domains/conversations/engine.ts';
import { conversationsInMemory } from '../../src/domains/conversations/in-memory.ts';
import { createExperimentEvents } from '../../src/domains/experiments/events.ts';
import { createExperiments } from '../../src/domains/experiments/experiments.ts';
import type { FactSource } from '../../src/domains/facts/dimensions.ts';
import type { FactEngine } from '../../src/domains/facts/engine.ts';
import { createIpCity } from '../../src/domains/ip-city/ip-city.ts';
import { createTransactions } from '../../src/domains/transactions/transactions.ts';
import { createUserStatus } from '../../src/domains/user-status/user-status.ts';
import { createUserFiles } from '../../src/domains/users/user-files.ts';
import { createUsers } from '../../src/domains/users/users.ts';
import { createLedger } from '../../src/ledger/ledger.ts';
import { OpenRequests } from '../../src/ledger/open-requests.ts';
import { createClock } from '../../src/lib/clock.ts';
import type { OpenApp } from './app.ts';

export interface FactsInMemory {
  readonly conversations: ConversationEngine;
  readonly engines: Readonly<Record<FactSource, FactEngine>>;
  /** Brings them level with what the app has stored. */
  catchUp(): Promise<void>;
}

/** What columns in memory are made from, over the store of an app. */
export const servicesInMemory = ({ app: { store } }: OpenApp) => {
  const ledger = createLedger(store);
  // Few, so that there are checkpoints among the facts of a test.
  const limits = readConfig({ data: ':memory:', checkpointRows: '1' });
  const users = createUsers(ledger);
  const userFiles = createUserFiles(ledger, users);
  const userStatus = createUserStatus(store, ledger, users);
  const ipCity = createIpCity(store, ledger, limits);
  const experiments = createExperiments(ledger, createClock(null));
  return { store, ledger, users, userFiles, userStatus, ipCity, experiments, limits };
};

/** The engines with columns in memory over the store of an app, whatever engines the app has. */
export const factsInMemory = (app: OpenApp): FactsInMemory => {
  const common = servicesInMemory(app);
  const { ledger } = common;
  const origins = { openRequests: new OpenRequests(), importEnds: () => null };
  const transactions = createTransactions(common);
  const experimentEvents = createExperimentEvents({ ...common, ...origins });
  return {
    conversations: conversationsInMemory(ledger),
    engines: { TRANSACTIONS: transactions.engine, EXPERIMENT_EVENTS: experimentEvents.engine },
    catchUp: () => ledger.catchUp(),
  };
};
