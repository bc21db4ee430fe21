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
    },
    excludedUsers: { ...excludedUsers, isExcludedAt: (user, atUs) => exclusions.isExcludedAt(user, atUs) },
    nowUs: () => nowUs,
  };
};

/** Counts the events of an experiment up to the sequence number of a moment, in one pass over all events. */
export const countsAt = async (
  services: MonitorServices,
  { experiment, sequence, countryOf }: Moment,
): Promise<ExperimentCounts> => {
  const { experiments, experimentEvents } = services;
  const counts = new ExperimentCounts(services, experiment, countryOf);
  const plans = experiments.plans();
  const rows = experimentEvents.columns.rowsUpTo(sequence);
  const yieldIfDue = createYielder();
  for (let row = 0; row < rows; row++) {
    if (row % rowsPerSlice === 0) await yieldIfDue();
    if (experiments.keys.textOf(experimentEvents.experimentOf(row, plans)) === experiment.key) counts.add(row);
  }
  return counts;
};
