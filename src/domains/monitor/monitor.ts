import { DomainError } from '../../errors.ts';
import { type Growable, growableUint32 } from '../../indices/growable.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { preview } from '../../lib/problems.ts';
import { spanOf, type TimeRange, type TimeSpan } from '../../lib/time-range.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { ArrivalLimits, ExperimentEvents } from '../experiments/events.ts';
import type { Experiment, Experiments, Plans } from '../experiments/experiments.ts';
import type { UserStatus } from '../user-status/user-status.ts';
import type { Users } from '../users/users.ts';
import { type ArrivalHistory, createArrivalHistory } from './arrival-history.ts';
import { healthOf, type MonitorHealth } from './checks.ts';
import { createExposures, type Exposures } from './exposures.ts';
import { outcomesOf } from './outcomes.ts';
import {
  type DeploymentCell,
  deploymentCells,
  type ExperimentStats,
  type MonitorLimits,
  type MonitorSnapshot,
  splitOf,
} from './snapshot.ts';
import { suspectsOf } from './suspects.ts';
import { arrivalOf, trendOf } from './trend.ts';

export interface MonitorRequest {
  /** Key of an experiment; undefined: the running one, or the newest. */
  readonly experiment?: string | undefined;
  /** Only this market. */
  readonly country?: string | undefined;
  /** Only events of this time. */
  readonly range?: TimeRange | undefined;
  readonly timeZone: string;
}

export interface MonitorReport {
  readonly sight: MonitorSnapshot;
  readonly health: MonitorHealth;
}

/** How experiments are deployed at this moment. */
export interface Monitor {
  /** Everything that the figures of one moment rest on, and what is to be thought of it. Throws NOT_FOUND for an unknown key. */
  at(request: MonitorRequest): Promise<MonitorReport>;
  readonly cellsOf: (sight: MonitorSnapshot) => DeploymentCell[];
  readonly suspectsOf: typeof suspectsOf;
  readonly outcomesOf: typeof outcomesOf;
  readonly trendOf: typeof trendOf;
  readonly arrivalOf: typeof arrivalOf;
  /** Older events than this are late, microseconds; null without events. */
  watermarkOf(sight: MonitorSnapshot): number | null;
  /** Tells sights apart whose figures differ. */
  fingerprintOf(sight: MonitorSnapshot, health: MonitorHealth): string;
  /** Events and users per country and variant, in the order of both; empty cells of the plan included. Costs no SQL. */
  deployment(request: MonitorRequest): Promise<DeploymentCell[]>;
  /** Counts the events of the current experiment, so that the first request does not wait for that. */
  warm(): Promise<void>;
}

/** An experiment's events, counted as they come. */
interface Tracked {
  readonly deployment: Exposures;
  readonly rows: Growable<Uint32Array>;
  /** Made anew when the variants are others. */
  history: ArrivalHistory | null;
  historySplit: string;
}

/** Brings what a question needs further; true when it can be answered. */
type IsReady = (each: Tracked, experiment: Experiment) => boolean;

/** Rows taken in without looking at the clock. */
const rowsPerLook = 2048;

export interface MonitorServices {
  readonly ledger: Ledger;
  readonly users: Users;
  readonly userStatus: UserStatus;
  readonly experiments: Experiments;
  readonly experimentEvents: ExperimentEvents;
  readonly limits: MonitorLimits & Pick<ArrivalLimits, 'lateAfterMs'>;
  readonly nowUs: () => number;
}

