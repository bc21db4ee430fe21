import { formatInstant } from '../../lib/time.ts';
import type { MonitorCheck, MonitorHealth } from './checks.ts';
import type { SampleRatio, VariantCount } from './sample-ratio.ts';
import { type MonitorSnapshot, marketsOf } from './snapshot.ts';
import type { Suspect } from './suspects.ts';
import { percent, pluralize } from './text.ts';

interface SentenceSources {
  readonly snapshot: MonitorSnapshot;
  readonly health: MonitorHealth;
  /** The segments that explain the imbalance of a market, or of all users for null; the strongest first. */
  suspects(country: string | null): Promise<readonly Suspect[]>;
}

/** A segment explains an imbalance when it has this part of chi-squared among the segments of its dimension … */
const contributionMin = 0.8;
/** … and at most this part of the users: one that has nearly all users explains nothing. */
const userPartMax = 0.8;

/**
 * The verdict in one sentence for people: what is broken, since when, how far from the plan and for whom; for several broken
 * checks the one that matters most, a market before all markets, with the number of the others.
 */
export const sentenceOf = async ({ snapshot, health, suspects }: SentenceSources): Promise<string> => {
  const { verdict, checks } = health;
  if (verdict === 'HEALTHY') return healthySentence(snapshot);
  const worst = checks.filter((check) => check.verdict === verdict);
  const lead = verdict === 'BROKEN' ? leadOf(worst) : worst[0];
  if (!lead) return `${verdict}: no user takes part.`;
  const others = worst.length - 1;
  const more = others === 0 || (verdict !== 'BROKEN' && verdict !== 'WATCH') ? '' : ` ${moreText(others, verdict)}`;
  if (lead.kind !== 'SAMPLE_RATIO' || verdict !== 'BROKEN') return `${verdict}: ${lead.message}${more}`;
  const suspect = (await suspects(lead.country)).find((each) => explains(each, lead));
  const mostly = suspect ? `; mostly ${dimensionText(suspect.dimension)} ${suspect.value}` : '';
  const since = lead.brokenSinceUs === null ? '' : ` since ${formatInstant(lead.brokenSinceUs)}`;
  const verb = lead.country === null ? 'are' : 'is';
  return `${lead.country ?? 'All markets'} ${verb} BROKEN${since}: ${splitText(snapshot, lead)}${mostly}.${more}`;
};

const moreText = (others: number, verdict: string): string =>
  others === 1 ? `1 more check is ${verdict}.` : `${others} more checks are ${verdict}.`;

/** The split of a market that is the least probable, else that of all markets, else the first check. */
const leadOf = (worst: readonly MonitorCheck[]): MonitorCheck | undefined => {
  const splits = worst.filter((check) => check.kind === 'SAMPLE_RATIO');
  const ofMarkets = splits
    .filter(({ country }) => country !== null)
    .sort((a, b) => (a.sequentialPValue ?? 1) - (b.sequentialPValue ?? 1));
  return ofMarkets[0] ?? splits[0] ?? worst[0];
};

const usersOf = ({ observed }: SampleRatio): number => observed.reduce((sum, { users }) => sum + users, 0);

/** The variant that misses the most users, or has the most too many when none misses as many. */
const splitText = ({ isPlanned }: MonitorSnapshot, ratio: SampleRatio): string => {
  const users = usersOf(ratio);
  const deviation = (each: VariantCount): number => each.users - each.expected;
  const [variant] = [...ratio.observed].sort(
    (a, b) => Math.abs(deviation(b)) - Math.abs(deviation(a)) || deviation(a) - deviation(b),
  );
  if (!variant) return 'the split is not as planned';
  const share = percent(users === 0 ? 0 : variant.expected / users);
  const plan = isPlanned ? 'planned' : 'assumed';
  return `${variant.variant} has ${variant.users} of ${pluralize(users, 'user')} where ${share} is ${plan}`;
};

const explains = ({ contribution, users }: Suspect, ratio: SampleRatio): boolean =>
  contribution >= contributionMin && users <= userPartMax * usersOf(ratio);

/** The name of a dimension as people write it: `account type`. */
const dimensionText = (dimension: string): string =>
  dimension === 'PERIOD' ? 'on' : dimension.toLowerCase().replaceAll('_', ' ');

const healthySentence = (snapshot: MonitorSnapshot): string => {
  const markets = marketsOf(snapshot).filter((market) => snapshot.marketUsers.has(market));
  const users = markets.reduce((sum, market) => sum + (snapshot.marketUsers.get(market)?.users ?? 0), 0);
  const plan = snapshot.isPlanned ? 'as planned' : 'evenly, as assumed without a plan';
  return `HEALTHY: ${pluralize(users, 'user')} in ${pluralize(markets.length, 'market')} split ${plan}.`;
};
