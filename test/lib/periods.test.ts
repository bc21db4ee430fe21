import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { createPeriods, type Grain, isTimeZone } from '../../src/lib/periods.ts';

const grains: Grain[] = ['MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'];
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu', // 05:45, and 15 minutes moved once, in 1986
  'Australia/Lord_Howe', // moves by half an hour
  'America/Sao_Paulo', // skipped midnight until 2018
  'Africa/Cairo', // ends the day an hour later, at 23:00 again
  'Pacific/Apia', // had no 30 December 2011
];

const us = (text: string): number => Number(Temporal.Instant.from(text).epochNanoseconds / 1000n);
const text = (atUs: number): string => instant(atUs).toString();
const instant = (atUs: number) => Temporal.Instant.fromEpochNanoseconds(BigInt(atUs) * 1000n);
const zoned = (atUs: number, zone: string) => instant(atUs).toZonedDateTimeISO(zone);

const fromUs = us('1950-01-01T00:00Z');
const toUs = us('2091-01-01T00:00Z');

const transitionsOf = (zone: string): number[] => {
  const found: number[] = [];
  let at = zoned(fromUs, zone).getTimeZoneTransition('next');
  while (at !== null && at.year < 2091) {
    found.push(us(at.toInstant().toString()));
    at = at.getTimeZoneTransition('next');
  }
  return found;
};

const firstDay = (day: Temporal.PlainDate, grain: Grain): Temporal.PlainDate => {
  switch (grain) {
    case 'WEEK':
      return day.subtract({ days: day.dayOfWeek - 1 });
    case 'MONTH':
      return day.with({ day: 1 });
    case 'QUARTER':
      return day.with({ month: day.month - ((day.month - 1) % 3), day: 1 });
    case 'YEAR':
      return day.with({ month: 1, day: 1 });
    default:
      return day;
  }
};

const lengths = {
  DAY: { days: 1 },
  WEEK: { weeks: 1 },
  MONTH: { months: 1 },
  QUARTER: { months: 3 },
  YEAR: { years: 1 },
};

/** The period as Temporal computes it, slowly. */
const periodByTemporal = (atUs: number, grain: Grain, zone: string, transitions: number[]): [number, number] => {
  const at = zoned(atUs, zone);
  if (grain === 'MINUTE' || grain === 'HOUR') {
    const smallestUnit = grain === 'MINUTE' ? 'minute' : 'hour';
    const floor = us(at.round({ smallestUnit, roundingMode: 'floor' }).toInstant().toString());
    const opened = transitions.findLast((transitionUs) => transitionUs <= atUs) ?? -Infinity;
    const closed = transitions.find((transitionUs) => transitionUs > atUs) ?? Infinity;
    const local = at.toPlainDateTime();
    const rounded = local.round({ smallestUnit, roundingMode: 'floor' });
    const leftNs = local.until(rounded.add(grain === 'MINUTE' ? { minutes: 1 } : { hours: 1 })).total('nanoseconds');
    return [Math.max(floor, opened), Math.min(atUs + leftNs / 1000, closed)];
  }
  const first = firstDay(at.toPlainDate(), grain);
  const start = first.toZonedDateTime({ timeZone: zone }).startOfDay();
  const end = first.add(lengths[grain]).toZonedDateTime({ timeZone: zone }).startOfDay();
  return [us(start.toInstant().toString()), us(end.toInstant().toString())];
};

const instantsNear = (transitions: number[]): fc.Arbitrary<number> => {
  const anywhere = fc.integer({ min: fromUs, max: toUs });
  if (transitions.length === 0) return anywhere;
  const transition = fc.constantFrom(...transitions);
  const nearby = fc.integer({ min: -3 * 86_400_000_000, max: 3 * 86_400_000_000 });
  return fc.oneof(
    anywhere,
    fc.tuple(transition, fc.constantFrom(-1, 0, 1)).map(([at, by]) => at + by),
    fc.tuple(transition, nearby).map(([at, by]) => at + by),
  );
};

