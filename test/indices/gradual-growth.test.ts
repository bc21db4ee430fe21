import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTimelineIndex } from '../../src/indices/as-of.ts';
import { GradualGrowth } from '../../src/indices/gradual-growth.ts';
import { growableFloat64, growableUint8, growableUint32 } from '../../src/indices/growable.ts';
import { noSeq } from '../../src/indices/seq-array.ts';
import { SeqColumn } from '../../src/indices/seq-column.ts';
import { atOnce } from '../../src/lib/yielding.ts';

/** Additions of some length, each followed by changes of elements, whose positions are shares of the length. */
const additions = fc.array(
  fc.record({
    count: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 20_000 })),
    changed: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 8 }),
  }),
  { minLength: 1, maxLength: 60 },
);

const columns = [
  { name: 'Float64', create: growableFloat64, elements: 100_000, at: (value: number) => value / 3 },
  { name: 'Uint32', create: growableUint32, elements: 200_000, at: (value: number) => value },
  { name: 'Uint8', create: growableUint8, elements: 800_000, at: (value: number) => value & 0xff },
  { name: 'of sequence numbers', create: () => new SeqColumn(), elements: 200_000, at: (value: number) => value },
];

describe('a large column that grows', () => {
  it.each(columns)('$name holds what was added and changed while it moves', ({ create, elements, at }) => {
    fc.assert(
      fc.property(additions, (steps) => {
        const column = create();
        const plain: number[] = [];
        const add = (count: number): void => {
          const added = Float64Array.from({ length: count }, (_, index) => at(plain.length + index));
          if (count < 3) for (const value of added) column.push(value);
          else column.pushAll(added);
          for (const value of added) plain.push(value);
        };
        add(elements);
        for (const [step, { count, changed }] of steps.entries()) {
          add(count);
          for (const share of changed) {
            const position = Math.floor(share * plain.length);
            plain[position] = at(step + 1);
            column.set(position, at(step + 1));
          }
        }
        expect(column.length).toBe(plain.length);
        const differing = plain.findIndex((value, position) => column.at(position) !== value);
        expect(differing).toBe(-1);
        atOnce(column.trimInSteps());
        expect(plain.findIndex((value, position) => column.at(position) !== value)).toBe(-1);
      }),
      { numRuns: 30 },
    );
  });

  it('of sequence numbers keeps those that stand for none, and its width, while it moves', () => {
    const column = new SeqColumn();
    const expected: number[] = [];
    for (let index = 0; index < 300_000; index++) {
      const seq = index % 7 === 0 ? noSeq : index === 250_000 ? 2 ** 40 : index + 5;
      column.push(seq);
      expected.push(seq);
      if (index % 11 === 0) {
        column.set(index >>> 1, index + 9);
        expected[index >>> 1] = index + 9;
      }
    }
    expect(expected.findIndex((seq, index) => column.at(index) !== seq)).toBe(-1);
  });

  it('copies a small part of its elements at a time', () => {
    let [largest, moves] = [0, 0];
    const allocate = (capacity: number): Float64Array => {
      const array = new Float64Array(capacity);
      moves++;
      array.set = (source: ArrayLike<number>, offset = 0): void => {
        largest = Math.max(largest, source.length);
        Float64Array.prototype.set.call(array, source, offset);
      };
      return array;
    };
    let array = new Float64Array(0);
    const growth = new GradualGrowth<Float64Array>(allocate, array);
    const add = (used: number): void => {
      if (used >= growth.dueAt) array = growth.advance(array, used, used + 1) as Float64Array<ArrayBuffer>;
      array[used] = used;
    };
    // Below half a megabyte it is copied at once.
    for (let used = 0; used < 2 ** 16; used++) add(used);
    largest = 0;
    moves = 0;
    for (let used = 2 ** 16; used < 3_000_000; used++) add(used);
    expect(moves).toBeGreaterThan(8);
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(16_384);
    expect(array.findIndex((value, index) => index < 3_000_000 && value !== index)).toBe(-1);
  });
});

it('a timeline of many entries finds the same while its arrays move, and after it was compacted', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const index = createTimelineIndex();
      const times = new Map<number, number[]>();
      let state = seed;
      const random = (below: number): number => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
        return (state >>> 8) % below;
      };
      let seq = 0;
      const add = (count: number): void => {
        for (let entry = 0; entry < count; entry++) {
          const [key, atUs] = [random(random(50) === 0 ? 10 : 40_000), random(1000)];
          seq++;
          index.add(key, atUs, atUs & 0xff, seq);
          const known = times.get(key);
          if (known) known.push(atUs);
          else times.set(key, [atUs]);
        }
      };
      const differing = (): number[] =>
        [...times].flatMap(([key, of]) => {
          const sorted = of.toSorted((a, b) => a - b);
          const found = Array.from(sorted, (_, rank) => index.atUsOf(index.start(key) + rank));
          const values = Array.from(sorted, (_, rank) => index.valueOf(index.start(key) + rank));
          const isSame =
            index.end(key) - index.start(key) === sorted.length &&
            sorted.every((atUs, rank) => found[rank] === atUs && values[rank] === (atUs & 0xff));
          return isSame ? [] : [key];
        });
      for (const count of [100_000, 7000, 60_000, 9000, 20_000]) {
        add(count);
        expect(differing()).toEqual([]);
      }
      atOnce(index.compact());
      expect(differing()).toEqual([]);
      add(30_000);
      expect(differing()).toEqual([]);
      expect(index.entries).toBe(seq);
    }),
    { numRuns: 3 },
  );
}, 60_000);
