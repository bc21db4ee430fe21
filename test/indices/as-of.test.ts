import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTimelineIndex } from '../../src/indices/as-of.ts';
import type { TimelineIndex } from '../../src/indices/timeline-index.ts';
import { beginOf, endUsOf, spansOf, valuesOf } from '../../src/indices/timeline-spans.ts';
import { CapturedColumns, LoadedColumns } from '../../src/ledger/index-files/columns.ts';

interface Entry {
  key: number;
  atUs: number;
  value: number;
  seq: number;
}

const absent = 255;

const decidingOf = (entries: readonly Entry[], key: number, atUs: number, sequenceMax: number): Entry | undefined => {
  let deciding: Entry | undefined;
  for (const entry of entries) {
    if (entry.key !== key || entry.atUs > atUs || entry.seq > sequenceMax) continue;
    const later =
      deciding === undefined ||
      entry.atUs > deciding.atUs ||
      (entry.atUs === deciding.atUs && entry.seq > deciding.seq);
    if (later) deciding = entry;
  }
  return deciding;
};

const entryAt = (asOf: TimelineIndex, key: number, position: number): Entry => ({
  key,
  atUs: asOf.atUsOf(position),
  value: asOf.valueOf(position),
  seq: asOf.seqOf(position),
});

const timelineOf = (asOf: TimelineIndex, key: number): Entry[] => {
  const entries: Entry[] = [];
  for (let position = asOf.start(key); position < asOf.end(key); position += 1) {
    entries.push(entryAt(asOf, key, position));
  }
  return entries;
};

const keysEnd = 6;
const keyIn = fc.nat(keysEnd - 1);
const atUsIn = fc.oneof(
  fc.integer({ min: -3, max: 6 }),
  fc.constantFrom(-62_135_596_800_000_000, 1_500_000_000_123_456),
);

/** Entries in an order unlike that of their seqs, some of them more than once, with compactions in between. */
const additions = fc
  .array(fc.record({ key: keyIn, atUs: atUsIn, value: fc.nat(3) }), { maxLength: 120 })
  .map((rows): Entry[] => rows.map((row, index) => ({ ...row, seq: index + 1 })))
  .chain((entries) =>
    fc.record({
      added: fc
        .tuple(fc.shuffledSubarray(entries, { minLength: entries.length }), fc.subarray(entries))
        .chain(([all, again]) => fc.constantFrom([...all, ...again], [...again, ...all], [...entries, ...again])),
      compactAfter: fc.array(fc.nat(150), { maxLength: 4 }),
    }),
  );

const build = ({
  added,
  compactAfter,
}: {
  added: readonly Entry[];
  compactAfter: readonly number[];
}): TimelineIndex => {
  const asOf = createTimelineIndex();
  for (const [index, { key, atUs, value, seq }] of added.entries()) {
    asOf.add(key, atUs, value, seq);
    if (compactAfter.includes(index)) for (const _step of asOf.compact());
  }
  return asOf;
};

const distinctOf = (added: readonly Entry[]): Entry[] => [
  ...new Map(added.map((entry) => [entry.seq, entry])).values(),
];

/** From when until when a key has the value that it has at a time, by the last known entry of each instant. */
const spanOf = (added: readonly Entry[], key: number, atUs: number, sequenceMax: number): [number, number] => {
  const known = distinctOf(added).filter((entry) => entry.key === key && entry.seq <= sequenceMax);
  known.sort((a, b) => a.atUs - b.atUs || a.seq - b.seq);
  const effective = known.filter((entry, index) => known[index + 1]?.atUs !== entry.atUs);
  const decider = effective.findLastIndex((entry) => entry.atUs <= atUs);
  const value = effective[decider]?.value;
  const end = effective.findIndex((entry, index) => index > decider && entry.value !== value);
  let begin = decider;
  while (begin > 0 && effective[begin - 1]?.value === value) begin -= 1;
  return [effective[begin]?.atUs ?? Number.NaN, effective[end]?.atUs ?? Number.NaN];
};

