import type { ChartTableData } from '../../components/chart-points.ts';
import { otherOf, type ShownSeries } from '../../components/colors.ts';
import { formatCount, formatFigure } from '../../format/numbers.ts';
import { axisDate, localTimeOf } from '../../format/times.ts';
import type { ExperimentArrivalQuery, TimeGrain } from '../../generated/graphql.ts';

type Point = NonNullable<NonNullable<ExperimentArrivalQuery['monitor']>['trend']>[number];

type Arrived = NonNullable<NonNullable<ExperimentArrivalQuery['monitor']>['arrivalTrend']>[number];

export type Grain = Extract<TimeGrain, 'MINUTE' | 'HOUR' | 'DAY' | 'WEEK'>;

export interface ReceivedPoint {
  /** For an axis that reads as the clocks of the zone. */
  readonly at: Date;
  readonly iso: string;
  readonly variant: string;
  readonly events: number;
}

export interface ArrivalPoint extends ReceivedPoint {
  readonly newUsers: number;
  readonly late: number;
}

export interface TroublePoint {
  readonly at: Date;
  /** `late`, `duplicates` or `rejected`. */
  readonly kind: string;
  readonly count: number;
}

/** All markets together, a point for each period and variant. */
export const arrivalPoints = (
  trend: readonly Point[],
  { variant, zone }: { readonly variant: string | undefined; readonly zone: string },
): ArrivalPoint[] => {
  const points = new Map<string, ArrivalPoint>();
  for (const { periodStart, variant: own, eventCount, newUserCount, lateEventCount } of trend) {
    if (variant !== undefined && own !== variant) continue;
    const key = `${periodStart} ${own}`;
    const before = points.get(key);
    points.set(key, {
      ...{ at: axisDate(periodStart, zone), iso: periodStart, variant: own },
      events: (before?.events ?? 0) + eventCount,
      newUsers: (before?.newUsers ?? 0) + newUserCount,
      late: (before?.late ?? 0) + lateEventCount,
    });
  }
  return [...points.values()].sort((one, two) => one.at.getTime() - two.at.getTime());
};

/** The same by the time of arrival, without new users. */
export const receivedPoints = (
  trend: readonly Arrived[],
  { variant, zone }: { readonly variant: string | undefined; readonly zone: string },
): ReceivedPoint[] =>
  trend.flatMap(({ periodStart, variants }) =>
    variants
      .filter((own) => variant === undefined || own.variant === variant)
      .map((own) => ({
        ...{ at: axisDate(periodStart, zone), iso: periodStart },
        ...{ variant: own.variant, events: own.stored },
      })),
  );

/** What arrived in a period and is not a new event in time; nothing for a period that has none. */
export const troublePoints = (trend: readonly Arrived[], zone: string): TroublePoint[] =>
  trend.flatMap(({ periodStart, late, duplicates, rejected }) =>
    Object.entries({ late, duplicates, rejected })
      .filter(([, count]) => count > 0)
      .map(([kind, count]) => ({ at: axisDate(periodStart, zone), kind, count })),
  );

/** What the chart by the time of arrival shows, in one sentence. */
export const receivedTitle = (trend: readonly Arrived[], grain: Grain): string => {
  const sumOf = (name: 'stored' | 'late' | 'duplicates' | 'rejected') =>
    trend.reduce((sum, point) => sum + point[name], 0);
  const arrived = `${formatCount(sumOf('stored'), 'event')} arrived in ${formatCount(trend.length, grainWord(grain))}`;
  const late = sumOf('late');
  const beside = [
    ...(sumOf('duplicates') > 0 ? [formatCount(sumOf('duplicates'), 'duplicate')] : []),
    ...(sumOf('rejected') > 0 ? [`${formatFigure(sumOf('rejected'))} rejected`] : []),
  ];
  return `${arrived}, ${late === 0 ? 'none' : formatFigure(late)} of them late${beside.length > 0 ? `; beside them ${beside.join(' and ')}` : ''}`;
};

export const receivedTable = (trend: readonly Arrived[], zone: string): ChartTableData => {
  const names = [...new Set(trend.flatMap(({ variants }) => variants.map(({ variant }) => variant)))].sort();
  return {
    columns: [
      `received from (${zone})`,
      ...[...names.map((name) => `stored of ${name}`), 'stored', 'late', 'duplicates', 'rejected'].map((header) => ({
        header,
        numeric: true,
      })),
    ],
    rows: trend.map(({ periodStart, stored, late, duplicates, rejected, variants }) => [
      localTimeOf(periodStart, zone),
      ...names.map((name) => variants.find(({ variant }) => variant === name)?.stored ?? 0),
      ...[stored, late, duplicates, rejected],
    ]),
  };
};

export const seriesOf = (points: readonly ReceivedPoint[]): ShownSeries => {
  const weights = new Map<string, number>();
  for (const { variant, events } of points) weights.set(variant, (weights.get(variant) ?? 0) + events);
  return otherOf([...weights].map(([label, weight]) => ({ label, weight })));
};

const grainWords: Readonly<Record<Grain, string>> = { MINUTE: 'minute', HOUR: 'hour', DAY: 'day', WEEK: 'week' };

export const grainWord = (grain: Grain): string => grainWords[grain];

const grainMs: Readonly<Record<Grain, number>> = {
  MINUTE: 60_000,
  HOUR: 3_600_000,
  DAY: 86_400_000,
  WEEK: 604_800_000,
};

/** Each period up to the next one as the chart draws it; a civil day is not always of 24 hours, which no eye sees. */
export const periodMs = (grain: Grain): number => grainMs[grain];

/** The grain that shows a time of this length best: hours for six weeks. */
export const fittingGrain = (fromIso: string | null, toIso: string | null): Grain => {
  if (fromIso === null || toIso === null) return 'HOUR';
  const length = Date.parse(toIso) - Date.parse(fromIso);
  if (length < 3 * grainMs.HOUR) return 'MINUTE';
  return length < 6 * grainMs.WEEK ? 'HOUR' : 'DAY';
};

/** What the chart shows, in one sentence. */
export const arrivalTitle = (points: readonly ArrivalPoint[], grain: Grain, zone: string): string => {
  const byPeriod = new Map<string, number>();
  for (const { iso, events } of points) byPeriod.set(iso, (byPeriod.get(iso) ?? 0) + events);
  const busiest = [...byPeriod].reduce<readonly [string, number] | null>(
    (most, each) => (most === null || each[1] > most[1] ? each : most),
    null,
  );
  if (busiest === null) return 'No event has arrived';
  const [iso, events] = busiest;
  return `The busiest ${grainWord(grain)} had ${formatFigure(events)} events (${localTimeOf(iso, zone)})`;
};

export const arrivalTable = (points: readonly ArrivalPoint[], zone: string): ChartTableData => ({
  columns: [
    `period start (${zone})`,
    'variant',
    { header: 'events', numeric: true },
    { header: 'new users', numeric: true },
    { header: 'late', numeric: true },
  ],
  rows: points.map(({ iso, variant, events, newUsers, late }) => [
    ...[localTimeOf(iso, zone), variant, events, newUsers, late],
  ]),
});
