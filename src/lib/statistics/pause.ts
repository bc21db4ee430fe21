/** After fewer pauses than these no rhythm is known. */
export const pausesMin = 19;

/**
 * Whether a pause is longer than the `pauses` before it, which took `span` together, explain; in any unit of time.
 *
 * If events come independently at an unknown rate, the next pause divided by the mean of n earlier ones has the F
 * distribution with 2 and 2n degrees of freedom, so it exceeds s with probability (1 + s / span)^-n (Lawless, Statistical
 * Models and Methods for Lifetime Data, 2nd ed., section 4.1). Every pause is a test of its own: pause n is given
 * alpha × m / (n (n + 1)) of the whole, which sums up to alpha over all n from m = `pausesMin` on, so that the probability
 * that any pause of such a rhythm is ever called too long is at most alpha.
 */
export const isPauseTooLong = (pauses: number, span: number, pause: number, alpha: number): boolean =>
  pauses >= pausesMin &&
  pause > 0 &&
  pauses * Math.log1p(pause / span) >= -Math.log((alpha * pausesMin) / (pauses * (pauses + 1)));
