import { LRUCache } from 'lru-cache';
import { DomainError } from '../../errors.ts';
import { preview } from '../../lib/problems.ts';
import { SharedComputations } from '../../lib/shared-computations.ts';
import { spanOf } from '../../lib/time-range.ts';
import { Work } from '../../lib/work.ts';
import { createYielder, yieldToEventLoop } from '../../lib/yielding.ts';
import type { Experiment } from '../experiments/plan.ts';
import type { CountedEvents } from './counted-events.ts';
import type { EventPasses } from './event-passes.ts';
import type { ExperimentCounts } from './experiment-counts.ts';
import { createMemoryPasses } from './memory-passes.ts';
import { type PartRequest, partOf, rowListsOf } from './part.ts';
import { countsAt, type ExperimentRows, experimentRowsAt, servicesAt } from './past.ts';
import { createReport, type MonitorReport } from './report.ts';
import type { Moment, MonitorRequest } from './request.ts';
import type { MonitorServices } from './services.ts';
import { type ShareTrend, type ShareTrendRequest, shareTrendOf } from './share-trend.ts';
import {
  type MonitorSnapshot,
  type ReportSources,
  snapshotOf,
  type VariantExposure,
  variantExposures,
} from './snapshot.ts';
import { ExperimentTracker, rowsPerSlice } from './tracker.ts';

/** Whether experiments run as planned, at this moment. What is computed for a request ends with its work. */
export interface Monitor {
  /** Takes a snapshot and evaluates every check on it. Throws NOT_FOUND for an unknown key. */
  report(request: MonitorRequest, work: Work): Promise<MonitorReport>;
  /** Only the events and users per country and variant, in the order of both; empty cells of the plan included. No SQL. */
  exposures(request: MonitorRequest, work: Work): Promise<VariantExposure[]>;
  /** Counts the events of the current experiment, so that the first request does not wait for that. */
  warm(): Promise<void>;
}

/** Counts of parts of experiments that are kept for the next request of the same part. */
const cachedPartsMax = 4;
/** Earlier states, and counts of experiments in them, that are kept: a walk through history requests each again. */
const cachedPastsMax = 4;
/** Cumulative shares that are kept: at most `shareTrendPointsMax` points each. */
const cachedShareTrendsMax = 32;

/** A request and the work with which it ends. */
interface WorkedRequest {
  readonly request: MonitorRequest;
  readonly work: Work;
}

/** What a request reads: counts whose histories are complete, and the services and the moment that they belong to. */
interface Counted {
  readonly services: MonitorServices;
  readonly snapshot: MonitorSnapshot;
  readonly moment: Moment;
  readonly events: CountedEvents;
  readonly passes: EventPasses;
  /** Whether the counts are still those of the snapshot. */
  readonly isCurrent: () => boolean;
}

export const createMonitor = (services: MonitorServices): Monitor => {
  const evaluateNewest = createNewest(services);
  const evaluatePast = createPast(services);
  const evaluate = <R>(request: MonitorRequest, work: Work, read: (counted: Counted) => R): Promise<R> => {
    const { knownAtUs, sequence } = request.asOf ?? {};
    if (knownAtUs === undefined && sequence === undefined) return evaluateNewest({ request, work }, read);
    const past = services.ledger.resolveSequence({ knownAtUs, sequence });
    return evaluatePast(past, { request, work }, read);
  };
  const exposuresOf = ({ snapshot }: Counted): VariantExposure[] => variantExposures(snapshot);

  const shareTrends = createShareTrends();
  const reportFor = (worked: WorkedRequest, counted: Counted): MonitorReport => {
    const { request } = worked;
    const sources = sourcesOf(counted, worked.work);
    return createReport(sources, (trendRequest) =>
      shareTrends(sources, { request, trendRequest }, async (work) => {
        if (counted.isCurrent()) return shareTrendOf({ ...sources, work }, trendRequest);
        const trendThen = (then: Counted) => shareTrendOf(sourcesOf(then, work), trendRequest);
        return await evaluatePast(sources.snapshot.sequence, { request, work }, trendThen);
      }),
    );
  };

  return {
    async report(request, work) {
      const report = await evaluate(request, work, (counted) => reportFor({ request, work }, counted));
      // A report of many markets takes as long as a slice, and what is read of it as well.
      await yieldToEventLoop();
      return report;
    },
    exposures: async (request, work) => evaluate(request, work, exposuresOf),
    async warm() {
      await evaluate({ timeZone: 'UTC' }, new Work(), exposuresOf);
    },
  };
};

