import { daySeconds, type Member, statusAt, yearStart } from './members.ts';
import type { Random } from './random.ts';

/** A participant of the experiment: a member in one of its markets, or a customer without a membership. */
export interface Shopper {
  readonly userId: string;
  readonly country: string;
  readonly accountType: 'free' | 'paid';
  /** Seconds since 1970 UTC. */
  readonly firstVisitAt: number;
}

/** The experiment runs for four weeks from Monday 15 September. */
export const checkoutStart = yearStart + 257 * daySeconds;
export const checkoutDays = 28;

const markets = [
  { country: 'SE', weight: 32 },
  { country: 'DE', weight: 42 },
  { country: 'FR', weight: 26 },
] as const;
const customerCount = 1900;
/** The weight of each hour of the day: most visits are in the evening. */
const hourWeights = [3, 1, 1, 1, 1, 2, 4, 8, 12, 15, 16, 17, 18, 16, 15, 16, 18, 20, 22, 26, 28, 24, 15, 8];

const drawVisit = (random: Random): number =>
  checkoutStart + random.below(checkoutDays) * daySeconds + random.weighted(hourWeights) * 3600 + random.below(3600);

/** Ordered by the time of their first visit. */
export const drawShoppers = (random: Random, members: readonly Member[]): Shopper[] => {
  const membersOfMarkets = members.filter((member) => markets.some(({ country }) => country === member.country));
  const shoppers: Shopper[] = membersOfMarkets.flatMap((member) => {
    const firstVisitAt = drawVisit(random);
    const status = statusAt(member, firstVisitAt);
    if (!status) return [];
    const { userId, country } = member;
    return [{ userId, country, accountType: status === 'paying' ? 'paid' : 'free', firstVisitAt }];
  });
  for (let number = 1; number <= customerCount; number++) {
    const { country } = markets[random.weighted(markets.map(({ weight }) => weight))] as (typeof markets)[number];
    const accountType = random.chance(55) ? 'paid' : 'free';
    shoppers.push({ userId: `c-${30_000 + number}`, country, accountType, firstVisitAt: drawVisit(random) });
  }
  return shoppers.sort((a, b) => a.firstVisitAt - b.firstVisitAt);
};

const drawGender = (random: Random): string | null =>
  [null, 'female', 'male', 'other'][random.weighted([4, 49, 45, 2])] ?? null;

/** A file of users: a JSON array. A few users are missing, as is usual between two systems. */
export const usersText = (random: Random, members: readonly Member[], shoppers: readonly Shopper[]): string => {
  const countries = new Map([...members, ...shoppers].map(({ userId, country }) => [userId, country]));
  const lines = [...countries].flatMap(([userId, country]) => {
    const user = JSON.stringify({ user_id: userId, country, gender: drawGender(random) });
    return random.chance(3) ? [] : [user];
  });
  return `[\n  ${lines.join(',\n  ')}\n]\n`;
};
