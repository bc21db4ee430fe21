import { Counter, Gauge, type Registry } from 'prom-client';
import type { ProjectionState, Services } from '../context.ts';

type Watched = Pick<Services, 'alerts' | 'health' | 'ledger' | 'userSync' | 'server'>;

/** What the ledger, its indices and the work on them look like. Everything is read when somebody scrapes. */
export const addStateMetrics = (registry: Registry, services: Watched): void => {
  addIndices(registry, services);
  addStore(registry, services);
  addWork(registry, services);
  addRecords(registry, services);
  const { version } = services.server;
  new Gauge({
    name: 'asof_build_info',
    help: 'Always 1; the label has the version.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1);
};

const addIndices = (registry: Registry, { health, ledger, server }: Watched): void => {
  const gauge = gaugesOf(registry);
  const perIndex = (name: string, help: string, value: 'entries' | 'bytes'): void => {
    new Gauge({
      name,
      help,
      labelNames: ['index'],
      registers: [registry],
      collect() {
        for (const state of ledger.indexStates()) this.set({ index: state.name }, state[value]);
      },
    });
  };
  gauge('asof_ready', 'Whether questions can be answered: 1 once the indices are built.', () => Number(ledger.ready));
  gauge('asof_start_seconds', 'How long the indices took to be built at the start; 0 until they are.', () => {
    return ((ledger.rebuild?.fileMs ?? 0) + (ledger.rebuild?.recordsMs ?? 0)) / 1000;
  });
  gauge('asof_start_records', 'Records that were read at the start because no index file had them.', () => {
    return ledger.rebuild?.records ?? 0;
  });
  gauge(
    'asof_sequence',
    'Sequence number of the newest record that answers rest on.',
    () => health.indexLag().sequence,
  );
  gauge('asof_index_lag_records', 'Records of the store that the indices lack.', () => {
    const { sequence, newestSequence } = health.indexLag();
    return newestSequence - sequence;
  });
  gauge('asof_index_lag_seconds', 'How long the oldest record that the indices lack has been stored.', () => {
    return health.indexLag().us / 1e6;
  });
  const perProjection = (name: string, help: string, read: (state: ProjectionState) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['projection'],
      registers: [registry],
      collect() {
        for (const state of [health.memoryProjection(), ...server.projections()])
          this.set({ projection: state.name }, read(state));
      },
    });
  };
  perProjection(
    'asof_projection_sequence',
    'Sequence number up to which each copy of the ledger is complete.',
    ({ sequence }) => sequence,
  );
  perProjection(
    'asof_projection_lag_seconds',
    'How long the oldest record that each copy of the ledger lacks has been stored.',
    ({ lagMs }) => lagMs / 1000,
  );
  perIndex('asof_index_entries', 'Entries of each index in memory.', 'entries');
  perIndex('asof_index_bytes', 'Bytes of each index in memory, about.', 'bytes');
  gauge('asof_damages', 'What of the store and its files this server has found not to be as it was stored.', () =>
    health.damages(),
  );
  gauge('asof_last_backup_time_seconds', 'When the last backup was complete, since 1970 UTC; 0 for none.', () => {
    return (health.lastBackup()?.atUs ?? 0) / 1e6;
  });
  gauge('asof_last_backup_sequence', 'The last sequence number of the last backup; 0 for none.', () => {
    return health.lastBackup()?.sequence ?? 0;
  });
};

const addStore = (registry: Registry, { health }: Watched): void => {
  const gauge = gaugesOf(registry);
  gauge('asof_store_bytes', 'Bytes of the store, without its write-ahead log, datasets and images.', () =>
    health.storeBytes(),
  );
  gauge('asof_archived_sequence', 'Up to which sequence number records are in segments; 0 for none.', () =>
    health.archivedSequence(),
  );
};

const addWork = (registry: Registry, { health, alerts, userSync }: Watched): void => {
  const gauge = gaugesOf(registry);
  gauge('asof_rejected_records_open', 'Rejected records that wait to be corrected or discarded.', () =>
    health.openRejectedRecords(),
  );
  const registers = [registry];
  new Gauge({
    name: 'asof_imports',
    help: 'Imports of this store by their state.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const { state, count } of health.importsByState()) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'asof_alert_deliveries',
    help: 'Messages of alerts by their state.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const { state, count } of alerts.deliveryCounts()) this.set({ state }, count);
    },
  });
  gauge(
    'asof_user_sync_last_end_time_seconds',
    'When the last synchronization ended, since 1970 UTC; 0 for none.',
    () => {
      return (userSync.lastRun()?.finishedAtUs ?? 0) / 1e6;
    },
  );
  gauge('asof_user_sync_failed', '1 when the last synchronization failed.', () =>
    Number(userSync.lastRun()?.state === 'FAILED'),
  );
};

const addRecords = (registry: Registry, { ledger, health }: Watched): void => {
  const records = new Counter({
    name: 'asof_records_total',
    help: 'Records that arrived while this process ran, also those of other processes.',
    labelNames: ['kind'],
    registers: [registry],
  });
  ledger.onRecords((counts) => {
    if (!ledger.ready) return;
    for (const [kind, count] of health.ingest.countsByKind(counts)) records.inc({ kind }, count);
  });
};

/** Adds a gauge without labels. */
const gaugesOf =
  (registry: Registry) =>
  (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
