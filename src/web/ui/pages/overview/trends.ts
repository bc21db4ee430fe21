import { type FigureValue, toNumber } from '../../format/numbers.ts';
import { formatTime } from '../../format/times.ts';
import type { Period } from './search.ts';

/** A figure and what it was in the latest periods. */
export interface Trend {
  readonly id: string;
  readonly label: string;
  /** Of all time. */
  readonly total: FigureValue;
  /** What a value of `values` is, where it is not a part of the total. */
  readonly partLabel?: string;
  /** The page whose list is what the total counts; absent for facts, which the page Revenue lists. */
  readonly to?: '/users' | '/conversations';
  /** The facts behind its figures, as the address of the page Revenue names them. */
  readonly facts?: { readonly source?: 'EXPERIMENT_EVENTS'; readonly measure: 'sum' | 'count' | 'distinctUsers' };
  /** The ends of periods by their starts, of facts. */
  readonly ends?: ReadonlyMap<string, string>;
  /** By the start of the period, as the server sends it. */
  readonly values: ReadonlyMap<string, FigureValue>;
}

const dayMs = 86_400_000;

/** The number of the period that starts at an instant, for which consecutive periods have consecutive numbers. */
export const slotOf = (start: string, period: Period, zone: string): number => {
  const [year = 0, month = 1, day = 1] = formatTime(start, zone).slice(0, 10).split('-').map(Number);
  if (period === 'month') return year * 12 + month - 1;
  const days = Math.round(Date.UTC(year, month - 1, day) / dayMs);
  // 1970-01-01 was a Thursday, and weeks begin on Mondays.
  return period === 'day' ? days : Math.floor((days + 3) / 7);
};

/** The days of the period that starts at an instant, first and last, in the zone. */
export const daysOfPeriod = (start: string, period: Period, zone: string): { first: string; last: string } => {
  const first = formatTime(start, zone).slice(0, 10);
  const [year = 0, month = 1, day = 1] = first.split('-').map(Number);
  const lastMs =
    period === 'month' ? Date.UTC(year, month, 0) : Date.UTC(year, month - 1, period === 'week' ? day + 6 : day);
  return { first, last: new Date(lastMs).toISOString().slice(0, 10) };
};

/** The starts of periods in the order of time, of all trends. */
export const startsOf = (trends: readonly Trend[]): readonly string[] =>
  [...new Set(trends.flatMap(({ values }) => [...values.keys()]))].sort(
    (one, two) => Date.parse(one) - Date.parse(two),
  );

/** How many of the latest periods a trend shows. */
export const periodsMax = 52;

export interface TrendPoint {
  readonly start: string;
  readonly slot: number;
  readonly value: number;
}

/** The points of a trend that lie in its latest periods, in the order of time. */
export const pointsOf = ({ values }: Trend, period: Period, zone: string): readonly TrendPoint[] => {
  const points = [...values]
    .map(([start, value]) => ({ start, slot: slotOf(start, period, zone), value: toNumber(value) ?? 0 }))
    .sort((one, two) => one.slot - two.slot);
  const newest = points.at(-1)?.slot ?? 0;
  return points.filter(({ slot }) => slot > newest - periodsMax);
};
