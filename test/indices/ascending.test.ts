import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ascendingFloat64, ascendingUint32 } from '../../src/indices/ascending.ts';

it.each([
  ['32-bit', ascendingUint32],
  ['floating-point', ascendingFloat64],
])(
  'finds %s values like a list that is gone through, equal ones and those at the edges of blocks too',
  (_kind, create) => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 0, 0, 1, 2, 300), { maxLength: 700, size: 'max' }),
        fc.integer({ min: 0, max: 3 }),
        (gaps, first) => {
          const column = create();
          let value = first;
          const dull = gaps.map((gap) => {
            value += gap;
            return value;
          });
          expect(dull.map(column.push)).toEqual([...dull.keys()]);
          for (const trimmed of [false, true]) {
            if (trimmed) column.trim();
            expect(column.length).toBe(dull.length);
            expect(dull.map((_, place) => column.at(place))).toEqual(dull);
            const bounds = [...new Set([-1, ...dull.flatMap((each) => [each - 1, each, each + 1])])];
            expect(bounds.map(column.upTo)).toEqual(bounds.map((bound) => dull.filter((each) => each <= bound).length));
          }
        },
      ),
      { numRuns: 20 },
    );
  },
);
