import { PackedColumn } from '../../indices/packed-column.ts';
import { timeCountsUpTo } from '../../lib/time-counts.ts';
import type { Work } from '../../lib/work.ts';
import { createYielder } from '../../lib/yielding.ts';
import { ExperimentCounts } from './experiment-counts.ts';
import type { Moment } from './request.ts';
import type { MonitorServices } from './services.ts';
import { rowsPerSlice } from './tracker.ts';

/**
 * The services as they were at a sequence number: the plans and exclusions of then, and «now» is the time at which its
 * record was stored. A batch counts as complete when none of its events was stored later and none can come.
 */
export const servicesAt = (services: MonitorServices, sequence: number): MonitorServices => {
  const { ledger, experiments, experimentEvents, excludedUsers } = services;
  const { columns, events } = experimentEvents;
  const { batches } = events;
  const snapshot = ledger.snapshotAt(sequence);
  const nowUs = snapshot.atUs ?? 0;
  const rows = columns.rowsUpTo(sequence);
  const exclusions = excludedUsers.at(sequence);
  const batchesThen = {
    openKeys: () => batches.openKeys(),
    batchOf: (row: number) => batches.batchOf(row),
    lastRowOf: (batch: number) => batches.lastRowOf(batch),
    isOpen: (batch: number) => batches.lastRowOf(batch) >= rows || batches.isOpen(batch),
  };
  return {
    ...services,
    ledger: { ...ledger, snapshot: () => snapshot },
    experiments: { ...experiments, ...experimentEvents.experimentsAt(sequence) },
    experimentEvents: {
      ...experimentEvents,
      events: { ...events, batches: batchesThen },
      duplicatesOf: (experiment) => experimentEvents.duplicatesOf(experiment, nowUs),
      duplicateTimes: (experiment) => timeCountsUpTo(experimentEvents.duplicateTimes(experiment), nowUs),
    },
    excludedUsers: { ...excludedUsers, isExcludedAt: (user, atUs) => exclusions.isExcludedAt(user, atUs) },
    nowUs: () => nowUs,
  };
};

/** The rows of the events of each experiment, by its code, in the order of the ledger. */
export type ExperimentRows = ReadonlyMap<number, PackedColumn>;

/** The rows up to a sequence number, in one pass over all events: a list of experiments shares it. */
export const experimentRowsAt = async (
  { experiments, experimentEvents }: MonitorServices,
  sequence: number,
  work: Work,
): Promise<ExperimentRows> => {
  const found = new Map<number, PackedColumn>();
  const plans = experiments.plans();
  const rows = experimentEvents.columns.rowsUpTo(sequence);
  const yieldIfDue = createYielder(work);
  for (let row = 0; row < rows; row++) {
    if (row % rowsPerSlice === 0) await yieldIfDue();
    const code = experimentEvents.experimentOf(row, plans);
    const ofExperiment = found.get(code) ?? new PackedColumn();
    ofExperiment.push(row);
    found.set(code, ofExperiment);
  }
  return found;
};

/** Counts the events of the experiment of a moment. */
export const countsAt = async (
  services: MonitorServices,
  { experiment, countryOf }: Moment,
  { rowsOf, work }: { readonly rowsOf: ExperimentRows; readonly work: Work },
): Promise<ExperimentCounts> => {
  const counts = new ExperimentCounts(services, experiment, countryOf);
  const rows = rowsOf.get(services.experiments.keys.codeOf(experiment.key) ?? -1);
  const yieldIfDue = createYielder(work);
  for (let index = 0; rows && index < rows.length; index++) {
    if (index % rowsPerSlice === 0) await yieldIfDue();
    counts.add(rows.at(index));
  }
  return counts;
};