describe('timeline index, compared with a linear scan', () => {
  test('finds the same deciding entry and value', () => {
    const questions = fc.array(
      fc.record({
        key: fc.nat(keysEnd),
        atUs: fc.oneof(atUsIn, fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)),
        sequenceMax: fc.option(fc.nat(121), { nil: undefined }),
      }),
      { minLength: 20, maxLength: 40 },
    );
    fc.assert(
      fc.property(additions, questions, (input, lookups) => {
        const asOf = build(input);
        for (const { key, atUs, sequenceMax } of lookups) {
          const expected = decidingOf(input.added, key, atUs, sequenceMax ?? Number.POSITIVE_INFINITY);
          const position =
            sequenceMax === undefined ? asOf.positionAt(key, atUs) : asOf.positionAt(key, atUs, sequenceMax);
          expect(position === -1 ? undefined : entryAt(asOf, key, position)).toEqual(expected);
          const unlimited = decidingOf(input.added, key, atUs, Number.POSITIVE_INFINITY);
          expect(asOf.valueAt(key, atUs, absent)).toBe(unlimited?.value ?? absent);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('finds the values of many questions at once', () => {
    const questions = fc.array(fc.record({ key: fc.nat(keysEnd), atUs: atUsIn }), { maxLength: 60 });
    fc.assert(
      fc.property(
        additions,
        fc.array(questions, { minLength: 1, maxLength: 3 }),
        fc.nat(121),
        fc.constantFrom(1, 1, 9),
        (input, lists, max, repeats) => {
          const asOf = build(input);
          // One list after the other, of any length: what one leaves behind must not reach the next.
          for (const each of lists)
            for (const sequenceMax of [max, Number.POSITIVE_INFINITY]) {
              // More than are answered together, too.
              const list = Array.from(
                { length: each.length * repeats },
                (_, index) => each[index % each.length] as (typeof each)[number],
              );
              const values = new Uint8Array(list.length);
              const keys = Uint32Array.from(list, ({ key }) => key);
              const atUs = Float64Array.from(list, (each) => each.atUs);
              asOf.valuesAt({ keys, atUs, values }, sequenceMax);
              const expected = list.map(({ key, atUs }) => decidingOf(input.added, key, atUs, sequenceMax)?.value ?? 0);
              expect([...values]).toEqual(expected);
              const [{ atUs: sameUs }] = [...list, { atUs: 0 }] as [(typeof list)[number]];
              const alone = list.map(({ key }) => asOf.positionAt(key, sameUs, sequenceMax));
              const together = asOf.positionsAt(keys, sameUs, sequenceMax);
              expect([...together]).toEqual(alone);
              expect([...valuesOf(asOf.entriesUpTo(sequenceMax), together)]).toEqual(
                alone.map((each) => (each < 0 ? 0 : asOf.valueOf(each))),
              );
            }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('finds from when until when a value holds, for many keys at a time and for each alone', () => {
    fc.assert(
      fc.property(additions, fc.array(atUsIn, { minLength: 1, maxLength: 5 }), fc.nat(121), (input, times, max) => {
        const asOf = build(input);
        const keys = Uint32Array.from({ length: keysEnd + 1 }, (_, key) => key);
        for (const atUs of times)
          for (const sequenceMax of [max, Number.POSITIVE_INFINITY]) {
            const deciders = asOf.positionsAt(keys, atUs, sequenceMax);
            const expected = [...keys].map((key) => spanOf(input.added, key, atUs, sequenceMax));
            const entries = asOf.entriesUpTo(sequenceMax);
            const { fromUs, toUs } = spansOf(entries, keys, deciders);
            expect([...keys].map((key) => [fromUs[key], toUs[key]])).toEqual(expected);
            const alone = [...keys].map((key) => {
              const begin = beginOf(entries, deciders[key] as number, asOf.start(key));
              const endUs = endUsOf(entries, deciders[key] as number, asOf.start(key), asOf.end(key));
              return [begin < 0 ? Number.NaN : asOf.atUsOf(begin), endUs];
            });
            expect(alone).toEqual(expected);
          }
      }),
      { numRuns: 500 },
    );
  });

  test('says when positions are no longer valid', () => {
    const asOf = createTimelineIndex();
    const seen = new Set([asOf.changes]);
    asOf.add(0, 10, 1, 1);
    seen.add(asOf.changes);
    asOf.add(0, 5, 1, 2);
    seen.add(asOf.changes);
    for (const _step of asOf.compact());
    seen.add(asOf.changes);
    expect(seen.size).toBe(4);
  });

  test('lists every entry of a key once, oldest first and by seq at equal times', () => {
    fc.assert(
      fc.property(additions, (input) => {
        const asOf = build(input);
        const entries = distinctOf(input.added);
        for (let key = 0; key < keysEnd; key += 1) {
          const expected = entries.filter((entry) => entry.key === key);
          expected.sort((a, b) => a.atUs - b.atUs || a.seq - b.seq);
          expect(timelineOf(asOf, key)).toEqual(expected);
        }
        expect(asOf.entries).toBe(entries.length);
        expect(asOf.keys).toBe(new Set(entries.map(({ key }) => key)).size);
      }),
      { numRuns: 500 },
    );
  });
});

test('the timeline index has no entry for a key that was never added', () => {
  const asOf = createTimelineIndex();
  asOf.add(7, 10, 1, 1);
  for (const key of [0, 6, 8, 1_000_000]) {
    expect(asOf.positionAt(key, 99)).toBe(-1);
    expect(asOf.valueAt(key, 99, absent)).toBe(absent);
    expect(asOf.end(key)).toBe(asOf.start(key));
  }
  expect(asOf.keys).toBe(1);
});

test('the timeline index stores seqs up to 2^32 - 1 and microseconds up to 2^53 - 1 exactly', () => {
  const asOf = createTimelineIndex();
  asOf.add(0, 9_007_199_254_740_991, 200, 0xffffffff);
  asOf.add(0, -62_135_596_800_000_000, 2, 0xfffffffe);
  expect(timelineOf(asOf, 0)).toEqual([
    { key: 0, atUs: -62_135_596_800_000_000, value: 2, seq: 0xfffffffe },
    { key: 0, atUs: 9_007_199_254_740_991, value: 200, seq: 0xffffffff },
  ]);
});

test('compact leaves the timeline index 13 bytes an entry and 12 a key', () => {
  const asOf = createTimelineIndex();
  for (let seq = 1; seq <= 1000; seq += 1) asOf.add(seq % 100, (seq * 7919) % 1000, seq % 3, seq);
  const before = Array.from({ length: 100 }, (_, key) => timelineOf(asOf, key));
  for (const _step of asOf.compact());
  expect(Array.from({ length: 100 }, (_, key) => timelineOf(asOf, key))).toEqual(before);
  expect(asOf.byteLength).toBe(13 * 1000 + 12 * 100);
});

test('the timeline index reuses the blocks that keys have outgrown', () => {
  const asOf = createTimelineIndex();
  const fill = (firstKey: number): void => {
    for (let index = 0; index < 64 * 100; index += 1) asOf.add(firstKey + (index % 100), index, 0, index);
  };
  fill(0);
  fill(100);
  const arenaEnd = Math.max(...Array.from({ length: 200 }, (_, key) => asOf.end(key)));
  const grownThrough = 1 + 2 + 4 + 8 + 16 + 32;
  expect(arenaEnd).toBe(100 * (grownThrough + 64) + 100 * 64);
});

test('a timeline that was written and loaded again uses its free blocks once, and finds the same', async () => {
  const [written, plain] = [createTimelineIndex(), new Map<number, number[]>()];
  const add = (index: TimelineIndex, from: number, to: number): void => {
    for (let seq = from; seq < to; seq++) {
      const [key, atUs] = [(seq * 7919) % 97, (seq * 104_729) % 1009];
      index.add(key, atUs, atUs & 0xff, seq);
      plain.set(key, [...(plain.get(key) ?? []), atUs]);
    }
  };
  add(written, 1, 1500);
  const captured = new CapturedColumns();
  written.exchange(captured);
  const columns = await captured.settled();
  const loaded = createTimelineIndex();
  loaded.exchange(
    new LoadedColumns(new Map(columns.map(({ name, parts }) => [name, (parts[0] ?? new Uint8Array(0)).slice()]))),
  );
  add(loaded, 1500, 4000);
  for (const [key, times] of plain) {
    const found = Array.from(times, (_, rank) => loaded.atUsOf(loaded.start(key) + rank));
    expect(found).toEqual(times.toSorted((a, b) => a - b));
    expect(loaded.end(key) - loaded.start(key)).toBe(times.length);
  }
  // Blocks are of powers of two, and those that were left are used again.
  expect(loaded.byteLength).toBeLessThan(4 * 13 * 4000);
});
