import { type ConfidenceInterval, standardErrorsAt } from './confidence-sequence.ts';
import { type Moments, pooledMoments } from './moments.ts';

/** The users of two arms who were assigned with the same probabilities, so that their means can be compared. */
export interface Stratum {
  readonly treatment: Moments;
  readonly control: Moments;
}

export interface StratifiedDifference {
  /** mean(treatment) − mean(control); null while the data does not suffice. */
  readonly absolute: ConfidenceInterval | null;
  /** mean(treatment) / mean(control) − 1; null while the data does not suffice, or the control mean may be 0. */
  readonly relative: ConfidenceInterval | null;
  /** Users of strata where an arm has none: they cannot be compared. */
  readonly leftOutUserCount: number;
}

/** With fewer users in an arm, the sample variance is no estimate: the values may agree by chance. */
const armCountMin = 30;

/** The weight of the values of both arms in the variance of each: that of so many effective observations. */
const pooledObservations = 2;

/** The effective observations of the smaller arm that an interval needs, in parts of its squared half width in standard errors. */
const observationsMin = 0.25;

/** What the values of users can be. */
export type ValueRange = 'BINARY' | 'NON_NEGATIVE' | 'ANY';

/**
 * The greatest share of the smaller arm that counts. The kurtosis of rare events follows from their number; that of other
 * values is underestimated until some of the greatest have been seen, so that both arms together need more observations.
 */
const smallerShareMax: Readonly<Record<ValueRange, number>> = { BINARY: 0.5, NON_NEGATIVE: 0.25, ANY: 0.25 };

const defaultLevel = 0.95;

/**
 * The difference of the means of two arms over all strata. The means of each stratum are weighted with its share of users,
 * so that a stratum's base rate and allocation cancel (post-stratification: Holt & Smith 1979, Journal of the Royal
 * Statistical Society A 142, 33–46; Miratrix, Sekhon & Yu 2013, ibid. B 75, 369–396). Its variance is
 * Σ w² (s_t² / n_t + s_c² / n_c). What it estimates is the mean over users of the effect in their stratum.
 *
 * Both intervals are asymptotic confidence sequences (arXiv:2103.06476). Three things keep their coverage at its level
 * while values are rare or skewed; docs/decisions/0008 has the simulations:
 *
 * - The variance of an arm is at least its average with that of both arms, which counts as two effective observations: the
 *   idea of Agresti & Caffo (2000, The American Statistician 54, 280–288), who add a success and a failure to each arm. An
 *   arm without a success thus has a variance.
 * - The side where the truth may be missed is widened by the skewness of the difference, with the first term of the
 *   Cornish-Fisher expansion of Student's statistic, (2 z² + 1) / 6 of it (Johnson 1978, Journal of the American Statistical
 *   Association 73, 536–544; Hall 1992, Journal of the Royal Statistical Society B 54, 221–228).
 * - There is no interval before there are enough effective observations: n over the kurtosis, which for a rare event is
 *   the number of events, times the share of the smaller arm (at most 1/4 unless values are 0 and 1), and over strata by
 *   Satterthwaite's formula (1946, Biometrics Bulletin 2, 110–114).
 *
 * Throws RangeError for a level that is not between 0 and 1.
 */
export const stratifiedDifference = (
  strata: readonly Stratum[],
  { level = defaultLevel, range = 'ANY' }: { readonly level?: number; readonly range?: ValueRange } = {},
): StratifiedDifference => {
  const compared = strata.filter(({ treatment, control }) => treatment.count > 0 && control.count > 0);
  const countOf = (some: readonly Stratum[], arm: keyof Stratum) =>
    some.reduce((sum, { [arm]: { count } }) => sum + count, 0);
  const [treated, controls] = [countOf(compared, 'treatment'), countOf(compared, 'control')];
  const count = treated + controls;
  const leftOutUserCount = countOf(strata, 'treatment') + countOf(strata, 'control') - count;
  const none = { absolute: null, relative: null, leftOutUserCount };
  const width = standardErrorsAt(Math.max(1, count), level);
  if (Math.min(treated, controls) < armCountMin) return none;
  const sums = sumStrata(compared, count, smallerShareMax[range]);
  const variance = sums.treatment.variance + sums.control.variance;
  if (!(variance > 0 && variance ** 2 >= observationsMin * width ** 2 * sums.varianceOfVariance)) return none;
  const interval = (estimate: number, lower: number, upper: number): ConfidenceInterval => ({
    estimate,
    lower,
    upper,
    level,
  });
  const difference = sums.treatment.mean - sums.control.mean;
  const { below, above } = marginsOf(sums, 1, width);
  const ratio = ratioInterval(sums, width);
  return {
    absolute: interval(difference, difference - below, difference + above),
    relative:
      ratio &&
      interval(ratio.estimate - 1, (range === 'ANY' ? ratio.lower : Math.max(0, ratio.lower)) - 1, ratio.upper - 1),
    leftOutUserCount,
  };
};

