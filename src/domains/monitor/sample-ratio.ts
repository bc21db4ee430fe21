import { chiSquaredTest } from '../../lib/statistics/chi-squared.ts';
import { holmAdjusted, holmFactors } from '../../lib/statistics/holm.ts';
import { largestDeviation, sharesOfPlanned } from '../../lib/statistics/plan.ts';
import { formatInstant } from '../../lib/time.ts';
import { allMarketsOf, type MonitorSnapshot, plannedShareOf } from './snapshot.ts';
import type { ObservedSplit } from './split-history.ts';
import { percent, pluralize } from './text.ts';

export type MonitorVerdict = 'HEALTHY' | 'WATCH' | 'BROKEN' | 'NOT_ENOUGH_DATA' | 'NO_DATA';

export interface VariantCount {
  readonly variant: string;
  readonly users: number;
  /** The number of users by the planned share. */
  readonly expected: number;
}

/** Whether the users of a market, or all users for null, are split as planned. Each counts for the first variant. */
export interface SampleRatio {
  readonly kind: 'SAMPLE_RATIO';
  readonly verdict: MonitorVerdict;
  readonly message: string;
  readonly country: string | null;
  readonly observed: readonly VariantCount[];
  /** Pearson's statistic, for a single look; null without users or with fewer than two variants, like the ones below. */
  readonly chiSquared: number | null;
  readonly degreesOfFreedom: number | null;
  readonly pValue: number | null;
  /** Corrected for the number of markets with enough users (Holm); not corrected for all users. */
  readonly adjustedPValue: number | null;
  /** Valid however often it is looked at; not corrected. */
  readonly sequentialPValue: number | null;
  readonly maxDeviation: number | null;
  /** The line of the sequential test: `monitorAlpha` by Holm's factor, or what it would be for a market with too few users. */
  readonly alpha: number;
  /** The time of the event with which the sequential test crossed its line, alpha by Holm's factor; null unless it has. */
  readonly brokenSinceUs: number | null;
}

/** The result of a sequential test with enough users. */
interface SequentialResult {
  readonly isCrossed: boolean;
  readonly alpha: number;
  readonly sinceUs: number | null;
}

/** What is known of one market, or of all users for a null country. */
interface RatioInput {
  readonly country: string | null;
  readonly found: ObservedSplit | undefined;
  readonly adjustedPValue: number | undefined;
  readonly sequential: SequentialResult | undefined;
  readonly alpha: number;
}

/**
 * The sample-ratio tests of all users and of each market. The verdict rests on the sequential test, because the monitor is
 * looked at repeatedly. Holm's correction over all of these tests keeps the probability that any of them ever raises a
 * false alarm at `monitorAlpha`. A deviation below `monitorDeviationMin` raises no alarm.
 */
export const sampleRatios = (snapshot: MonitorSnapshot): { all: SampleRatio; markets: SampleRatio[] } => {
  const { splits: found, limits, country: requested } = snapshot;
  const markets = allMarketsOf(snapshot);
  const splits = markets.map((market) => found.markets.get(market));
  const isTested = (split: ObservedSplit | undefined): split is ObservedSplit =>
    split !== undefined && split.users >= limits.monitorUsersMin;

  const tested = splits.filter(isTested);
  const adjusted = zip(
    tested,
    holmAdjusted(tested.map((split) => chiSquaredTest(split.counts, split.expected)?.pValue ?? 1)),
  );
  const family = isTested(found.all) ? [found.all, ...tested] : tested;
  const pValues = family.map(({ test }) => test.pValue);
  const [corrected, factors] = [zip(family, holmAdjusted(pValues)), zip(family, holmFactors(pValues))];
  const sequentialOf = (split: ObservedSplit): SequentialResult | undefined => {
    const pValue = corrected.get(split);
    if (pValue === undefined) return undefined;
    const isCrossed = pValue <= limits.monitorAlpha;
    const factor = factors.get(split) as number;
    return {
      isCrossed,
      alpha: limits.monitorAlpha / factor,
      sinceUs: isCrossed ? split.test.crossedAt(factor) : null,
    };
  };
  const ratioOf = (country: string | null, split: ObservedSplit | undefined): SampleRatio => {
    const adjustedPValue = split && adjusted.get(split);
    const sequential = split && sequentialOf(split);
    const alpha = sequential?.alpha ?? limits.monitorAlpha / (family.length + 1);
    return sampleRatioOf(snapshot, { country, found: split, adjustedPValue, sequential, alpha });
  };
  return {
    all: ratioOf(null, found.all),
    markets: markets
      .map((market, index) => ratioOf(market, splits[index]))
      .filter(({ country }) => requested === undefined || country === requested),
  };
};

