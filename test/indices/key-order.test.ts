import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rowsInKeyOrder } from '../../src/indices/key-order.ts';

const key = fc.oneof(fc.nat(5), fc.nat(5000), fc.constantFrom(0x7fffffff, 0x80000000, 0xffffffff), fc.nat(0xffffffff));

it('rows are in the order of the leading bits of their keys, each once, and equal ones in their own order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(key, { maxLength: 300 }), fc.nat(1e9), async (keys, first) => {
      const { rows, keys: found } = await rowsInKeyOrder(Uint32Array.from(keys), first, () => undefined);
      const width = Math.max(...keys, 0).toString(2).length;
      const leading = (row: number): number => Math.floor((keys[row - first] as number) / 2 ** Math.max(0, width - 11));
      const expected = keys.map((_, index) => first + index).sort((a, b) => leading(a) - leading(b) || a - b);
      expect([...rows]).toEqual(expected);
      expect([...found]).toEqual(expected.map((row) => keys[row - first]));
    }),
  );
});

it('many rows are ordered in steps between which others work', async () => {
  const keys = Uint32Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 2048);
  let steps = 0;
  const { rows } = await rowsInKeyOrder(keys, 0, () => void steps++);
  expect(steps).toBeGreaterThan(4);
  expect(
    rows.every((row, index) => index === 0 || (keys[row] as number) >= (keys[rows[index - 1] as number] as number)),
  ).toBe(true);
});