export const createMonitor = (services: MonitorServices): Monitor => {
  const { ledger, users, userStatus, experiments, experimentEvents, limits, nowUs } = services;
  const { columns, events } = experimentEvents;
  const countryNow = (user: number): number => users.countries.codeBy(users.attributesCodeAt(user));
  let tracked = new Map<number, Tracked>();
  let plans: Plans = experiments.plans();
  let position = 0;

  users.onChange((user) => {
    for (const { deployment, history } of tracked.values()) {
      const moved = deployment.moveUser(user);
      if (moved) history?.moved(moved.from, moved.to);
    }
  });

  const track = (countryOf: (user: number) => number): Tracked => ({
    deployment: createExposures({ columns, events, countryOf }),
    rows: growableUint32(),
    history: null,
    historySplit: '',
  });

  const take = (row: number): void => {
    const code = plans.codeAt(events.namedExperimentOf(row), columns.occurredAtUsOf(row));
    let into = tracked.get(code);
    if (!into) {
      into = track(countryNow);
      tracked.set(code, into);
    }
    into.rows.push(row);
    into.deployment.add(row);
  };

  /** Takes in a stretch of events that came since. True when none is left; what follows at once rests on all of them. */
  const isLevel = (): boolean => {
    if (plans !== experiments.plans()) {
      plans = experiments.plans();
      tracked = new Map();
      position = 0;
    }
    const to = Math.min(columns.rows, position + rowsPerLook);
    for (; position < to; position++) take(position);
    return position === columns.rows;
  };

  const historyIsLevel = (each: Tracked, experiment: Experiment): boolean => {
    const split = splitOf(experiment, each.deployment.variants, events.variants);
    const key = JSON.stringify(split);
    if (!each.history || each.historySplit !== key) {
      each.history = createArrivalHistory({ columns, events }, each.deployment, each.rows, split, limits.monitorAlpha);
      each.historySplit = key;
    }
    each.history.advance(rowsPerLook);
    return each.history.isLevel;
  };

  /** Brings an experiment's figures level and looks at them before anything more can come. */
  const levelled = async <R>(
    request: MonitorRequest,
    isReady: IsReady,
    look: (experiment: Experiment, each: Tracked) => R,
  ): Promise<R> => {
    const turn = createYielder();
    for (;;) {
      await turn();
      const experiment = experimentOf(request);
      if (!isLevel()) continue;
      const each = tracked.get(experiments.keys.codeOf(experiment.key) ?? -1) ?? track(countryNow);
      if (isReady(each, experiment)) return look(experiment, each);
    }
  };

  const experimentOf = ({ experiment }: MonitorRequest): Experiment => {
    if (experiment === undefined) return experiments.current(nowUs());
    if (experiments.isKnown(experiment)) return experiments.experimentOf(experiment);
    throw new DomainError('NOT_FOUND', `there is no experiment ${preview(experiment)}: no plan and no event names it`);
  };

  const at = async <R>(
    request: MonitorRequest,
    isReady: IsReady,
    look: (figures: ExperimentStats, of: Tracked) => R,
  ): Promise<R> => {
    const { range, country, timeZone } = request;
    const lookAt = (
      experiment: Experiment,
      of: Tracked,
      countryOf: ExperimentStats['countryOf'],
      sequence: number,
    ): ExperimentStats => ({
      ...{ users, userStatus, experiments, experimentEvents, limits, plans, nowUs: nowUs() },
      ...{ experiment, country, timeZone, sequence, countryOf, deployment: of.deployment },
      cells: of.deployment.cells(),
      marketUsers: new Map(of.deployment.countries().map((each) => [users.countries.names.textOf(each.country), each])),
      userCount: of.deployment.users,
      crossoverCount: of.deployment.crossovers.length,
      rows: of.rows,
      rowCount: of.rows.length,
      split: splitOf(experiment, of.deployment.variants, events.variants),
      isWhole: range === undefined,
    });
    const begun = await levelled(request, range ? () => true : isReady, (experiment, each) => {
      const { sequence } = ledger.snapshot();
      const countryOf = (user: number) => users.countries.codeBy(users.attributesCodeAt(user, sequence));
      const figures = lookAt(experiment, each, countryOf, sequence);
      return { figures, seen: range ? undefined : look(figures, each), newestUs: columns.newestUsOf(columns.rows) };
    });
    if (!range) return begun.seen as R;
    const { figures } = begun;
    const part = await ofSpan(spanOf(range, timeZone, begun.newestUs), figures, isReady);
    return look(lookAt(figures.experiment, part, figures.countryOf, figures.sequence), part);
  };

  /** The same of the events of a span alone, made for one question. */
  const ofSpan = async (
    { fromUs = -Infinity, toUs = Infinity }: TimeSpan,
    whole: ExperimentStats,
    isReady: IsReady,
  ): Promise<Tracked> => {
    const part = track(whole.countryOf);
    const turn = createYielder();
    for (let index = 0; index < whole.rowCount; index++) {
      if (index % rowsPerLook === 0) await turn();
      const row = whole.rows.values[index] as number;
      const atUs = columns.occurredAtUsOf(row);
      if (atUs < fromUs || atUs >= toUs) continue;
      part.rows.push(row);
      part.deployment.add(row);
    }
    while (!isReady(part, whole.experiment)) await turn();
    return part;
  };

  const healthAt = (figures: ExperimentStats, { history }: Tracked): MonitorReport => {
    const sight = { ...figures, history: (history as ArrivalHistory).sight() };
    return { sight, health: healthOf(sight) };
  };

  return {
    at: (request) => at(request, historyIsLevel, healthAt),
    cellsOf: deploymentCells,
    suspectsOf,
    outcomesOf,
    trendOf,
    arrivalOf,
    watermarkOf: ({ history: { newestAtUs } }) =>
      newestAtUs === -Infinity ? null : newestAtUs - limits.lateAfterMs * 1000,
    fingerprintOf: ({ experiment, cells, rowCount }, { checks }) =>
      JSON.stringify([experiment, rowCount, cells, checks.map(({ message }) => message)]),
    deployment: (request) => at(request, () => true, deploymentCells),
    async warm() {
      await at({ timeZone: 'UTC' }, () => true, deploymentCells);
    },
  };
};
