import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { ClickHouseFacts } from '../../db/clickhouse/facts.ts';
import type { Store } from '../../db/store.ts';
import { readConfig } from '../../src/config.ts';
import { createExperiments } from '../../src/domains/experiments/experiments.ts';
import { createImportEnds } from '../../src/domains/imports/import-ends.ts';
import { createIpCity } from '../../src/domains/ip-city/ip-city.ts';
import { createUserFiles } from '../../src/domains/users/user-files.ts';
import { createUsers } from '../../src/domains/users/users.ts';
import { createFactKnowledge } from '../../src/fact-knowledge.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { createClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/debug-log.ts';

/** The copy of a ledger, in the test project whose facts are in ClickHouse; undefined in others. It has to be started. */
export const clickHouseCopyOf = (store: Store, ledger: Ledger): ClickHouseFacts | undefined => {
  const clickhouse = inject('clickhouse');
  if (clickhouse === undefined) return undefined;
  const clickhouseCluster = inject('clickhouseCluster') ?? '';
  const settings = { clickhouse, clickhouseCluster, clickhouseDatabase: `test_${randomUUID()}` };
  const config = readConfig({ data: ':memory:', ...settings });
  const users = createUsers(ledger);
  const userFiles = createUserFiles(ledger, users);
  const experiments = createExperiments(ledger, createClock(null));
  const ipCity = createIpCity(store, ledger, config);
  const knowledge = createFactKnowledge({ users, userFiles, experiments, ipCity, importEnds: createImportEnds(store) });
  const services = { store, ledger, knowledge, log: silentLog, onFault: () => undefined };
  return new ClickHouseFacts({ ...config, clickhouseBlockRecords: 4 }, services);
};
