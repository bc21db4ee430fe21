/** Count, mean and sample variance (divided by count − 1) of independent values, one per user. */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

export interface ConfidenceInterval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  /** The probability, 0 to 1, that the intervals of all times together contain the true value. */
  readonly level: number;
}

const defaultLevel = 0.95;

/**
 * The number of users at which an interval is narrowest for its level. It must be fixed before the data is seen. There the
 * interval of 95 % is 1.55 times as wide as the one for a single look; at 1,000 users 1.97 times, at 100,000 1.65 times.
 */
const tightestCount = 10_000;

/** With fewer users in a group, the sample variance is no estimate: the values may agree by chance. */
const groupCountMin = 30;

/**
 * An interval for a mean that stays valid however often and whenever one looks: an asymptotic confidence sequence with the
 * normal mixture boundary (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, «Time-uniform central limit theory and
 * asymptotic confidence sequences», arXiv:2103.06476, theorem 2.2). It rests on the central limit theorem, so its coverage
 * is below its level while rare or skewed values are few (1 % conversions: missed in 7 of 100 experiments of 20,000).
 *
 * Null for fewer than two values or no variance. Throws RangeError for a level that is not between 0 and 1.
 */
export const meanInterval = (
  { count, mean, variance }: Moments,
  level: number = defaultLevel,
): ConfidenceInterval | null => {
  if (!(count >= 2 && variance > 0)) return null;
  return around(mean, Math.sqrt(variance) * boundary(count, 1 - level), level);
};

/**
 * An interval of the same kind for mean(treatment) / mean(control) − 1: the ratios r that the sequence for
 * mean(treatment) − r × mean(control) does not exclude, solved for r as Fieller did (1954, Journal of the Royal Statistical
 * Society B 16, 175–185). Its variance, s_t² / n_t + r² s_c² / n_c times n_t + n_c, is that of what one user of either group
 * adds to the difference. Around the estimate it is the delta method's interval, but where the control mean is
 * uncertain that one is too narrow: of 100 experiments of 20,000 users with 1 % conversions it missed the truth in 15,
 * this one in 2.
 *
 * Null for fewer than 30 values or no variance in a group, and while the mean of a group is not distinguishable from 0:
 * then too few users acted for the central limit theorem, and a control mean near 0 would allow any ratio. Throws
 * RangeError for a level that is not between 0 and 1.
 */
export const relativeDifferenceInterval = (
  treatment: Moments,
  control: Moments,
  level: number = defaultLevel,
): ConfidenceInterval | null => {
  if (!(Math.min(treatment.count, control.count) >= groupCountMin)) return null;
  if (!(treatment.variance > 0 && control.variance > 0)) return null;
  const count = treatment.count + control.count;
  const width = boundary(count, 1 - level) ** 2 * count;
  const treatmentError = (width * treatment.variance) / treatment.count;
  const controlError = (width * control.variance) / control.count;
  // (m_t − r m_c)² ≤ e_t + r² e_c is a r² − 2 b r + c ≤ 0, and b² − a c = m_t² e_c + a e_t.
  const a = control.mean ** 2 - controlError;
  const b = treatment.mean * control.mean;
  if (!(a > 0 && treatment.mean ** 2 > treatmentError)) return null;
  const estimate = treatment.mean / control.mean - 1;
  const root = Math.sqrt(treatment.mean ** 2 * controlError + a * treatmentError);
  return { estimate, lower: (b - root) / a - 1, upper: (b + root) / a - 1, level };
};

/** The half width for a standard deviation of 1. */
const boundary = (count: number, alpha: number): number => {
  if (!(alpha > 0 && alpha < 1)) throw new RangeError('level must be between 0 and 1');
  const rhoSquared = (-2 * Math.log(alpha) + Math.log(1 - 2 * Math.log(alpha))) / tightestCount;
  const spread = count * rhoSquared + 1;
  return Math.sqrt(((2 * spread) / (count * count * rhoSquared)) * Math.log(Math.sqrt(spread) / alpha));
};

const around = (estimate: number, halfWidth: number, level: number): ConfidenceInterval => ({
  estimate,
  lower: estimate - halfWidth,
  upper: estimate + halfWidth,
  level,
});
