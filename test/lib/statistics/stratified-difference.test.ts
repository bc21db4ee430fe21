import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { standardErrorsAt } from '../../../src/lib/statistics/confidence-sequence.ts';
import type { Moments } from '../../../src/lib/statistics/moments.ts';
import { type Stratum, stratifiedDifference } from '../../../src/lib/statistics/stratified-difference.ts';
import { referenceMoments } from '../../support/reference-experiment.ts';

/** Users of whom some ordered. */
const binary = (count: number, successes: number): Moments => {
  const share = count === 0 ? 0 : successes / count;
  const momentOf = (power: number): number => share * (1 - share) ** power + (1 - share) * (-share) ** power;
  const variance = count < 2 ? 0 : (momentOf(2) * count) / (count - 1);
  return { count, mean: share, variance, third: momentOf(3), fourth: momentOf(4) };
};

const stratum = (treatment: readonly [number, number], control: readonly [number, number]): Stratum => ({
  treatment: binary(...treatment),
  control: binary(...control),
});

const arms = fc
  .record({ count: fc.integer({ min: 30, max: 50_000 }), share: fc.double({ min: 0.01, max: 0.9, noNaN: true }) })
  .map(({ count, share }): readonly [number, number] => [count, Math.round(count * share)]);
const strataOf = fc.array(fc.tuple(arms, arms), { minLength: 1, maxLength: 5 });
const range = 'BINARY';

/** The values of the users of each stratum. */
interface Values {
  readonly treatment: readonly number[];
  readonly control: readonly number[];
}

/** Whether mean(treatment) − ratio × mean(control) is surely not `truth`, straight from the formulas; null: not known. */
const referenceExcludes = (strata: readonly Values[], ratio: number, truth: number): boolean | null => {
  const compared = strata.filter(({ treatment, control }) => treatment.length > 0 && control.length > 0);
  const total = compared.reduce((sum, { treatment, control }) => sum + treatment.length + control.length, 0);
  const armCountOf = (arm: keyof Values) => compared.reduce((sum, { [arm]: { length } }) => sum + length, 0);
  if (Math.min(armCountOf('treatment'), armCountOf('control')) < 30) return null;
  const z = standardErrorsAt(total, 0.95);
  let [estimate, variance, third, plainVariance, ofVariance] = [0, 0, 0, 0, 0];
  for (const { treatment, control } of compared) {
    const both = [...treatment, ...control];
    const pooled = referenceMoments(both);
    const weight = both.length / total;
    estimate += weight * (referenceMoments(treatment).mean - ratio * referenceMoments(control).mean);
    if (pooled.variance === 0) continue;
    const observations = (both.length * (pooled.variance * (1 - 1 / both.length)) ** 2) / pooled.fourth;
    const added = (2 * both.length) / observations;
    const ofArm = (values: readonly number[]) => {
      const own = values.length > 1 ? referenceMoments(values) : pooled;
      const averageOf = (name: 'variance' | 'third') =>
        (values.length * own[name] + added * pooled[name]) / (values.length + added);
      const thirds = [own.third, averageOf('third')].sort((a, b) => Math.abs(a) - Math.abs(b));
      return {
        variance: (weight ** 2 * Math.max(own.variance, averageOf('variance'))) / values.length,
        third: (weight ** 3 * (thirds[1] as number)) / values.length ** 2,
      };
    };
    const [treated, controls] = [ofArm(treatment), ofArm(control)];
    variance += treated.variance + ratio ** 2 * controls.variance;
    third += treated.third - ratio ** 3 * controls.third;
    plainVariance += treated.variance + controls.variance;
    const smaller = Math.min(treatment.length, control.length) / both.length;
    ofVariance += (treated.variance + controls.variance) ** 2 / (observations * Math.min(smaller, 1 / 4));
  }
  if (plainVariance === 0 || plainVariance ** 2 / ofVariance < z ** 2 / 4) return null;
  const deviation = Math.sqrt(variance);
  const skewness = third / deviation ** 3;
  const errors = (truth - estimate) / deviation;
  const extra = (Math.abs(skewness) * (2 * z ** 2 + 1)) / 6;
  // A sample skewed to the right may have missed its greatest values.
  return errors > 0 ? errors > z + (skewness > 0 ? extra : 0) : -errors > z + (skewness < 0 ? extra : 0);
};

const someValues = (min: number) =>
  fc
    .record({
      values: fc.array(fc.integer({ min, max: 200 }), { maxLength: 150, size: 'max' }),
      zeros: fc.integer({ min: 0, max: 150 }),
    })
    .map(({ values, zeros }) => [...values.map((value) => value / 8), ...new Array<number>(zeros).fill(0)]);
const valuesOf = fc
  .constantFrom(0, -40)
  .chain((min) =>
    fc.array(fc.record({ treatment: someValues(min), control: someValues(min) }), { minLength: 1, maxLength: 3 }),
  );

