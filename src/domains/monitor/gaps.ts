import { exceedsShare } from '../../lib/statistics/exceedance.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';
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

const missingMarkets = ({ experiment, limits, userCount, marketUsers }: MonitorSnapshot): ExposureGap[] => {
  const { markets } = experiment;
  // If all markets were of one size, each of them would have enough users by now.
  const isBroken = userCount >= limits.monitorUsersMin * markets.length;
  const verdict = isBroken ? 'BROKEN' : userCount >= limits.monitorUsersMin ? 'WATCH' : 'NOT_ENOUGH_DATA';
  return markets
    .filter((market) => !marketUsers.has(market))
    .map((country) => {
      const message = `${country}: planned, but there is no event.`;
      return { kind: 'MARKET_MISSING', verdict, message, country, variant: null, sinceUs: null };
    });
};

const unexpectedMarkets = (snapshot: MonitorSnapshot): ExposureGap[] => {
  const { experiment, history, userCount, marketUsers } = snapshot;
  if (experiment.markets.length === 0) return [];
  return [...marketUsers]
    .filter(([market]) => market !== unknownLabel && !experiment.markets.includes(market))
    .map(([country, { users }]) => {
      const sinceUs = history.markets.get(country)?.pattern.firstAtUs ?? null;
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
      const users = cellOf(country, variant)?.users ?? 0;
      const share = plannedShareOf(snapshot, variant);
      // With the planned share, this is the probability that no user is in the variant yet (binomial distribution). It only
      // falls until the first user is, so it holds however often it is evaluated.
      const isMissing = share !== null && users === 0 && (1 - share) ** usersOfMarket <= alpha;
      if (isMissing) {
        const message = `${country}: none of ${pluralize(usersOfMarket, 'user')} in ${variant}, where ${percent(share)} should be.`;
        gaps.push({ kind: 'VARIANT_MISSING', verdict: 'BROKEN', message, country, variant, sinceUs: null });
      } else if (share === null && users > 0 && snapshot.experiment.allocation.length > 0) {
        const sinceUs = snapshot.history.markets.get(country)?.variants.get(variant)?.firstAtUs ?? null;
        const message = `${country}: ${pluralize(users, 'user')} in ${variant}, which is not planned.`;
        const verdict = verdictOfUnexpected(snapshot, users, usersOfMarket);
        gaps.push({ kind: 'VARIANT_UNEXPECTED', verdict, message, country, variant, sinceUs });
      }
    }
  return gaps;
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
