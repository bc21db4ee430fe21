/** Fewer pauses than these do not determine a rate. */
export const pausesMin = 19;

/**
 * Whether a pause is longer than the `pauses` before it explain, which took `span` in total; in any unit of time.
 *
 * If events come independently at an unknown rate, the next pause divided by the mean of n earlier ones has the F
 * distribution with 2 and 2n degrees of freedom, so it exceeds s with probability (1 + s / span)^-n (Lawless, Statistical
 * Models and Methods for Lifetime Data, 2nd ed., section 4.1). Every pause is a separate test: pause n is tested
 * at the level alpha × m / (n (n + 1)), which sums to alpha over all n from m = `pausesMin` on, so that the probability
 * that any pause of such events is ever called too long is at most alpha.
 */
export const isPauseTooLong = (pauses: number, span: number, pause: number, alpha: number): boolean =>
  pauses >= pausesMin &&
  pause > 0 &&
  pauses * Math.log1p(pause / span) >= -Math.log((alpha * pausesMin) / (pauses * (pauses + 1)));
