import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSequentialMultinomial } from '../../../src/lib/statistics/sequential-multinomial.ts';
import { shareBand } from '../../../src/lib/statistics/share-band.ts';

/** The e-value of counts by the test itself, one observation after the other. */
const logEValueOf = (strata: readonly (readonly number[])[], counts: readonly (readonly number[])[]): number => {
  const test = createSequentialMultinomial(strata, { alpha: 0.01 });
  counts.forEach((ofStratum, stratum) => {
    ofStratum.forEach((count, variant) => {
      for (let index = 0; index < count; index++) test.add(stratum, variant);
    });
  });
  return test.logEValue;
};

const alphas = fc.constantFrom(0.05, 0.01, 0.01 / 7);

describe('the band of a share', () => {
  it('with two variants is exactly where the test is not crossed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 95 }),
        fc.integer({ min: 1, max: 160 }),
        alphas,
        (percent, count, alpha) => {
          const shares = [percent / 100, 1 - percent / 100];
          const { lower, upper } = shareBand([{ shares, count }], 0, { alpha });
          for (let ofFirst = 0; ofFirst <= count; ofFirst++) {
            const isCrossed = logEValueOf([shares], [[ofFirst, count - ofFirst]]) >= -Math.log(alpha);
            const share = ofFirst / count;
            expect(share >= lower && share <= upper).toBe(!isCrossed);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of the other variant is its mirror image', () => {
    const strata = [
      { shares: [0.3, 0.7], count: 500 },
      { shares: [0.5, 0.5], count: 900 },
    ];
    const [first, second] = [0, 1].map((variant) => shareBand(strata, variant, { alpha: 0.01 }));
    expect(first?.lower).toBeCloseTo(1 - (second?.upper ?? 0), 9);
    expect(first?.upper).toBeCloseTo(1 - (second?.lower ?? 0), 9);
  });

  it('with several variants and strata has every total that some counts reach without crossing, and no other', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(counts, alphas, fc.integer({ min: 0, max: 2 }), (perStratum, alpha, variant) => {
        // Few observations leave the band only with a small concentration.
        const concentration = 3;
        const weights = [
          [0.5, 0.3, 0.2],
          [0.2, 0.6, 0.2],
        ].slice(0, perStratum.length);
        const strata = perStratum.map((count, index) => ({ count, shares: weights[index] as number[] }));
        const { lower, upper } = shareBand(strata, variant, { alpha, concentration });
        const total = perStratum.reduce((sum, count) => sum + count, 0);
        const smallest = smallestLogEValues(strata, variant, concentration);
        for (let ofVariant = 0; ofVariant <= total; ofVariant++) {
          const logE = smallest[ofVariant] as number;
          const share = ofVariant / total;
          // A bound may be off by less than an observation, where the minimum lies between whole counts.
          if (logE < -Math.log(alpha)) {
            expect(share).toBeGreaterThan(lower - 1 / total);
            expect(share).toBeLessThan(upper + 1 / total);
          } else expect(share <= lower + 1 / total || share >= upper - 1 / total).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is wide for few observations, narrows, and keeps a variant that is not planned at zero', () => {
    const band = (count: number, variant = 0) =>
      shareBand([{ shares: [0.5, 0.5, 0], count }], variant, { alpha: 0.01 });
    expect(band(5)).toEqual({ lower: 0, upper: 1 });
    const widths = [50, 500, 5000, 50_000].map((count) => band(count).upper - band(count).lower);
    expect(widths).toEqual([...widths].sort((a, b) => b - a));
    expect(widths[3]).toBeLessThan(0.03);
    expect(band(500, 2)).toEqual({ lower: 0, upper: 0 });
  });
});

/** By the total of a variant, the smallest e-value of all whole counts with this total. */
const smallestLogEValues = (
  strata: readonly { shares: readonly number[]; count: number }[],
  variant: number,
  concentration: number,
): number[] => {
  let smallest = [0];
  for (const { shares, count } of strata) {
    const ofStratum: number[] = [];
    for (let a = 0; a <= count; a++)
      for (let b = 0; a + b <= count; b++) {
        const counts = [a, b, count - a - b];
        const test = createSequentialMultinomial([shares], { alpha: 0.01, concentration });
        counts.forEach((each, index) => {
          for (let added = 0; added < each; added++) test.add(0, index);
        });
        const at = counts[variant] as number;
        ofStratum[at] = Math.min(ofStratum[at] ?? Infinity, test.logEValue);
      }
    const sums: number[] = [];
    smallest.forEach((before, total) => {
      ofStratum.forEach((more, at) => {
        sums[total + at] = Math.min(sums[total + at] ?? Infinity, before + more);
      });
    });
    smallest = sums;
  }
  return smallest;
};
