export interface ConfidenceInterval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  /** The probability, 0 to 1, that the intervals of all times together contain the true value. */
  readonly level: number;
}

/**
 * The number of users at which an interval is narrowest for its level. It must be fixed before the data is seen. There the
 * interval of 95 % is 1.55 times as wide as the one for a single look; at 1,000 users 1.97 times, at 100,000 1.65 times.
 */
const tightestCount = 10_000;

/**
 * How many standard errors an interval of the mean of `count` values may be from its estimate, so that it stays valid
 * however often and whenever one looks: the normal mixture boundary of an asymptotic confidence sequence (Waudby-Smith,
 * Arbour, Sinha, Kennedy & Ramdas, «Time-uniform central limit theory and asymptotic confidence sequences»,
 * arXiv:2103.06476, theorem 2.2) times the square root of `count`. It is 1.96 for a single look at 95 %.
 *
 * Throws RangeError for a level that is not between 0 and 1.
 */
export const standardErrorsAt = (count: number, level: number): number => {
  const alpha = 1 - level;
  if (!(alpha > 0 && alpha < 1)) throw new RangeError('level must be between 0 and 1');
  const rhoSquared = (-2 * Math.log(alpha) + Math.log(1 - 2 * Math.log(alpha))) / tightestCount;
  const spread = count * rhoSquared + 1;
  return Math.sqrt(((2 * spread) / (count * rhoSquared)) * Math.log(Math.sqrt(spread) / alpha));
};