describe('stratifiedDifference', () => {
  it('stratifiedDifference is the difference of means with the boundary of theorem 2.2 when both arms are alike', () => {
    const { absolute, relative } = stratifiedDifference([stratum([50_000, 25_500], [50_000, 25_000])]);
    const half = standardErrorsAt(100_000, 0.95) * Math.sqrt((0.51 * 0.49 + 0.5 * 0.5) / 50_000);
    expect(absolute?.estimate).toBeCloseTo(0.01, 12);
    expect((absolute?.upper ?? 0) - 0.01).toBeCloseTo(half, 5);
    expect(0.01 - (absolute?.lower ?? 0)).toBeCloseTo(half, 5);
    expect(relative?.estimate).toBeCloseTo(0.02, 12);
    expect(((relative?.upper ?? 0) - (relative?.lower ?? 0)) / 4).toBeCloseTo(half, 3);
  });

  it('stratifiedDifference compares within strata: a ramp with other base rates is no effect of +131 %', () => {
    const ramp = [stratum([3_000, 69], [27_000, 540]), stratum([15_000, 3_360], [15_000, 2_805])];
    const { absolute, relative } = stratifiedDifference(ramp, { range });
    expect(absolute?.estimate).toBeCloseTo(0.5 * 0.003 + 0.5 * 0.037, 12);
    expect(relative?.estimate).toBeCloseTo((0.023 + 0.224) / (0.02 + 0.187) - 1, 12);
    const together = stratifiedDifference([stratum([18_000, 3_429], [42_000, 3_345])], { range });
    expect(together.relative?.lower).toBeGreaterThan(1);
  });

  it('stratifiedDifference has both intervals when the treatment has no success, and one when the control has none', () => {
    const without = stratifiedDifference([stratum([2_000, 0], [2_000, 100])], { range });
    expect(without.absolute?.estimate).toBe(-0.05);
    expect(without.absolute?.lower).toBeGreaterThan(-0.08);
    expect(without.absolute?.upper).toBeLessThan(-0.03);
    expect(without.relative).toMatchObject({ estimate: -1, lower: -1 });
    expect(without.relative?.upper).toBeLessThan(-0.8);
    const opposite = stratifiedDifference([stratum([2_000, 100], [2_000, 0])], { range });
    expect(opposite.absolute?.lower).toBeCloseTo(-(without.absolute?.upper ?? 0), 12);
    expect(opposite.absolute?.upper).toBeCloseTo(-(without.absolute?.lower ?? 0), 12);
    expect(opposite.relative).toBeNull();
  });

  it('stratifiedDifference is known from few events of all users on, whichever arm has them', () => {
    const known = (treatment: readonly [number, number], control: readonly [number, number]) =>
      stratifiedDifference([stratum(treatment, control)], { range }).absolute !== null;
    expect(known([1_000, 0], [1_000, 3])).toBe(false);
    expect(known([1_000, 0], [1_000, 30])).toBe(true);
    expect(known([1_000, 0], [9_000, 20])).toBe(false);
    expect(known([1_000, 0], [9_000, 90])).toBe(true);
    // Values other than 0 and 1 need more.
    expect(stratifiedDifference([stratum([1_000, 0], [1_000, 10])], { range }).absolute).not.toBeNull();
    expect(stratifiedDifference([stratum([1_000, 0], [1_000, 10])]).absolute).toBeNull();
    expect(stratifiedDifference([stratum([1_000, 0], [1_000, 20])]).absolute).not.toBeNull();
    // Where all but a few users succeed, the few decide.
    expect(known([1_000, 999], [1_000, 998])).toBe(false);
    expect(known([1_000, 1_000], [1_000, 970])).toBe(true);
    expect(known([29, 15], [1_000, 500])).toBe(false);
    expect(known([1_000, 0], [1_000, 0])).toBe(false);
    expect(known([1_000, 1_000], [1_000, 1_000])).toBe(false);
  });

  it('stratifiedDifference leaves out and counts the users of strata where an arm has none', () => {
    const whole = stratum([5_000, 500], [5_000, 450]);
    const found = stratifiedDifference([
      whole,
      stratum([70, 70], [0, 0]),
      stratum([0, 0], [5, 0]),
      stratum([0, 0], [0, 0]),
    ]);
    expect(found).toEqual({ ...stratifiedDifference([whole]), leftOutUserCount: 75 });
    expect(stratifiedDifference([])).toEqual({ absolute: null, relative: null, leftOutUserCount: 0 });
    expect(stratifiedDifference([stratum([90, 9], [0, 0])])).toEqual({
      ...{ absolute: null, relative: null, leftOutUserCount: 90 },
    });
  });

  it('stratifiedDifference exchanges its bounds when the arms are exchanged, and scales with the values', () => {
    const scaled = ({ count, mean, variance, third, fourth }: Moments): Moments => ({
      ...{ count, mean: mean * 8, variance: variance * 64, third: third * 512, fourth: fourth * 4096 },
    });
    fc.assert(
      fc.property(strataOf, (pairs) => {
        const strata = pairs.map(([treatment, control]) => stratum(treatment, control));
        const found = stratifiedDifference(strata);
        const exchanged = stratifiedDifference(
          strata.map(({ treatment, control }) => ({ treatment: control, control: treatment })),
        );
        expect(exchanged.absolute?.lower ?? 0).toBeCloseTo(-(found.absolute?.upper ?? 0), 10);
        expect(exchanged.absolute?.upper ?? 0).toBeCloseTo(-(found.absolute?.lower ?? 0), 10);
        if (found.relative && exchanged.relative && found.relative.lower > -1)
          expect(1 + exchanged.relative.upper).toBeCloseTo(1 / (1 + found.relative.lower), 6);
        const larger = stratifiedDifference(
          strata.map(({ treatment, control }) => ({ treatment: scaled(treatment), control: scaled(control) })),
        );
        expect(larger.absolute?.lower ?? 0).toBeCloseTo(8 * (found.absolute?.lower ?? 0), 9);
        expect(larger.relative?.lower ?? 0).toBeCloseTo(found.relative?.lower ?? 0, 9);
      }),
    );
  });

  it('stratifiedDifference contains no effect absolutely exactly when it does relatively', () => {
    fc.assert(
      fc.property(strataOf, fc.constantFrom(0.8, 0.95, 0.99), (pairs, level) => {
        const { absolute, relative } = stratifiedDifference(
          pairs.map(([treatment, control]) => stratum(treatment, control)),
          { level },
        );
        if (!absolute || !relative) return;
        expect(relative.lower).toBeLessThanOrEqual(relative.estimate);
        expect(relative.upper).toBeGreaterThanOrEqual(relative.estimate);
        expect(absolute.level).toBe(level);
        // Not within rounding of the bound.
        if (Math.min(Math.abs(absolute.lower), Math.abs(absolute.upper)) < 1e-9) return;
        expect(relative.lower > 0).toBe(absolute.lower > 0);
        expect(relative.upper < 0).toBe(absolute.upper < 0);
      }),
      { numRuns: 500 },
    );
  });

  it('stratifiedDifference contains exactly what the formulas do not exclude', () => {
    let [absolutes, relatives] = [0, 0];
    fc.assert(
      fc.property(valuesOf, (strata) => {
        const { absolute, relative } = stratifiedDifference(
          strata.map(({ treatment, control }) => ({
            treatment: referenceMoments(treatment),
            control: referenceMoments(control),
          })),
        );
        if (absolute === null) {
          expect(relative).toBeNull();
          expect(referenceExcludes(strata, 1, 0)).toBeNull();
          return;
        }
        absolutes++;
        const { lower, upper } = absolute;
        const step = (upper - lower) / 1e6;
        for (const [truth, excluded] of [
          [lower - step, true],
          [lower + step, false],
          [upper - step, false],
          [upper + step, true],
        ] as const)
          expect(referenceExcludes(strata, 1, truth)).toBe(excluded);
        if (relative === null) return;
        relatives++;
        const ratioStep = (relative.upper - relative.lower) / 1e6;
        expect(referenceExcludes(strata, 1 + relative.lower + ratioStep, 0)).toBe(false);
        expect(referenceExcludes(strata, 1 + relative.upper - ratioStep, 0)).toBe(false);
        expect(referenceExcludes(strata, 1 + relative.lower - ratioStep, 0)).toBe(true);
        expect(referenceExcludes(strata, 1 + relative.upper + ratioStep, 0)).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(absolutes).toBeGreaterThan(50);
    expect(relatives).toBeGreaterThan(20);
  });

  it('stratifiedDifference has no relative difference from a mean that may be 0 or below', () => {
    const valued = (mean: number): Moments => ({ count: 1_000, mean, variance: 4, third: 0, fourth: 48 });
    const relativeTo = (mean: number) =>
      stratifiedDifference([{ treatment: valued(1), control: valued(mean) }]).relative;
    expect(relativeTo(2)).toMatchObject({ estimate: -0.5 });
    for (const mean of [0, 0.2, -0.2, -2]) expect(relativeTo(mean)).toBeNull();
    const treated = stratifiedDifference([{ treatment: valued(-1), control: valued(2) }]).relative;
    expect(treated).toMatchObject({ estimate: -1.5 });
    expect(treated?.lower).toBeLessThan(-1.5);
  });

  it('stratifiedDifference rejects an invalid level', () => {
    const strata = [stratum([2_000, 90], [2_000, 100])];
    for (const level of [0, 1, 95]) expect(() => stratifiedDifference(strata, { level })).toThrow(RangeError);
  });
});