const zip = <T>(items: readonly T[], values: readonly number[]): Map<T, number> =>
  new Map(items.map((item, index) => [item, values[index] as number]));

/**
 * The largest difference between a variant's share and the expected one, of all users together and of each stratum that is
 * off by more than chance on its own: one phase too many A and another too many B must not cancel out.
 */
const deviationOf = ({ split, limits }: MonitorSnapshot, found: ObservedSplit): number => {
  const ofStrata = (split?.strata ?? []).map((weights, stratum) => {
    if ((found.logEValues[stratum] as number) < -Math.log(limits.monitorAlpha)) return 0;
    const counts = found.strata[stratum] as readonly number[];
    const users = counts.reduce((sum, count) => sum + count, 0);
    return largestDeviation(
      counts,
      sharesOfPlanned(weights).map((share) => share * users),
    );
  });
  return Math.max(largestDeviation(found.counts, found.expected), ...ofStrata);
};

const sampleRatioOf = (snapshot: MonitorSnapshot, input: RatioInput): SampleRatio => {
  const { split, limits } = snapshot;
  const { country, found, adjustedPValue, sequential, alpha } = input;
  const test = found ? chiSquaredTest(found.counts, found.expected) : null;
  const maxDeviation = found ? deviationOf(snapshot, found) : null;
  const isCertain = sequential?.isCrossed ?? false;
  const isLarge = maxDeviation !== null && maxDeviation >= limits.monitorDeviationMin;
  const verdict = sequential === undefined ? 'NOT_ENOUGH_DATA' : isCertain && isLarge ? 'BROKEN' : 'HEALTHY';
  const observed = (split?.variants ?? []).map((variant, index) => {
    return { variant, users: found?.counts[index] ?? 0, expected: found?.expected[index] ?? 0 };
  });
  const ratio: Omit<SampleRatio, 'message'> = {
    kind: 'SAMPLE_RATIO',
    verdict,
    country,
    observed,
    chiSquared: test?.statistic ?? null,
    degreesOfFreedom: test?.degreesOfFreedom ?? null,
    pValue: test?.pValue ?? null,
    adjustedPValue: country === null ? (test?.pValue ?? null) : (adjustedPValue ?? test?.pValue ?? null),
    sequentialPValue: found?.test.pValue ?? null,
    maxDeviation,
    alpha,
    brokenSinceUs: sequential?.sinceUs ?? null,
  };
  return { ...ratio, message: messageOf(snapshot, input, ratio) };
};

const messageOf = (
  snapshot: MonitorSnapshot,
  { found, sequential }: RatioInput,
  ratio: Omit<SampleRatio, 'message'>,
): string => {
  const { verdict, country, observed, maxDeviation, sequentialPValue, brokenSinceUs } = ratio;
  const where = country ?? 'All markets';
  if (observed.length === 0) return `${where}: only one variant is known, so there is no split to test.`;
  const plan = snapshot.isPlanned ? 'planned' : 'assumed, because no plan is saved';
  const seen = observed.map((each) => `${each.variant} ${each.users}`).join(', ');
  const shares = observed.map(({ variant }) => percent(plannedShareOf(snapshot, variant, country) ?? 0)).join(' / ');
  const split = `${pluralize(found?.users ?? 0, 'user')} split ${seen}, where ${shares} is ${plan}`;
  if (verdict === 'NOT_ENOUGH_DATA')
    return `${where}: ${split}; the test needs at least ${snapshot.limits.monitorUsersMin} users.`;
  const most = percent(maxDeviation ?? 0);
  const p = (sequentialPValue ?? 1).toPrecision(2);
  if (verdict === 'BROKEN') {
    const since = brokenSinceUs === null ? '' : ` since ${formatInstant(brokenSinceUs)}`;
    return `${where}: ${split}: up to ${most} off, which chance does not explain${since} (sequential p = ${p}).`;
  }
  if (sequential?.isCrossed)
    return `${where}: ${split}: not by chance, but only up to ${most} off, too little to matter.`;
  return `${where}: ${split}: chance explains the difference (sequential p = ${p}).`;
};
