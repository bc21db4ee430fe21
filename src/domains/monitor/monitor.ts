import { LRUCache } from 'lru-cache';
import { DomainError } from '../../errors.ts';
import { preview } from '../../lib/problems.ts';
import { spanOf } from '../../lib/time-range.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { Experiment } from '../experiments/plan.ts';
import type { ExperimentCounts } from './experiment-counts.ts';
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

/** Whether experiments run as planned, at this moment. */
export interface Monitor {
  /** Takes a snapshot and evaluates every check on it. Throws NOT_FOUND for an unknown key. */
  report(request: MonitorRequest): Promise<MonitorReport>;
  /** Only the events and users per country and variant, in the order of both; empty cells of the plan included. No SQL. */
  exposures(request: MonitorRequest): Promise<VariantExposure[]>;
  /** Counts the events of the current experiment, so that the first request does not wait for that. */
  warm(): Promise<void>;
}

/** Counts of parts of experiments that are kept for the next request of the same part. */
const cachedPartsMax = 4;
/** Earlier states, and counts of experiments in them, that are kept: a walk through history requests each again. */
const cachedPastsMax = 4;
/** Cumulative shares that are kept: at most `shareTrendPointsMax` points each. */
const cachedShareTrendsMax = 32;

/** What a request reads: counts whose histories are complete, and the services and the moment that they belong to. */
interface Counted {
  readonly services: MonitorServices;
  readonly snapshot: MonitorSnapshot;
  readonly moment: Moment;
  readonly counts: ExperimentCounts;
  /** Whether the counts are still those of the snapshot. */
  readonly isCurrent: () => boolean;
}

export const createMonitor = (services: MonitorServices): Monitor => {
  const evaluateNewest = createNewest(services);
  const evaluatePast = createPast(services);
  const evaluate = <R>(request: MonitorRequest, read: (counted: Counted) => R): Promise<R> => {
    const { knownAtUs, sequence } = request.asOf ?? {};
    if (knownAtUs === undefined && sequence === undefined) return evaluateNewest(request, read);
    return evaluatePast(services.ledger.resolveSequence({ knownAtUs, sequence }), request, read);
  };
  const exposuresOf = ({ snapshot }: Counted): VariantExposure[] => variantExposures(snapshot);

  const shareTrends = createShareTrends();
  const reportFor = (request: MonitorRequest, counted: Counted): MonitorReport => {
    const sources = sourcesOf(counted);
    return createReport(sources, (trendRequest) =>
      shareTrends(sources, { request, trendRequest }, async () => {
        if (counted.isCurrent()) return shareTrendOf(sources, trendRequest);
        const trendThen = (then: Counted) => shareTrendOf(sourcesOf(then), trendRequest);
        return await evaluatePast(sources.snapshot.sequence, request, trendThen);
      }),
    );
  };

  return {
    report: async (request) => evaluate(request, (counted) => reportFor(request, counted)),
    exposures: async (request) => evaluate(request, exposuresOf),
    async warm() {
      await evaluate({ timeZone: 'UTC' }, exposuresOf);
    },
  };
};

const sourcesOf = ({ services, snapshot, moment: { countryOf }, counts }: Counted): ReportSources => {
  const { rows, outside, exposures, orders, accountTypes, eventTypes, histories } = counts;
  const events = { rows, outside, exposures, orders, accountTypes, eventTypes, splits: histories.splits };
  return { services, snapshot, events: { ...events, countryOf } };
};

/** Cumulative shares, of which the last are kept: a live view requests the same ones until the ledger advances. */
const createShareTrends = () => {
  const known = new LRUCache<string, Promise<ShareTrend>>({ max: cachedShareTrendsMax });
  return (
    { snapshot: { experiment, sequence } }: ReportSources,
    requests: { readonly request: MonitorRequest; readonly trendRequest: ShareTrendRequest },
    compute: () => Promise<ShareTrend>,
  ): Promise<ShareTrend> => {
    const key = JSON.stringify([experiment.key, sequence, requests]);
    const computing = known.get(key) ?? compute();
    known.set(key, computing);
    computing.catch(() => known.delete(key));
    return computing;
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
    request: MonitorRequest,
    prepare: (counts: ExperimentCounts) => boolean,
    read: (moment: Moment, counts: ExperimentCounts) => R,
  ): Promise<R> => {
    const yieldIfDue = createYielder();
    for (;;) {
      await yieldIfDue();
      const experiment = requestedExperiment(services, request);
      if (!tracker.advance()) continue;
      const counts = tracker.countsOf(experiment);
      if (prepare(counts)) return read(momentOf(services, experiment), counts);
    }
  };

  return async <R>(request: MonitorRequest, read: (counted: Counted) => R): Promise<R> => {
    const readCounts = (moment: Moment, counts: ExperimentCounts, isCurrent: () => boolean): R =>
      read({ services, snapshot: snapshotOf(services, request, moment, counts), moment, counts, isCurrent });
    const readNewest = (moment: Moment, counts: ExperimentCounts): R =>
      readCounts(moment, counts, () => services.ledger.snapshot().sequence === moment.sequence);
    const withHistories = (counts: ExperimentCounts): boolean => counts.advanceHistories(rowsPerSlice);
    if (!isPart(request)) return whenCurrent(request, withHistories, readNewest);
    const part = await requestedPart(services, request);
    const needsNothing = (): boolean => true;
    const { moment, whole } = await whenCurrent(request, needsNothing, (now, all) => ({
      moment: now,
      whole: rowListsOf(all),
    }));
    return readCounts(moment, await partCounts({ request, part, moment, whole }), isAlwaysCurrent);
  };
};

