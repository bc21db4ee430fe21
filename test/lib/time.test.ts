import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  civilFromDays,
  daysFromCivil,
  formatInstant,
  instantMaxUs,
  instantMinUs,
  parseInstant,
} from '../../src/lib/time.ts';

const at = (iso: string): number => Date.parse(iso) * 1000;

describe('parseInstant', () => {
  it.each([
    ['2017-01-01', at('2017-01-01T00:00:00Z')],
    ['2017-01-01T10:00', at('2017-01-01T10:00:00Z')],
    ['2017-01-01T10:00:00', at('2017-01-01T10:00:00Z')],
    ['2017-01-01 10:00:00', at('2017-01-01T10:00:00Z')],
    ['2017-01-01t10:00:00z', at('2017-01-01T10:00:00Z')],
    ['2017-01-01T10:00:00.5Z', at('2017-01-01T10:00:00.5Z')],
    ['2017-01-01T10:00:00.123456Z', at('2017-01-01T10:00:00.123Z') + 456],
    ['2017-01-01T10:00:00.123456000', at('2017-01-01T10:00:00.123Z') + 456],
    ['2017-01-01T10:00:00+02:00', at('2017-01-01T08:00:00Z')],
    ['2017-01-01T10:00-09:30', at('2017-01-01T19:30:00Z')],
    ['2017-01-01T10:00:00.123456789Z', at('2017-01-01T10:00:00.123Z') + 456],
    ['2017-01-01T10:00:00.9999999999Z', at('2017-01-01T10:00:00.999Z') + 999],
    ['2017-01-01 10:00:00,5', at('2017-01-01T10:00:00.5Z')],
    ['2017-01-01T10:00:00+0200', at('2017-01-01T08:00:00Z')],
    ['2017-01-01 10:00:00+02', at('2017-01-01T08:00:00Z')],
    ['2017-01-01 10:00:00.5 -0930', at('2017-01-01T19:30:00.5Z')],
    ['2017-01-01 10:00:00 UTC', at('2017-01-01T10:00:00Z')],
    ['2017-01-01 10:00 gmt', at('2017-01-01T10:00:00Z')],
    ['2017-01-01T10:00:00 Z', at('2017-01-01T10:00:00Z')],
    ['2016-02-29', at('2016-02-29T00:00:00Z')],
    ['1969-12-31T23:59:59.999999Z', -1],
    ['1685-01-01', instantMinUs],
    ['2254-12-31T23:59:59.999999', instantMaxUs],
  ])('parseInstant reads %s', (text, us) => {
    expect(parseInstant(text)).toBe(us);
  });

  it.each([
    '',
    '2017',
    '2017-1-1',
    '2017-01-01Z',
    '2017-01-01T',
    '2017-01-01T10',
    '2017-01-01T10:00:',
    '2017-01-01T10:00.5',
    '2017-01-01T10:00:00.',
    '2017-01-01T24:00:00',
    '2017-01-01T10:60:00',
    '2016-12-31T23:59:60Z',
    '2017-02-29',
    '1900-02-29',
    '2017-02-30',
    '2017-13-01',
    '2017-00-01',
    '2017-01-00',
    '2017-04-31',
    ' 2017-01-01',
    '2017-01-01 ',
    '2017-01-01  10:00',
    '2017-01-01T10:00:00+24:00',
    '2017-01-01T10:00:00+02:60',
    '2017-01-01T10:00:00ZZ',
    '2017-01-01T10:00:00 02:00',
    '2017-01-01T10:00:00  UTC',
    '2017-01-01T10:00:00 CET',
    '2017-01-01T10:00:00 UTC+2',
    '2017-01-01T10:00:00+020',
    '2017-01-01T10:00:00+2',
    '2017-01-01T10:00:00+02:0',
    '2017-01-01T1\u0660:00:00',
    '20170101',
    '+02017-01-01',
    '0000-01-01',
    '0001-01-01',
    '1684-12-31T23:59:59.999999Z',
    '1685-01-01T00:00:00+00:01',
    '2254-12-31T23:59:59-00:01',
    '9999-12-31',
  ])('refuses %j', (text) => {
    expect(parseInstant(text)).toBeNull();
  });

  it('parseInstant reads back what formatInstant writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: instantMinUs, max: instantMaxUs }), (us) => {
        expect(parseInstant(formatInstant(us))).toBe(us);
      }),
    );
  });

  it('parseInstant agrees with Date to the millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: instantMinUs / 1000, max: Math.trunc(instantMaxUs / 1000) }), (ms) => {
        expect(parseInstant(new Date(ms).toISOString())).toBe(ms * 1000);
      }),
    );
  });
});

describe('formatInstant', () => {
  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [-1, '1969-12-31T23:59:59.999999Z'],
    [1_500_000, '1970-01-01T00:00:01.5Z'],
    [at('2016-10-03T10:50:33Z') + 10, '2016-10-03T10:50:33.00001Z'],
  ])('formatInstant writes %d as %s', (us, text) => {
    expect(formatInstant(us)).toBe(text);
  });

  it('formatInstant writes what Date writes, without zeros at the end', () => {
    fc.assert(
      fc.property(fc.integer({ min: instantMinUs / 1000, max: Math.trunc(instantMaxUs / 1000) }), (ms) => {
        const text = new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z');
        expect(formatInstant(ms * 1000)).toBe(text);
      }),
    );
  });

  it('formatInstant rejects a number that is not an instant', () => {
    expect(() => formatInstant(0.5)).toThrow(RangeError);
    expect(() => formatInstant(Number.NaN)).toThrow(RangeError);
  });
});

describe('civil dates', () => {
  it('civil dates agree with Date on every supported day', () => {
    for (let day = Math.ceil(instantMinUs / 86_400e6); day <= instantMaxUs / 86_400e6; day += 1) {
      const date = new Date(day * 86_400_000);
      const { year, month, day: dayOfMonth } = civilFromDays(day);
      if (year !== date.getUTCFullYear() || month !== date.getUTCMonth() + 1 || dayOfMonth !== date.getUTCDate()) {
        throw new Error(`day ${day}`);
      }
      if (daysFromCivil(year, month, dayOfMonth) !== day) throw new Error(`day ${day}`);
    }
  });
});
