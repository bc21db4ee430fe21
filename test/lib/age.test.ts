import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ageBandLabels,
  ageBandOf,
  ageBandOfLabel,
  ageOn,
  createAges,
  dateOfMs,
  dayOfMs,
  lastBirthDay,
} from '../../src/lib/age.ts';

const day = (date: string): number => dayOfMs(Date.parse(date));

/** Counts birthdays one by one, by the platform's calendar. */
const referenceAge = (birth: string, on: string): number | null => {
  const [birthMs, onMs] = [Date.parse(birth), Date.parse(on)];
  if (onMs < birthMs) return null;
  const from = new Date(birthMs);
  let years = 0;
  // 29 February of a common year is 1 March for Date.UTC.
  while (Date.UTC(from.getUTCFullYear() + years + 1, from.getUTCMonth(), from.getUTCDate()) <= onMs) years++;
  return years;
};

const anyDate = fc
  .integer({ min: Date.UTC(1690, 0, 1) / 86_400_000, max: Date.UTC(2250, 0, 1) / 86_400_000 })
  .map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10));
const leapDay = fc
  .integer({ min: 423, max: 562 })
  .map((four) => `${four * 4}-02-29`)
  .filter((date) => !Number.isNaN(Date.parse(date)) && new Date(date).toISOString().startsWith(date));
const date = fc.oneof(anyDate, leapDay);

describe('ageOn and the bands of ages', () => {
  it('ageOn returns completed years', () => {
    for (const [birth, on, age] of [
      ['1990-06-15', '2020-06-14', 29],
      ['1990-06-15', '2020-06-15', 30],
      ['2000-02-29', '2001-02-28', 0],
      ['2000-02-29', '2001-03-01', 1],
      ['2000-02-29', '2004-02-28', 3],
      ['2000-02-29', '2004-02-29', 4],
      ['1904-02-29', '1969-12-31', 65],
      ['1969-12-31', '1970-01-01', 0],
      ['1899-12-31', '1900-12-31', 1],
      ['2020-01-02', '2020-01-01', null],
      ['2020-01-01', '2020-01-01', 0],
    ] as const)
      expect(ageOn(day(birth), day(on)), `${birth} on ${on}`).toBe(age);
  });

  it('ageOn and createAges agree with a count of birthdays', () => {
    fc.assert(
      fc.property(date, date, (birth, on) => {
        const age = referenceAge(birth, on);
        expect(ageOn(day(birth), day(on))).toBe(age);
        expect(createAges(day(on))(day(birth))).toBe(age);
      }),
      { numRuns: 2000 },
    );
  });

  it('ageOn agrees with lastBirthDay', () => {
    fc.assert(
      fc.property(date, date, fc.integer({ min: 0, max: 500 }), (birth, on, years) => {
        const age = referenceAge(birth, on);
        expect(day(birth) <= lastBirthDay(years, day(on))).toBe(age !== null && age >= years);
      }),
      { numRuns: 2000 },
    );
  });

  it('dayOfMs and dayOfUs return the UTC day, also before 1970', () => {
    expect(dayOfMs(-1)).toBe(-1);
    expect(dayOfMs(0)).toBe(0);
    expect(dateOfMs(-1)).toBe('1969-12-31');
  });

  it('the bands of ages cover every age without a gap', () => {
    for (let age = 0; age < 120; age++) {
      const label = ageBandLabels[ageBandOf(age)] as string;
      const band = ageBandOfLabel(label);
      expect(age).toBeGreaterThanOrEqual(band?.from ?? Number.NaN);
      expect(age).toBeLessThanOrEqual(band?.to ?? Number.POSITIVE_INFINITY);
    }
    expect(ageBandOfLabel('unknown')).toBeNull();
  });
});
