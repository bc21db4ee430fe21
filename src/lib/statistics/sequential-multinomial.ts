import { sharesOf, sharesOfPlanned, totalOf } from './plan.ts';
import { logGamma } from './special-functions.ts';

/**
 * The default of `concentration`: expects deviations of about 2.5 percentage points (√(share × (1 − share) / 400)). A smaller
 * value detects large deviations sooner and small ones later. Measurements: docs/decisions/0008-anytime-valid-monitor.md.
 */
export const defaultConcentration = 400;

/** The largest divisor of alpha for which the time of crossing is recorded. */
const divisorMax = 1024;

/** A test that is valid at every look: under the plan its p-value ever falls to alpha with probability alpha at most. */
export interface SequentialMultinomial {
  /** Observations so far. */
  readonly count: number;
  /** The natural logarithm of the current Bayes factor of «the shares differ from the plan» against «the shares are as planned». */
  readonly logEValue: number;
  /** The same for one stratum alone. */
  logEValueOf(stratum: number): number;
  /** 1 / the largest e-value at any look, at most 1: it never rises. */
  readonly pValue: number;
  /**
   * The mark of the look at which `pValue` first was ≤ alpha / divisor; null before. The divisor is an integer from
   * 1 on; one above `divisorMax` counts as `divisorMax`.
   */
  crossedAt(divisor: number): number | null;
  /** Adds an observation of the variant with this index in the weights of the stratum. O(1). */
  add(stratum: number, variant: number): void;
  /** Looks at the e-value of all observations so far. The mark is stored if a line is crossed. */
  look(mark: number): void;
}

export interface SequentialOptions {
  /** The level of `crossedAt` for the divisor 1, 0 to 1. */
  readonly alpha: number;
  /** How close to the plan other shares are expected to be, in observations: the prior is Dirichlet(concentration × shares). */
  readonly concentration?: number;
}

/** Observations with the same planned shares. */
interface Stratum {
  readonly shares: Float64Array;
  readonly prior: Float64Array;
  readonly counts: Float64Array;
  count: number;
  logEValue: number;
}

/**
 * The sequential multinomial test of Lindon & Malek, «Anytime-valid inference for multinomial count data»
 * (arXiv:2011.03567), over strata with weights of their own, such as the phases of an experiment. The e-value of a stratum
 * is the Dirichlet-multinomial likelihood over the planned one; it is multiplied at each observation by the posterior
 * predictive probability of its variant over the planned share. The test's e-value is the product of its strata. Each factor
 * has the expectation 1 under the plan, given everything before and the stratum of the observation, so the product is a
 * martingale whatever decides which stratum is next, and by Ville's inequality P(its maximum at any looks ≥ 1 / alpha) ≤ alpha.
 *
 * Observations must be independent of the ones before: add each user once. The e-value depends on the counts only, so
 * the order of observations between two looks does not matter. A weight of 0 means that a stratum has no such variant.
 * Throws RangeError for invalid weights, and for an alpha or a concentration out of range.
 */
export const createSequentialMultinomial = (
  strata: readonly ArrayLike<number>[],
  { alpha, concentration = defaultConcentration }: SequentialOptions,
): SequentialMultinomial => {
  if (!(alpha > 0 && alpha <= 1)) throw new RangeError('alpha must be above 0 and at most 1');
  const states = strata.map((weights) => newStratum(weights, concentration));
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
    logEValueOf: (stratum) => (states[stratum] as Stratum).logEValue,
    crossedAt: (divisor) => crossings[Math.min(divisor, divisorMax) - 1] ?? null,
    add(stratum, variant) {
      const state = states[stratum];
      const share = state?.shares[variant];
      if (!state || !share)
        throw new RangeError('variant must be an index of the weights of a stratum, of a weight above 0');
      const { prior, counts } = state;
      const predictive = ((prior[variant] as number) + (counts[variant] as number)) / (concentration + state.count);
      const factor = Math.log(predictive / share);
      logEValue += factor;
      state.logEValue += factor;
      counts[variant] = (counts[variant] as number) + 1;
      state.count++;
      count++;
    },
    look(mark) {
      if (logEValue <= logEValueMax) return;
      logEValueMax = logEValue;
      const pValue = Math.exp(-logEValueMax);
      while (crossings.length < divisorMax && pValue <= alpha / (crossings.length + 1)) crossings.push(mark);
    },
  };
};

const newStratum = (weights: ArrayLike<number>, concentration: number): Stratum => {
  const shares = sharesOfPlanned(weights);
  const counts = new Float64Array(shares.length);
  return { shares, prior: priorOf(shares, concentration), counts, count: 0, logEValue: 0 };
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
