import { logGamma, regularisedBeta } from './special-functions.ts';

/**
 * Whether `count` of `total` is more than a share of `shareMax` explains, however often it is tested: the likelihood of all
 * larger shares, equally probable, over that of `shareMax` itself is at least 1 / alpha. Under any share up to `shareMax` that ratio
 * is a supermartingale of mean 1 at most (a one-sided mixture; Robbins 1970, Annals of Mathematical Statistics 41, 1397–1409), and
 * by Ville's inequality it ever reaches 1 / alpha with probability alpha at most.
 *
 * `shareMax` and `alpha` lie between 0 and 1, `count` between 0 and `total`.
 */
export const exceedsShare = (count: number, total: number, shareMax: number, alpha: number): boolean => {
  // ∫ p^k (1 − p)^(n − k) dp from shareMax to 1 is B(a, b) times the upper tail of the beta distribution.
  const [a, b] = [count + 1, total - count + 1];
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b);
  const logLarger = logBeta + Math.log(regularisedBeta(b, a, 1 - shareMax)) - Math.log1p(-shareMax);
  return logLarger - count * Math.log(shareMax) - (total - count) * Math.log1p(-shareMax) >= -Math.log(alpha);
};
