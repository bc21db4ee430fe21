import fc from 'fast-check';
import { expect, it } from 'vitest';
import { selectNth } from '../../src/indices/select-nth.ts';

const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true }));
const subrange = fc
  .record({ values: fc.array(value, { minLength: 1, maxLength: 200 }), a: fc.nat(), b: fc.nat(), n: fc.nat() })
  .map(({ values, a, b, n }) => {
    const [from, end] = [a % values.length, b % values.length].sort((x, y) => x - y) as [number, number];
    return { values, from, to: end + 1, nth: from + (n % (end + 1 - from)) };
  });

const neverYield = () => undefined;
const ascending = (a: number, b: number) => a - b;

it('selectNth returns the n-th value of the sorted range, moves no value outside the range, and puts smaller values before it', async () => {
  await fc.assert(
    fc.asyncProperty(subrange, async ({ values, from, to, nth }) => {
      const moved = Float64Array.from(values);
      const found = await selectNth(moved.subarray(from, to), nth - from, neverYield);
      const sorted = values.slice(from, to).sort(ascending);
      // 0 and -0 are one value here.
      expect(found === sorted[nth - from]).toBe(true);
      expect([...moved.subarray(0, from), ...moved.subarray(to)]).toEqual([
        ...values.slice(0, from),
        ...values.slice(to),
      ]);
      expect([...moved.subarray(from, to)].sort(ascending).every((each, index) => each === sorted[index])).toBe(true);
      for (let index = from; index < to; index++)
        expect(index < nth ? (moved[index] as number) <= found : (moved[index] as number) >= found).toBe(true);
    }),
  );
});

it.each([
  ['sorted', (index: number) => index],
  ['reversed', (index: number) => -index],
  ['all equal', () => 7],
  ['two values', (index: number) => index % 2],
  ['ascending, then descending', (index: number) => Math.min(index, 200_000 - index)],
])('selectNth yields between passes and needs few passes: %s', async (_name, at) => {
  const values = Float64Array.from({ length: 200_000 }, (_, index) => at(index));
  const sorted = values.toSorted();
  let yields = 0;
  const countYield = () => {
    yields++;
    return undefined;
  };
  expect(await selectNth(values, 100_000, countYield)).toBe(sorted[100_000]);
  // Passes, not comparisons: about 18 with halving, 200,000 with the worst pivots.
  expect(yields).toBeLessThan(200);
});
