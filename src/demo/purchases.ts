import { daySeconds, type Member, secondsText, statusAt, yearDays, yearStart } from './members.ts';
import type { Random } from './random.ts';
import { addressOf, drawTown, unknownAddress } from './towns.ts';

const products = [
  { productId: 'export-pack', price: '4.90', weight: 34 },
  { productId: 'report', price: '19.90', weight: 30 },
  { productId: 'seat', price: '12.50', weight: 18 },
  { productId: 'archive-year', price: '89.00', weight: 9 },
  { productId: 'audit', price: '249.95', weight: 3 },
  { productId: 'workshop', price: '420.00', weight: 1 },
] as const;

/** Reports are on sale in the last week of November. */
const sale = { productId: 'report', price: '14.90', firstDay: 327, lastDay: 333 };

/** How busy each month is, 100 being ordinary: slow summers, busy ends of year. */
const monthWeights = [96, 98, 108, 102, 100, 92, 74, 70, 104, 112, 134, 118];
/** The same by day of the week, from Sunday on. */
const weekdayWeights = [52, 112, 124, 122, 116, 104, 60];
const hourWeights = [1, 1, 0, 0, 0, 1, 3, 8, 16, 22, 24, 20, 14, 17, 20, 19, 16, 12, 9, 8, 8, 7, 4, 2];
const purchasesPerDay = 13.9;

/** How many of 100 visits end in a purchase, by what the member is at the time. */
const buys = { paying: 92, cancelled: 14, 'non-paying': 30 } as const;

const drawBuyer = (random: Random, members: readonly Member[], time: number): Member => {
  for (;;) {
    const member = random.pick(members);
    const status = statusAt(member, time);
    if (status && random.chance(buys[status])) return member;
  }
};

const drawAddress = (random: Random, member: Member): string => {
  const where = random.below(100);
  if (where < 91) return member.ip;
  return where < 97 ? addressOf(random, drawTown(random)) : unknownAddress(random);
};

const drawTimes = (random: Random, day: number): number[] => {
  const start = yearStart + day * daySeconds;
  const date = new Date(start * 1000);
  const weight = (monthWeights[date.getUTCMonth()] ?? 0) * (weekdayWeights[date.getUTCDay()] ?? 0);
  const count = Math.floor((purchasesPerDay * weight * (80 + random.below(41))) / 1_000_000 + 0.5);
  const times = Array.from({ length: count }, () => random.weighted(hourWeights) * 3600 + random.below(3600));
  return times.sort((a, b) => a - b).map((seconds) => start + seconds);
};

const priceOn = (day: number, { productId, price }: (typeof products)[number]): string =>
  productId === sale.productId && day >= sale.firstDay && day <= sale.lastDay ? sale.price : price;

/** A file of transactions: JSON Lines, prices spelled with both decimals. */
export const purchasesText = (random: Random, members: readonly Member[]): string => {
  const lines: string[] = [];
  for (let day = 0; day < yearDays; day++) {
    for (const time of drawTimes(random, day)) {
      const member = drawBuyer(random, members, time);
      const product = products[random.weighted(products.map(({ weight }) => weight))] as (typeof products)[number];
      lines.push(
        `{"click_id": ${500_001 + lines.length}, "created_at": "${secondsText(time)}", "product_id": "${product.productId}", ` +
          `"product_price": ${priceOn(day, product)}, "user_id": "${member.userId}", "ip": "${drawAddress(random, member)}"}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
};
