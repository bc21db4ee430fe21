import { SharedComputations } from '../../lib/shared-computations.ts';
import type { Work } from '../../lib/work.ts';
import { yieldToEventLoop } from '../../lib/yielding.ts';
import { createByEngine, orElse, passesOrElse } from './by-engine.ts';
import type { Counted, WorkedRequest } from './counted.ts';
import type { MonitorEngine } from './engine.ts';
import { createNewest, createPast } from './in-memory.ts';
import { createReport, type MonitorReport } from './report.ts';
import type { MonitorRequest } from './request.ts';
import { isPart } from './requested.ts';
import type { MonitorServices } from './services.ts';
import { type ShareTrend, type ShareTrendRequest, shareTrendOf } from './share-trend.ts';
import { type ReportSources, type VariantExposure, variantExposures } from './snapshot.ts';

/** Whether experiments run as planned, at this moment. What is computed for a request ends with its work. */
export interface Monitor {
  /** Takes a snapshot and evaluates every check on it. Throws NOT_FOUND for an unknown key. */
  report(request: MonitorRequest, work: Work): Promise<MonitorReport>;
  /** Only the events and users per country and variant, in the order of both; empty cells of the plan included. No SQL. */
  exposures(request: MonitorRequest, work: Work): Promise<VariantExposure[]>;
  /** Counts events that are kept elsewhere. */
  readonly engine: MonitorEngine | undefined;
  /** Counts the events of the current experiment, so that the first request does not wait for that. */
  warm(): Promise<void>;
}

/** With an engine, up to so many events are counted here before an answer: a fraction of a second. */
const behindMax = 50_000;
/** Cumulative shares that are kept: at most `shareTrendPointsMax` points each. */
const cachedShareTrendsMax = 32;

export const createMonitor = (services: MonitorServices): Monitor => {
  const { evaluate, evaluatePast, warm } = createEvaluation(services);
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
    engine: services.engine,
    warm,
  };
};

interface Evaluation {
  evaluate<R>(request: MonitorRequest, work: Work, read: (counted: Counted) => R): Promise<R>;
  evaluatePast<R>(sequence: number, worked: WorkedRequest, read: (counted: Counted) => R): Promise<R>;
  warm(): Promise<void>;
}

/**
 * Counts with the engine where there is one, except the newest state of a whole experiment once this process has counted it:
 * that is kept level as events arrive. While the engine cannot be reached, everything is counted here.
 */
const createEvaluation = (services: MonitorServices): Evaluation => {
  const engine = services.engine && createByEngine(services.engine);
  const newest = createNewest(services, (request, moment, inMemory) =>
    engine ? passesOrElse(engine.passesAt(services, request, moment), inMemory) : inMemory,
  );
  const past = createPast(services);
  const evaluatePast: Evaluation['evaluatePast'] = (sequence, worked, read) => {
    const inMemory = () => past.evaluate(sequence, worked, read);
    return engine ? orElse(() => engine.evaluate(past.stateAt(sequence), worked, read), inMemory) : inMemory();
  };
  return {
    evaluatePast,
    async evaluate(request, work, read) {
      const { knownAtUs, sequence } = request.asOf ?? {};
      const worked = { request, work };
      if (knownAtUs !== undefined || sequence !== undefined)
        return evaluatePast(services.ledger.resolveSequence({ knownAtUs, sequence }), worked, read);
      const inMemory = () => newest.evaluate(worked, read);
      if (!engine) return inMemory();
      const isPartOnly = isPart(request);
      if (!isPartOnly && newest.behind(request) <= behindMax) return inMemory();
      // What it rejects with is what a request would that waits for it.
      if (!isPartOnly) newest.catchUp(request).catch(() => undefined);
      return orElse(() => engine.evaluate(services, worked, read), inMemory);
    },
    warm: () => newest.catchUp({}),
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
