import { chiSquaredTest } from '../../lib/statistics/chi-squared.ts';
import { holmAdjusted, holmFactors } from '../../lib/statistics/holm.ts';
import { largestDeviation } from '../../lib/statistics/plan.ts';
import { formatInstant } from '../../lib/time.ts';
import type { Split } from './arrival-history.ts';
import { type MonitorSnapshot, marketsOf, plannedShareOf } from './snapshot.ts';

export type MonitorVerdict = 'HEALTHY' | 'WATCH' | 'BROKEN' | 'NOT_ENOUGH_DATA';

export interface VariantCount {
  readonly variant: string;
  readonly users: number;
  /** Users that there should be. */
  readonly expected: number;
}

/** Whether the users of a market, or all of them for null, are split as planned. Each counts for the first variant seen. */
export interface SampleRatio {
  readonly kind: 'SAMPLE_RATIO';
  readonly verdict: MonitorVerdict;
  readonly message: string;
  readonly country: string | null;
  readonly observed: readonly VariantCount[];
  /** Pearson's, for one look; null without users or with fewer than two variants, as are the others. */
  readonly chiSquared: number | null;
  readonly degreesOfFreedom: number | null;
  readonly pValue: number | null;
  /** Corrected for the number of markets that have enough users (Holm); that of all users as it is. */
  readonly adjustedPValue: number | null;
  /** Valid however often it is looked at; not corrected. */
  readonly sequentialPValue: number | null;
  readonly maxDeviation: number | null;
  /** The time of the event with which the sequential test crossed its line, alpha by Holm's factor; null unless it has. */
  readonly brokenSinceUs: number | null;
  readonly sight: MonitorSnapshot;
}

/**
 * The sample-ratio tests of all users and of each market. What decides is the sequential test, because the monitor is
 * looked at again and again; Holm's correction over all of its tests keeps the probability that any of them ever alarms
 * falsely at `monitorAlpha`. A deviation below `monitorDeviationMin` never alarms.
 */
export const sampleRatios = (sight: MonitorSnapshot): { all: SampleRatio; markets: SampleRatio[] } => {
  const { history, users, limits } = sight;
  const names = marketsOf({ ...sight, country: undefined });
  const splits = names.map((name) => history.splitOf(users.countries.names.codeOf(name) ?? -2));
  const all = history.splitOf(null);
  const isTested = (split: Split | undefined): split is Split =>
    split !== undefined && split.users >= limits.monitorUsersMin;

  const tested = splits.filter(isTested);
  const adjusted = byItem(tested, holmAdjusted(tested.map((split) => testOf(sight, split)?.pValue ?? 1)));
  const family = isTested(all) ? [all, ...tested] : tested;
  const pValues = family.map(({ test }) => test.pValue);
  const [sequential, factors] = [byItem(family, holmAdjusted(pValues)), byItem(family, holmFactors(pValues))];
  const lineOf = (split: Split): Line | undefined => {
    const pValue = sequential.get(split);
    if (pValue === undefined) return undefined;
    const isCrossed = pValue <= limits.monitorAlpha;
    return { isCrossed, sinceUs: isCrossed ? split.test.crossedAt(factors.get(split) as number) : null };
  };
  const make = (country: string | null, split: Split | undefined): SampleRatio =>
    sampleRatioOf(sight, country, split, split && adjusted.get(split), split && lineOf(split));
  return {
    all: make(null, all),
    markets: names
      .map((name, place) => make(name, splits[place]))
      .filter((ratio) => sight.country === undefined || ratio.country === sight.country),
  };
};

/** Where a sequential test stands that has enough users. */
interface Line {
  readonly isCrossed: boolean;
  readonly sinceUs: number | null;
}

const byItem = <T>(items: readonly T[], values: readonly number[]): Map<T, number> =>
  new Map(items.map((item, place) => [item, values[place] as number]));

const testOf = ({ split }: MonitorSnapshot, found: Split) =>
  split ? chiSquaredTest(found.counts, split.weights) : null;

const sampleRatioOf = (
  sight: MonitorSnapshot,
  country: string | null,
  found: Split | undefined,
  adjusted: number | undefined,
  line: Line | undefined,
): SampleRatio => {
  const { split, limits, experimentEvents } = sight;
  const test = found ? testOf(sight, found) : null;
  const maxDeviation = found && split ? largestDeviation(found.counts, split.weights) : null;
  const isCertain = line?.isCrossed ?? false;
  const isLarge = maxDeviation !== null && maxDeviation >= limits.monitorDeviationMin;
  const verdict = line === undefined ? 'NOT_ENOUGH_DATA' : isCertain && isLarge ? 'BROKEN' : 'HEALTHY';
  const observed = (split?.variants ?? []).map((code, place) => {
    const variant = experimentEvents.events.variants.textOf(code);
    const expected = (found?.users ?? 0) * (plannedShareOf(sight, variant) as number);
    return { variant, users: found?.counts[place] ?? 0, expected };
  });
  const ratio: Omit<SampleRatio, 'message'> = {
    kind: 'SAMPLE_RATIO',
    verdict,
    country,
    observed,
    chiSquared: test?.statistic ?? null,
    degreesOfFreedom: test?.degreesOfFreedom ?? null,
    pValue: test?.pValue ?? null,
    adjustedPValue: country === null ? (test?.pValue ?? null) : (adjusted ?? test?.pValue ?? null),
    sequentialPValue: found?.test.pValue ?? null,
    maxDeviation,
    brokenSinceUs: line?.sinceUs ?? null,
    sight,
  };
  return { ...ratio, message: messageOf(ratio, found?.users ?? 0, isCertain) };
};

const messageOf = (ratio: Omit<SampleRatio, 'message'>, users: number, isCertain: boolean): string => {
  const { verdict, country, observed, sight, maxDeviation, sequentialPValue, brokenSinceUs } = ratio;
  const where = country ?? 'All markets';
  if (observed.length === 0) return `${where}: only one variant is known, so there is no split to test.`;
  const plan = sight.experiment.allocation.length > 0 ? 'planned' : 'taken for planned, as nothing is saved';
  const seen = observed.map((each) => `${each.variant} ${each.users}`).join(', ');
  const shares = observed.map(({ variant }) => percent(plannedShareOf(sight, variant) as number)).join(' / ');
  const split = `${counted(users, 'user')} split ${seen}, where ${shares} is ${plan}`;
  if (verdict === 'NOT_ENOUGH_DATA')
    return `${where}: ${split}; fewer than ${sight.limits.monitorUsersMin} users tell nothing.`;
  const most = percent(maxDeviation ?? 0);
  const p = (sequentialPValue ?? 1).toPrecision(2);
  if (verdict === 'BROKEN') {
    const since = brokenSinceUs === null ? '' : ` since ${formatInstant(brokenSinceUs)}`;
    return `${where}: ${split}: up to ${most} off, which chance does not explain${since} (sequential p = ${p}).`;
  }
  if (isCertain) return `${where}: ${split}: not by chance, but only up to ${most} off, too little to matter.`;
  return `${where}: ${split}: nothing that chance would not explain (sequential p = ${p}).`;
};

/** A number of things for people: `1 user`, `2 users`. */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;

/** A share for people, with one digit after the point. */
export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
