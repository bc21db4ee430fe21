import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createNumberTable } from '../../src/indices/number-table.ts';

const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -3, max: 3 }),
  // Equal in one half of their bits, so that they collide where only the other half is hashed.
  fc.integer({ min: 0, max: 2 ** 20 }).map((high) => high * 2 ** 32),
);

it('gives every distinct number a dense place in the order of first sight', () => {
  fc.assert(
    fc.property(fc.array(number, { maxLength: 300 }), (numbers) => {
      const table = createNumberTable();
      const places = new Map<number, number>();
      for (const each of numbers) {
        const key = each === 0 ? 0 : each;
        expect(table.codeOf(each)).toBe(places.get(key));
        if (!places.has(key)) places.set(key, places.size);
        expect(table.intern(each)).toBe(places.get(key));
      }
      expect(table.size).toBe(places.size);
    }),
  );
});

it.each([
  ['dense', (place: number) => place],
  ['multiples of 2^26', (place: number) => place * 2 ** 26],
  ['multiples of 2^32', (place: number) => place * 2 ** 32],
])('keeps its places while it grows: %s', (_name, numberOf) => {
  const table = createNumberTable();
  const count = 50_000;
  for (let place = 0; place < count; place++)
    if (table.intern(numberOf(place)) !== place) expect.fail(`place ${place} is lost`);
  for (let place = 0; place < count; place++)
    if (table.codeOf(numberOf(place)) !== place) expect.fail(`place ${place} moved`);
  for (let place = 0; place < count; place++)
    if (table.codeOf(numberOf(count + place)) !== undefined) expect.fail(`place ${place} is there without a number`);
  expect(table.size).toBe(count);
});
