import { DomainError } from '../../errors.ts';
import { createPeriods, type Grain } from '../../lib/periods.ts';
import type { TimeCounts } from '../../lib/time-counts.ts';
import { createYielder } from '../../lib/yielding.ts';
import { scanEvents } from './scan-events.ts';
import type { ReportSources } from './snapshot.ts';

/** What arrived in one period, by the time at which it was received. */
export interface ArrivalPoint {
  readonly periodStartUs: number;
  /** Of the requested country, range and filter, like `late`. */
  readonly stored: number;
  readonly late: number;
  /** Of every country and time. */
  readonly duplicates: number;
  /** Of every experiment. */
  readonly rejected: number;
  /** The stored ones by variant, in the order of their first arrival. */
  readonly variants: readonly ArrivedVariant[];
}

export interface ArrivedVariant {
  readonly variant: string;
  readonly stored: number;
}

type Counts = { -readonly [K in keyof Omit<ArrivalPoint, 'periodStartUs' | 'variants'>]: number } & {
  /** By the codes of variants. */
  readonly byVariant: Map<number, number>;
};

/**
 * What arrived in each period, in order; empty periods are left out. `rejected` has the times at which events were rejected.
 * Throws LIMIT_EXCEEDED for more periods than `trendPointsMax`.
 */
export const arrivalTrendOf = async (
  sources: ReportSources,
  grain: Grain,
  rejected: TimeCounts,
): Promise<ArrivalPoint[]> => {
  const { experimentEvents, experiments } = sources.services;
  const { timeZone, experiment, nowUs, limits } = sources.snapshot;
  const { events } = experimentEvents;
  const periods = createPeriods(grain, timeZone);
  const points = new Map<number, Counts>();
  const pointOf = (startUs: number): Counts => {
    const known = points.get(startUs) ?? { stored: 0, late: 0, duplicates: 0, rejected: 0, byVariant: new Map() };
    points.set(startUs, known);
    if (points.size <= limits.trendPointsMax) return known;
    throw new DomainError(
      'LIMIT_EXCEEDED',
      `arrivalTrend has more than ${limits.trendPointsMax} points, ask for a coarser grain (setting trendPointsMax)`,
    );
  };
  await scanEvents(sources, (row) => {
    const point = pointOf(periods.startOf(events.recordedAtUsOf(row)));
    point.stored++;
    const variant = events.variantOf(row);
    point.byVariant.set(variant, (point.byVariant.get(variant) ?? 0) + 1);
    if (events.arrivalOf(row) === 'LATE') point.late++;
  });
  const yieldIfDue = createYielder(sources.work);
  const addTimes = async (counts: TimeCounts, name: 'duplicates' | 'rejected'): Promise<void> => {
    for (let next = counts.nextAfter(-1); next !== null; ) {
      await yieldIfDue();
      const startUs = periods.startOf(next);
      const lastUs = periods.nextStart(startUs) - 1;
      pointOf(startUs)[name] += counts.between(startUs - 1, lastUs);
      next = counts.nextAfter(lastUs);
    }
  };
  await addTimes(experimentEvents.duplicateTimes(experiment.key), 'duplicates');
  const isCurrent = experiments.current(nowUs).key === experiment.key;
  if (isCurrent) await addTimes(experimentEvents.duplicateTimes(null), 'duplicates');
  await addTimes(rejected, 'rejected');
  return [...points]
    .map(([periodStartUs, { byVariant, ...counts }]) => ({
      ...{ periodStartUs, ...counts },
      variants: [...byVariant].map(([code, stored]) => ({ variant: events.variants.textOf(code), stored })),
    }))
    .sort((a, b) => a.periodStartUs - b.periodStartUs);
};
