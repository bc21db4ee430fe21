import { createPeriods, type Grain, offsetsBetween, type Segment } from '../../../src/lib/periods.ts';
import { dayUs } from '../../../src/lib/time.ts';
import type { TimeRange } from './source.ts';

/** A stretch of time whose periods begin by one rule. */
interface Stretch {
  /** Its end, exclusive, in microseconds since 1970 UTC. */
  readonly untilUs: number;
  readonly startSql: string;
}

/**
 * The start of the period that holds an instant, as a TIMESTAMP in UTC: exactly the periods of `createPeriods`. Between the
 * transitions of the zone periods follow local time, which is UTC plus a constant; those next to a transition are listed.
 * `ranges` hold the values of the column, in order and apart from each other.
 */
export const periodSql = (
  instant: string,
  grain: Grain,
  { timeZone, ranges }: { readonly timeZone: string; readonly ranges: readonly TimeRange[] },
): string => {
  if (timeZone.toUpperCase() === 'UTC' || ranges.length === 0) return truncated(instant, grain, 0);
  const segments = segmentsOf(timeZone, ranges);
  const stretches =
    grain === 'MINUTE' || grain === 'HOUR'
      ? clockStretches(instant, grain, segments)
      : civilStretches(instant, grain, { timeZone, segments });
  // A missing instant is before no transition.
  return `case when ${instant} is not null then ${chosen(instant, stretches)} end`;
};

/** The stretches of constant offset that hold the ranges; a zone has thousands of them up to a date like 9999-12-31. */
const segmentsOf = (timeZone: string, ranges: readonly TimeRange[]): Segment[] => {
  const segments: Segment[] = [];
  for (const { leastUs, greatestUs } of ranges) {
    const knownUntil = segments.at(-1)?.end ?? Number.NEGATIVE_INFINITY;
    if (knownUntil <= greatestUs) segments.push(...offsetsBetween(timeZone, Math.max(leastUs, knownUntil), greatestUs));
  }
  return segments;
};

const truncated = (instant: string, grain: Grain, offsetUs: number): string => {
  if (offsetUs === 0) return `date_trunc('${grain}', ${instant})`;
  const offset = `to_microseconds(${offsetUs})`;
  return `(date_trunc('${grain}', ${instant} + ${offset}) - ${offset})`;
};

const timestamp = (us: number): string => `make_timestamp(${us})`;

/** Hours and minutes of local time, divided at each transition. */
const clockStretches = (instant: string, grain: Grain, segments: readonly Segment[]): Stretch[] =>
  segments.map(({ start, end, offsetUs }) => {
    const start0 = truncated(instant, grain, offsetUs);
    const startSql = Number.isFinite(start) ? `greatest(${start0}, ${timestamp(start)})` : start0;
    return { untilUs: end, startSql };
  });

/** Days after a transition whose periods are listed one by one: more than any zone has ever moved its clocks. */
const settledAfterUs = 3 * dayUs;

/** Time before a transition that no period begins in; doubles do not tell microseconds apart in years far ahead. */
const secondUs = 1_000_000;

const civilStretches = (
  instant: string,
  grain: Grain,
  { timeZone, segments }: { readonly timeZone: string; readonly segments: readonly Segment[] },
): Stretch[] => {
  const periods = createPeriods(grain, timeZone);
  const stretches: Stretch[] = [];
  for (const { start, end, offsetUs } of segments) {
    if (Number.isFinite(start)) listPeriods(stretches, periods, { fromUs: start, toUs: start + settledAfterUs });
    if (!Number.isFinite(end)) {
      stretches.push({ untilUs: end, startSql: truncated(instant, grain, offsetUs) });
      break;
    }
    const lastStart = periods.startOf(end - secondUs);
    if (lastStart > (stretches.at(-1)?.untilUs ?? Number.NEGATIVE_INFINITY))
      stretches.push({ untilUs: lastStart, startSql: truncated(instant, grain, offsetUs) });
    listPeriods(stretches, periods, { fromUs: end - secondUs, toUs: end });
  }
  return stretches;
};

/** Adds the periods that begin in a range and are not yet covered. */
const listPeriods = (
  stretches: Stretch[],
  periods: ReturnType<typeof createPeriods>,
  { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
): void => {
  let start = periods.startOf(Math.max(fromUs, stretches.at(-1)?.untilUs ?? fromUs));
  while (start < toUs) {
    const untilUs = periods.nextStart(start);
    stretches.push({ untilUs, startSql: timestamp(start) });
    start = untilUs;
  }
};

/** The rule of the stretch that holds an instant, found by halves. */
const chosen = (instant: string, stretches: readonly Stretch[]): string => {
  const middle = (stretches.length - 1) >>> 1;
  const { untilUs, startSql } = stretches[middle] as Stretch;
  if (stretches.length === 1) return startSql;
  const earlier = chosen(instant, stretches.slice(0, middle + 1));
  const later = chosen(instant, stretches.slice(middle + 1));
  return `case when ${instant} < ${timestamp(untilUs)} then ${earlier} else ${later} end`;
};
