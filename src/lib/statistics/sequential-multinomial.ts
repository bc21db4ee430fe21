import { sharesOf, totalOf } from './plan.ts';
import { logGamma } from './special-functions.ts';

/**
 * The default of `concentration`: expects deviations of about 2.5 percentage points (√(share × (1 − share) / 400)). Less finds
 * large deviations sooner and small ones later. What was measured: docs/decisions/0008-anytime-valid-monitor.md.
 */
const CONCENTRATION = 400;

/** Up to so many tests at a time may share alpha and still be told when they crossed their part of it. */
const divisorMax = 1024;

/** A test that may be looked at after every observation: under the plan its p-value ever falls to alpha with probability alpha at most. */
export interface SequentialMultinomial {
  /** Observations so far. */
  readonly count: number;
  /** The natural logarithm of the Bayes factor of «the shares are others» against «the shares are the planned ones», now. */
  readonly logEValue: number;
  /** 1 / the largest e-value so far, at most 1: it never rises. */
  readonly pValue: number;
  /**
   * The mark of the observation with which `pValue` first was ≤ alpha / divisor, a whole number from 1 to `divisorMax` (a
   * larger one counts as that); null as long as it was not.
   */
  crossedAt(divisor: number): number | null;
  /** One more observation of the variant with this index in the weights. O(1). The mark is kept when it is one that crosses. */
  add(variant: number, mark: number): void;
}

export interface SequentialOptions {
  /** Where `crossedAt` is taken with the divisor 1, 0 to 1. */
  readonly alpha: number;
  /** How near to the planned shares the other shares are expected, in observations: the prior is Dirichlet(concentration × shares). */
  readonly concentration?: number;
}

/**
 * The sequential multinomial test of Lindon & Malek, «Anytime-valid inference for multinomial count data»
 * (arXiv:2011.03567). The e-value is the Dirichlet-multinomial likelihood over the planned one; it is multiplied at each
 * observation by the posterior predictive probability of its variant over the planned share, and is a martingale under
 * the plan. By Ville's inequality P(its maximum ever ≥ 1 / alpha) ≤ alpha.
 *
 * Every observation counts as drawn independently of those before: give each user once, in the order of arrival.
 * Throws RangeError for weights that are none, and for an alpha or a concentration out of range.
 */
export const createSequentialMultinomial = (
  weights: ArrayLike<number>,
  { alpha, concentration = CONCENTRATION }: SequentialOptions,
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
 * The same e-value's natural logarithm from counts alone: log B(prior + counts) − log B(prior) − Σ count log share, where B
 * is the multivariate beta function. It does not know the maximum on the way, so `min(1, 1 / e)` of it is a p-value for
 * one look only, and never smaller than the running one.
 */
export const logEValueOf = (
  counts: ArrayLike<number>,
  weights: ArrayLike<number>,
  concentration: number = CONCENTRATION,
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