/**
 * Evaluates requests of earlier states: all events are gone through once for all experiments, and those of an experiment are
 * counted again, unless a request did so recently.
 */
const createPast = (services: MonitorServices) => {
  const states = new LRUCache<number, MonitorServices>({ max: cachedPastsMax });
  const experimentRows = new LRUCache<number, Promise<ExperimentRows>>({ max: cachedPastsMax });
  const counted = new LRUCache<string, Promise<ExperimentCounts>>({ max: cachedPastsMax });

  const rowsAt = (then: MonitorServices, sequence: number): Promise<ExperimentRows> => {
    const finding = experimentRows.get(sequence) ?? experimentRowsAt(then, sequence);
    experimentRows.set(sequence, finding);
    return finding;
  };
  const countsOf = (then: MonitorServices, moment: Moment): Promise<ExperimentCounts> => {
    const key = JSON.stringify([moment.experiment.key, moment.sequence]);
    const counting = counted.get(key) ?? rowsAt(then, moment.sequence).then((rows) => countsAt(then, moment, rows));
    counted.set(key, counting);
    return counting;
  };

  return async <R>(sequence: number, request: MonitorRequest, read: (counted: Counted) => R): Promise<R> => {
    const then = states.get(sequence) ?? servicesAt(services, sequence);
    states.set(sequence, then);
    const moment = momentOf(then, requestedExperiment(then, request));
    const whole = await countsOf(then, moment);
    let counts = whole;
    if (isPart(request)) {
      const part = await requestedPart(then, request);
      counts = await partOf(then, part, moment, rowListsOf(whole));
    }
    const yieldIfDue = createYielder();
    while (!counts.advanceHistories(rowsPerSlice)) await yieldIfDue();
    const snapshot = snapshotOf(then, request, moment, counts);
    return read({ services: then, snapshot, moment, counts, isCurrent: isAlwaysCurrent });
  };
};

interface RequestedCounts {
  readonly request: MonitorRequest;
  readonly part: PartRequest;
  readonly moment: Moment;
  readonly whole: ReturnType<typeof rowListsOf>;
}

/** Counts parts of experiments, and keeps the last ones. */
const createPartCounts = (services: MonitorServices) => {
  const parts = new LRUCache<string, ExperimentCounts>({ max: cachedPartsMax });
  return async ({ request, part, moment, whole }: RequestedCounts): Promise<ExperimentCounts> => {
    const key = JSON.stringify([moment.experiment.key, moment.sequence, request]);
    const counts = parts.get(key) ?? (await partOf(services, part, moment, whole));
    parts.set(key, counts);
    const yieldIfDue = createYielder();
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
  { range, where, timeZone, asOf }: MonitorRequest,
): Promise<PartRequest> => {
  const { columns } = experimentEvents;
  const { sequence } = ledger.snapshot();
  const span = range && spanOf(range, timeZone, columns.newestUsOf(columns.rowsUpTo(sequence)));
  if (!where) return { span };
  const enriched = await experimentEvents.enrichment.at({ validAtUs: asOf?.validAtUs, sequence });
  return { span, filter: { rows: enriched.rows, test: experimentEvents.testOf(where, enriched, timeZone) } };
};

const momentOf = ({ ledger, users }: MonitorServices, experiment: Experiment): Moment => {
  const { sequence } = ledger.snapshot();
  const countryOf = (user: number): number => users.countries.codeBy(users.attributesCodeAt(user, sequence));
  return { experiment, sequence, countryOf };
};
