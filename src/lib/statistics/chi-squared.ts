import { sharesOf, totalOf } from './plan.ts';
import { chiSquaredTail } from './special-functions.ts';

export interface ChiSquaredTest {
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  /** The probability of a statistic as large as this under the planned weights, for one look at a time fixed before. */
  readonly pValue: number;
}

/**
 * Pearson's test of goodness of fit of observed counts against planned weights: Σ (observed − expected)² / expected, with
 * one degree of freedom less than there are variants (Pearson 1900, Philosophical Magazine 50, 157–175).
 *
 * Null when nothing was counted. Throws RangeError for weights or counts that are none (see `sharesOf`, `totalOf`).
 */
export const chiSquaredTest = (observed: ArrayLike<number>, weights: ArrayLike<number>): ChiSquaredTest | null => {
  const shares = sharesOf(weights);
  const total = totalOf(observed, shares.length);
  if (total === 0) return null;
  const statistic = chiSquaredOf(observed, shares, 0, total);
  const degreesOfFreedom = shares.length - 1;
  return { statistic, degreesOfFreedom, pValue: chiSquaredTail(statistic, degreesOfFreedom) };
};

/** The statistic alone, of the counts from `offset` on, which sum to `total` > 0; `shares` sum to 1. */
export const chiSquaredOf = (
  counts: ArrayLike<number>,
  shares: ArrayLike<number>,
  offset: number,
  total: number,
): number => {
  let statistic = 0;
  for (let i = 0; i < shares.length; i++) {
    const expected = total * (shares[i] as number);
    const difference = (counts[offset + i] as number) - expected;
    statistic += (difference * difference) / expected;
  }
  return statistic;
};
