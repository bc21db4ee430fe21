import type { PlanInput } from '../domains/experiments/experiments.ts';
import { daySeconds, secondsText } from './members.ts';
import type { Random } from './random.ts';
import { checkoutDays, checkoutStart, type Shopper } from './shoppers.ts';

/** The plan of the demo experiment. */
export const checkoutPlan: PlanInput = {
  key: 'checkout',
  name: 'Checkout on one page',
  startedAtUs: checkoutStart * 1e6,
  endedAtUs: (checkoutStart + checkoutDays * daySeconds) * 1e6,
  allocation: [
    { variant: 'A', weight: 50, isControl: true },
    { variant: 'B', weight: 50, isControl: false },
  ],
  allocationByMarket: [],
  markets: ['DE', 'FR', 'SE'],
};

type Variant = 'A' | 'B';

/** One event of a shopper. */
interface Visit {
  readonly at: number;
  readonly variant: Variant;
  readonly eventType: string | null;
  readonly orderValue: string | null;
}

/** In the second week a release broke the new checkout in Germany: it did not open for most paid accounts. */
const brokenFrom = checkoutStart + 7 * daySeconds;
const isLost = (random: Random, { country, accountType, firstVisitAt }: Shopper, variant: Variant): boolean =>
  country === 'DE' && accountType === 'paid' && variant === 'B' && firstVisitAt >= brokenFrom && random.chance(67);

/** France sends no events in the last days. */
const franceEnd = checkoutStart + 23 * daySeconds + 51_720;

const orderValues = ['12.50', '19.90', '24.80', '39.80', '89.00', '108.90', '249.95'] as const;
const orderWeights = [22, 30, 17, 14, 9, 6, 2];
/** The percentage of started checkouts that end with a purchase. */
const purchasePercent = { A: 52, B: 58 } as const;

/** A shopper views the shop, may start a checkout and may buy. */
const drawVisits = (random: Random, { country, firstVisitAt }: Shopper, variant: Variant): Visit[] => {
  let at = firstVisitAt;
  let currentVariant = variant;
  const visits: Visit[] = [];
  const visit = (eventType: string | null, orderValue: string | null = null): void => {
    visits.push({ at, variant: currentVariant, eventType, orderValue });
  };
  // Old trackers send no event type.
  visit(random.chance(2) ? null : 'view');
  if (random.chance(35)) {
    at += 60 + random.below(3 * daySeconds);
    visit('view');
  }
  // Lost cookies: a few users get the other variant on their next visit.
  if (country === 'SE' && random.below(1000) < 8) {
    at += daySeconds + random.below(daySeconds);
    currentVariant = variant === 'A' ? 'B' : 'A';
    visit('view');
  }
  if (!random.chance(52)) return visits;
  at += 30 + random.below(900);
  visit('checkout');
  if (!random.chance(purchasePercent[currentVariant])) return visits;
  at += 60 + random.below(600);
  visit('purchase', orderValues[random.weighted(orderWeights)]);
  return visits;
};

interface Arrival {
  /** When the event arrived: for a phone that was offline, days later. */
  readonly arrivedAt: number;
  readonly visit: Visit;
  readonly shopper: Shopper;
}

const drawArrivals = (random: Random, shoppers: readonly Shopper[]): Arrival[] => {
  const end = checkoutStart + checkoutDays * daySeconds;
  return shoppers
    .flatMap((shopper) => {
      const variant: Variant = random.chance(50) ? 'A' : 'B';
      if (isLost(random, shopper, variant)) return [];
      const last = shopper.country === 'FR' ? franceEnd : end;
      return drawVisits(random, shopper, variant)
        .filter(({ at }) => at < last)
        .map((visit) => {
          const delay = random.below(150) === 0 ? daySeconds + random.below(2 * daySeconds) : random.below(40);
          return { arrivedAt: visit.at + delay, visit, shopper };
        });
    })
    .sort((a, b) => a.arrivedAt - b.arrivedAt);
};

/** Events of a faulty client: an amount in words, a day that does not exist, no variant. */
const faulty: readonly { readonly after: number; readonly fault: object }[] = [
  { after: 612, fault: { event_type: 'purchase', order_value: 'twenty' } },
  { after: 1874, fault: { date: '2025-09-31T18:22:07' } },
  { after: 2950, fault: { version: '' } },
];
export const faultyEvents = faulty.length;

/** A file of events: JSON Lines, in the order of arrival. */
export const eventsText = (random: Random, shoppers: readonly Shopper[]): string => {
  const events = drawArrivals(random, shoppers).map(({ visit, shopper }, index) => ({
    event_id: `e-${100_001 + index}`,
    experiment: checkoutPlan.key,
    user_id: shopper.userId,
    account_type: shopper.accountType,
    date: secondsText(visit.at),
    event_type: visit.eventType,
    order_value: visit.orderValue,
    version: visit.variant,
  }));
  const lines = events.flatMap((event, index) => {
    // Order values have two decimals, which JSON.stringify would drop.
    const line = JSON.stringify(event).replace(/"order_value":"([\d.]+)"/, '"order_value":$1');
    const faultIndex = faulty.findIndex(({ after }) => after === index);
    if (faultIndex < 0) return [line];
    return [line, JSON.stringify({ ...event, event_id: `e-9000${faultIndex + 1}`, ...faulty[faultIndex]?.fault })];
  });
  return `${lines.join('\n')}\n`;
};
