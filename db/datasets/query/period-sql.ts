import { createPeriods, type Grain, offsetsBetween } from '../../../src/lib/periods.ts';
import { dayUs } from '../../../src/lib/time.ts';
import type { TimeBounds } from './source.ts';

/** A stretch of time whose periods begin by one rule. */
interface Stretch {
  /** Its end, exclusive, in microseconds since 1970 UTC. */
  readonly untilUs: number;
  readonly startSql: string;
}

/**
 * The start of the period that holds an instant, as a TIMESTAMP in UTC: exactly the periods of `createPeriods`. Between the
 * transitions of the zone periods follow local time, which is UTC plus a constant; those next to a transition are listed.
 * `bounds` are those of the column; without values there are none.
 */
export const periodSql = (
  instant: string,
  grain: Grain,
  { timeZone, bounds }: { readonly timeZone: string; readonly bounds: TimeBounds | null },
): string => {
  if (timeZone.toUpperCase() === 'UTC' || bounds === null) return truncated(instant, grain, 0);
  const stretches =
    grain === 'MINUTE' || grain === 'HOUR'
      ? clockStretches(instant, grain, timeZone, bounds)
      : civilStretches(instant, grain, timeZone, bounds);
  // A missing instant is before no transition.
  return `case when ${instant} is not null then ${chosen(instant, stretches)} end`;
};

const truncated = (instant: string, grain: Grain, offsetUs: number): string => {
  if (offsetUs === 0) return `date_trunc('${grain}', ${instant})`;
  const offset = `to_microseconds(${offsetUs})`;
  return `(date_trunc('${grain}', ${instant} + ${offset}) - ${offset})`;
};

const timestamp = (us: number): string => `make_timestamp(${us})`;

/** Hours and minutes of local time, divided at each transition. */
const clockStretches = (instant: string, grain: Grain, timeZone: string, bounds: TimeBounds): Stretch[] =>
  offsetsBetween(timeZone, bounds.leastUs, bounds.greatestUs).map(({ start, end, offsetUs }) => {
    const start0 = truncated(instant, grain, offsetUs);
    const startSql = Number.isFinite(start) ? `greatest(${start0}, ${timestamp(start)})` : start0;
    return { untilUs: end, startSql };
  });

/** Days after a transition whose periods are listed one by one: more than any zone has ever moved its clocks. */
const settledAfterUs = 3 * dayUs;

const civilStretches = (instant: string, grain: Grain, timeZone: string, bounds: TimeBounds): Stretch[] => {
  const periods = createPeriods(grain, timeZone);
  const stretches: Stretch[] = [];
  for (const { start, end, offsetUs } of offsetsBetween(timeZone, bounds.leastUs, bounds.greatestUs)) {
    if (Number.isFinite(start)) listPeriods(stretches, periods, { fromUs: start, toUs: start + settledAfterUs });
    if (!Number.isFinite(end)) {
      stretches.push({ untilUs: end, startSql: truncated(instant, grain, offsetUs) });
      break;
    }
    const lastStart = periods.startOf(end - 1);
    if (lastStart > (stretches.at(-1)?.untilUs ?? Number.NEGATIVE_INFINITY))
      stretches.push({ untilUs: lastStart, startSql: truncated(instant, grain, offsetUs) });
    listPeriods(stretches, periods, { fromUs: end - 1, toUs: end });
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
