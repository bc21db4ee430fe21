import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeyHasher, KeyHashes } from '../../../db/sqlite/key-hashes.ts';
import { KeyTable } from '../../../db/sqlite/key-table.ts';

/** Few texts and numbers, so that many keys are equal, and some only nearly. */
const value = fc.oneof(
  fc.constantFrom('', 'a', 'ab', 'b', '1', '10', 'é', '\u{1f600}', null, 0, -0, 1, 10, 2 ** 40, 2 ** 40 + 1, -1.5),
  fc.integer({ min: 0, max: 5000 }).map((id) => `u${id}`),
);
const textOf = (key: readonly unknown[]): string => JSON.stringify(key.map((part) => (part === 0 ? 0 : part)));

it('numbers each key once, as a map of their texts does', () => {
  const keys = fc.integer({ min: 1, max: 3 }).chain((width) => {
    const key = fc.array(value, { minLength: width, maxLength: width });
    return fc.record({ width: fc.constant(width), rounds: fc.array(fc.array(key, { maxLength: 3000, size: 'max' })) });
  });
  fc.assert(
    fc.property(keys, ({ width, rounds }) => {
      const hasher = new KeyHasher();
      const table = new KeyTable(hasher, width);
      for (const round of rounds) {
        const numbers = new Map<string, number>();
        for (const key of round) {
          const known = numbers.get(textOf(key));
          expect(table.find(key)).toBe(known ?? -1);
          const number = table.add(key);
          expect(number).toBe(known ?? numbers.size);
          numbers.set(textOf(key), number);
        }
        expect(table.size).toBe(numbers.size);
        for (const key of round) {
          const number = numbers.get(textOf(key)) as number;
          expect(table.find(key)).toBe(number);
          expect(table.isOf(number, key)).toBe(true);
          expect(textOf(table.keyOf(number))).toBe(textOf(key));
          expect(table.hashOf(number)).toBe(hasher.hashOf(key));
          expect(table.isOf(number, [...key.slice(1), 'other'])).toBe(false);
        }
        table.clear();
      }
    }),
    { numRuns: 30 },
  );
});

it('hashes spread: of a hundred thousand keys that differ little, next to none has the hash of another', () => {
  const hasher = new KeyHasher();
  const hashes = new Set<number>();
  const known = new KeyHashes();
  for (let id = 0; id < 50_000; id++)
    for (const key of [
      [`user-${id}`, 1_500_000_000_000_000],
      ['user-1', 1_500_000_000_000_000 + 1000 * id],
    ]) {
      hashes.add(hasher.hashOf(key));
      known.add(hasher.hashOf(key));
      expect(known.has(hasher.hashOf(key))).toBe(true);
    }
  // The two lists have one key in common at most; of so many random hashes one pair would be equal.
  expect(hashes.size).toBeGreaterThan(99_980);
  let wrong = 0;
  for (let id = 0; id < 50_000; id++) if (known.has(hasher.hashOf([`other-${id}`, id]))) wrong++;
  expect(wrong).toBeLessThan(50);
});
