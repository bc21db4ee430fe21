import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DecimalSums, wholeSum } from '../../src/indices/decimal-sums.ts';
import { GroupTotals } from '../../src/indices/group-totals.ts';
import { microsOf, parseDecimal } from '../../src/lib/decimal.ts';
import { decimalOf, millionthsOf, wholeMillionthsOf } from '../../src/lib/millionths.ts';

/** Amounts as they are written: at most 15 digits in all, 6 of them behind the point. */
const amountText = fc
  .record({
    sign: fc.constantFrom('', '-'),
    digits: fc.oneof(fc.stringMatching(/^[0-9]{1,15}$/), fc.constantFrom('999999999999999', '0', '1')),
    fraction: fc.integer({ min: 0, max: 6 }),
  })
  .map(({ sign, digits, fraction }) => {
    const padded = digits.padStart(fraction + 1, '0');
    const whole = padded.slice(0, padded.length - fraction);
    return fraction === 0 ? `${sign}${whole}` : `${sign}${whole}.${padded.slice(-fraction)}`;
  });
const amount = amountText.map((text) => parseDecimal(text) as NonNullable<ReturnType<typeof parseDecimal>>);

it('an amount in millionths is the same amount, and in the same order, up to 15 digits', () => {
  fc.assert(
    fc.property(amount, amount, (one, other) => {
      const [a, b] = [millionthsOf(one), millionthsOf(other)];
      expect(decimalOf(a)).toEqual(one);
      expect(wholeMillionthsOf(a)).toBe(microsOf(one));
      expect(Math.sign(a - b)).toBe(Number(microsOf(one) > microsOf(other)) - Number(microsOf(one) < microsOf(other)));
    }),
    { numRuns: 2000 },
  );
});

it.each([
  ['9007199254.74099', '9007199254.741'],
  ['9007199254.74099', '9007199254.74098'],
  ['999999999999999', '999999999999998'],
  ['123456789012.123', '123456789012.124'],
  ['99999999999.9999', '99999999999.9998'],
])('neighbours at the limit of digits differ: %s and %s', (one, other) => {
  const [a, b] = [one, other].map((text) => parseDecimal(text) as NonNullable<ReturnType<typeof parseDecimal>>);
  if (!a || !b) throw new Error('both are amounts');
  expect(millionthsOf(a)).not.toBe(millionthsOf(b));
  expect([decimalOf(millionthsOf(a)), decimalOf(millionthsOf(b))]).toEqual([a, b]);
});

const group = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(1000));

it('decimal sums equal BigInt sums, beyond the precision of a double', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ group, amount }), { maxLength: 100 }), (rows) => {
      const sums = new DecimalSums();
      const expected = new Map<number, bigint>();
      for (const row of rows) {
        sums.add(row.group, millionthsOf(row.amount));
        expected.set(row.group, (expected.get(row.group) ?? 0n) + microsOf(row.amount));
      }
      for (const each of [0, 1, 2, 3, 4, 63, 64, 1000, 5000])
        expect(sums.microsOf(each)).toBe(expected.get(each) ?? 0n);
      expect(sums.total()).toBe([...expected.values()].reduce((sum, each) => sum + each, 0n));
    }),
  );
});

it('totals of groups equal those of a loop, with and without amounts', () => {
  const block = fc.array(fc.record({ group, amount: fc.option(amount, { freq: 3 }) }), { maxLength: 40 });
  fc.assert(
    fc.property(fc.array(block, { maxLength: 6 }), (blocks) => {
      const totals = new GroupTotals();
      const expected = new Map<number, { count: number; amounts: number; sum: bigint }>();
      let groups = 0;
      for (const each of blocks) {
        groups = Math.max(groups, ...each.map((row) => row.group + 1));
        // The arrays have room for more rows than the block has.
        const amounts = [...each.map((row) => (row.amount ? millionthsOf(row.amount) : Number.NaN)), 9];
        const ofRows = Uint32Array.from([...each.map((row) => row.group), 2]);
        totals.addBlock({ groups: ofRows, amounts: Float64Array.from(amounts) }, each.length, groups);
        for (const row of each) {
          const known = expected.get(row.group) ?? { count: 0, amounts: 0, sum: 0n };
          known.count++;
          if (row.amount) known.amounts++;
          known.sum += row.amount ? microsOf(row.amount) : 0n;
          expected.set(row.group, known);
        }
      }
      const [counts, amounts] = [totals.countsOf(groups), totals.amountsOf(groups)];
      expect([counts.length, amounts.length]).toEqual([groups, groups]);
      for (let each = 0; each < groups; each++)
        expect({ count: counts[each], amounts: amounts[each], sum: totals.microsOf(each) }).toEqual(
          expected.get(each) ?? { count: 0, amounts: 0, sum: 0n },
        );
      expect(totals.total()).toBe([...expected.values()].reduce((sum, each) => sum + each.sum, 0n));
    }),
  );
});

it('adds up whole numbers whose sum a double does not hold', () => {
  const numbers = Float64Array.from({ length: 5000 }, (_, index) => 2 ** 52 - 1 - index);
  const expected = [...numbers].reduce((sum, each) => sum + BigInt(each), 0n);
  expect(wholeSum(numbers, numbers.length)).toBe(expected);
});
