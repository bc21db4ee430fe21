import { formatInstant } from '../lib/time.ts';
import type { Rhythm } from './deployment-history.ts';
import { cellFinder, marketsOf, plannedShareOf, type Sight, variantsOf } from './monitor-sight.ts';
import { counted, type MonitorVerdict, percent } from './sample-ratio.ts';

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
/** A rhythm is known after so many events and one pause between them. */
const rhythmEventsMin = 20;
/** How much longer than its longest pause a silence has to be. */
const pausesMin = 2;
const unknown = 'unknown';

export const deploymentGaps = (sight: Sight): DeploymentGap[] => {
  const gaps = [...marketGaps(sight), ...variantGaps(sight), ...(sight.isWhole ? silences(sight) : [])];
  return gaps.filter(({ country }) => sight.country === undefined || country === null || country === sight.country);
};

const marketGaps = (sight: Sight): DeploymentGap[] => {
  const { experiment, limits, userCount } = sight;
  if (experiment.markets.length === 0) return [];
  const seen = new Set(usersByMarket(sight).keys());
  const missing = experiment.markets
    .filter((market) => !seen.has(market))
    .map((country): DeploymentGap => {
      const verdict = userCount >= limits.monitorUsersMin ? 'BROKEN' : 'NOT_ENOUGH_DATA';
      const message = `${country}: planned, but there is no event.`;
      return { kind: 'MARKET_MISSING', verdict, message, country, variant: null, sinceUs: null };
    });
  const unexpected = [...usersByMarket(sight)]
    .filter(([market]) => market !== unknown && !experiment.markets.includes(market))
    .map(([country, users]): DeploymentGap => {
      const sinceUs = rhythmIn(sight, country, null)?.firstAtUs ?? null;
      const message = `${country}: not planned, but ${counted(users, 'user')} (${percent(users / userCount)}) seen there.`;
      const verdict = verdictOfStrays(users, userCount);
      return { kind: 'MARKET_UNEXPECTED', verdict, message, country, variant: null, sinceUs };
    });
  return [...missing, ...unexpected];
};

const variantGaps = (sight: Sight): DeploymentGap[] => {
  const cellOf = cellFinder(sight);
  const byMarket = usersByMarket(sight);
  const gaps: DeploymentGap[] = [];
  for (const [country, usersOfMarket] of byMarket)
    for (const variant of variantsOf(sight)) {
      const users = cellOf(country, variant)?.users ?? 0;
      const share = plannedShareOf(sight, variant);
      // With the planned share, this is how probable it would be that nobody has come (binomial distribution).
      const isMissing = share !== null && users === 0 && (1 - share) ** usersOfMarket <= sight.limits.monitorAlpha;
      if (isMissing) {
        const message = `${country}: none of ${counted(usersOfMarket, 'user')} in ${variant}, where ${percent(share)} should be.`;
        gaps.push({ kind: 'VARIANT_MISSING', verdict: 'BROKEN', message, country, variant, sinceUs: null });
      } else if (share === null && users > 0 && sight.experiment.allocation.length > 0) {
        const sinceUs = rhythmIn(sight, country, variant)?.firstAtUs ?? null;
        const message = `${country}: ${counted(users, 'user')} in ${variant}, which is not planned.`;
        const verdict = verdictOfStrays(users, usersOfMarket);
        gaps.push({ kind: 'VARIANT_UNEXPECTED', verdict, message, country, variant, sinceUs });
      }
    }
  return gaps;
};

const verdictOfStrays = (users: number, ofUsers: number): MonitorVerdict =>
  users > ofUsers * strayShareMax ? 'BROKEN' : 'WATCH';

/** Users of each market that has events; one seen in two variants counts in both. */
const usersByMarket = ({ cells, users }: Sight): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { country, users: counted } of cells) {
    const name = users.countries.names.textOf(country);
    counts.set(name, (counts.get(name) ?? 0) + counted);
  }
  return counts;
};

const rhythmIn = ({ history, users, experimentEvents }: Sight, country: string, variant: string | null) => {
  const code = variant === null ? null : (experimentEvents.events.variants.codeOf(variant) ?? -1);
  return history.rhythmOf(users.countries.names.codeOf(country) ?? -1, code);
};

/**
 * Markets and variants from which nothing has come for longer than their own rhythm explains, while others went on; and
 * the whole experiment, measured by the clock and by when its events came. A variant is not told of when its whole
 * market is silent.
 */
const silences = (sight: Sight): DeploymentGap[] => {
  const { history, experiment, nowUs } = sight;
  const isOver = experiment.endedAtUs !== null && experiment.endedAtUs <= nowUs;
  if (!isOver && isSilent(history.received, nowUs)) return [silence(null, null, history.received.lastAtUs)];
  const gaps: DeploymentGap[] = [];
  for (const country of marketsOf(sight)) {
    const ofMarket = rhythmIn(sight, country, null);
    if (ofMarket && isSilent(ofMarket, history.newestAtUs)) gaps.push(silence(country, null, ofMarket.lastAtUs));
    else
      for (const variant of variantsOf(sight)) {
        const rhythm = rhythmIn(sight, country, variant);
        if (rhythm && isSilent(rhythm, history.newestAtUs)) gaps.push(silence(country, variant, rhythm.lastAtUs));
      }
  }
  return gaps;
};

/**
 * More than twice the longest pause so far, and, for events that come independently at the rate so far (a Poisson
 * process), less probable than one in a thousand.
 */
const isSilent = ({ events, firstAtUs, lastAtUs, longestPauseUs }: Rhythm, nowUs: number): boolean => {
  if (events < rhythmEventsMin || longestPauseUs === 0) return false;
  const silentUs = nowUs - lastAtUs;
  const expected = (silentUs * (events - 1)) / (lastAtUs - firstAtUs);
  return silentUs > pausesMin * longestPauseUs && Math.exp(-expected) < 0.001;
};

const silence = (country: string | null, variant: string | null, sinceUs: number): DeploymentGap => {
  const where = [country ?? 'All markets', ...(variant === null ? [] : [variant])].join(', ');
  const message = `${where}: no event after ${formatInstant(sinceUs)}, more than twice as long as ever before.`;
  return { kind: 'WENT_SILENT', verdict: 'BROKEN', message, country, variant, sinceUs };
};
