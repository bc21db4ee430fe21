import { sharesOf, totalOf } from './plan.ts';
import { logGamma } from './special-functions.ts';

/**
 * The default of `concentration`: expects deviations of about 2.5 percentage points (√(share × (1 − share) / 400)). A smaller
 * value detects large deviations sooner and small ones later. Measurements: docs/decisions/0008-anytime-valid-monitor.md.
 */
const defaultConcentration = 400;

/** The largest divisor of alpha for which the time of crossing is recorded. */
const divisorMax = 1024;

/** A test that is valid after every observation: under the plan its p-value ever falls to alpha with probability alpha at most. */
export interface SequentialMultinomial {
  /** Observations so far. */
  readonly count: number;
  /** The natural logarithm of the current Bayes factor of «the shares differ from the plan» against «the shares are as planned». */
  readonly logEValue: number;
  /** 1 / the largest e-value so far, at most 1: it never rises. */
  readonly pValue: number;
  /**
   * The mark of the observation with which `pValue` first was ≤ alpha / divisor; null before. The divisor is an integer from
   * 1 on; one above `divisorMax` counts as `divisorMax`.
   */
  crossedAt(divisor: number): number | null;
  /** Adds an observation of the variant with this index in the weights. O(1). The mark is stored if this one crosses a line. */
  add(variant: number, mark: number): void;
}

export interface SequentialOptions {
  /** The level of `crossedAt` for the divisor 1, 0 to 1. */
  readonly alpha: number;
  /** How close to the plan other shares are expected to be, in observations: the prior is Dirichlet(concentration × shares). */
  readonly concentration?: number;
}

/**
 * The sequential multinomial test of Lindon & Malek, «Anytime-valid inference for multinomial count data»
 * (arXiv:2011.03567). The e-value is the Dirichlet-multinomial likelihood over the planned one; it is multiplied at each
 * observation by the posterior predictive probability of its variant over the planned share, and is a martingale under
 * the plan. By Ville's inequality P(its maximum ever ≥ 1 / alpha) ≤ alpha.
 *
 * Observations must be independent of the ones before: add each user once, in the order of arrival.
 * Throws RangeError for invalid weights, and for an alpha or a concentration out of range.
 */
export const createSequentialMultinomial = (
  weights: ArrayLike<number>,
  { alpha, concentration = defaultConcentration }: SequentialOptions,
): SequentialMultinomial => {
  if (!(alpha > 0 && alpha <= 1)) throw new RangeError('alpha must be above 0 and at most 1');
  const shares = sharesOf(weights);
  const prior = priorOf(shares, concentration);
  const counts = new Float64Array(shares.length);
  let count = 0;
  let logEValue = 0;
  let logEValueMax = 0;
  /** The marks by divisor less one. */
  const crossings: number[] = [];

  return {
    get count() {
      return count;
    },
    get logEValue() {
      return logEValue;
    },
    get pValue() {
      return Math.exp(-logEValueMax);
    },
    crossedAt: (divisor) => crossings[Math.min(divisor, divisorMax) - 1] ?? null,
    add(variant, mark) {
      const share = shares[variant];
      if (share === undefined) throw new RangeError('variant must be an index of the weights');
      const predictive = ((prior[variant] as number) + (counts[variant] as number)) / (concentration + count);
      logEValue += Math.log(predictive / share);
      counts[variant] = (counts[variant] as number) + 1;
      count++;
      if (logEValue <= logEValueMax) return;
      logEValueMax = logEValue;
      const pValue = Math.exp(-logEValueMax);
      while (crossings.length < divisorMax && pValue <= alpha / (crossings.length + 1)) crossings.push(mark);
    },
  };
};

/**
 * The natural logarithm of the same e-value, from counts alone: log B(prior + counts) − log B(prior) − Σ count log share, where B
 * is the multivariate beta function. It does not include the earlier maximum, so `min(1, 1 / e)` of it is a p-value
 * for a single look only, and never smaller than the running p-value.
 */
export const logEValueOf = (
  counts: ArrayLike<number>,
  weights: ArrayLike<number>,
  concentration: number = defaultConcentration,
): number => {
  const shares = sharesOf(weights);
  const total = totalOf(counts, shares.length);
  const prior = priorOf(shares, concentration);
  let logEValue = logGamma(concentration) - logGamma(concentration + total);
  for (let i = 0; i < shares.length; i++) {
    const observed = counts[i] as number;
    const before = prior[i] as number;
    logEValue += logGamma(before + observed) - logGamma(before) - observed * Math.log(shares[i] as number);
  }
  return logEValue;
};

const priorOf = (shares: Float64Array, concentration: number): Float64Array => {
  if (!(concentration > 0 && concentration < Infinity))
    throw new RangeError('concentration must be positive and finite');
  return shares.map((share) => share * concentration);
};