/** The stratified mean of an arm, and the second and third central moments of its error. */
interface ArmSums {
  mean: number;
  variance: number;
  third: number;
}

interface StratumSums {
  readonly treatment: ArmSums;
  readonly control: ArmSums;
  /** The squared variance of each stratum's difference over its effective observations. */
  varianceOfVariance: number;
}

const sumStrata = (strata: readonly Stratum[], count: number, shareMax: number): StratumSums => {
  const empty = (): ArmSums => ({ mean: 0, variance: 0, third: 0 });
  const sums: StratumSums = { treatment: empty(), control: empty(), varianceOfVariance: 0 };
  for (const { treatment, control } of strata) {
    const pooled = pooledMoments(treatment, control);
    const weight = pooled.count / count;
    const observations = observationsOf(pooled);
    const own = addArm(sums.treatment, treatment, { pooled, observations, weight });
    const variance = own + addArm(sums.control, control, { pooled, observations, weight });
    if (variance === 0) continue;
    const smallerShare = Math.min(shareMax, Math.min(treatment.count, control.count) / pooled.count);
    sums.varianceOfVariance += variance ** 2 / (observations * smallerShare);
  }
  return sums;
};

/** Effective observations: the count over the kurtosis. For a rare event it is the number of events. */
const observationsOf = ({ count, variance, fourth }: Moments): number =>
  fourth === 0 ? 0 : ((variance * (count - 1)) / count) ** 2 / (fourth / count);

interface StratumShare {
  readonly pooled: Moments;
  readonly observations: number;
  /** The stratum's share of users. */
  readonly weight: number;
}

/** Adds an arm of a stratum; returns the variance of the error of its weighted mean. */
const addArm = (sums: ArmSums, arm: Moments, { pooled, observations, weight }: StratumShare): number => {
  sums.mean += weight * arm.mean;
  if (!(pooled.variance > 0)) return 0;
  const pooledCount = (pooledObservations * pooled.count) / observations;
  const ownPart = arm.count / (arm.count + pooledCount);
  const mix = (own: number, ofBoth: number): number => ownPart * own + (1 - ownPart) * ofBoth;
  // One value has no variance of its own.
  const [ownVariance, ownThird] = arm.count < 2 ? [pooled.variance, pooled.third] : [arm.variance, arm.third];
  const mixedThird = mix(ownThird, pooled.third);
  const third = Math.abs(ownThird) > Math.abs(mixedThird) ? ownThird : mixedThird;
  const variance = (weight ** 2 * Math.max(ownVariance, mix(ownVariance, pooled.variance))) / arm.count;
  sums.variance += variance;
  sums.third += (weight ** 3 * third) / arm.count ** 2;
  return variance;
};

/** How far mean(treatment) − ratio × mean(control) may be below and above its estimate. */
const marginsOf = ({ treatment, control }: StratumSums, ratio: number, width: number) => {
  const variance = treatment.variance + ratio ** 2 * control.variance;
  const third = treatment.third - ratio ** 3 * control.third;
  const margin = width * Math.sqrt(variance);
  const skewed = ((2 * width ** 2 + 1) / 6) * (third / variance);
  return { below: margin + Math.max(0, -skewed), above: margin + Math.max(0, skewed) };
};

/** Doublings of a standard error that are surely beyond a bound, if there is one. */
const doublingsMax = 100;

/**
 * The ratios r of the means for which mean(treatment) − r × mean(control) may be 0, as Fieller did (1954, Journal of the
 * Royal Statistical Society B 16, 175–185). Null unless the control mean is surely above 0: then both bounds are finite.
 */
const ratioInterval = (sums: StratumSums, width: number) => {
  const { treatment, control } = sums;
  if (!(control.mean > width * Math.sqrt(control.variance))) return null;
  const estimate = treatment.mean / control.mean;
  const isPossible = (ratio: number): boolean => {
    const difference = treatment.mean - ratio * control.mean;
    const { below, above } = marginsOf(sums, ratio, width);
    return difference >= -above && difference <= below;
  };
  const boundFrom = (firstStep: number): number | null => {
    let [inside, step] = [estimate, firstStep];
    for (let count = 0; isPossible(estimate + step); count++, step *= 2) {
      if (count === doublingsMax) return null;
      inside = estimate + step;
    }
    let outside = estimate + step;
    for (;;) {
      const middle = (inside + outside) / 2;
      if (middle === inside || middle === outside) return inside;
      if (isPossible(middle)) inside = middle;
      else outside = middle;
    }
  };
  const step = Math.sqrt(treatment.variance + estimate ** 2 * control.variance) / control.mean;
  const [lower, upper] = [boundFrom(-step), boundFrom(step)];
  return lower === null || upper === null ? null : { estimate, lower, upper };
};
