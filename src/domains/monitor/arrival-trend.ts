import { createPeriods, type Grain } from '../../lib/periods.ts';
import type { TimeCounts } from '../../lib/time-counts.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { PassScope, StoredCounts } from './event-passes.ts';
import { type ScannedEvents, scanEvents } from './scan-events.ts';
import { type ReportSources, scopeOf } from './snapshot.ts';
import { limitPoints, type PointRequest } from './trend.ts';

/** What arrived in one period, by the time at which it was received. */
export interface ArrivalPoint extends StoredCounts {
  /** Of every country and time. */
  readonly duplicates: number;
  /** Of every experiment. */
  readonly rejected: number;
}

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
  const periods = createPeriods(grain, timeZone);
  const onPoint = limitPoints('arrivalTrend', limits.trendPointsMax);
  const stored = await sources.passes.stored(scopeOf(sources), grain, onPoint);
  const points = new Map(stored.map((point) => [point.periodStartUs, { ...point, duplicates: 0, rejected: 0 }]));
  const yieldIfDue = createYielder(sources.work);
  const addTimes = async (counts: TimeCounts, name: 'duplicates' | 'rejected'): Promise<void> => {
    for (let next = counts.nextAfter(-1); next !== null; ) {
      await yieldIfDue();
      const periodStartUs = periods.startOf(next);
      const lastUs = periods.nextStart(periodStartUs) - 1;
      let point = points.get(periodStartUs);
      if (!point) {
        onPoint();
        point = { periodStartUs, stored: 0, late: 0, variants: [], duplicates: 0, rejected: 0 };
        points.set(periodStartUs, point);
      }
      point[name] += counts.between(periodStartUs - 1, lastUs);
      next = counts.nextAfter(lastUs);
    }
  };
  await addTimes(experimentEvents.duplicateTimes(experiment.key), 'duplicates');
  const isCurrent = experiments.current(nowUs).key === experiment.key;
  if (isCurrent) await addTimes(experimentEvents.duplicateTimes(null), 'duplicates');
  await addTimes(rejected, 'rejected');
  return [...points.values()].sort((a, b) => a.periodStartUs - b.periodStartUs);
};

interface OpenPoint {
  stored: number;
  late: number;
  /** By the codes of variants. */
  readonly byVariant: Map<number, number>;
}

/** Counts what was stored in each period. */
export const scanStored = async (
  scanned: ScannedEvents,
  scope: PassScope,
  { grain, onPoint }: PointRequest,
): Promise<StoredCounts[]> => {
  const { events } = scanned.services.experimentEvents;
  const periods = createPeriods(grain, scanned.timeZone);
  const points = new Map<number, OpenPoint>();
  await scanEvents(scanned, scope, (row) => {
    const startUs = periods.startOf(events.recordedAtUsOf(row));
    let point = points.get(startUs);
    if (!point) {
      onPoint();
      point = { stored: 0, late: 0, byVariant: new Map() };
      points.set(startUs, point);
    }
    point.stored++;
    const variant = events.variantOf(row);
    point.byVariant.set(variant, (point.byVariant.get(variant) ?? 0) + 1);
    if (events.arrivalOf(row) === 'LATE') point.late++;
  });
  return [...points].map(([periodStartUs, { byVariant, ...counts }]) => ({
    ...{ periodStartUs, ...counts },
    variants: [...byVariant].map(([code, stored]) => ({ variant: events.variants.textOf(code), stored })),
  }));
};
