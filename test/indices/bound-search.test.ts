import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BoundSearch } from '../../src/indices/bound-search.ts';

const number = fc.oneof(
  fc.integer({ min: -5, max: 30 }),
  fc.double({ noNaN: true, min: -1e16, max: 1e16 }),
  fc.integer({ min: 1_700_000_000_000_000, max: 1_700_000_000_000_050 }),
);

it('BoundSearch finds the first bound after any number, however bounds are distributed', () => {
  fc.assert(
    fc.property(fc.uniqueArray(number, { maxLength: 40 }), fc.array(number), (found, others) => {
      const bounds = [...found.sort((a, b) => a - b), Number.POSITIVE_INFINITY];
      const search = new BoundSearch(bounds);
      for (const value of [...found, ...others])
        expect(search.boundAfter(value)).toBe(bounds.findIndex((bound) => bound > value));
    }),
    { numRuns: 500 },
  );
});
