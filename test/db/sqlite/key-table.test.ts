import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeyHasher, KeyHashes } from '../../../db/sqlite/transaction/key-hashes.ts';
import { KeyTable } from '../../../db/sqlite/transaction/key-table.ts';

/** Few texts and numbers, so that many keys are equal, and some only nearly. */
const value = fc.oneof(
  fc.constantFrom('', 'a', 'ab', 'b', '1', '10', 'é', '\u{1f600}', null, 0, -0, 1, 10, 2 ** 40, 2 ** 40 + 1, -1.5),
  fc.integer({ min: 0, max: 5000 }).map((id) => `u${id}`),
);
const textOf = (key: readonly unknown[]): string => JSON.stringify(key.map((part) => (part === 0 ? 0 : part)));

/** What the table says of keys that are added one after the other, beside what a map of their texts says. */
const numberAll = (table: KeyTable, hasher: KeyHasher, keys: readonly (readonly unknown[])[]) => {
  const numbers = new Map<string, number>();
  const [found, expected]: [unknown[], unknown[]] = [[], []];
  for (const key of keys) {
    const known = numbers.get(textOf(key));
    found.push(table.find(key), table.add(key));
    expected.push(known ?? -1, known ?? numbers.size);
    numbers.set(textOf(key), known ?? numbers.size);
  }
  for (const key of keys) {
    const number = numbers.get(textOf(key)) as number;
    const other = [...key.slice(1), 'other'];
    found.push(table.find(key), table.isOf(number, key), table.hashOf(number), textOf(table.keyOf(number)));
    expected.push(number, true, hasher.hashOf(key), textOf(key));
    found.push(table.isOf(number, other));
    expected.push(textOf(other) === textOf(key));
  }
  const all = Array.from({ length: numbers.size }, (_, number) => number).reverse();
  found.push(textOf(table.valuesOf(all)));
  expected.push(textOf(all.flatMap((number) => table.keyOf(number))));
  return { found: [...found, table.size], expected: [...expected, numbers.size] };
};

it('numbers each key once, as a map of their texts does', () => {
  const keys = fc.integer({ min: 1, max: 3 }).chain((width) => {
    const key = fc.array(value, { minLength: width, maxLength: width });
    return fc.record({
      width: fc.constant(width),
      rounds: fc.array(fc.array(key, { maxLength: 40 }), { maxLength: 3 }),
    });
  });
  fc.assert(
    fc.property(keys, ({ width, rounds }) => {
      const hasher = new KeyHasher();
      const table = new KeyTable(hasher, width);
      for (const round of rounds) {
        const { found, expected } = numberAll(table, hasher, round);
        expect(found).toEqual(expected);
        table.clear();
      }
    }),
  );
});

it('grows with its keys, and is as before once it is cleared', () => {
  const hasher = new KeyHasher();
  const table = new KeyTable(hasher, 2);
  for (const count of [5000, 10, 3000]) {
    const { found, expected } = numberAll(
      table,
      hasher,
      Array.from({ length: count }, (_, id) => [`u${id % 4000}`, 7 * (id % 3)]),
    );
    expect(found).toEqual(expected);
    table.clear();
  }
});

it('hashes spread: of a hundred thousand keys that differ little, next to none has the hash of another', () => {
  const hasher = new KeyHasher();
  const known = new KeyHashes();
  const hashes: number[] = [];
  for (let id = 0; id < 50_000; id++)
    hashes.push(hasher.hashOf([`user-${id}`, 1.5e15]), hasher.hashOf(['user-1', 1.5e15 + 1000 * id]));
  for (const hash of hashes) known.add(hash);
  expect(hashes.every((hash) => known.has(hash))).toBe(true);
  // The two lists have one key in common at most; of so many random hashes one pair would be equal.
  expect(new Set(hashes).size).toBeGreaterThan(99_980);
  let wrong = 0;
  for (let id = 0; id < 50_000; id++) if (known.has(hasher.hashOf([`other-${id}`, id]))) wrong++;
  expect(wrong).toBeLessThan(50);
});
