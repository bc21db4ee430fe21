import { exceedsShare } from '../../lib/statistics/exceedance.ts';
import { type DeploymentGap, deploymentGaps } from './gaps.ts';
import {
  counted,
  type MonitorVerdict,
  percent,
  type SampleRatio,
  sampleRatios,
  type VariantCount,
} from './sample-ratio.ts';
import { alphaOfEach, cellFinder, type MonitorSnapshot, marketsOf, plannedShareOf, variantsOf } from './snapshot.ts';

/** Users seen in more than one variant. */
export interface Crossovers {
  readonly kind: 'CROSSOVERS';
  readonly verdict: MonitorVerdict;
  readonly message: string;
  readonly country: string | null;
  readonly users: number;
  readonly share: number;
  /** Codes of so many of them from a place on, in the order they were found out. */
  codesFrom(place: number, count: number): number[];
}

/** Users that no users file names. */
export interface UnknownUsers {
  readonly kind: 'UNKNOWN_USERS';
  readonly verdict: MonitorVerdict;
  readonly message: string;
  readonly country: string | null;
  readonly users: number;
  readonly events: number;
  readonly byVariant: readonly VariantCount[];
}

export type MonitorCheck = SampleRatio | DeploymentGap | Crossovers | UnknownUsers;

export interface MarketHealth {
  readonly country: string;
  /** The worst of its checks. */
  readonly verdict: MonitorVerdict;
  readonly firstEventAtUs: number | null;
  readonly lastEventAtUs: number | null;
  readonly userCount: number;
  readonly sampleRatio: SampleRatio;
}

export interface MonitorHealth {
  readonly verdict: MonitorVerdict;
  /** The worst first. */
  readonly checks: readonly MonitorCheck[];
  readonly markets: readonly MarketHealth[];
}

const worstFirst: readonly MonitorVerdict[] = ['BROKEN', 'WATCH', 'NOT_ENOUGH_DATA', 'HEALTHY'];
const rankOf = ({ verdict }: { readonly verdict: MonitorVerdict }): number => worstFirst.indexOf(verdict);
/** From this part of users on, crossing over is no accident. */
const crossoverShareMax = 0.01;
/** Up to this part of users without a country bias no figure that matters. */
const unknownShareMax = 0.01;
const unknown = 'unknown';

export const healthOf = (sight: MonitorSnapshot): MonitorHealth => {
  const ratios = sampleRatios(sight);
  const gaps = deploymentGaps(sight);
  const crossed = crossovers(sight);
  const unknownUsers = unknownUsersOf(sight, ratios.markets);
  const checks: MonitorCheck[] = [
    ...(sight.country === undefined ? [ratios.all] : []),
    ...ratios.markets,
    ...gaps,
    ...crossed,
    ...unknownUsers,
  ];
  // Sorting is stable: of equal verdicts the split of all users comes first.
  checks.sort((a, b) => rankOf(a) - rankOf(b));
  const worst = (checks[0] as MonitorCheck | undefined)?.verdict ?? 'NOT_ENOUGH_DATA';
  // A market that is too small to tell is no news while the whole is large enough.
  const ofSplit = sight.country === undefined ? ratios.all : ratios.markets[0];
  const verdict = worst === 'BROKEN' || worst === 'WATCH' ? worst : (ofSplit?.verdict ?? 'NOT_ENOUGH_DATA');
  return { verdict, checks, markets: marketsHealth(sight, ratios.markets, checks) };
};

const marketsHealth = (
  sight: MonitorSnapshot,
  ratios: readonly SampleRatio[],
  checks: readonly MonitorCheck[],
): MarketHealth[] =>
  ratios.map((sampleRatio) => {
    const country = sampleRatio.country as string;
    const code = sight.users.countries.names.codeOf(country) ?? -1;
    const rhythm = sight.history.rhythmOf(code, null);
    const ofMarket = checks.filter((check) => check.country === country);
    return {
      country,
      verdict: (ofMarket[0] ?? sampleRatio).verdict,
      firstEventAtUs: rhythm?.firstAtUs ?? null,
      lastEventAtUs: rhythm?.lastAtUs ?? null,
      userCount: sight.marketUsers.get(country)?.users ?? 0,
      sampleRatio,
    };
  });

const crossovers = (sight: MonitorSnapshot): Crossovers[] => {
  const { crossoverCount, userCount, marketUsers } = sight;
  const alpha = alphaOfEach(sight, 1, 1);
  const make = (country: string | null, users: number, ofUsers: number): Crossovers => {
    const share = ofUsers === 0 ? 0 : users / ofUsers;
    const isMany = exceedsShare(users, ofUsers, crossoverShareMax, alpha);
    const verdict = users === 0 ? 'HEALTHY' : isMany ? 'BROKEN' : 'WATCH';
    const where = country ?? 'All markets';
    const message =
      users === 0
        ? `${where}: no user was seen in more than one variant.`
        : `${where}: ${users} of ${counted(ofUsers, 'user')} (${percent(share)}) seen in more than one variant.`;
    const codesFrom = (place: number, count: number) => crossoverCodes(sight, country, place, count);
    return { kind: 'CROSSOVERS', verdict, message, country, users, share, codesFrom };
  };
  const markets = marketsOf(sight).flatMap((market) => {
    const of = marketUsers.get(market);
    return of && of.crossovers > 0 ? [make(market, of.crossovers, of.users)] : [];
  });
  return sight.country === undefined ? [make(null, crossoverCount, userCount), ...markets] : markets;
};

const crossoverCodes = (sight: MonitorSnapshot, country: string | null, place: number, count: number): number[] => {
  const { deployment, crossoverCount, users, countryOf } = sight;
  const code = country === null ? null : users.countries.names.codeOf(country);
  const found: number[] = [];
  let left = place;
  for (let index = 0; index < crossoverCount && found.length < count; index++) {
    const user = deployment.crossovers[index] as number;
    if ((code === null || countryOf(user) === code) && left-- <= 0) found.push(user);
  }
  return found;
};

const unknownUsersOf = (sight: MonitorSnapshot, ratios: readonly SampleRatio[]): UnknownUsers[] => {
  const { userCount, country, marketUsers } = sight;
  if (country !== undefined && country !== unknown) return [];
  const cellOf = cellFinder(sight);
  const counts = variantsOf(sight).map((variant) => ({ variant, cell: cellOf(unknown, variant) }));
  const users = marketUsers.get(unknown)?.users ?? 0;
  const events = counts.reduce((sum, { cell }) => sum + (cell?.events ?? 0), 0);
  const byVariant = counts.map(({ variant, cell }) => ({
    variant,
    users: cell?.users ?? 0,
    expected: users * (plannedShareOf(sight, variant) ?? 0),
  }));
  const isUneven = ratios.some((ratio) => ratio.country === unknown && ratio.verdict === 'BROKEN');
  const verdict = isUneven ? 'BROKEN' : users > userCount * unknownShareMax ? 'WATCH' : 'HEALTHY';
  const share = percent(userCount === 0 ? 0 : users / userCount);
  const message =
    users === 0
      ? 'Every user is in the user table.'
      : `${counted(users, 'user')} (${share}) not in the user table, or there without a country${isUneven ? '; their uneven split biases every market' : ''}.`;
  return [{ kind: 'UNKNOWN_USERS', verdict, message, country: country ?? null, users, events, byVariant }];
};
