import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createDecimalSums } from '../../src/indices/decimal-sums.ts';

const unitsMax = 999_999_999_999_999;
const size = fc.record({
  units: fc.oneof(fc.integer({ min: 0, max: unitsMax }), fc.constantFrom(0, unitsMax)),
  micros: fc.oneof(fc.integer({ min: 0, max: 999_999 }), fc.constantFrom(0, 999_999)),
});
const row = fc.record({
  group: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(1000)),
  size,
  sign: fc.constantFrom(1, -1),
});

it('decimal sums equal BigInt sums, beyond the precision of a double', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 100 }), (rows) => {
      const sums = createDecimalSums();
      const expected = new Map<number, bigint>();
      for (const {
        group,
        size: { units, micros },
        sign,
      } of rows) {
        sums.add(group, sign * units, sign * micros);
        expected.set(group, (expected.get(group) ?? 0n) + BigInt(sign) * (BigInt(units) * 1_000_000n + BigInt(micros)));
      }
      for (const group of [0, 1, 2, 3, 4, 63, 64, 1000, 5000])
        expect(sums.microsOf(group)).toBe(expected.get(group) ?? 0n);
    }),
  );
});

it('decimal sums stay exact when they carry often: a hundred thousand of the greatest values, added and subtracted', () => {
  const sums = createDecimalSums();
  const count = 100_000;
  for (let index = 0; index < count; index++) sums.add(0, unitsMax, 999_999);
  expect(sums.microsOf(0)).toBe(BigInt(count) * (BigInt(unitsMax) * 1_000_000n + 999_999n));
  for (let index = 0; index < count; index++) sums.add(0, -unitsMax, -999_999);
  expect(sums.microsOf(0)).toBe(0n);
});
