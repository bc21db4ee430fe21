import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { formatRelative, formatTime, instantOf, localTimeOf, tickTime } from '../../../src/web/ui/format/times.ts';

const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland', 'Australia/Lord_Howe'];
const zone = fc.constantFrom(...zones);
const instants = fc.integer({ min: Date.UTC(1971, 0), max: Date.UTC(2090, 0) });

const isoOf = (atMs: number) => new Date(atMs).toISOString();

describe('times of the web UI', () => {
  it('are those of the zone', () => {
    fc.assert(
      fc.property(instants, zone, (atMs, zoneId) => {
        const local = Temporal.Instant.fromEpochMilliseconds(Math.floor(atMs / 1000) * 1000).toZonedDateTimeISO(zoneId);
        const wholeSeconds = local.toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ');
        expect(formatTime(isoOf(Math.floor(atMs / 1000) * 1000), zoneId)).toBe(wholeSeconds);
      }),
    );
  });

  it('keep microseconds', () => {
    expect(formatTime('2021-01-02T03:04:05.123456Z', 'UTC')).toBe('2021-01-02 03:04:05.123456');
    expect(formatTime('2021-01-02T03:04:05.100000Z', 'UTC')).toBe('2021-01-02 03:04:05.1');
    expect(formatTime('2021-01-02T03:04:05.000Z', 'UTC')).toBe('2021-01-02 03:04:05');
    expect(formatTime('2021-01-02T00:00:00+02:00', 'UTC')).toBe('2021-01-01 22:00:00');
    expect(formatTime('no time', 'UTC')).toBe('no time');
  });

  it('that a person writes are those that Temporal reads', () => {
    const parts = fc.record({
      year: fc.integer({ min: 1971, max: 2090 }),
      month: fc.integer({ min: 1, max: 12 }),
      day: fc.integer({ min: 1, max: 28 }),
      hour: fc.integer({ min: 0, max: 23 }),
      minute: fc.integer({ min: 0, max: 59 }),
    });
    fc.assert(
      fc.property(parts, zone, (local, zoneId) => {
        const plain = Temporal.PlainDateTime.from(local);
        const text = plain.toString({ smallestUnit: 'minute' }).replace('T', ' ');
        expect(Date.parse(instantOf(text, zoneId) ?? '')).toBe(plain.toZonedDateTime(zoneId).epochMilliseconds);
      }),
      { numRuns: 300 },
    );
  });

  it('that clocks show twice are the first, and those that they skip are later', () => {
    expect(instantOf('2025-10-26 02:30', 'Europe/Berlin')).toBe('2025-10-26T00:30:00Z');
    expect(instantOf('2025-03-30 02:30', 'Europe/Berlin')).toBe('2025-03-30T01:30:00Z');
  });

  it('are read with an offset of their own, with seconds, a fraction, or as a day', () => {
    const read = (text: string) => instantOf(text, 'Europe/Berlin');
    expect(read('2025-10-07')).toBe('2025-10-06T22:00:00Z');
    expect(read('2025-10-07T20:22:10.123456')).toBe('2025-10-07T18:22:10.123456Z');
    expect(read('2025-10-07T20:22Z')).toBe('2025-10-07T20:22:00Z');
    expect(read('2025-10-07 20:22+05:30')).toBe('2025-10-07T14:52:00Z');
    for (const text of ['', 'today', '2025-02-30', '2025-13-01', '2025-10-07 25:00', '7.10.2025', '2025-10-07 8:00'])
      expect(read(text)).toBeUndefined();
  });

  it('are the same when they are shown and read again', () => {
    fc.assert(
      fc.property(instants, (atMs) => {
        const iso = isoOf(atMs);
        expect(Date.parse(instantOf(localTimeOf(iso, 'Asia/Kolkata'), 'Asia/Kolkata') ?? '')).toBe(atMs);
      }),
    );
  });

  it('are relative in the largest unit that fits', () => {
    const now = Date.UTC(2025, 9, 7, 12);
    const before = (seconds: number) => formatRelative(isoOf(now - seconds * 1000), now, 'en-US');
    expect([0, 5, 90, 7200, 86_400 * 2, 86_400 * 400].map(before)).toEqual([
      ...['now', '5 seconds ago', '1 minute ago', '2 hours ago', '2 days ago', 'last year'],
    ]);
  });
});

it('ticks on an axis of times are of a clock of 24 hours, and name the day first and at midnight', () => {
  const labels = (...ticks: string[]): string[] => ticks.map((tick, index) => tickTime(new Date(tick), index));
  expect(labels('2025-10-07T12:00Z', '2025-10-07T18:00Z', '2025-10-08T00:00Z', '2025-10-08T13:00Z')).toEqual([
    '12:00\n2025-10-07',
    '18:00',
    '10-08',
    '13:00',
  ]);
  expect(labels('2025-10-07T00:00Z', '2025-10-07T20:22:10Z', '2025-10-07T20:22:20.5Z', '2025-10-07T00:00:01Z')).toEqual(
    ['10-07\n2025', '20:22:10', '20:22:20.500', '00:00:01'],
  );
  expect(labels('2025-12-31T00:00Z', '2026-01-01T00:00Z')).toEqual(['12-31\n2025', '01-01\n2026']);
});
