import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowOrder } from '../../src/indices/row-order.ts';
import { createYielder } from '../../src/lib/yielding.ts';

/** Values of rows that are added together, many of them equal. */
const batch = fc.array(fc.oneof(fc.nat(3), fc.nat(1000)), { minLength: 1, maxLength: 60 });

describe('RowOrder', () => {
  it('walks like a sorted list, in both directions and from any value, after each addition', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 12 }), fc.nat(1001), async (batches, bound) => {
        const values: number[] = [];
        const keyOf = (row: number): number => values[row] as number;
        const order = new RowOrder((a, b) => keyOf(a) - keyOf(b) || a - b);
        for (const added of batches) {
          values.push(...added);
          await order.extendTo(values.length, createYielder(undefined));
          const sorted = [...values.keys()].sort((a, b) => keyOf(a) - keyOf(b) || a - b);
          const isBefore = (row: number): boolean => keyOf(row) < bound;
          expect([...order.walk({ descending: false, isBefore })]).toEqual(sorted.filter((row) => !isBefore(row)));
          expect([...order.walk({ descending: true, isBefore })]).toEqual(sorted.filter(isBefore).toReversed());
          expect(order).toMatchObject({ rows: values.length, byteLength: 4 * values.length });
        }
      }),
    );
  });

  it('a walk goes on in the rows with which it began', async () => {
    const order = new RowOrder((a, b) => a - b);
    await order.extendTo(3, createYielder(undefined));
    const walk = order.walk({ descending: false, isBefore: () => false });
    expect(walk.next().value).toBe(0);
    await order.extendTo(6, createYielder(undefined));
    expect([...walk]).toEqual([1, 2]);
  });
});
