import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createCountedKeys } from '../../src/indices/counted-keys.ts';
import { atOnce } from '../../src/lib/yielding.ts';

const step = fc.oneof(
  fc.record({ kind: fc.constant('push' as const), gap: fc.integer({ min: 1, max: 5 }), isMarked: fc.boolean() }),
  fc.record({ kind: fc.constant('add' as const), at: fc.nat(1000), count: fc.integer({ min: 1, max: 9 }) }),
);

it('counted keys sum as a plain list does, whenever counts are added', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 200 }),
      fc.array(fc.tuple(fc.nat(600), fc.nat(600)), { minLength: 1, maxLength: 20 }),
      (steps, questions) => {
        const index = createCountedKeys();
        const reference: { key: number; isMarked: boolean; count: number }[] = [];
        for (const each of steps) {
          if (each.kind === 'push') {
            const key = (reference.at(-1)?.key ?? 0) + each.gap;
            expect(index.push(key, each.isMarked)).toBe(reference.length);
            reference.push({ key, isMarked: each.isMarked, count: 0 });
          } else if (reference.length > 0) {
            const position = each.at % reference.length;
            index.add(position, each.count);
            (reference[position] as { count: number }).count += each.count;
          }
        }
        expect(index.length).toBe(reference.length);
        for (const [one, other] of questions) {
          const [low, high] = [Math.min(one, other), Math.max(one, other)];
          const [from, to] = [index.upperBound(low), index.upperBound(high)];
          const inside = reference.filter(({ key }) => key > low && key <= high);
          expect(to - from).toBe(inside.length);
          expect(index.countBetween(from, to)).toBe(inside.reduce((sum, { count }) => sum + count, 0));
          expect(index.marksBetween(from, to)).toBe(inside.filter(({ isMarked }) => isMarked).length);
          if (to > from) expect([index.keyAt(from), index.keyAt(to - 1)]).toEqual([inside[0]?.key, inside.at(-1)?.key]);
        }
      },
    ),
  );
});

it('counted keys are empty before the first key and reject a position out of range', () => {
  const index = createCountedKeys();
  expect([index.upperBound(9), index.countBetween(0, 0), index.marksBetween(0, 0)]).toEqual([0, 0, 0]);
  expect(() => index.add(0, 1)).toThrow(RangeError);
});

it('trimmed counted keys need 8 bytes a key', () => {
  const index = createCountedKeys();
  for (let key = 1; key <= 100_000; key++) index.push(key, false);
  atOnce(index.trimInSteps());
  expect(index.byteLength / index.length).toBeLessThan(8.01);
  expect(index.push(100_001, true)).toBe(100_000);
  expect(index.marksBetween(0, index.length)).toBe(1);
});
