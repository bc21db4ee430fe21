import fc from 'fast-check';
import { expect, it } from 'vitest';
import { selectNth } from '../../src/indices/select-nth.ts';

const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true }));
const given = fc
  .record({ values: fc.array(value, { minLength: 1, maxLength: 200 }), a: fc.nat(), b: fc.nat(), n: fc.nat() })
  .map(({ values, a, b, n }) => {
    const [from, end] = [a % values.length, b % values.length].sort((x, y) => x - y) as [number, number];
    return { values, from, to: end + 1, nth: from + (n % (end + 1 - from)) };
  });

const noTurn = () => undefined;
const ascending = (a: number, b: number) => a - b;

it('finds what sorting finds, moves nothing outside and puts smaller ones before it', async () => {
  await fc.assert(
    fc.asyncProperty(given, async ({ values, from, to, nth }) => {
      const moved = Float64Array.from(values);
      const found = await selectNth(moved, from, to, nth, noTurn);
      const sorted = values.slice(from, to).sort(ascending);
      // 0 and -0 are one value here.
      expect(found === sorted[nth - from]).toBe(true);
      expect([...moved.subarray(0, from), ...moved.subarray(to)]).toEqual([
        ...values.slice(0, from),
        ...values.slice(to),
      ]);
      expect([...moved.subarray(from, to)].sort(ascending).every((each, place) => each === sorted[place])).toBe(true);
      for (let place = from; place < to; place++)
        expect(place < nth ? (moved[place] as number) <= found : (moved[place] as number) >= found).toBe(true);
    }),
  );
});

it.each([
  ['sorted', (place: number) => place],
  ['reversed', (place: number) => -place],
  ['all equal', () => 7],
  ['two values', (place: number) => place % 2],
  ['an organ pipe', (place: number) => Math.min(place, 200_000 - place)],
])('gives others their turn and stays quick: %s', async (_name, at) => {
  const values = Float64Array.from({ length: 200_000 }, (_, place) => at(place));
  const sorted = values.toSorted();
  let turns = 0;
  const turn = () => {
    turns++;
    return undefined;
  };
  expect(await selectNth(values, 0, values.length, 100_000, turn)).toBe(sorted[100_000]);
  // Passes, not comparisons: halving takes about 18, a pivot that never helps 200,000.
  expect(turns).toBeLessThan(200);
});
