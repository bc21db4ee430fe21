import { exceedsShare } from '../../lib/statistics/exceedance.ts';
import { sharesOfPlanned } from '../../lib/statistics/plan.ts';
import { plannedMarkets } from '../experiments/plan.ts';
import type { MonitorVerdict } from './sample-ratio.ts';
import { silenceMessage, silencesOf } from './silences.ts';
import { alphaOfEach, cellFinder, type MonitorSnapshot, plannedShareOf, variantsOf } from './snapshot.ts';
import { percent, pluralize } from './text.ts';

export type GapKind = 'VARIANT_MISSING' | 'MARKET_MISSING' | 'VARIANT_UNEXPECTED' | 'MARKET_UNEXPECTED' | 'WENT_SILENT';

/** A market or variant that sends no events, or that should send none. */
export interface ExposureGap {
  readonly kind: GapKind;
  readonly verdict: MonitorVerdict;
  readonly message: string;
  /** Null: all markets. */
  readonly country: string | null;
  /** Null: all variants. */
  readonly variant: string | null;
  /** The time of the last event, or of the first unexpected event; null when there is none. */
  readonly sinceUs: number | null;
}

/** From this part of the users on, an unexpected market or variant is deliberate, not an accident. */
const unexpectedShareMax = 0.01;

export const exposureGaps = (snapshot: MonitorSnapshot): ExposureGap[] => {
  const { country: requested } = snapshot;
  const gaps = [
    ...missingMarkets(snapshot),
    ...unexpectedMarkets(snapshot),
    ...variantGaps(snapshot),
    ...(snapshot.isWhole ? silences(snapshot) : []),
  ];
  return gaps.filter(({ country }) => requested === undefined || country === null || country === requested);
};

const missingMarkets = ({ experiment, limits, phaseMarkets }: MonitorSnapshot): ExposureGap[] => {
  const marketCount = plannedMarkets(experiment).length;
  return [...phaseMarkets.missing].map(([country, users]) => {
    // If all markets were of one size, each of them would have enough users by now.
    const isBroken = users >= limits.monitorUsersMin * marketCount;
    const verdict = isBroken ? 'BROKEN' : users >= limits.monitorUsersMin ? 'WATCH' : 'NOT_ENOUGH_DATA';
    const message = `${country}: planned, but there is no event.`;
    return { kind: 'MARKET_MISSING', verdict, message, country, variant: null, sinceUs: null };
  });
};

const unexpectedMarkets = (snapshot: MonitorSnapshot): ExposureGap[] => {
  const { arrivals, userCount, phaseMarkets } = snapshot;
  return [...phaseMarkets.unplanned].map(([country, users]) => {
    const sinceUs = arrivals.markets.get(country)?.pattern.firstAtUs ?? null;
    const share = percent(users / userCount);
    const message = `${country}: not planned, but ${pluralize(users, 'user')} (${share}) seen there.`;
    const verdict = verdictOfUnexpected(snapshot, users, userCount);
    return { kind: 'MARKET_UNEXPECTED', verdict, message, country, variant: null, sinceUs };
  });
};

const variantGaps = (snapshot: MonitorSnapshot): ExposureGap[] => {
  const cellOf = cellFinder(snapshot);
  const variants = variantsOf(snapshot);
  const alpha = alphaOfEach(snapshot, variants.length, 0);
  const gaps: ExposureGap[] = [];
  for (const [country, { users: usersOfMarket }] of snapshot.marketUsers)
    for (const variant of variants) {
      const seen = cellOf(country, variant)?.users ?? 0;
      const unexpected = unexpectedUsers(snapshot, { country, variant, seen });
      // By the plan, this is the probability that no user is in the variant yet (binomial distribution). It only falls until
      // the first user is, so it holds however often it is evaluated.
      if (seen === 0 && Math.exp(logMissing(snapshot, country, variant)) <= alpha) {
        const share = percent(plannedShareOf(snapshot, variant, country) ?? 0);
        const message = `${country}: none of ${pluralize(usersOfMarket, 'user')} in ${variant}, where ${share} should be.`;
        gaps.push({ kind: 'VARIANT_MISSING', verdict: 'BROKEN', message, country, variant, sinceUs: null });
      } else if (unexpected.users > 0) {
        const sinceUs = snapshot.arrivals.markets.get(country)?.variants.get(variant)?.firstAtUs ?? null;
        const message = `${country}: ${pluralize(unexpected.users, 'user')} in ${variant}, which ${unexpected.reason}.`;
        const verdict = verdictOfUnexpected(snapshot, unexpected.users, usersOfMarket);
        gaps.push({ kind: 'VARIANT_UNEXPECTED', verdict, message, country, variant, sinceUs });
      }
    }
  return gaps;
};

/** The logarithm of the probability, by the plan, that none of the users of a market is in a variant; 0 when it is not planned. */
const logMissing = ({ split, splits }: MonitorSnapshot, country: string, variant: string): number => {
  const index = split?.variants.indexOf(variant) ?? -1;
  const observed = splits.markets.get(country);
  if (!split || !observed || index < 0) return 0;
  return split.strata.reduce((sum, weights, stratum) => {
    const users = (observed.strata[stratum] as readonly number[]).reduce((total, count) => total + count, 0);
    const share = sharesOfPlanned(weights)[index] as number;
    return users === 0 ? sum : sum + users * Math.log1p(-share);
  }, 0);
};

interface Seen {
  readonly country: string;
  readonly variant: string;
  readonly seen: number;
}

/** The users of a market in a variant that is never planned there, or that was not when they were first seen. */
const unexpectedUsers = (snapshot: MonitorSnapshot, { country, variant, seen }: Seen) => {
  const { split, splits } = snapshot;
  if (!split || !snapshot.isPlanned) return { users: 0, reason: '' };
  const index = split.variants.indexOf(variant);
  const isEverPlanned = split.phasesFromUs.some((_, phase) => {
    const weights = split.strata[split.stratumOf(phase, country)] as readonly number[];
    return index >= 0 && (weights[index] as number) > 0;
  });
  if (!isEverPlanned) return { users: seen, reason: 'is not planned' };
  return { users: splits.unplanned.get(country)?.get(variant) ?? 0, reason: 'was not planned at that time' };
};

const verdictOfUnexpected = (snapshot: MonitorSnapshot, users: number, ofUsers: number): MonitorVerdict =>
  exceedsShare(users, ofUsers, unexpectedShareMax, alphaOfEach(snapshot, 1, 0)) ? 'BROKEN' : 'WATCH';

const silences = (snapshot: MonitorSnapshot): ExposureGap[] =>
  silencesOf(snapshot).map((silence) => ({
    kind: 'WENT_SILENT',
    verdict: silence.plausiblePause ? 'WATCH' : 'BROKEN',
    message: silenceMessage(silence),
    country: silence.country,
    variant: silence.variant,
    sinceUs: silence.lastAtUs,
  }));
