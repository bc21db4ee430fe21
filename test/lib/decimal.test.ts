import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareDecimals,
  type Decimal,
  divideMicros,
  formatDecimal,
  formatMicros,
  isShortestDecimal,
  microsOf,
  parseAmount,
  parseDecimal,
} from '../../src/lib/decimal.ts';

const decimals: fc.Arbitrary<Decimal> = fc
  .record({ micros: fc.bigInt({ min: -999_999_999_999_999n, max: 999_999_999_999_999n }), whole: fc.boolean() })
  .map(({ micros, whole }) =>
    whole
      ? { units: Number(micros), micros: 0 }
      : { units: Number(micros / 1_000_000n), micros: Number(micros % 1_000_000n) },
  );

describe('parseDecimal', () => {
  it.each([
    ['0', 0, 0],
    ['-0', 0, 0],
    ['-0.000', 0, 0],
    ['220.50', 220, 500_000],
    ['-0.05', 0, -50_000],
    ['007.5', 7, 500_000],
    ['0.000001', 0, 1],
    ['0.0000010000', 0, 1],
    ['999999999999999', 999_999_999_999_999, 0],
    ['-999999999.999999', -999_999_999, -999_999],
    ['100000000000000', 100_000_000_000_000, 0],
    ['1.0000000000000000000', 1, 0],
  ])('parseDecimal reads %s', (text, units, micros) => {
    expect(parseDecimal(text)).toStrictEqual({ units, micros });
  });

  it.each([
    '',
    '-',
    '.',
    '.5',
    '5.',
    '-.5',
    '+5',
    '1e2',
    ' 1',
    '1 ',
    '1,5',
    '1_000',
    '--1',
    '1-',
    '1.2.3',
    'NaN',
    'Infinity',
    '0x10',
    '٣',
    '0.0000001',
    '1000000000000000',
    '1234567890.123456',
    '100000000000000.1',
    '9'.repeat(400),
  ])('refuses %j', (text) => {
    expect(parseDecimal(text)).toBeNull();
  });

  it('parseDecimal reads back what formatDecimal writes', () => {
    fc.assert(
      fc.property(decimals, (decimal) => {
        expect(parseDecimal(formatDecimal(decimal))).toEqual(decimal);
        expect(formatMicros(microsOf(decimal))).toBe(formatDecimal(decimal));
      }),
    );
  });
});

describe('decimals', () => {
  it('formatDecimal writes the shortest spelling', () => {
    expect(formatDecimal({ units: 220, micros: 500_000 })).toBe('220.5');
    expect(formatDecimal({ units: 241, micros: 0 })).toBe('241');
    expect(formatDecimal({ units: 0, micros: -50_000 })).toBe('-0.05');
    expect(formatDecimal({ units: -3, micros: -1 })).toBe('-3.000001');
    expect(formatMicros(10n ** 40n)).toBe(`1${'0'.repeat(34)}`);
  });

  it('compareDecimals orders decimals as their millionths', () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        const [left, right] = [microsOf(a), microsOf(b)];
        expect(Math.sign(compareDecimals(a, b))).toBe(left < right ? -1 : left > right ? 1 : 0);
      }),
    );
  });

  it('divideMicros rounds halves to even', () => {
    expect([5n, 15n, -5n, -15n, 14n, 16n, 0n].map((total) => divideMicros(total, 10n))).toEqual([
      0n,
      2n,
      0n,
      -2n,
      1n,
      2n,
      0n,
    ]);
    expect(divideMicros(10n, 3n)).toBe(3n);
    expect(() => divideMicros(1n, 0n)).toThrow(RangeError);
  });
});

describe('parseAmount', () => {
  it.each([
    ['434.99999999999994', '435'],
    ['0.30000000000000004', '0.3'],
    ['-0.30000000000000004', '-0.3'],
    ['0.09999999999999432', '0.1'],
    ['5.551115123125783e-17', '0'],
    ['1.2100000000000002', '1.21'],
    ['435000000.10000002', '435000000.1'],
    ['12.123457000000001', '12.123457'],
    ['-4.1400000000001', '-4.14'],
    ['0.0100000000001', '0.01'],
    ['0.20000000001164153', '0.2'],
    ['12.123456', '12.123456'],
  ])('removes the noise of %s', (text, amount) => {
    const decimal = parseAmount(text);
    expect(decimal && formatDecimal(decimal)).toBe(amount);
  });

  it.each([
    '0.1234567',
    '0.0000001',
    '0.12345600000001',
    '0.000000000001',
    '1.0000000001',
    '1.5e-11',
    '123.45600000012',
    '12.123456789012345',
    '123456789.12345678',
    '19.989999771118164',
    '1e2',
    '1,5',
    '1e400',
  ])('refuses %s', (text) => {
    expect(parseAmount(text)).toBeNull();
  });

  it('reads the sums of 10,000 carts that JavaScript adds up, with discounts and refunds, as the exact sums', () => {
    const price = fc.oneof(fc.integer({ min: -99_999, max: 99_999 }), fc.integer({ min: -9_999_999, max: 9_999_999 }));
    fc.assert(
      fc.property(fc.array(price, { minLength: 1, maxLength: 20 }), (cents) => {
        const sum = cents.reduce((total, each) => total + each / 100, 0);
        const exact = cents.reduce((total, each) => total + each, 0);
        expect(microsOf(parseAmount(String(sum)) as Decimal)).toBe(BigInt(exact) * 10_000n);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('isShortestDecimal', () => {
  it.each(['0', '7', '-7', '220.5', '0.5', '-0.05', '0.000001', '100', '999999999999999', '1000000.1'])(
    'isShortestDecimal accepts %s',
    (text) => {
      expect(isShortestDecimal(text)).toBe(true);
      expect(formatDecimal(parseDecimal(text) as Decimal)).toBe(text);
    },
  );

  it.each([
    ...['', '-', '.', '-.', '-0', '-0.0', '0.', '5.', '.5', '1.50', '007.5', '00', '05', '-05', '1e2', '1.0', '1.2.3'],
    ...['+5', ' 5', '5 ', '1,5', '0.0000001', '1234567890123456', '٣', '1.5\n'],
  ])('isShortestDecimal refuses %j', (text) => {
    expect(isShortestDecimal(text)).toBe(false);
  });

  it('isShortestDecimal accepts only what is formatted in the same way, and all of up to 15 characters that are', () => {
    const spelling = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'0123456789.-e '), maxLength: 18 }),
      decimals.map(formatDecimal),
      fc
        .tuple(fc.constantFrom('', '-', '0', '00'), decimals, fc.constantFrom('', '0', '.0', '.'))
        .map(([a, decimal, b]) => a + formatDecimal(decimal) + b),
    );
    fc.assert(
      fc.property(spelling, (text) => {
        const decimal = parseAmount(text);
        const isSame = decimal !== null && formatDecimal(decimal) === text;
        expect(isShortestDecimal(text)).toBe(isSame && text.length <= 15);
      }),
      { numRuns: 2000 },
    );
  });
});
