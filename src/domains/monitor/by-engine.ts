import { DomainError } from '../../errors.ts';
import { SharedComputations } from '../../lib/shared-computations.ts';
import type { Work } from '../../lib/work.ts';
import type { ArrivalSnapshot } from './arrival-history.ts';
import { arrivalsOf } from './cell-patterns.ts';
import type { Counted, WorkedRequest } from './counted.ts';
import type { CountedEvents } from './counted-events.ts';
import type { MonitorEngine, PatternDetail, SelectedEvents } from './engine.ts';
import { countByEngine, selectionOf } from './engine-counts.ts';
import { enginePasses } from './engine-passes.ts';
import type { EventPasses } from './event-passes.ts';
import type { Moment, MonitorRequest } from './request.ts';
import { momentOf, requestedExperiment } from './requested.ts';
import type { MonitorServices } from './services.ts';
import { patternsNeeded } from './silences.ts';
import { snapshotOf } from './snapshot.ts';

/** Counts of an engine that are kept for the next request of the same events. */
const cachedCountsMax = 4;

/** Evaluates requests with what an engine counts. */
export interface ByEngine {
  /** Reads the state that the services are of, by default the newest, at the moment of the call. */
  evaluate<R>(services: MonitorServices, worked: WorkedRequest, read: (counted: Counted) => R): Promise<R>;
  /** Results about the events that a request counts at a moment, which is now. */
  passesAt(services: MonitorServices, request: MonitorRequest, moment: Moment): EventPasses;
}

export const createByEngine = (engine: MonitorEngine): ByEngine => {
  const known = new SharedComputations<CountedEvents>({ max: cachedCountsMax });
  const patterns = new SharedComputations<ArrivalSnapshot>({ max: cachedCountsMax });
  const arrivalsWith = (detail: PatternDetail, key: string, work: Work, selected: SelectedEvents) =>
    patterns.find(detail + key, work, async (shared) => arrivalsOf(await selected.patterns(detail, shared)));
  return {
    async evaluate(services, { request, work }, read) {
      if (request.where) services.experimentEvents.checkFilter(request.where);
      const nowUs = services.nowUs();
      const then: MonitorServices = { ...services, nowUs: () => nowUs };
      const moment = momentOf(then, requestedExperiment(then, request));
      const selection = selectionOf(then, request, moment);
      const selected = engine.select(selection);
      // Who is excluded follows from the sequence number.
      const key = JSON.stringify({ ...selection, excluded: [] });
      const events = await known.find(key, work, (shared) => countByEngine(then, moment, { selected, work: shared }));
      const passes = enginePasses(then, moment.countryOf, () => selected);
      let snapshot = snapshotOf(then, request, moment, events);
      let [arrivals, detail] = [events.arrivals, patternsNeeded(snapshot, 'BOUNDS')];
      while (detail) {
        arrivals = await arrivalsWith(detail, key, work, selected);
        snapshot = { ...snapshot, arrivals };
        detail = patternsNeeded(snapshot, detail);
      }
      return read({ services: then, snapshot, moment, events: { ...events, arrivals }, passes, isCurrent: () => true });
    },
    passesAt(services, request, moment) {
      // Which batches are open, of which the selection is not as of the moment, decides on no pass.
      let selected: SelectedEvents | undefined;
      const select = (): SelectedEvents => {
        selected ??= engine.select(selectionOf(services, request, moment));
        return selected;
      };
      return enginePasses(services, moment.countryOf, select);
    },
  };
};

/** Runs `first`, and `second` while the engine of the first cannot be reached. */
export const orElse = async <R>(first: () => Promise<R>, second: () => Promise<R>): Promise<R> => {
  try {
    return await first();
  } catch (error) {
    if (error instanceof DomainError && error.code === 'FACTS_UNAVAILABLE') return second();
    throw error;
  }
};

/** Results of an engine, or of memory while the engine cannot be reached. */
export const passesOrElse = (first: EventPasses, second: EventPasses): EventPasses => {
  const either =
    <A extends unknown[], R>(pass: (passes: EventPasses, ...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      orElse(
        () => pass(first, ...args),
        () => pass(second, ...args),
      );
  return {
    trend: either((passes, scope, grain, onPoint) => passes.trend(scope, grain, onPoint)),
    stored: either((passes, scope, grain, onPoint) => passes.stored(scope, grain, onPoint)),
    storedQuality: either((passes, scope) => passes.storedQuality(scope)),
    outcomes: either((passes, scope, eventTypes) => passes.outcomes(scope, eventTypes)),
    cell: either((passes, scope, country, variant) => passes.cell(scope, country, variant)),
    seqs: either((passes, scope, selection) => passes.seqs(scope, selection)),
  };
};
