import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/demo/random.ts';
import { chiSquaredTest } from '../../../src/lib/statistics/chi-squared.ts';
import { holmAdjusted } from '../../../src/lib/statistics/holm.ts';
import { sharesOf } from '../../../src/lib/statistics/plan.ts';
import { createSequentialMultinomial, logEValueOf } from '../../../src/lib/statistics/sequential-multinomial.ts';

const experiments = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 5 }).chain((weights) =>
  fc.record({
    weights: fc.constant(weights),
    variants: fc.array(fc.integer({ min: 0, max: weights.length - 1 }), { maxLength: 300 }),
    concentration: fc.double({ min: 0.5, max: 5000, noNaN: true }),
  }),
);

const countsOf = (variants: readonly number[], variantCount: number): number[] => {
  const counts = new Array<number>(variantCount).fill(0);
  for (const variant of variants) counts[variant] = (counts[variant] as number) + 1;
  return counts;
};

describe('createSequentialMultinomial', () => {
  it('createSequentialMultinomial gives ten equal observations the odds of a coin of unknown bias', () => {
    const test = createSequentialMultinomial([[1, 1]], { alpha: 0.05, concentration: 2 });
    for (let i = 0; i < 10; i++) {
      test.add(0, 0);
      test.look(i);
    }
    // ∫ p^10 dp against 2^-10
    expect(Math.exp(test.logEValue)).toBeCloseTo(1024 / 11, 10);
    expect(test.pValue).toBeCloseTo(11 / 1024, 14);
    // 2^8 / 9 is the first over 20, and the marks begin with 0.
    expect(test.crossedAt(1)).toBe(7);
    // 2^9 / 10 is the first over 40, 2^10 / 11 the first over 60, and none is over 100.
    expect([2, 3, 4, 5, 4000].map(test.crossedAt)).toEqual([8, 9, 9, null, null]);
    expect(test.count).toBe(10);
  });

  it('createSequentialMultinomial gives the e-value of the counts and the smallest p-value so far after every observation', () => {
    fc.assert(
      fc.property(experiments, ({ weights, variants, concentration }) => {
        const alpha = 0.2;
        const test = createSequentialMultinomial([weights], { alpha, concentration });
        let pValue = 1;
        const crossedAt: (number | null)[] = [null, null, null];
        variants.forEach((variant, i) => {
          test.add(0, variant);
          test.look(1000 + i);
          const expected = logEValueOf(countsOf(variants.slice(0, i + 1), weights.length), weights, concentration);
          expect(test.logEValue).toBeCloseTo(expected, 6);
          pValue = Math.min(pValue, Math.exp(-test.logEValue));
          for (const index of crossedAt.keys()) if (pValue <= alpha / (index + 1)) crossedAt[index] ??= 1000 + i;
          expect(test.pValue).toBeCloseTo(pValue, 14);
          expect([1, 2, 3].map(test.crossedAt)).toEqual(crossedAt);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('createSequentialMultinomial has an e-value with the expectation 1 under the plan', () => {
    const weights = [5, 3, 2];
    const shares = sharesOf(weights);
    let expectation = 0;
    const visit = (variants: number[], probability: number): void => {
      if (variants.length === 7) {
        expectation += probability * Math.exp(logEValueOf(countsOf(variants, 3), weights, 12));
        return;
      }
      shares.forEach((share, variant) => {
        visit([...variants, variant], probability * share);
      });
    };
    visit([], 1);
    expect(expectation).toBeCloseTo(1, 10);
  });

  it('createSequentialMultinomial multiplies the e-values of strata, and its p-value changes only with a look', () => {
    const even = [1, 1, 1];
    const strata = [[9, 1, 0], even];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 2 }), fc.boolean()), {
          maxLength: 200,
        }),
        (observations) => {
          const test = createSequentialMultinomial(strata, { alpha: 0.2, concentration: 50 });
          const counts = [
            [0, 0, 0],
            [0, 0, 0],
          ];
          let pValue = 1;
          for (const [stratum, variant, looks] of observations) {
            if (stratum === 0 && variant === 2) continue;
            test.add(stratum, variant);
            const own = counts[stratum] as number[];
            own[variant] = (own[variant] as number) + 1;
            const ofRamp = logEValueOf((counts[0] as number[]).slice(0, 2), [9, 1], 50);
            const ofEven = logEValueOf(counts[1] as number[], even, 50);
            expect(test.logEValueOf(0)).toBeCloseTo(ofRamp, 6);
            expect(test.logEValueOf(1)).toBeCloseTo(ofEven, 6);
            expect(test.logEValue).toBeCloseTo(ofRamp + ofEven, 6);
            if (!looks) continue;
            test.look(0);
            pValue = Math.min(pValue, Math.exp(-test.logEValue));
            expect(test.pValue).toBeCloseTo(pValue, 12);
          }
          expect(test.pValue).toBeCloseTo(pValue, 12);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('createSequentialMultinomial stays exact over millions of users', () => {
    const test = createSequentialMultinomial([[9, 1]], { alpha: 0.01 });
    for (let i = 0; i < 3_000_000; i++) test.add(0, i % 10 === 0 ? 1 : 0);
    expect(test.logEValue).toBeCloseTo(logEValueOf([2_700_000, 300_000], [9, 1]), 5);
  });

  it('createSequentialMultinomial rejects invalid weights, variants, alphas and concentrations', () => {
    const test = createSequentialMultinomial([[1, 1]], { alpha: 0.01 });
    expect(() => test.add(0, 2)).toThrow(RangeError);
    expect(() => test.add(0, -1)).toThrow(RangeError);
    expect(() => test.add(1, 0)).toThrow(RangeError);
    expect(test.count).toBe(0);
    expect(() => createSequentialMultinomial([[1, 1]], { alpha: 0 })).toThrow(RangeError);
    expect(() => createSequentialMultinomial([[1, 1]], { alpha: 0.01, concentration: 0 })).toThrow(RangeError);
    expect(() => createSequentialMultinomial([[1]], { alpha: 0.01 })).toThrow(RangeError);
  });
});

describe('an experiment that is tested after every user', () => {
  const alpha = 0.01;

  it('the sequential test raises false alarms in at most alpha of the experiments, where chi-squared raises more', () => {
    let sequentialAlarms = 0;
    let chiSquaredAlarms = 0;
    for (let seed = 0; seed < 500; seed++) {
      const random = createRandom(seed * 7919);
      const test = createSequentialMultinomial([[1, 1]], { alpha });
      const counts = [0, 0];
      let chiSquaredAlarm = false;
      for (let user = 1; user <= 20_000; user++) {
        const variant = random.below(2);
        test.add(0, variant);
        test.look(user);
        counts[variant] = (counts[variant] as number) + 1;
        if (user % 100 === 0)
          chiSquaredAlarm ||= (chiSquaredTest(counts, [user / 2, user / 2])?.pValue as number) <= alpha;
      }
      if (test.crossedAt(1) !== null) sequentialAlarms++;
      if (chiSquaredAlarm) chiSquaredAlarms++;
    }
    expect(sequentialAlarms).toBeLessThanOrEqual(5);
    expect(chiSquaredAlarms).toBeGreaterThanOrEqual(40);
  });

  // Per 100 experiments: all of them, before the number of users given.
  it.each([
    [10, 1_500],
    [5, 4_000],
    [2, 30_000],
  ])('finds a deviation of %i percentage points within %i users', (points, usersMax) => {
    for (let seed = 0; seed < 100; seed++) {
      const random = createRandom(seed * 7919 + 1);
      const test = createSequentialMultinomial([[1, 1]], { alpha });
      for (let user = 1; user <= usersMax && test.crossedAt(1) === null; user++) {
        test.add(0, random.chance(50 + points) ? 0 : 1);
        test.look(user);
      }
      expect(test.crossedAt(1)).not.toBeNull();
    }
  });

  it('the sequential test detects 60/40 in one market and 40/60 in another while their total is even', () => {
    let found = 0;
    for (let seed = 0; seed < 100; seed++) {
      const random = createRandom(seed * 7919 + 2);
      const markets = [60, 40].map((percent) => {
        const test = createSequentialMultinomial([[1, 1]], { alpha });
        for (let user = 1; user <= 1_000; user++) {
          test.add(0, random.chance(percent) ? 0 : 1);
          test.look(user);
        }
        return test;
      });
      if (holmAdjusted(markets.map(({ pValue }) => pValue)).every((pValue) => pValue <= alpha)) found++;
    }
    expect(found).toBeGreaterThanOrEqual(95);
  });
});
