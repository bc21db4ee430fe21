import type { LedgerTable, Row, Store } from '../../db/store.ts';
import { experimentEvents as eventTable, experiments as planTable } from '../../db/tables/experiments.ts';
import { statusChanges } from '../../db/tables/user-status.ts';
import { userProfiles } from '../../db/tables/users.ts';
import { readConfig } from '../../src/config.ts';
import { createExperimentEvents } from '../../src/domains/experiments/events.ts';
import { createExperiments } from '../../src/domains/experiments/experiments.ts';
import { createMonitor, type MonitorReport } from '../../src/domains/monitor/monitor.ts';
import { createUserStatus } from '../../src/domains/user-status/user-status.ts';
import { createUserFiles } from '../../src/domains/users/user-files.ts';
import { createUsers } from '../../src/domains/users/users.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { Projection } from '../../src/ledger/projection.ts';

type Given<T extends LedgerTable, Filled extends string> = Omit<
  Row<T>,
  'seq' | 'importId' | 'line' | 'sentBy' | Filled
>;

/**
 * The monitor and all it rests on, given its records in memory: hundreds of experiments of ten thousands of users would
 * take an hour through the store, which has tests of its own.
 */
export const fedMonitor = (settings: Readonly<Record<string, string>> = {}) => {
  const config = readConfig({ data: 'none', ...settings });
  const projections = new Map<LedgerTable, Projection<never>>();
  let sequence = 0;
  let nowUs = 0;
  const ledger = {
    subscribe: (table: LedgerTable, _columns: readonly string[], projection: Projection<never>) => {
      projections.set(table, projection);
    },
    snapshot: () => ({ sequence, atUs: null }),
  } as unknown as Ledger;
  const store = {} as Store;

  const users = createUsers(ledger);
  const userFiles = createUserFiles(ledger, users);
  const userStatus = createUserStatus(store, ledger, users);
  const experiments = createExperiments(ledger);
  const experimentEvents = createExperimentEvents({
    ...{ store, ledger, users, userFiles, userStatus, experiments, limits: config },
  });
  const monitor = createMonitor({
    ...{ ledger, users, userStatus, experiments, experimentEvents, limits: config, nowUs: () => nowUs },
  });

  const feed = <T extends LedgerTable>(table: T, row: object): void => {
    sequence++;
    projections.get(table)?.apply([{ seq: sequence, importId: null, line: null, ...row }] as never[]);
  };

  return {
    monitor,
    setNow: (us: number) => {
      nowUs = us;
    },
    user: (userId: string, country: string | null, gender: string | null = null) =>
      feed(userProfiles, { recordedAtUs: nowUs, userId, country, gender }),
    status: (row: Given<typeof statusChanges, 'recordedAtUs'>) => feed(statusChanges, { recordedAtUs: nowUs, ...row }),
    plan: (row: Partial<Given<typeof planTable, 'recordedAtUs'>>) =>
      feed(planTable, {
        ...{ recordedAtUs: nowUs, key: 'test', name: 'test', startedAtUs: null, endedAtUs: null },
        ...{ allocation: [], markets: [], ...row },
      }),
    /** An event that comes when it happens, and moves the clock there. */
    event: (atUs: number, userId: string, variant: string, more: Partial<Row<typeof eventTable>> = {}) => {
      nowUs = atUs;
      feed(eventTable, {
        ...{ recordedAtUs: atUs, eventId: null, experiment: null, userId, variant, accountType: 'free' },
        ...{ eventType: 'view', occurredAtUs: atUs, orderValue: null, ...more },
      });
    },
    look: (country?: string): Promise<MonitorReport> => monitor.at({ country, timeZone: 'UTC' }),
  };
};
