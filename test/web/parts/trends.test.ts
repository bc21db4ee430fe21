import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { pointsOf, slotOf } from '../../../src/web/ui/pages/overview/trends.ts';

const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/Santiago', 'Pacific/Apia');
const days = fc.integer({ min: 0, max: 40_000 }).map((day) => Temporal.PlainDate.from('1960-01-01').add({ days: day }));
const startOf = (day: Temporal.PlainDate, zone: string) => day.toZonedDateTime(zone).toInstant().toString();

describe('the periods of a trend', () => {
  it('that follow each other have numbers that follow each other, in every zone', () => {
    const lengths = { day: { days: 1 }, week: { weeks: 1 }, month: { months: 1 } };
    fc.assert(
      fc.property(
        days,
        zones,
        fc.constantFrom('day' as const, 'week' as const, 'month' as const),
        (day, zone, period) => {
          const first =
            period === 'month'
              ? day.with({ day: 1 })
              : period === 'week'
                ? day.subtract({ days: day.dayOfWeek - 1 })
                : day;
          const next = first.add(lengths[period]);
          const difference = slotOf(startOf(next, zone), period, zone) - slotOf(startOf(first, zone), period, zone);
          // Samoa had no 30 December 2011.
          if (zone !== 'Pacific/Apia' || period !== 'day') expect(difference).toBe(1);
        },
      ),
    );
  });

  it('are the latest ones in the order of time, however the server sorts them', () => {
    const values = new Map([
      ['2025-03-01T00:00:00Z', '2.50'],
      ['2019-01-01T00:00:00Z', '9'],
      ['2025-01-01T00:00:00Z', '1'],
    ]);
    const trend = { id: 'x', label: 'X', total: null, to: '/users', values } as const;
    expect(pointsOf(trend, 'month', 'UTC').map(({ value }) => value)).toEqual([1, 2.5]);
  });
});
