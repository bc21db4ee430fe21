import { LRUCache } from 'lru-cache';
import { SharedComputations } from '../../lib/shared-computations.ts';
import { spanOf } from '../../lib/time-range.ts';
import { Work } from '../../lib/work.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { Counted, WorkedRequest } from './counted.ts';
import type { EventPasses } from './event-passes.ts';
import type { ExperimentCounts } from './experiment-counts.ts';
import { createMemoryPasses } from './memory-passes.ts';
import { type PartRequest, partOf, rowListsOf } from './part.ts';
import { countsAt, type ExperimentRows, experimentRowsAt, servicesAt } from './past.ts';
import type { Moment, MonitorRequest } from './request.ts';
import { isPart, momentOf, requestedExperiment } from './requested.ts';
import type { MonitorServices } from './services.ts';
import { snapshotOf } from './snapshot.ts';
import { ExperimentTracker, rowsPerSlice } from './tracker.ts';

/** Counts of parts of experiments that are kept for the next request of the same part. */
const cachedPartsMax = 4;
/** Earlier states, and counts of experiments in them, that are kept: a walk through history requests each again. */
const cachedPastsMax = 4;

/** Parts and earlier states are counted once, for one sequence number. */
const isAlwaysCurrent = (): boolean => true;

export interface NewestInMemory {
  evaluate<R>(worked: WorkedRequest, read: (counted: Counted) => R): Promise<R>;
  /** About how many events of the requested experiment have to be counted before the answer. */
  behind(request: MonitorRequest): number;
  /** Counts the events of the requested experiment, unless that goes on. */
  catchUp(request: Pick<MonitorRequest, 'experiment'>): Promise<void>;
}

/**
 * Evaluates requests of the newest state, which is counted as events arrive. `passesOf` gives results about all events at the
 * present moment.
 */
export const createNewest = (
  services: MonitorServices,
  passesOf: (request: MonitorRequest, moment: Moment, inMemory: EventPasses) => EventPasses,
): NewestInMemory => {
  const tracker = new ExperimentTracker(services);
  const partCounts = createPartCounts(services);

  /** Counts all events, then calls `read` synchronously, before another event can be recorded. */
  const whenCurrent = async <R>(
    { request, work }: WorkedRequest,
    prepare: (counts: ExperimentCounts) => boolean,
    read: (moment: Moment, counts: ExperimentCounts) => R,
  ): Promise<R> => {
    const yieldIfDue = createYielder(work);
    for (;;) {
      await yieldIfDue();
      const experiment = requestedExperiment(services, request);
      if (!tracker.advance()) continue;
      const counts = tracker.countsOf(experiment);
      if (prepare(counts)) return read(momentOf(services, experiment), counts);
    }
  };

  const withHistories = (counts: ExperimentCounts): boolean => counts.advanceHistories(rowsPerSlice);
  const running = new Map<string | undefined, Promise<void>>();

  const evaluate = async <R>(worked: WorkedRequest, read: (counted: Counted) => R): Promise<R> => {
    const { request } = worked;
    const readCounts = (moment: Moment, counts: ExperimentCounts, isCurrent: () => boolean): R =>
      read({ ...countedInMemory(services, request, moment, counts), isCurrent });
    const readNewest = (moment: Moment, counts: ExperimentCounts): R => {
      const counted = countedInMemory(services, request, moment, counts);
      const isCurrent = (): boolean => services.ledger.snapshot().sequence === moment.sequence;
      return read({ ...counted, passes: passesOf(request, moment, counted.passes), isCurrent });
    };
    if (!isPart(request)) return whenCurrent(worked, withHistories, readNewest);
    const part = await requestedPart(services, worked);
    const needsNothing = (): boolean => true;
    const { moment, whole } = await whenCurrent(worked, needsNothing, (now, all) => ({
      moment: now,
      whole: rowListsOf(all),
    }));
    return readCounts(moment, await partCounts({ ...worked, part, moment, whole }), isAlwaysCurrent);
  };

  return {
    evaluate,
    behind: (request) => tracker.behind(requestedExperiment(services, request)),
    catchUp({ experiment }) {
      const request = { experiment, timeZone: 'UTC' };
      const known = running.get(experiment);
      const counting =
        known ??
        whenCurrent({ request, work: new Work() }, withHistories, () => undefined).finally(() =>
          running.delete(experiment),
        );
      running.set(experiment, counting);
      return counting;
    },
  };
};

