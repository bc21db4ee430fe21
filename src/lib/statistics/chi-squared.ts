import { totalOf } from './plan.ts';
import { chiSquaredTail } from './special-functions.ts';

export interface ChiSquaredTest {
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  /** The probability of a statistic at least this large under the plan, for a single look at a time fixed in advance. */
  readonly pValue: number;
}

/**
 * Pearson's test of goodness of fit of observed counts against expected ones: Σ (observed − expected)² / expected, with
 * one degree of freedom fewer than variants (Pearson 1900, Philosophical Magazine 50, 157–175). Where the expected counts are
 * sums over strata with shares of their own, the counts vary less than the test assumes, so the p-value is too large
 * rather than too small (Chapman & Meng 1966, Journal of the American Statistical Association 61, 965–975).
 *
 * Null without observations. Throws RangeError for invalid counts (see `totalOf`) or fewer than two expected variants.
 */
export const chiSquaredTest = (observed: ArrayLike<number>, expected: ArrayLike<number>): ChiSquaredTest | null => {
  const total = totalOf(observed, expected.length);
  const degreesOfFreedom = Array.from(expected).filter((count) => count > 0).length - 1;
  if (total === 0) return null;
  if (degreesOfFreedom < 1) throw new RangeError('at least two variants must be expected');
  const statistic = chiSquaredOf(observed, expected, 0);
  return { statistic, degreesOfFreedom, pValue: chiSquaredTail(statistic, degreesOfFreedom) };
};

/** Only the statistic, of the counts from `offset` on; variants that are not expected are left out. */
export const chiSquaredOf = (counts: ArrayLike<number>, expected: ArrayLike<number>, offset: number): number => {
  let statistic = 0;
  for (let i = 0; i < expected.length; i++) {
    if (expected[i] === 0) continue;
    const difference = (counts[offset + i] as number) - (expected[i] as number);
    statistic += (difference * difference) / (expected[i] as number);
  }
  return statistic;
};
