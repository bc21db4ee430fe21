import { LRUCache } from 'lru-cache';
import { DomainError } from '../../errors.ts';
import { preview } from '../../lib/problems.ts';
import { spanOf } from '../../lib/time-range.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { Experiment } from '../experiments/plan.ts';
import type { ExperimentCounts } from './experiment-counts.ts';
import { type PartRequest, partOf, rowListsOf } from './part.ts';
import { createReport, type MonitorReport } from './report.ts';
import type { Moment, MonitorRequest } from './request.ts';
import type { MonitorServices } from './services.ts';
import { type MonitorSnapshot, snapshotOf, type VariantExposure, variantExposures } from './snapshot.ts';
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

export const createMonitor = (services: MonitorServices): Monitor => {
  const tracker = new ExperimentTracker(services);
  const parts = new LRUCache<string, ExperimentCounts>({ max: cachedPartsMax });

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

  const evaluate = async <R>(
    request: MonitorRequest,
    read: (snapshot: MonitorSnapshot, moment: Moment, counts: ExperimentCounts) => R,
  ): Promise<R> => {
    const readCounts = (moment: Moment, counts: ExperimentCounts): R =>
      read(snapshotOf(services, request, moment, counts), moment, counts);
    const withHistories = (counts: ExperimentCounts): boolean => counts.advanceHistories(rowsPerSlice);
    if (!request.range && !request.where) return whenCurrent(request, withHistories, readCounts);
    const part = await requestedPart(services, request);
    const needsNothing = (): boolean => true;
    const { moment, whole } = await whenCurrent(request, needsNothing, (now, all) => ({
      moment: now,
      whole: rowListsOf(all),
    }));
    const key = JSON.stringify([moment.experiment.key, moment.sequence, request]);
    const counts = parts.get(key) ?? (await partOf(services, part, moment, whole));
    parts.set(key, counts);
    const yieldIfDue = createYielder();
    while (!withHistories(counts)) await yieldIfDue();
    return readCounts(moment, counts);
  };

  return {
    report: (request) =>
      evaluate(request, (snapshot, { countryOf }, counts) => {
        const { rows, outside, exposures, orders, accountTypes, eventTypes, histories } = counts;
        const events = { rows, outside, exposures, orders, accountTypes, eventTypes, splits: histories.splits };
        return createReport({ services, snapshot, events: { ...events, countryOf } });
      }),
    exposures: (request) => evaluate(request, variantExposures),
    async warm() {
      await evaluate({ timeZone: 'UTC' }, variantExposures);
    },
  };
};

const requestedExperiment = ({ experiments, nowUs }: MonitorServices, { experiment }: MonitorRequest): Experiment => {
  if (experiment === undefined) return experiments.current(nowUs());
  if (experiments.isKnown(experiment)) return experiments.experimentOf(experiment);
  throw new DomainError('NOT_FOUND', `there is no experiment ${preview(experiment)}: no plan and no event names it`);
};

const requestedPart = async (
  { experimentEvents }: MonitorServices,
  { range, where, timeZone }: MonitorRequest,
): Promise<PartRequest> => {
  const { columns } = experimentEvents;
  const span = range && spanOf(range, timeZone, columns.newestUsOf(columns.rows));
  if (!where) return { span };
  const enriched = await experimentEvents.enrichment.at();
  return { span, filter: { rows: enriched.rows, test: experimentEvents.testOf(where, enriched, timeZone) } };
};

const momentOf = ({ ledger, users }: MonitorServices, experiment: Experiment): Moment => {
  const { sequence } = ledger.snapshot();
  const countryOf = (user: number): number => users.countries.codeBy(users.attributesCodeAt(user, sequence));
  return { experiment, sequence, countryOf };
};
