import { exceedsShare } from '../../lib/statistics/exceedance.ts';
import { isPauseTooLong } from '../../lib/statistics/pause.ts';
import { formatInstant } from '../../lib/time.ts';
import type { ArrivalPattern } from './arrival-history.ts';
import { counted, type MonitorVerdict, percent } from './sample-ratio.ts';
import { alphaOfEach, cellFinder, type MonitorSnapshot, marketsOf, plannedShareOf, variantsOf } from './snapshot.ts';

export type GapKind = 'VARIANT_MISSING' | 'MARKET_MISSING' | 'VARIANT_UNEXPECTED' | 'MARKET_UNEXPECTED' | 'WENT_SILENT';

/** A market or variant from which nothing comes, or which should not be there. */
export interface DeploymentGap {
  readonly kind: GapKind;
  readonly verdict: MonitorVerdict;
  readonly message: string;
  /** Null: all markets. */
  readonly country: string | null;
  /** Null: all variants. */
  readonly variant: string | null;
  /** The time of the last event, or of the first one that should not be; null when there is none. */
  readonly sinceUs: number | null;
}

/** From this part of the users on it is no stray but a deployment. */
const strayShareMax = 0.01;
/** How much longer than its longest pause a silence has to be. */
const pausesFactor = 2;
const dayUs = 86_400_000_000;
const unknown = 'unknown';

export const deploymentGaps = (sight: MonitorSnapshot): DeploymentGap[] => {
  const gaps = [...marketGaps(sight), ...variantGaps(sight), ...(sight.isWhole ? silences(sight) : [])];
  return gaps.filter(({ country }) => sight.country === undefined || country === null || country === sight.country);
};

const marketGaps = (sight: MonitorSnapshot): DeploymentGap[] => {
  const { experiment, limits, userCount, marketUsers } = sight;
  if (experiment.markets.length === 0) return [];
  // So many that each market would have enough of them, if all were of a size.
  const isBroken = userCount >= limits.monitorUsersMin * experiment.markets.length;
  const verdict = isBroken ? 'BROKEN' : userCount >= limits.monitorUsersMin ? 'WATCH' : 'NOT_ENOUGH_DATA';
  const missing = experiment.markets
    .filter((market) => !marketUsers.has(market))
    .map((country): DeploymentGap => {
      const message = `${country}: planned, but there is no event.`;
      return { kind: 'MARKET_MISSING', verdict, message, country, variant: null, sinceUs: null };
    });
  const unexpected = [...marketUsers]
    .filter(([market]) => market !== unknown && !experiment.markets.includes(market))
    .map(([country, { users }]): DeploymentGap => {
      const sinceUs = rhythmIn(sight, country, null)?.firstAtUs ?? null;
      const message = `${country}: not planned, but ${counted(users, 'user')} (${percent(users / userCount)}) seen there.`;
      const verdict = verdictOfStrays(sight, users, userCount);
      return { kind: 'MARKET_UNEXPECTED', verdict, message, country, variant: null, sinceUs };
    });
  return [...missing, ...unexpected];
};

const variantGaps = (sight: MonitorSnapshot): DeploymentGap[] => {
  const cellOf = cellFinder(sight);
  const variants = variantsOf(sight);
  const alpha = alphaOfEach(sight, variants.length, 0);
  const gaps: DeploymentGap[] = [];
  for (const [country, { users: usersOfMarket }] of sight.marketUsers)
    for (const variant of variants) {
      const users = cellOf(country, variant)?.users ?? 0;
      const share = plannedShareOf(sight, variant);
      // With the planned share, this is how probable it would be that nobody has come (binomial distribution). It only
      // falls until somebody comes, so it is the same however often one looks.
      const isMissing = share !== null && users === 0 && (1 - share) ** usersOfMarket <= alpha;
      if (isMissing) {
        const message = `${country}: none of ${counted(usersOfMarket, 'user')} in ${variant}, where ${percent(share)} should be.`;
        gaps.push({ kind: 'VARIANT_MISSING', verdict: 'BROKEN', message, country, variant, sinceUs: null });
      } else if (share === null && users > 0 && sight.experiment.allocation.length > 0) {
        const sinceUs = rhythmIn(sight, country, variant)?.firstAtUs ?? null;
        const message = `${country}: ${counted(users, 'user')} in ${variant}, which is not planned.`;
        const verdict = verdictOfStrays(sight, users, usersOfMarket);
        gaps.push({ kind: 'VARIANT_UNEXPECTED', verdict, message, country, variant, sinceUs });
      }
    }
  return gaps;
};

