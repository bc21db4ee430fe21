import { sharesOf, totalOf } from './plan.ts';
import { chiSquaredTail } from './special-functions.ts';

export interface ChiSquaredTest {
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  /** The probability of a statistic at least this large under the planned weights, for a single look at a time fixed in advance. */
  readonly pValue: number;
}

/**
 * Pearson's test of goodness of fit of observed counts against planned weights: Σ (observed − expected)² / expected, with
 * one degree of freedom fewer than variants (Pearson 1900, Philosophical Magazine 50, 157–175).
 *
 * Null without observations. Throws RangeError for invalid weights or counts (see `sharesOf`, `totalOf`).
 */
export const chiSquaredTest = (observed: ArrayLike<number>, weights: ArrayLike<number>): ChiSquaredTest | null => {
  const shares = sharesOf(weights);
  const total = totalOf(observed, shares.length);
  if (total === 0) return null;
  const statistic = chiSquaredOf(observed, shares, 0, total);
  const degreesOfFreedom = shares.length - 1;
  return { statistic, degreesOfFreedom, pValue: chiSquaredTail(statistic, degreesOfFreedom) };
};

/** Only the statistic, of the counts from `offset` on, which sum to `total` > 0; `shares` sum to 1. */
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
