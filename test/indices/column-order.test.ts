import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type OrderColumn, orderByColumns } from '../../src/indices/column-order.ts';
import { KeySort } from '../../src/indices/key-sort.ts';
import { rowNumbers } from '../../src/indices/row-numbers.ts';
import { readTextKeys } from '../../src/indices/text-keys.ts';
import { compareTexts } from '../../src/lib/compare.ts';

const never = () => undefined;

const number = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: -1e6, max: 1e6 }),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, 2 ** 100, -(2 ** 100), 2 ** 60, 2 ** 60 + 2 ** 9, 1e15),
);
/** Equal beginnings, ends of any length, and units that have no digits of their own. */
const text = fc.oneof(
  fc.integer({ min: 0, max: 3000 }).map((user) => `u${user}`),
  fc.array(fc.constantFrom('a', 'b', '\0', 'ÿ', 'Ā', '\uffff'), { maxLength: 4 }).map((units) => units.join('')),
  fc.nat(40).map((length) => 'x'.repeat(length)),
  fc.uuid().map((id) => `account-of-a-customer/${id.slice(0, 2)}/${id.slice(0, 3)}`),
);
const latinText = fc.array(fc.constantFrom('a', 'b', 'z', '\0', 'ÿ'), { maxLength: 30 }).map((units) => units.join(''));

const columnOfNumbers = (values: readonly number[]): OrderColumn => ({
  compare: (a, b) => (values[a] as number) - (values[b] as number),
  async readKeys(items, keys) {
    for (const [index, item] of items.entries()) keys[index] = values[item] as number;
    return undefined;
  },
});
const columnOfTexts = (values: readonly string[]): OrderColumn => ({
  compare: (a, b) => compareTexts(values[a] as string, values[b] as string),
  readKeys: (items, keys, part) =>
    readTextKeys(
      Array.from(items, (item) => values[item] as string),
      keys,
      part,
      never,
    ),
});

const rows = { minLength: 0, maxLength: 400, size: 'max' } as const;

it('KeySort sorts like the native sort, equal items in the order in which they come', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(number, rows), async (values) => {
      const sorted = { items: rowNumbers(0, values.length), keys: Float64Array.from(values) };
      await new KeySort(sorted, { from: 0, to: values.length }, never).sort({ from: 0, to: values.length });
      const expected = [...values.keys()].sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
      expect([...sorted.items]).toEqual(expected);
      expect([...sorted.keys]).toEqual(expected.map((item) => values[item]));
    }),
    { numRuns: 300 },
  );
});

it.each([
  ['any', text],
  ['narrow', latinText],
])('the parts of the keys of %s texts decide as the texts do', async (_name, texts) => {
  await fc.assert(
    fc.asyncProperty(fc.array(texts, { minLength: 2, maxLength: 40, size: 'max' }), async (values) => {
      const parts: Float64Array[] = [];
      for (let offset: number | undefined = 0; offset !== undefined; ) {
        const keys = new Float64Array(values.length);
        offset = await readTextKeys(values, keys, offset, never);
        parts.push(keys);
      }
      const sign = (a: number, b: number): number => {
        const part = parts.find((keys) => keys[a] !== keys[b]);
        return part ? Math.sign((part[a] as number) - (part[b] as number)) : 0;
      };
      for (const a of values.keys())
        for (const b of values.keys()) expect(sign(a, b)).toBe(compareTexts(values[a] as string, values[b] as string));
    }),
  );
});

it('orderByColumns orders what is needed of items like a stable sort by all columns', async () => {
  const row = fc.tuple(fc.nat(3), fc.oneof(fc.constantFrom('', 'u1'), text), number);
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, rows),
      fc.shuffledSubarray([0, 1, 2], { minLength: 0 }),
      fc.nat(400),
      fc.oneof(fc.nat(10), fc.nat(400)),
      async (values, order, from, length) => {
        const columns = [
          columnOfNumbers(values.map(([each]) => each)),
          columnOfTexts(values.map(([, each]) => each)),
          columnOfNumbers(values.map(([, , each]) => each)),
        ];
        const by = order.map((index) => columns[index] as OrderColumn);
        const needed = { from: Math.min(from, values.length), to: Math.min(from + length, values.length) };
        const items = rowNumbers(0, values.length);
        await orderByColumns(items, by, needed, never);
        const compare = (a: number, b: number): number =>
          by.map((column) => column.compare(a, b)).find((each) => each !== 0) ?? a - b;
        const expected = [...values.keys()].sort(compare);
        expect([...items.subarray(needed.from, needed.to)]).toEqual(expected.slice(needed.from, needed.to));
        expect([...items].sort((a, b) => a - b)).toEqual([...values.keys()]);
      },
    ),
    { numRuns: 500 },
  );
});

it('many items are ordered in steps between which others work', async () => {
  const values = Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 50_021);
  const items = rowNumbers(0, values.length);
  let steps = 0;
  const texts = values.map((value) => `user-${value}`);
  await orderByColumns(items, [columnOfTexts(texts)], { from: 0, to: items.length }, () => void steps++);
  expect(steps).toBeGreaterThan(10);
  for (let index = 1; index < items.length; index++) {
    const [before, after] = [items[index - 1] as number, items[index] as number];
    const order = compareTexts(texts[before] as string, texts[after] as string);
    if (order > 0 || (order === 0 && before > after)) throw new Error(`${before} is before ${after}`);
  }
});
