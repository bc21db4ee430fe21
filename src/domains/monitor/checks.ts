import { exceedsShare } from '../../lib/statistics/exceedance.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';
import { countedEvents, type DataCheck } from './data-checks.ts';
import { type ExposureGap, exposureGaps } from './gaps.ts';
import { type MonitorVerdict, type SampleRatio, sampleRatios, type VariantCount } from './sample-ratio.ts';
import { alphaOfEach, cellFinder, type MonitorSnapshot, marketsOf, plannedShareOf, variantsOf } from './snapshot.ts';
import { percent, pluralize } from './text.ts';

/** Users who saw more than one variant. */
export interface Crossovers {
  readonly kind: 'CROSSOVERS';
  readonly verdict: MonitorVerdict;
  readonly message: string;
  readonly country: string | null;
  readonly users: number;
  readonly share: number;
}

/** Users that no users file lists. */
export interface UnknownUsers {
  readonly kind: 'UNKNOWN_USERS';
  readonly verdict: MonitorVerdict;
  readonly message: string;
  readonly country: string | null;
  readonly users: number;
  readonly events: number;
  readonly byVariant: readonly VariantCount[];
}

export type MonitorCheck = SampleRatio | ExposureGap | Crossovers | UnknownUsers | DataCheck;

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

const worstFirst: readonly MonitorVerdict[] = ['BROKEN', 'WATCH', 'NO_DATA', 'NOT_ENOUGH_DATA', 'HEALTHY'];
const rankOf = ({ verdict }: { readonly verdict: MonitorVerdict }): number => worstFirst.indexOf(verdict);
/** From this part of the users on, crossovers are no accident. */
const crossoverShareMax = 0.01;
/** Up to this part, users without a country bias no figure that matters. */
const unknownShareMax = 0.01;

/** `dataChecks` are those that need more than the snapshot. */
export const healthOf = (snapshot: MonitorSnapshot, dataChecks: readonly DataCheck[]): MonitorHealth => {
  const ratios = sampleRatios(snapshot);
  const checks: MonitorCheck[] = [
    ...(snapshot.country === undefined ? [ratios.all] : []),
    ...ratios.markets,
    ...exposureGaps(snapshot),
    ...crossoversOf(snapshot),
    ...unknownUsersOf(snapshot, ratios.markets),
    ...dataChecks,
  ];
  // Sorting is stable: of equal verdicts the split of all users comes first.
  checks.sort((a, b) => rankOf(a) - rankOf(b));
  const worst = (checks[0] as MonitorCheck | undefined)?.verdict ?? 'NOT_ENOUGH_DATA';
  // A market with too few users does not matter while all users together are enough.
  const ofSplit = snapshot.country === undefined ? ratios.all : ratios.markets[0];
  const ofAll = worst === 'BROKEN' || worst === 'WATCH' ? worst : (ofSplit?.verdict ?? 'NOT_ENOUGH_DATA');
  const verdict = worst !== 'BROKEN' && countedEvents(snapshot) === 0 ? 'NO_DATA' : ofAll;
  return { verdict, checks, markets: marketsHealth(snapshot, ratios.markets, checks) };
};

const marketsHealth = (
  { arrivals, marketUsers }: MonitorSnapshot,
  ratios: readonly SampleRatio[],
  checks: readonly MonitorCheck[],
): MarketHealth[] =>
  ratios.map((sampleRatio) => {
    const country = sampleRatio.country as string;
    const pattern = arrivals.markets.get(country)?.pattern;
    const worst = checks.find((check) => check.country === country) ?? sampleRatio;
    return {
      country,
      verdict: worst.verdict,
      firstEventAtUs: pattern?.firstAtUs ?? null,
      lastEventAtUs: pattern?.lastAtUs ?? null,
      userCount: marketUsers.get(country)?.users ?? 0,
      sampleRatio,
    };
  });

const crossoversOf = (snapshot: MonitorSnapshot): Crossovers[] => {
  const { crossoverCount, userCount, marketUsers } = snapshot;
  const alpha = alphaOfEach(snapshot, 1, 1);
  const checkOf = (country: string | null, users: number, ofUsers: number): Crossovers => {
    const share = ofUsers === 0 ? 0 : users / ofUsers;
    const isMany = exceedsShare(users, ofUsers, crossoverShareMax, alpha);
    const verdict = users === 0 ? 'HEALTHY' : isMany ? 'BROKEN' : 'WATCH';
    const where = country ?? 'All markets';
    const message =
      users === 0
        ? `${where}: no user was seen in more than one variant.`
        : `${where}: ${users} of ${pluralize(ofUsers, 'user')} (${percent(share)}) seen in more than one variant.`;
    return { kind: 'CROSSOVERS', verdict, message, country, users, share };
  };
  const markets = marketsOf(snapshot).flatMap((market) => {
    const found = marketUsers.get(market);
    return found && found.crossovers > 0 ? [checkOf(market, found.crossovers, found.users)] : [];
  });
  return snapshot.country === undefined ? [checkOf(null, crossoverCount, userCount), ...markets] : markets;
};

const unknownUsersOf = (snapshot: MonitorSnapshot, ratios: readonly SampleRatio[]): UnknownUsers[] => {
  const { userCount, country, marketUsers } = snapshot;
  if (country !== undefined && country !== unknownLabel) return [];
  const cellOf = cellFinder(snapshot);
  const counts = variantsOf(snapshot).map((variant) => ({ variant, cell: cellOf(unknownLabel, variant) }));
  const users = marketUsers.get(unknownLabel)?.users ?? 0;
  const events = counts.reduce((sum, { cell }) => sum + (cell?.events ?? 0), 0);
  const byVariant = counts.map(({ variant, cell }) => ({
    variant,
    users: cell?.users ?? 0,
    expected: users * (plannedShareOf(snapshot, variant, unknownLabel) ?? 0),
  }));
  const isUneven = ratios.some((ratio) => ratio.country === unknownLabel && ratio.verdict === 'BROKEN');
  const verdict = isUneven ? 'BROKEN' : users > userCount * unknownShareMax ? 'WATCH' : 'HEALTHY';
  const share = percent(userCount === 0 ? 0 : users / userCount);
  const consequence = isUneven ? '; their uneven split biases every market' : '';
  const message =
    users === 0
      ? 'Every user is in the user table.'
      : `${pluralize(users, 'user')} (${share}) not in the user table, or there without a country${consequence}.`;
  return [{ kind: 'UNKNOWN_USERS', verdict, message, country: country ?? null, users, events, byVariant }];
};
