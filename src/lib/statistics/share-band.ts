import { defaultConcentration } from './sequential-multinomial.ts';
import { logGamma } from './special-functions.ts';

/** Observations with the same planned shares. */
export interface BandStratum {
  /** The planned shares, which sum to 1; 0 for a variant that is not planned. */
  readonly shares: ArrayLike<number>;
  readonly count: number;
}

/** The shares, 0 to 1, both inclusive, that a variant may have of all observations without the test being crossed. */
export interface ShareBand {
  readonly lower: number;
  readonly upper: number;
}

/** Halvings of the interval that holds a bound: more than a double can show. */
const halvings = 50;

/** The part of the e-value of a stratum that depends on how many of its observations have the variant. */
interface Term {
  readonly count: number;
  readonly share: number;
  /** The logarithm of the e-value of the stratum, by the number of observations of the variant. */
  logEValue(ofVariant: number): number;
}

/**
 * The band of a variant's share that belongs to the test of `createSequentialMultinomial`: outside of it the e-value of all
 * observations so far is at least 1 / alpha, wherever else they are. Under the plan the share therefore ever leaves the band
 * with probability alpha at most, however often one looks (Ville; Lindon & Malek, arXiv:2011.03567, whose confidence sequence
 * inverts the same inequality).
 *
 * The band is the projection of the counts with an e-value below 1 / alpha onto the total of one variant. With two variants
 * and one stratum, that is the acceptance region of the test itself: the share leaves the band exactly when the test is
 * crossed. Otherwise other counts that would be crossed as well have to be ruled out: of all ways to
 * reach a total the one with the smallest e-value decides. In that one the other variants share the rest of a stratum as
 * planned, and the strata are tilted by the same odds: the derivative of log e by the count k of a variant with the share
 * p, ψ(c p + k) − log p − (ψ(c (1 − p) + n − k) − log (1 − p)), is the same in all strata, with log for ψ, whose error moves
 * a count by less than one observation.
 *
 * Shares are of the observations of all strata, which must be at least one.
 */
export const shareBand = (
  strata: readonly BandStratum[],
  variant: number,
  { alpha, concentration = defaultConcentration }: { readonly alpha: number; readonly concentration?: number },
): ShareBand => {
  const terms = strata.filter(({ count }) => count > 0).map((stratum) => termOf(stratum, variant, concentration));
  const total = terms.reduce((sum, { count }) => sum + count, 0);
  const countsAt = (logOdds: number): number[] => terms.map((term) => tiltedCount(term, logOdds, concentration));
  const isAccepted = (logOdds: number): boolean =>
    countsAt(logOdds).reduce((sum, count, index) => sum + (terms[index] as Term).logEValue(count), 0) <
    -Math.log(alpha);
  const shareAt = (logOdds: number): number => countsAt(logOdds).reduce((sum, count) => sum + count, 0) / total;
  const partWhere = (holds: (share: number) => boolean): number =>
    terms.reduce((sum, { share, count }) => sum + (holds(share) ? count : 0), 0) / total;
  const boundOf = (furthest: number, extreme: number): number => {
    if (isAccepted(furthest)) return extreme;
    let [accepted, crossed] = [0, furthest];
    for (let step = 0; step < halvings; step++) {
      const middle = (accepted + crossed) / 2;
      if (isAccepted(middle)) accepted = middle;
      else crossed = middle;
    }
    return shareAt(accepted);
  };
  const furthest = terms.map((term) => extremeLogOdds(term, concentration));
  return {
    lower: boundOf(
      Math.min(0, ...furthest.map(({ none }) => none)),
      partWhere((share) => share === 1),
    ),
    upper: boundOf(
      Math.max(0, ...furthest.map(({ all }) => all)),
      partWhere((share) => share > 0),
    ),
  };
};

const termOf = ({ shares, count }: BandStratum, variant: number, concentration: number): Term => {
  const share = shares[variant] as number;
  const others = Array.from(shares).filter((other, index) => index !== variant && other > 0);
  const logShares = [share, ...others].map(Math.log);
  const priors = [share, ...others].map((each) => each * concentration);
  const constant =
    logGamma(concentration) -
    logGamma(concentration + count) -
    priors.reduce((sum, prior) => sum + (prior > 0 ? logGamma(prior) : 0), 0);
  return {
    count,
    share,
    logEValue(ofVariant) {
      let logE = constant;
      if (share > 0) logE += logGamma((priors[0] as number) + ofVariant) - ofVariant * (logShares[0] as number);
      for (let index = 0; index < others.length; index++) {
        const observed = ((count - ofVariant) * (others[index] as number)) / (1 - share);
        logE += logGamma((priors[index + 1] as number) + observed) - observed * (logShares[index + 1] as number);
      }
      return logE;
    },
  };
};

/** The number of observations of the variant when its odds are those planned times e to the power of `logOdds`. */
const tiltedCount = ({ share, count }: Term, logOdds: number, concentration: number): number => {
  const tilted = 1 / (1 + ((1 - share) / share) * Math.exp(-logOdds));
  return Math.min(count, Math.max(0, tilted * (concentration + count) - concentration * share));
};

/** The odds at which all observations of the stratum have the variant, and those at which none has it. */
const extremeLogOdds = ({ share, count }: Term, concentration: number) => {
  const logOddsOf = (part: number): number => Math.log(part / (1 - part)) - Math.log(share / (1 - share));
  if (share === 0 || share === 1) return { none: 0, all: 0 };
  return {
    none: logOddsOf((concentration * share) / (concentration + count)),
    all: logOddsOf((concentration * share + count) / (concentration + count)),
  };
};
