import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cooperativeSort } from '../../src/indices/cooperative-sort.ts';

it('cooperativeSort sorts as the native sort does, keeps the order of equal items, and yields', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(50), { maxLength: 3000 }), async (keys) => {
      const compare = (a: number, b: number) => (keys[a] as number) - (keys[b] as number);
      let yields = 0;
      const sorted = await cooperativeSort(Uint32Array.from(keys.keys()), compare, () => {
        yields++;
        return undefined;
      });
      expect([...sorted]).toEqual([...keys.keys()].sort(compare));
      if (keys.length > 0) expect(yields).toBeGreaterThan(0);
    }),
  );
});