/**
 * Evaluates requests of earlier states: all events are gone through once for all experiments, and those of an experiment are
 * counted again, unless a request did so recently.
 */
export const createPast = (services: MonitorServices) => {
  const states = new LRUCache<number, MonitorServices>({ max: cachedPastsMax });
  const experimentRows = new SharedComputations<ExperimentRows>({ max: cachedPastsMax });
  const counted = new SharedComputations<ExperimentCounts>({ max: cachedPastsMax });

  const rowsAt = (then: MonitorServices, sequence: number, work: Work): Promise<ExperimentRows> =>
    experimentRows.find(String(sequence), work, (shared) => experimentRowsAt(then, sequence, shared));
  const countsOf = (then: MonitorServices, moment: Moment, work: Work): Promise<ExperimentCounts> => {
    const key = JSON.stringify([moment.experiment.key, moment.sequence]);
    return counted.find(key, work, async (shared) =>
      countsAt(then, moment, { rowsOf: await rowsAt(then, moment.sequence, shared), work: shared }),
    );
  };

  const stateAt = (sequence: number): MonitorServices => {
    const then = states.get(sequence) ?? servicesAt(services, sequence);
    states.set(sequence, then);
    return then;
  };

  const evaluate = async <R>(sequence: number, worked: WorkedRequest, read: (counted: Counted) => R): Promise<R> => {
    const { request, work } = worked;
    const then = stateAt(sequence);
    const moment = momentOf(then, requestedExperiment(then, request));
    const whole = await countsOf(then, moment, work);
    let counts = whole;
    if (isPart(request)) {
      const part = await requestedPart(then, worked);
      counts = await partOf(then, { ...part, work }, moment, rowListsOf(whole));
    }
    const yieldIfDue = createYielder(work);
    while (!counts.advanceHistories(rowsPerSlice)) await yieldIfDue();
    return read({ ...countedInMemory(then, request, moment, counts), isCurrent: isAlwaysCurrent });
  };
  return { stateAt, evaluate };
};

/** What a request reads of counts in memory whose histories are complete. */
const countedInMemory = (
  services: MonitorServices,
  request: MonitorRequest,
  moment: Moment,
  counts: ExperimentCounts,
): Omit<Counted, 'isCurrent'> => {
  const events = counts.counted();
  const { eventCount } = events;
  const { countryOf } = moment;
  const scanned = { services, rows: counts.rows, eventCount, countryOf, timeZone: request.timeZone };
  const snapshot = snapshotOf(services, request, moment, events);
  return { services, snapshot, moment, events, passes: createMemoryPasses(scanned) };
};

interface RequestedCounts extends WorkedRequest {
  readonly part: Omit<PartRequest, 'work'>;
  readonly moment: Moment;
  readonly whole: ReturnType<typeof rowListsOf>;
}

/** Counts parts of experiments, and keeps the last ones. */
const createPartCounts = (services: MonitorServices) => {
  const parts = new LRUCache<string, ExperimentCounts>({ max: cachedPartsMax });
  return async ({ request, work, part, moment, whole }: RequestedCounts): Promise<ExperimentCounts> => {
    const key = JSON.stringify([moment.experiment.key, moment.sequence, request]);
    const counts = parts.get(key) ?? (await partOf(services, { ...part, work }, moment, whole));
    parts.set(key, counts);
    const yieldIfDue = createYielder(work);
    while (!counts.advanceHistories(rowsPerSlice)) await yieldIfDue();
    return counts;
  };
};

const requestedPart = async (
  { ledger, experimentEvents }: MonitorServices,
  { request: { range, where, timeZone, asOf }, work }: WorkedRequest,
): Promise<Omit<PartRequest, 'work'>> => {
  const { columns } = experimentEvents;
  const { sequence } = ledger.snapshot();
  const span = range && spanOf(range, timeZone, columns.newestUsOf(columns.rowsUpTo(sequence)));
  if (!where) return { span };
  const enriched = await experimentEvents.enrichment.at({ validAtUs: asOf?.validAtUs, sequence }, undefined, work);
  return {
    span,
    filter: { rows: enriched.rows, rowFilter: experimentEvents.rowFilterOf(where, { enriched, timeZone }) },
  };
};
