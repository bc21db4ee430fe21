import { exceedsShare } from '../lib/statistics/exceedance.ts';
import { type DeploymentGap, deploymentGaps } from './deployment-gaps.ts';
import { alphaOfEach, cellFinder, marketsOf, plannedShareOf, type Sight, variantsOf } from './monitor-sight.ts';
import {
  counted,
  type MonitorVerdict,
  percent,
  type SampleRatio,
  sampleRatios,
  type VariantCount,
} from './sample-ratio.ts';

/** Users seen in more than one variant. */
export interface Crossovers {
  readonly kind: 'CROSSOVERS';
  readonly verdict: MonitorVerdict;
  readonly message: string;
  readonly country: string | null;
  readonly users: number;
  readonly share: number;
  /** Their codes, in the order they were found out. */
  readonly userCodes: readonly number[];
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

export const healthOf = (sight: Sight): MonitorHealth => {
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

const marketsHealth = (sight: Sight, ratios: readonly SampleRatio[], checks: readonly MonitorCheck[]): MarketHealth[] =>
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
      userCount: usersOf(sight, country),
      sampleRatio,
    };
  });

const crossovers = (sight: Sight): Crossovers[] => {
  const { deployment, crossoverCount, userCount, users, countryOf } = sight;
  const byMarket = new Map<string, number[]>();
  const all = deployment.crossovers.slice(0, crossoverCount);
  for (const user of all) {
    const market = users.countries.names.textOf(countryOf(user));
    const found = byMarket.get(market);
    if (found) found.push(user);
    else byMarket.set(market, [user]);
  }
  const alpha = alphaOfEach(sight, 1 + marketsOf(sight).length);
  const make = (country: string | null, userCodes: readonly number[], ofUsers: number): Crossovers => {
    const share = ofUsers === 0 ? 0 : userCodes.length / ofUsers;
    const isMany = exceedsShare(userCodes.length, ofUsers, crossoverShareMax, alpha);
    const verdict = userCodes.length === 0 ? 'HEALTHY' : isMany ? 'BROKEN' : 'WATCH';
    const where = country ?? 'All markets';
    const message =
      userCodes.length === 0
        ? `${where}: no user was seen in more than one variant.`
        : `${where}: ${userCodes.length} of ${counted(ofUsers, 'user')} (${percent(share)}) seen in more than one variant.`;
    return { kind: 'CROSSOVERS', verdict, message, country, users: userCodes.length, share, userCodes };
  };
  const markets = marketsOf(sight)
    .filter((market) => byMarket.has(market))
    .map((market) => make(market, byMarket.get(market) ?? [], usersOf(sight, market)));
  return sight.country === undefined ? [make(null, all, userCount), ...markets] : markets;
};

/** Users of a market, each once. */
const usersOf = (sight: Sight, market: string): number => {
  const { users, cells, deployment, crossoverCount, countryOf } = sight;
  const code = users.countries.names.codeOf(market) ?? -1;
  const exposed = cells.filter(({ country }) => country === code).reduce((sum, cell) => sum + cell.users, 0);
  const crossed = deployment.crossovers.slice(0, crossoverCount).filter((user) => countryOf(user) === code);
  return crossed.reduce((sum, user) => sum - (deployment.variantsOf(user).length - 1), exposed);
};

const unknownUsersOf = (sight: Sight, ratios: readonly SampleRatio[]): UnknownUsers[] => {
  const { userCount, country } = sight;
  if (country !== undefined && country !== unknown) return [];
  const cellOf = cellFinder(sight);
  const counts = variantsOf(sight).map((variant) => ({ variant, cell: cellOf(unknown, variant) }));
  const users = counts.reduce((sum, { cell }) => sum + (cell?.users ?? 0), 0);
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
