import type { LedgerTable, Row, Store } from '../../db/store.ts';
import { experimentEvents as eventTable, experiments as planTable } from '../../db/tables/experiments.ts';
import { statusChanges } from '../../db/tables/user-status.ts';
import { userProfiles } from '../../db/tables/users.ts';
import { readConfig } from '../../src/config.ts';
import { createExcludedUsers } from '../../src/domains/excluded-users/excluded-users.ts';
import { createExperimentEvents } from '../../src/domains/experiments/events.ts';
import { createExperiments } from '../../src/domains/experiments/experiments.ts';
import { createMonitor } from '../../src/domains/monitor/monitor.ts';
import type { MonitorReport } from '../../src/domains/monitor/report.ts';
import { createUserStatus } from '../../src/domains/user-status/user-status.ts';
import { createUserFiles } from '../../src/domains/users/user-files.ts';
import { createUsers } from '../../src/domains/users/users.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { Projection } from '../../src/ledger/projection.ts';
import { RecordColumns, type Records } from '../../src/lib/record-columns.ts';
import { Work } from '../../src/lib/work.ts';

/** A row without the columns that the ledger fills. */
type NewRow<T extends LedgerTable> = Omit<Row<T>, 'seq' | 'importId' | 'line' | 'sentBy' | 'recordedAtUs'>;

/**
 * The monitor with the domains it needs and records that are applied in memory. Hundreds of experiments with tens of
 * thousands of users would take an hour through the store, which has its own tests.
 */
export const createMonitorHarness = (settings: Readonly<Record<string, string>> = {}) => {
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
  const experiments = createExperiments(ledger, () => nowUs);
  const experimentEvents = createExperimentEvents({
    ...{ store, ledger, users, userFiles, userStatus, experiments, limits: config },
    ...{ importEnds: () => 0, openRequests: { isOpen: () => false } },
  });
  const monitor = createMonitor({
    ...{ ledger, users, userStatus, experiments, experimentEvents, limits: config, nowUs: () => nowUs },
    excludedUsers: createExcludedUsers(store, ledger, users),
  });

  const apply = <T extends LedgerTable>(table: T, row: object): void => {
    sequence++;
    const values = { seq: sequence, importId: null, line: null, ...row };
    const columns = new Map(Object.entries(values).map(([column, value]) => [column, [value]]));
    projections.get(table)?.apply(new RecordColumns({ length: 1, columns }) as unknown as Records<never>);
  };

  return {
    monitor,
    setNow: (us: number) => {
      nowUs = us;
    },
    addUser: (userId: string, country: string | null, gender: string | null = null) =>
      apply(userProfiles, { recordedAtUs: nowUs, userId, country, gender }),
    addStatusChange: (row: NewRow<typeof statusChanges>) => apply(statusChanges, { recordedAtUs: nowUs, ...row }),
    savePlan: (row: Partial<NewRow<typeof planTable>>) =>
      apply(planTable, {
        ...{ recordedAtUs: nowUs, key: 'test', name: 'test', startedAtUs: 0, endedAtUs: null },
        ...{ allocation: [], allocationFromUs: null, allocationByMarket: [], markets: [], ...row },
      }),
    /** Adds an event that arrives when it happens, and sets the clock to that time. */
    addEvent: (atUs: number, userId: string, variant: string, values: Partial<Row<typeof eventTable>> = {}) => {
      nowUs = atUs;
      apply(eventTable, {
        ...{ recordedAtUs: atUs, eventId: null, experiment: null, userId, variant, accountType: 'free' },
        ...{ eventType: 'view', occurredAtUs: atUs, orderValue: null, requestId: null, ...values },
      });
    },
    report: (country?: string, experiment?: string): Promise<MonitorReport> =>
      monitor.report({ country, experiment, timeZone: 'UTC' }, new Work()),
  };
};
