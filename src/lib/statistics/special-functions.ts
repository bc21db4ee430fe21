import { chdtrc, compiled, incbet, lgam } from 'cephes';

// The library is WebAssembly and compiles asynchronously.
await compiled;

// Below this the library throws, because the first term of its series would underflow.
const logSmallest = -708;

/**
 * The probability that a chi-squared variable with `degreesOfFreedom` exceeds `statistic`: the regularised upper incomplete
 * gamma function Q(df/2, x/2), computed as such and not as 1 − cdf, so that the far tail keeps its digits down to
 * 1e-307; beyond that it is 0. Source: Abramowitz & Stegun 26.4.19, by the Cephes library's `chdtrc`.
 */
export const chiSquaredTail = (statistic: number, degreesOfFreedom: number): number => {
  const a = degreesOfFreedom / 2;
  const x = statistic / 2;
  if (a * Math.log(x) - x - lgam(a) < logSmallest) return x > a ? 0 : 1;
  return chdtrc(degreesOfFreedom, statistic);
};

/** The natural logarithm of the gamma function of a positive number, by the Cephes library's `lgam`. */
export const logGamma = (x: number): number => lgam(x);

/**
 * The regularised incomplete beta function I_x(a, b): the probability that a variable with the beta distribution of `a` and
 * `b`, both positive, is at most `x`, 0 to 1. Source: Abramowitz & Stegun 26.5.1, by the Cephes library's `incbet`.
 */
export const regularisedBeta = (a: number, b: number, x: number): number => incbet(a, b, x);
