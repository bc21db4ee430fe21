import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroupMoments, type Moments, pooledMoments } from '../../../src/lib/statistics/moments.ts';
import { referenceMoments } from '../../support/reference-experiment.ts';

const momentsOf = (values: readonly number[]): Moments => {
  const moments = new GroupMoments(1);
  for (const value of values) moments.addValue(0, value);
  for (const value of values) moments.addDeviation(0, value);
  return moments.momentsOf(0);
};

const closeTo = (moments: Moments, scale: number) => ({
  count: moments.count,
  mean: expect.closeTo(moments.mean, 9 - Math.log10(scale)),
  variance: expect.closeTo(moments.variance, 9 - 2 * Math.log10(scale)),
  third: expect.closeTo(moments.third, 9 - 3 * Math.log10(scale)),
  fourth: expect.closeTo(moments.fourth, 9 - 4 * Math.log10(scale)),
});

const values = fc.array(
  fc.oneof(
    fc.constant(0),
    fc.integer({ min: -1000, max: 1000 }).map((value) => value / 8),
  ),
);

describe('GroupMoments', () => {
  it('GroupMoments agrees with the definitions of the moments, for each group alone', () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 4 }), (groups) => {
        const moments = new GroupMoments(groups.length);
        for (const [group, own] of groups.entries()) for (const value of own) moments.addValue(group, value);
        for (const [group, own] of groups.entries()) for (const value of own) moments.addDeviation(group, value);
        for (const [group, own] of groups.entries())
          expect(moments.momentsOf(group)).toEqual(closeTo(referenceMoments(own), 100));
      }),
    );
  });

  it('GroupMoments keeps the digits of small values beside huge ones', () => {
    const small = Array.from({ length: 1000 }, (_, index) => (index % 10) / 10);
    expect(momentsOf([1e15, ...small, -1e15]).mean).toBeCloseTo(450 / 1002, 12);
    const shifted = momentsOf(small.map((value) => 1e9 + value));
    expect(shifted.variance).toBeCloseTo(momentsOf(small).variance, 6);
    expect(momentsOf(small.map(() => 0.1))).toEqual({ count: 1000, mean: 0.1, variance: 0, third: 0, fourth: 0 });
  });

  it('GroupMoments has finite moments of the greatest amounts', () => {
    const { variance, fourth } = momentsOf([999_999_999_999_999, ...new Array<number>(100).fill(-999_999_999_999_999)]);
    expect(Number.isFinite(variance) && Number.isFinite(fourth)).toBe(true);
  });
});

describe('pooledMoments', () => {
  it('pooledMoments is the moments of all values together', () => {
    fc.assert(
      fc.property(values, values, (one, other) => {
        const pooled = pooledMoments(momentsOf(one), momentsOf(other));
        expect(pooled).toEqual(closeTo(referenceMoments([...one, ...other]), 100));
      }),
    );
  });
});