describe.each(zones)('periods in %s', (zone) => {
  const transitions = transitionsOf(zone);

  it.each(grains)('periods of a %s agree with Temporal', (grain) => {
    const periods = createPeriods(grain, zone);
    fc.assert(
      fc.property(instantsNear(transitions), (atUs) => {
        const startUs = periods.startOf(atUs);
        const endUs = periods.nextStart(startUs);
        expect([startUs, endUs].map(text)).toEqual(periodByTemporal(atUs, grain, zone, transitions).map(text));
      }),
      { numRuns: 250 },
    );
  });

  it.each(grains)('periods of a %s agree with Temporal at and near every transition', (grain) => {
    const periods = createPeriods(grain, zone);
    for (const atUs of transitions.flatMap((transitionUs) => [transitionUs - 1, transitionUs, transitionUs + 1])) {
      const startUs = periods.startOf(atUs);
      expect([startUs, periods.nextStart(startUs)], text(atUs)).toEqual(
        periodByTemporal(atUs, grain, zone, transitions),
      );
    }
  });
});

describe('periods', () => {
  // America/St_Johns set its clocks back at 00:01 until 2011: the date itself goes back, once over a month's end.
  it.each([...zones, 'America/St_Johns'])('periods follow each other without gap or overlap in %s', (zone) => {
    const near = instantsNear(transitionsOf(zone));
    for (const grain of grains) {
      const periods = createPeriods(grain, zone);
      fc.assert(
        fc.property(near, (atUs) => {
          const startUs = periods.startOf(atUs);
          const nextUs = periods.nextStart(startUs);
          expect(startUs).toBeLessThanOrEqual(atUs);
          expect(nextUs).toBeGreaterThan(atUs);
          expect(periods.startOf(startUs)).toBe(startUs);
          expect(periods.startOf(nextUs - 1)).toBe(startUs);
          expect(periods.startOf(nextUs)).toBe(nextUs);
        }),
      );
    }
  });

  it('periods do not depend on earlier calls', () => {
    const instants = fc.array(instantsNear(transitionsOf('America/St_Johns')), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom(...grains), instants, (grain, many) => {
        const used = createPeriods(grain, 'America/St_Johns');
        const starts = many.map((atUs) => used.startOf(atUs));
        const last = many.length - 1;
        expect(starts[last]).toBe(createPeriods(grain, 'America/St_Johns').startOf(many[last] as number));
      }),
      { numRuns: 30 },
    );
  });

  it('the repeated hour of autumn is two periods of an hour', () => {
    const { startOf } = createPeriods('HOUR', 'Europe/Berlin');
    expect(text(startOf(us('2024-10-27T00:30Z')))).toBe('2024-10-27T00:00:00Z');
    expect(text(startOf(us('2024-10-27T01:30Z')))).toBe('2024-10-27T01:00:00Z');
  });

  it('periods of a day start at one in the morning where midnight is skipped', () => {
    const { startOf, nextStart } = createPeriods('DAY', 'America/Sao_Paulo');
    const startUs = startOf(us('2018-11-04T12:00Z'));
    expect(zoned(startUs, 'America/Sao_Paulo').toPlainDateTime().toString()).toBe('2018-11-04T01:00:00');
    expect(nextStart(startUs) - startUs).toBe(23 * 3_600_000_000);
  });

  it('periods of a day contain the minutes that repeat when the clocks go back over midnight', () => {
    const days = createPeriods('DAY', 'America/St_Johns');
    const months = createPeriods('MONTH', 'America/St_Johns');
    const secondHalfPastElevenUs = us('2009-11-01T03:00Z');
    expect(zoned(secondHalfPastElevenUs, 'America/St_Johns').toPlainDate().toString()).toBe('2009-10-31');
    expect(text(days.startOf(secondHalfPastElevenUs))).toBe('2009-11-01T02:30:00Z');
    expect(text(months.startOf(secondHalfPastElevenUs))).toBe('2009-11-01T02:30:00Z');
  });

  it('createPeriods rejects text that is not a time zone', () => {
    expect(() => createPeriods('DAY', '+01:00')).toThrow(RangeError);
    expect(() => createPeriods('DAY', 'Mars/Olympus')).toThrow(RangeError);
  });
});

describe('isTimeZone', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])('isTimeZone accepts %s', (name) => {
    expect(isTimeZone(name)).toBe(true);
  });

  it.each(['+01:00', '-05', 'Z', '', 'Mars/Olympus', 'Europe/Berlin ', 'UTC+1', '\u2212' + '01:00'])(
    'isTimeZone rejects %j',
    (name) => {
      expect(isTimeZone(name)).toBe(false);
    },
  );
});
