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

it('decimal sums of blocks with and without amounts equal BigInt sums, and so does their total', () => {
  const absent = 1_000_000;
  const block = fc.array(fc.record({ row, isAbsent: fc.boolean() }), { maxLength: 40 });
  fc.assert(
    fc.property(fc.array(block, { maxLength: 6 }), (blocks) => {
      const sums = createDecimalSums();
      const expected = new Map<number, bigint>();
      for (const each of blocks) {
        const amounts = each.map(({ row: { size: of, sign }, isAbsent }) =>
          isAbsent ? { units: 5, micros: absent } : { units: sign * of.units, micros: sign * of.micros },
        );
        const units = Float64Array.from([...amounts.map((amount) => amount.units), 9]);
        const micros = Int32Array.from([...amounts.map((amount) => amount.micros), 9]);
        sums.addAll(
          Uint32Array.from(each, ({ row: { group } }) => group),
          { units, micros },
          absent,
        );
        for (const [index, { row: of, isAbsent }] of each.entries()) {
          const { units: whole, micros: rest } = amounts[index] as { units: number; micros: number };
          const amount = isAbsent ? 0n : BigInt(whole) * 1_000_000n + BigInt(rest);
          expected.set(of.group, (expected.get(of.group) ?? 0n) + amount);
        }
      }
      for (const group of [0, 1, 2, 3, 4, 1000]) expect(sums.microsOf(group)).toBe(expected.get(group) ?? 0n);
      expect(sums.total()).toBe([...expected.values()].reduce((sum, each) => sum + each, 0n));
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
