import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createNumberTable } from '../../src/indices/number-table.ts';

const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -3, max: 3 }),
  // Equal in one half of their bits, so that they collide where only the other half is hashed.
  fc.integer({ min: 0, max: 2 ** 20 }).map((high) => high * 2 ** 32),
);

it('the number table assigns every distinct number a dense code in the order of first sight', () => {
  fc.assert(
    fc.property(fc.array(number, { maxLength: 300 }), (numbers) => {
      const table = createNumberTable();
      const codes = new Map<number, number>();
      for (const each of numbers) {
        const key = each === 0 ? 0 : each;
        expect(table.codeOf(each)).toBe(codes.get(key));
        if (!codes.has(key)) codes.set(key, codes.size);
        expect(table.intern(each)).toBe(codes.get(key));
      }
      expect(table.size).toBe(codes.size);
    }),
  );
});

/** Numbers that follow each other: thousands of them, so that the table grows several times. */
const series = fc.record({
  start: number,
  step: fc.constantFrom(1, -1, 7919, 2 ** 26, 2 ** 32),
  count: fc.nat(3000),
});

it('a table that grows finds every number that it has, and no other', () => {
  fc.assert(
    fc.property(fc.array(series, { maxLength: 4 }), (all) => {
      const table = createNumberTable();
      const codes = new Map<number, number>();
      const known: number[] = [];
      for (const { start, step, count } of all)
        for (let index = 0; index < count; index++) {
          const each = start + index * step;
          if (!Number.isSafeInteger(each)) break;
          if (!codes.has(each)) {
            // Absent ones are looked for while others move to the larger table.
            if (table.codeOf(each) !== undefined) expect.fail(`${each} has a code before its first use`);
            codes.set(each, codes.size);
            known.push(each);
          }
          if (table.intern(each) !== codes.get(each)) expect.fail(`${each} has another code`);
          const earlier = known[(index * 7919) % known.length] as number;
          if (table.codeOf(earlier) !== codes.get(earlier)) expect.fail(`${earlier} is lost`);
          if (table.intern(earlier) !== codes.get(earlier)) expect.fail(`${earlier} is new again`);
        }
      expect(table.size).toBe(codes.size);
    }),
  );
});

it.each([
  ['dense', (code: number) => code],
  ['multiples of 2^26', (code: number) => code * 2 ** 26],
  ['multiples of 2^32', (code: number) => code * 2 ** 32],
])('keeps its codes while it grows: %s', (_name, numberOf) => {
  const table = createNumberTable();
  const count = 50_000;
  for (let code = 0; code < count; code++)
    if (table.intern(numberOf(code)) !== code) expect.fail(`code ${code} is lost`);
  for (let code = 0; code < count; code++) if (table.codeOf(numberOf(code)) !== code) expect.fail(`code ${code} moved`);
  for (let code = 0; code < count; code++)
    if (table.codeOf(numberOf(count + code)) !== undefined) expect.fail(`code ${code} is there without a number`);
  expect(table.size).toBe(count);
});
