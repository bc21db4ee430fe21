import { DomainError } from '../../errors.ts';
import { preview } from '../../lib/problems.ts';
import { spanOf, type TimeRange, type TimeSpan } from '../../lib/time-range.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { Experiment } from '../experiments/experiments.ts';
import type { ArrivalHistory } from './arrival-history.ts';
import { createReport, type MonitorReport } from './report.ts';
import type { MonitorServices } from './services.ts';
import { type ExperimentStats, type VariantExposure, variantExposures } from './snapshot.ts';
import { ExperimentTracker, rowsPerSlice, splitUnderTest, type TrackedEvents } from './tracker.ts';

export interface MonitorRequest {
  /** Key of an experiment; undefined: the running one, or the newest. */
  readonly experiment?: string | undefined;
  /** Only this market. */
  readonly country?: string | undefined;
  /** Only events of this time. */
  readonly range?: TimeRange | undefined;
  readonly timeZone: string;
}

/** Whether experiments run as planned, at this moment. */
export interface Monitor {
  /** Takes a snapshot and evaluates every check on it. Throws NOT_FOUND for an unknown key. */
  report(request: MonitorRequest): Promise<MonitorReport>;
  /** Only the events and users per country and variant, in the order of both; empty cells of the plan included. No SQL. */
  exposures(request: MonitorRequest): Promise<VariantExposure[]>;
  /** Counts the events of the current experiment, so that the first request does not wait for that. */
  warm(): Promise<void>;
}

/** The experiment and the ledger at the moment of a request. */
interface Moment {
  readonly experiment: Experiment;
  readonly sequence: number;
  /** Code of a user's country as of the sequence number. */
  readonly countryOf: (user: number) => number;
}

/** Brings forward what a request needs. True when it can be answered. */
type Prepare = (tracked: TrackedEvents, experiment: Experiment) => boolean;

const needsNothing: Prepare = () => true;

export const createMonitor = (services: MonitorServices): Monitor => {
  const tracker = new ExperimentTracker(services);
  const withHistory: Prepare = (tracked, experiment) => tracker.advanceHistory(tracked, experiment);

  /** Counts all events, then calls `read` synchronously, before another event can be recorded. */
  const whenCurrent = async <R>(
    request: MonitorRequest,
    prepare: Prepare,
    read: (moment: Moment, tracked: TrackedEvents) => R,
  ): Promise<R> => {
    const yieldIfDue = createYielder();
    for (;;) {
      await yieldIfDue();
      const experiment = requestedExperiment(services, request);
      if (!tracker.advance()) continue;
      const tracked = tracker.eventsOf(experiment);
      if (prepare(tracked, experiment)) return read(momentOf(services, experiment), tracked);
    }
  };

  const evaluate = async <R>(
    request: MonitorRequest,
    prepare: Prepare,
    read: (stats: ExperimentStats, moment: Moment, tracked: TrackedEvents) => R,
  ): Promise<R> => {
    const readStats = (moment: Moment, tracked: TrackedEvents): R =>
      read(statsOf(services, request, moment, tracked), moment, tracked);
    const { range, timeZone } = request;
    if (!range) return whenCurrent(request, prepare, readStats);
    const { columns } = services.experimentEvents;
    const whole = await whenCurrent(request, needsNothing, (moment, { rows }) => {
      const newestUs = columns.newestUsOf(columns.rows);
      return { moment, rows, rowCount: rows.length, newestUs };
    });
    const { moment } = whole;
    const part = tracker.track(moment.countryOf);
    await addSpan(services, spanOf(range, timeZone, whole.newestUs), whole, part);
    const yieldIfDue = createYielder();
    while (!prepare(part, moment.experiment)) await yieldIfDue();
    return readStats(moment, part);
  };

  return {
    report: (request) =>
      evaluate(request, withHistory, (stats, { countryOf }, { rows, exposures, history }) => {
        const snapshot = { ...stats, history: (history as ArrivalHistory).snapshot() };
        return createReport({ services, snapshot, events: { rows, exposures, countryOf } });
      }),
    exposures: (request) => evaluate(request, needsNothing, variantExposures),
    async warm() {
      await evaluate({ timeZone: 'UTC' }, needsNothing, variantExposures);
    },
  };
};

const requestedExperiment = ({ experiments, nowUs }: MonitorServices, { experiment }: MonitorRequest): Experiment => {
  if (experiment === undefined) return experiments.current(nowUs());
  if (experiments.isKnown(experiment)) return experiments.experimentOf(experiment);
  throw new DomainError('NOT_FOUND', `there is no experiment ${preview(experiment)}: no plan and no event names it`);
};

const momentOf = ({ ledger, users }: MonitorServices, experiment: Experiment): Moment => {
  const { sequence } = ledger.snapshot();
  const countryOf = (user: number): number => users.countries.codeBy(users.attributesCodeAt(user, sequence));
  return { experiment, sequence, countryOf };
};

const statsOf = (
  { users, experimentEvents, limits, nowUs }: MonitorServices,
  { range, country, timeZone }: MonitorRequest,
  { experiment, sequence }: Moment,
  { rows, exposures }: TrackedEvents,
): ExperimentStats => {
  const countryName = users.countries.names.textOf;
  const variantName = experimentEvents.events.variants.textOf;
  return {
    ...{ experiment, limits, country, timeZone, sequence },
    isWhole: range === undefined,
    nowUs: nowUs(),
    eventCount: rows.length,
    userCount: exposures.userCount,
    crossoverCount: exposures.crossovers.length,
    cells: exposures.cells().map((cell) => ({
      ...cell,
      country: countryName(cell.country),
      variant: variantName(cell.variant),
    })),
    marketUsers: new Map(exposures.countries().map((each) => [countryName(each.country), each])),
    split: splitUnderTest(
      experiment,
      exposures.variants.map((variant) => variantName(variant)),
    ),
  };
};

/** Adds the events of a span, for one request alone. */
const addSpan = async (
  { experimentEvents: { columns } }: MonitorServices,
  { fromUs = -Infinity, toUs = Infinity }: TimeSpan,
  whole: { readonly rows: TrackedEvents['rows']; readonly rowCount: number },
  part: TrackedEvents,
): Promise<void> => {
  const yieldIfDue = createYielder();
  for (let index = 0; index < whole.rowCount; index++) {
    if (index % rowsPerSlice === 0) await yieldIfDue();
    const row = whole.rows.values[index] as number;
    const atUs = columns.occurredAtUsOf(row);
    if (atUs < fromUs || atUs >= toUs) continue;
    part.rows.push(row);
    part.exposures.add(row);
  }
};
