import type { Experiment } from '../domains/experiments/experiments.ts';
import { daySeconds, secondsText } from './members.ts';
import type { Random } from './random.ts';
import { checkoutDays, checkoutStart, type Shopper } from './shoppers.ts';

/** The experiment as it was planned. */
export const checkoutPlan: Experiment = {
  key: 'checkout',
  name: 'Checkout on one page',
  startedAtUs: checkoutStart * 1e6,
  endedAtUs: (checkoutStart + checkoutDays * daySeconds) * 1e6,
  allocation: [
    { variant: 'A', weight: 50, isControl: true },
    { variant: 'B', weight: 50, isControl: false },
  ],
  markets: ['DE', 'FR', 'SE'],
};

type Variant = 'A' | 'B';

/** One that happened, in the order of time. */
interface Visit {
  readonly at: number;
  readonly variant: Variant;
  readonly eventType: string | null;
  readonly orderValue: string | null;
}

/** From the second week on a release broke the new checkout in Germany: it did not open for most paid accounts. */
const brokenFrom = checkoutStart + 7 * daySeconds;
const isLost = (random: Random, { country, accountType, firstVisitAt }: Shopper, variant: Variant): boolean =>
  country === 'DE' && accountType === 'paid' && variant === 'B' && firstVisitAt >= brokenFrom && random.chance(67);

/** France sent nothing any more in the last days. */
const franceEnd = checkoutStart + 23 * daySeconds + 51_720;

const orderValues = ['12.50', '19.90', '24.80', '39.80', '89.00', '108.90', '249.95'] as const;
const orderWeights = [22, 30, 17, 14, 9, 6, 2];
/** How many of 100 who begin a checkout buy. */
const buys = { A: 52, B: 58 } as const;

/** What a shopper does: looks, perhaps begins a checkout, perhaps buys. */
const drawVisits = (random: Random, { country, firstVisitAt }: Shopper, variant: Variant): Visit[] => {
  let at = firstVisitAt;
  let now = variant;
  const visits: Visit[] = [];
  const note = (eventType: string | null, orderValue: string | null = null): void => {
    visits.push({ at, variant: now, eventType, orderValue });
  };
  // Old trackers do not say what happened.
  note(random.chance(2) ? null : 'view');
  if (random.chance(35)) {
    at += 60 + random.below(3 * daySeconds);
    note('view');
  }
  // A cookie that is lost: a few are given the other variant when they come again.
  if (country === 'SE' && random.below(1000) < 8) {
    at += daySeconds + random.below(daySeconds);
    now = variant === 'A' ? 'B' : 'A';
    note('view');
  }
  if (!random.chance(52)) return visits;
  at += 30 + random.below(900);
  note('checkout');
  if (!random.chance(buys[now])) return visits;
  at += 60 + random.below(600);
  note('purchase', orderValues[random.weighted(orderWeights)]);
  return visits;
};

interface Arrival {
  /** When it came, which for a phone that had been offline is days later. */
  readonly cameAt: number;
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
          return { cameAt: visit.at + delay, visit, shopper };
        });
    })
    .sort((a, b) => a.cameAt - b.cameAt);
};

/** What a faulty client sent among the others: a decimal comma, a day that does not exist, no variant. */
const faulty: readonly { readonly after: number; readonly fault: object }[] = [
  { after: 612, fault: { event_type: 'purchase', order_value: '19,90' } },
  { after: 1874, fault: { date: '2025-09-31T18:22:07' } },
  { after: 2950, fault: { version: '' } },
];
export const faultyEvents = faulty.length;

/** A file of events: JSON Lines, in the order they came. */
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
    // Order values are spelled with both decimals, as JSON.stringify would not.
    const line = JSON.stringify(event).replace(/"order_value":"([\d.]+)"/, '"order_value":$1');
    const place = faulty.findIndex(({ after }) => after === index);
    if (place < 0) return [line];
    return [line, JSON.stringify({ ...event, event_id: `e-9000${place + 1}`, ...faulty[place]?.fault })];
  });
  return `${lines.join('\n')}\n`;
};
