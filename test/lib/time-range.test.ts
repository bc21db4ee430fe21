import { expect, it } from 'vitest';
import { formatInstant, parseInstant } from '../../src/lib/time.ts';
import { spanOf, type TimeRange } from '../../src/lib/time-range.ts';

const us = (text: string): number => parseInstant(text) as number;

/** A span as text; the newest event is at a quarter past three in the morning of Berlin's autumn change, the second time. */
const boundsOf = (range: TimeRange, timeZone: string): (string | null)[] => {
  const { fromUs, toUs } = spanOf(range, timeZone, us('2025-10-26T02:15:00.000001Z'));
  return [fromUs, toUs].map((atUs) => (atUs === undefined ? null : formatInstant(atUs)));
};

const day = (first: string, last = first): TimeRange => ({ days: { first, last } });

it.each<[string, TimeRange, string | null, string | null]>([
  ['UTC', day('2025-03-30'), '2025-03-30T00:00:00Z', '2025-03-31T00:00:00Z'],
  // Days of 23 and 25 hours, and a day without midnight.
  ['Europe/Berlin', day('2025-03-30'), '2025-03-29T23:00:00Z', '2025-03-30T22:00:00Z'],
  ['Europe/Berlin', day('2025-10-26'), '2025-10-25T22:00:00Z', '2025-10-26T23:00:00Z'],
  ['Africa/Cairo', day('2025-04-25'), '2025-04-24T22:00:00Z', '2025-04-25T21:00:00Z'],
  // Samoa left 30 December 2011 out.
  ['Pacific/Apia', day('2011-12-29', '2011-12-31'), '2011-12-29T10:00:00Z', '2011-12-31T10:00:00Z'],
  ['Asia/Kolkata', day('2024-02-28', '2024-03-01'), '2024-02-27T18:30:00Z', '2024-03-01T18:30:00Z'],
  // A calendar day back from there is 25 hours, 24 hours are 24.
  ['Europe/Berlin', { last: 'P1D' }, '2025-10-25T01:15:00.000002Z', '2025-10-26T02:15:00.000002Z'],
  ['Europe/Berlin', { last: 'PT24H' }, '2025-10-25T02:15:00.000002Z', '2025-10-26T02:15:00.000002Z'],
  ['UTC', { last: 'PT0S' }, '2025-10-26T02:15:00.000002Z', '2025-10-26T02:15:00.000002Z'],
  ['UTC', { since: us('2025-01-01') }, '2025-01-01T00:00:00Z', null],
  [
    'UTC',
    { between: { from: us('2025-01-01'), to: us('2025-01-01') } },
    '2025-01-01T00:00:00Z',
    '2025-01-01T00:00:00Z',
  ],
])('in %s, the range %j is a half-open span', (timeZone, range, from, to) => {
  expect(boundsOf(range, timeZone)).toEqual([from, to]);
});

it.each<[TimeRange, string, string]>([
  [{ between: { from: 2, to: 1 } }, 'range.between.to', 'OUT_OF_RANGE'],
  [day('2025-01-02', '2025-01-01'), 'range.days.last', 'OUT_OF_RANGE'],
  [{ last: '-P1D' }, 'range.last', 'MALFORMED'],
  [{ last: 'P9999999999Y' }, 'range.last', 'MALFORMED'],
])('spanOf rejects %j and names the field that is wrong', (range, path, code) => {
  const problems = [expect.objectContaining({ path, code, message: expect.stringContaining(path) })];
  expect(() => boundsOf(range, 'UTC')).toThrow(expect.objectContaining({ code: 'BAD_REQUEST', problems }));
});
