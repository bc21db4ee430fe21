import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquaredTest } from '../../../src/lib/statistics/chi-squared.ts';
import { largestDeviation, sharesOf } from '../../../src/lib/statistics/plan.ts';
import { chiSquaredTail, logGamma } from '../../../src/lib/statistics/special-functions.ts';

const relative = (actual: number, expected: number): number => Math.abs(actual / expected - 1);

describe('chiSquaredTest', () => {
  it("chiSquaredTest agrees with R's chisq.test on Mendel's peas", () => {
    const test = chiSquaredTest(
      [315, 101, 108, 32],
      [9, 3, 3, 1].map((weight) => (weight * 556) / 16),
    );
    expect(test?.statistic).toBeCloseTo(0.470024, 6);
    expect(test?.degreesOfFreedom).toBe(3);
    expect(test?.pValue).toBeCloseTo(0.925426, 6);
  });

  it('chiSquaredTest gives the p-value of a deviation by two standard deviations', () => {
    const test = chiSquaredTest([60, 40], [50, 50]);
    expect(test).toMatchObject({ statistic: 4, degreesOfFreedom: 1 });
    expect(test?.pValue).toBeCloseTo(0.04550026389635842, 12);
  });

  it('chiSquaredTest does not detect two markets whose deviations cancel out', () => {
    expect(chiSquaredTest([600 + 400, 400 + 600], [1000, 1000])?.pValue).toBe(1);
  });

  it('chiSquaredTest leaves out variants that are not expected, such as one that is planned later', () => {
    expect(chiSquaredTest([60, 40, 0], [50, 50, 0])).toMatchObject({ statistic: 4, degreesOfFreedom: 1 });
  });

  it('chiSquaredTest returns null without users and rejects invalid counts, and a plan of one variant', () => {
    expect(chiSquaredTest([0, 0], [1, 1])).toBeNull();
    expect(() => chiSquaredTest([1], [1])).toThrow(RangeError);
    expect(() => chiSquaredTest([3, 0], [3, 0])).toThrow(RangeError);
    expect(() => chiSquaredTest([1, 2, 3], [1, 1])).toThrow(RangeError);
    expect(() => chiSquaredTest([1, -2], [1, 1])).toThrow(RangeError);
  });
});

describe('chiSquaredTail', () => {
  // From the usual table of critical values.
  it.each([
    [0.05, 1, 3.841],
    [0.01, 1, 6.635],
    [0.001, 1, 10.828],
    [0.05, 2, 5.991],
    [0.01, 3, 11.345],
    [0.05, 4, 9.488],
    [0.001, 9, 27.877],
    [0.05, 30, 43.773],
  ])('is %f at %i degrees of freedom beyond %f', (pValue, degreesOfFreedom, statistic) => {
    expect(relative(chiSquaredTail(statistic, degreesOfFreedom), pValue)).toBeLessThan(2e-3);
  });

  it('chiSquaredTail is exact in the far tail', () => {
    // R: pchisq(1370, 1, lower.tail = FALSE), pchisq(1380, 3, lower.tail = FALSE)
    expect(relative(chiSquaredTail(1370, 1), 6.942937364643616e-300)).toBeLessThan(1e-12);
    expect(relative(chiSquaredTail(1380, 3), 6.441714254785019e-299)).toBeLessThan(1e-12);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1400, noNaN: true }), (statistic) => {
        const x = statistic / 2;
        expect(relative(chiSquaredTail(statistic, 2), Math.exp(-x))).toBeLessThan(1e-11);
        expect(relative(chiSquaredTail(statistic, 4), Math.exp(-x) * (1 + x))).toBeLessThan(1e-11);
      }),
    );
  });

  it('chiSquaredTail is a probability that falls as the statistic rises', () => {
    const statistic = fc.oneof(
      fc.double({ min: 0, max: 2000, noNaN: true }),
      fc.double({ min: 0, max: 1e-3, noNaN: true }),
      fc.double({ min: 0, max: 1e15, noNaN: true }),
    );
    fc.assert(
      fc.property(statistic, statistic, fc.integer({ min: 1, max: 60 }), (one, other, degreesOfFreedom) => {
        const [small, large] = [Math.min(one, other), Math.max(one, other)].map((x) =>
          chiSquaredTail(x, degreesOfFreedom),
        ) as [number, number];
        expect(large).toBeGreaterThanOrEqual(0);
        expect(small).toBeLessThanOrEqual(1);
        expect(large).toBeLessThanOrEqual(small * (1 + 1e-12));
      }),
      { numRuns: 1000 },
    );
  });
});

it('logGamma agrees with factorials', () => {
  let logFactorial = 0;
  for (let n = 1; n <= 170; n++) {
    logFactorial += Math.log(n);
    expect(logGamma(n + 1)).toBeCloseTo(logFactorial, 10);
  }
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 14);
});

describe('a plan', () => {
  it('sharesOf normalizes weights of any sum', () => {
    expect([...sharesOf([3, 1])]).toEqual([0.75, 0.25]);
    expect(() => sharesOf([Number.MAX_VALUE, Number.MAX_VALUE])).toThrow(RangeError);
  });

  it('largestDeviation is the largest difference between an observed and a planned share', () => {
    expect(largestDeviation([60, 20, 20], [50, 25, 25])).toBeCloseTo(0.1, 12);
    expect(largestDeviation([0, 0], [1, 1])).toBe(0);
  });
});