const sourcesOf = (
  { services, snapshot, moment: { countryOf }, events, passes }: Counted,
  work: Work,
): ReportSources => ({
  ...{ services, snapshot, events, passes, countryOf, work },
});

/** Cumulative shares, of which the last are kept: a live view requests the same ones until the ledger advances. */
const createShareTrends = () => {
  const known = new SharedComputations<ShareTrend>({ max: cachedShareTrendsMax });
  return (
    { snapshot: { experiment, sequence }, work }: ReportSources,
    requests: { readonly request: MonitorRequest; readonly trendRequest: ShareTrendRequest },
    compute: (work: Work) => Promise<ShareTrend>,
  ): Promise<ShareTrend> => {
    const key = JSON.stringify([experiment.key, sequence, requests]);
    return known.find(key, work, compute);
  };
};

/** Parts and earlier states are counted once, for one sequence number. */
const isAlwaysCurrent = (): boolean => true;

/** Evaluates requests of the newest state, which is counted as events arrive. */
const createNewest = (services: MonitorServices) => {
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

  return async <R>(worked: WorkedRequest, read: (counted: Counted) => R): Promise<R> => {
    const { request } = worked;
    const readCounts = (moment: Moment, counts: ExperimentCounts, isCurrent: () => boolean): R =>
      read({ ...countedInMemory(services, request, moment, counts), isCurrent });
    const readNewest = (moment: Moment, counts: ExperimentCounts): R =>
      readCounts(moment, counts, () => services.ledger.snapshot().sequence === moment.sequence);
    const withHistories = (counts: ExperimentCounts): boolean => counts.advanceHistories(rowsPerSlice);
    if (!isPart(request)) return whenCurrent(worked, withHistories, readNewest);
    const part = await requestedPart(services, worked);
    const needsNothing = (): boolean => true;
    const { moment, whole } = await whenCurrent(worked, needsNothing, (now, all) => ({
      moment: now,
      whole: rowListsOf(all),
    }));
    return readCounts(moment, await partCounts({ ...worked, part, moment, whole }), isAlwaysCurrent);
  };
};

/**
 * Evaluates requests of earlier states: all events are gone through once for all experiments, and those of an experiment are
 * counted again, unless a request did so recently.
 */
const createPast = (services: MonitorServices) => {
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

  return async <R>(sequence: number, worked: WorkedRequest, read: (counted: Counted) => R): Promise<R> => {
    const { request, work } = worked;
    const then = states.get(sequence) ?? servicesAt(services, sequence);
    states.set(sequence, then);
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

const isPart = ({ range, where }: MonitorRequest): boolean => range !== undefined || where !== undefined;

const requestedExperiment = ({ experiments, nowUs }: MonitorServices, { experiment }: MonitorRequest): Experiment => {
  if (experiment === undefined) return experiments.current(nowUs());
  if (experiments.isKnown(experiment)) return experiments.experimentOf(experiment);
  throw new DomainError('NOT_FOUND', `there is no experiment ${preview(experiment)}: no plan and no event names it`);
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
  return { span, filter: { rows: enriched.rows, test: experimentEvents.testOf(where, enriched, timeZone) } };
};

const momentOf = ({ ledger, users }: MonitorServices, experiment: Experiment): Moment => {
  const { sequence } = ledger.snapshot();
  const countryOf = (user: number): number => users.countries.codeBy(users.attributesCodeAt(user, sequence));
  return { experiment, sequence, countryOf };
};