const verdictOfStrays = (sight: MonitorSnapshot, users: number, ofUsers: number): MonitorVerdict =>
  exceedsShare(users, ofUsers, strayShareMax, alphaOfEach(sight, 1, 0)) ? 'BROKEN' : 'WATCH';

const rhythmIn = ({ history, users, experimentEvents }: MonitorSnapshot, country: string, variant: string | null) => {
  const code = variant === null ? null : (experimentEvents.events.variants.codeOf(variant) ?? -1);
  return history.rhythmOf(users.countries.names.codeOf(country) ?? -1, code);
};

/**
 * Markets and variants from which nothing has come for longer than their own rhythm explains, while others went on; and
 * the whole experiment, measured by the clock and by when its events came. A variant is not told of when its whole
 * market is silent.
 */
const silences = (sight: MonitorSnapshot): DeploymentGap[] => {
  const { history, experiment, nowUs } = sight;
  const [markets, variants] = [marketsOf(sight), variantsOf(sight)];
  const alpha = alphaOfEach(sight, 1 + variants.length, 1);
  const { newestAtUs, all, received } = history;
  const isOver = experiment.endedAtUs !== null && experiment.endedAtUs <= nowUs;
  if (!isOver && isTooLong(received, nowUs, alpha)) return [silence(received, nowUs, null, null)];
  const gaps: DeploymentGap[] = [];
  for (const country of markets) {
    const ofMarket = rhythmIn(sight, country, null);
    if (!ofMarket) continue;
    if (isTooLong(ofMarket, newestAtUs, alpha) && isPassedOver(ofMarket, all.beats, alpha)) {
      gaps.push(silence(ofMarket, newestAtUs, country, null));
      continue;
    }
    for (const variant of variants) {
      const rhythm = rhythmIn(sight, country, variant);
      if (rhythm && isTooLong(rhythm, newestAtUs, alpha) && isPassedOver(rhythm, ofMarket.beats, alpha))
        gaps.push(silence(rhythm, newestAtUs, country, variant));
    }
  }
  return gaps;
};

/** More than twice the longest pause so far, and longer than independent events at the rate so far explain. */
const isTooLong = (
  { beats, firstAtUs, lastAtUs, longestPauseUs }: ArrivalPattern,
  nowUs: number,
  alpha: number,
): boolean =>
  nowUs - lastAtUs > pausesFactor * longestPauseUs &&
  isPauseTooLong(beats - 1, lastAtUs - firstAtUs, nowUs - lastAtUs, alpha);

/** The same counted in what came around it: at night there is a pause, but not for one variant of a market alone. */
const isPassedOver = (
  { beats, firstBeat, lastBeat, longestRun }: ArrivalPattern,
  beatsNow: number,
  alpha: number,
): boolean =>
  beatsNow - lastBeat > pausesFactor * longestRun &&
  isPauseTooLong(beats - 1, lastBeat - firstBeat, beatsNow - lastBeat, alpha);

const silence = (
  rhythm: ArrivalPattern,
  nowUs: number,
  country: string | null,
  variant: string | null,
): DeploymentGap => {
  const where = [country ?? 'All markets', ...(variant === null ? [] : [variant])].join(', ');
  const sinceUs = rhythm.lastAtUs;
  const untold = variant === null ? untoldPauseOf(rhythm, nowUs) : null;
  const because = untold ? `, but it may be a ${untold}, and none was seen yet` : '';
  const message = `${where}: no event after ${formatInstant(sinceUs)}, more than twice as long as ever before${because}.`;
  return { kind: 'WENT_SILENT', verdict: untold ? 'WATCH' : 'BROKEN', message, country, variant, sinceUs };
};

/** A pause that people make and that the rhythm cannot tell of yet. Every weekend there is touches a Saturday or Sunday. */
const untoldPauseOf = ({ firstAtUs, lastAtUs }: ArrivalPattern, nowUs: number): 'night' | 'weekend' | null => {
  const [watchedUs, silentUs] = [lastAtUs - firstAtUs, nowUs - lastAtUs];
  if (watchedUs < 2 * dayUs && silentUs <= dayUs) return 'night';
  if (watchedUs >= 8 * dayUs || silentUs > 3 * dayUs) return null;
  // 1970-01-01 was a Thursday.
  const [from, to] = [Math.floor(lastAtUs / dayUs), Math.floor(nowUs / dayUs)];
  for (let day = from; day <= to; day++) if ((day + 4) % 7 === 0 || (day + 4) % 7 === 6) return 'weekend';
  return null;
};
