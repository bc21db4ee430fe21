import { Temporal } from 'temporal-polyfill';
import { dayUs } from './time.ts';

export type Grain = 'MINUTE' | 'HOUR' | 'DAY' | 'WEEK' | 'MONTH' | 'QUARTER' | 'YEAR';

/** The periods of one grain in one time zone: they follow each other without gap or overlap. */
export interface Periods {
  /** The instant at which the period that holds `atUs` begins. */
  startOf(atUs: number): number;
  /** The instant at which the period after the one that holds `startUs` begins. */
  nextStart(startUs: number): number;
}

const clockUnitUs = { MINUTE: 60_000_000, HOUR: 3_600_000_000 };
const monthsPerPeriod = { MONTH: 1, QUARTER: 3, YEAR: 12 };
// More than any zone has ever moved its clocks, and more than any two offsets differ.
const transitionReachUs = 2 * dayUs;

/** Whether `name` is an IANA time zone (or `UTC`) that this Node knows; bare offsets such as `+01:00` are not. Intl ignores case. */
export const isTimeZone = (name: string): boolean => {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

/**
 * Periods of the civil calendar of an IANA zone. Instants are integer microseconds since 1970 UTC.
 *
 * DAY and larger begin at the zone's start of day as Temporal defines it: the first instant of the date, which is the
 * transition itself where midnight is skipped. Weeks are ISO weeks. HOUR and MINUTE follow the local clock and are split
 * at offset transitions, so the repeated hour of autumn is two periods.
 *
 * Throws RangeError for an unknown zone. Instants must lie within Temporal's range, 100 million days around 1970.
 */
export const createPeriods = (grain: Grain, timeZone: string): Periods => {
  if (!isTimeZone(timeZone)) throw new RangeError(`${JSON.stringify(timeZone)} is not an IANA time zone`);
  // Temporal takes up to 10 ms to find a transition.
  const segmentAt = remember((atUs) => readSegment(timeZone, atUs));
  const settle = periodAt(grain, segmentAt);
  let period: Span = { start: Infinity, end: -Infinity };

  const holding = (atUs: number): Span => {
    if (!(atUs >= period.start && atUs < period.end)) period = settle(atUs);
    return period;
  };
  return {
    startOf: (atUs) => holding(atUs).start,
    nextStart: (startUs) => holding(startUs).end,
  };
};

const periodAt = (grain: Grain, segmentAt: SegmentAt): ((atUs: number) => Span) => {
  switch (grain) {
    case 'MINUTE':
    case 'HOUR':
      return clockPeriods(segmentAt, clockUnitUs[grain]);
    case 'DAY':
    case 'WEEK':
      return civilPeriods(segmentAt, grain === 'DAY' ? dayOf : weekOf);
    default:
      // There are few of them, and most hold a transition.
      return remember(civilPeriods(segmentAt, (day) => monthsOf(day, monthsPerPeriod[grain])));
  }
};

/** Half-open, in microseconds since 1970 UTC or in days since 1970-01-01. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A stretch of time between two transitions, in which local time is UTC plus `offsetUs`. */
export interface Segment extends Span {
  readonly offsetUs: number;
}

type SegmentAt = (atUs: number) => Segment;

/** The stretches of constant offset of an IANA zone that hold the instants from `leastUs` to `greatestUs`, in order. */
export const offsetsBetween = (timeZone: string, leastUs: number, greatestUs: number): readonly Segment[] => {
  const segments = [readSegment(timeZone, leastUs)];
  for (;;) {
    const { end } = segments.at(-1) as Segment;
    if (end > greatestUs) return segments;
    segments.push(readSegment(timeZone, end));
  }
};

const clockPeriods = (segmentAt: SegmentAt, unitUs: number) => (atUs: number) => {
  const { start, end, offsetUs } = segmentAt(atUs);
  const startUs = Math.floor((atUs + offsetUs) / unitUs) * unitUs - offsetUs;
  return { start: Math.max(startUs, start), end: Math.min(startUs + unitUs, end) };
};

const civilPeriods =
  (segmentAt: SegmentAt, spanOf: (day: number) => Span) =>
  (atUs: number): Span => {
    const segment = segmentAt(atUs);
    let days = spanOf(Math.floor((atUs + segment.offsetUs) / dayUs));
    let start = days.start * dayUs - segment.offsetUs;
    let end = days.end * dayUs - segment.offsetUs;
    if (start >= segment.start + transitionReachUs && end < segment.end) return { start, end };

    start = startOfDay(segmentAt, days.start);
    end = startOfDay(segmentAt, days.end);
    // When the clocks go back just after midnight, the end of yesterday repeats: it belongs to the day that has started.
    while (atUs >= end) {
      days = spanOf(days.end);
      start = end;
      end = startOfDay(segmentAt, days.end);
    }
    return { start, end };
  };

const startOfDay = (segmentAt: SegmentAt, day: number): number => {
  const localUs = day * dayUs;
  let segment = segmentAt(localUs - transitionReachUs);
  while (segment.end + segment.offsetUs <= localUs) segment = segmentAt(segment.end);
  return Math.max(localUs - segment.offsetUs, segment.start);
};

/** Spans that follow each other, each read once: when an instant first falls into it. */
const remember = <S extends Span>(read: (atUs: number) => S): ((atUs: number) => S) => {
  const starts: number[] = [];
  const spans: S[] = [];

  return (atUs) => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] as number) <= atUs) low = middle + 1;
      else high = middle;
    }
    const known = spans[low - 1];
    if (known !== undefined && atUs < known.end) return known;
    const span = read(atUs);
    starts.splice(low, 0, span.start);
    spans.splice(low, 0, span);
    return span;
  };
};

const readSegment = (timeZone: string, atUs: number): Segment => {
  const at = zoned(timeZone, atUs);
  // 'previous' looks strictly before, and a transition at `atUs` itself opens the segment.
  const start = zoned(timeZone, atUs + 1).getTimeZoneTransition('previous');
  const end = at.getTimeZoneTransition('next');
  return {
    start: start === null ? -Infinity : microsecondsOf(start),
    end: end === null ? Infinity : microsecondsOf(end),
    offsetUs: at.offsetNanoseconds / 1000,
  };
};

const zoned = (timeZone: string, atUs: number): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochNanoseconds(BigInt(atUs) * 1000n).toZonedDateTimeISO(timeZone);

const microsecondsOf = (at: Temporal.ZonedDateTime): number => Number(at.epochNanoseconds / 1000n);

const dayOf = (day: number): Span => ({ start: day, end: day + 1 });

const weekOf = (day: number): Span => {
  // 1970-01-01 was a Thursday.
  const start = Math.floor((day + 3) / 7) * 7 - 3;
  return { start, end: start + 7 };
};

const monthsOf = (day: number, months: number): Span => {
  const start = Math.floor(monthOfDay(day) / months) * months;
  return { start: firstDayOfMonth(start), end: firstDayOfMonth(start + months) };
};

// Months are counted from January of year 0. Both functions follow days_from_civil and civil_from_days of
// https://howardhinnant.github.io/date_algorithms.html: years begin in March, so that the leap day comes last.

const monthOfDay = (day: number): number => {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  return (era * 400 + yearOfEra) * 12 + Math.floor((5 * dayOfYear + 2) / 153) + 2;
};

const firstDayOfMonth = (month: number): number => {
  const year = Math.floor((month - 2) / 12);
  const monthOfYear = month - 2 - year * 12;
  const era = Math.floor(year / 400);
  const yearOfEra = year - era * 400;
  const dayOfYear = Math.floor((153 * monthOfYear + 2) / 5);
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
};
