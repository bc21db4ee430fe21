import type { GroupKey } from '../../src/domains/facts/dimensions.ts';
import type { AggregateRequest } from '../../src/domains/facts/enriched-aggregate.ts';
import type { FactFilter } from '../../src/domains/facts/filter.ts';
import { statusCodes } from '../../src/domains/user-status/status.ts';
import { type BenchmarkData, cityCount, cityName, productCount, productId, userId } from './fixtures.ts';

/** The same question for both sides, with other values in each round. */
export interface FilterQuestion {
  readonly name: string;
  readonly groupBy: AggregateRequest['groupBy'];
  readonly grain?: AggregateRequest['grain'];
  filterOf(round: number): { readonly where: FactFilter; readonly sql: string };
}

/** A dimension as an expression of SQL on numbers, and the value that its number stands for. */
export interface DimensionSql {
  readonly sql: string;
  textOf(cell: unknown): string | number;
}

type Grain = NonNullable<AggregateRequest['grain']>;

export const dimensionSql = (name: keyof GroupKey, grain: Grain | undefined): DimensionSql => {
  switch (name) {
    case 'USER_STATUS':
      return { sql: 'status', textOf: (cell) => statusCodes[Number(cell)] as string };
    case 'CITY':
      return { sql: 'city', textOf: (cell) => cityName(Number(cell)) };
    case 'PRODUCT':
      return { sql: 'product', textOf: (cell) => productId(Number(cell)) };
    case 'USER':
      return { sql: 'usr', textOf: (cell) => userId(Number(cell)) };
    case 'PERIOD':
      return { sql: `epoch_us(date_trunc('${grain}', make_timestamp(at_us)))`, textOf: Number };
    default:
      throw new Error(`no SQL for ${name}`);
  }
};

const some = (count: number, textOf: (index: number) => number): number[] =>
  Array.from({ length: count }, (_, index) => textOf(index));

const centsText = (cents: number) => ({ units: Math.floor(cents / 100), micros: (cents % 100) * 10_000 });

/** Filters of each kind, and dimensions with few and with many values. */
export const filterQuestions = ({ users, facts }: BenchmarkData): readonly FilterQuestion[] => {
  const citiesOf = (round: number, count: number): number[] =>
    some(count, (index) => 1 + ((31 * round + 7 * index) % cityCount));
  const inCities = (cities: readonly number[]): string => `city in (${cities.join()})`;
  const statusOf = (round: number): number => round % statusCodes.length;
  const spanOf = (round: number): readonly [number, number] => {
    const [a, b] = [facts.atUs[2 * round] as number, facts.atUs[2 * round + 1] as number];
    return [Math.min(a, b), Math.max(a, b)];
  };
  const amounts = (round: number) => {
    const [least, most] = [1000 + 100 * round, 30_000 + 50 * round];
    return {
      where: { amountAtLeast: centsText(least), amountAtMost: centsText(most) },
      sql: `cents >= ${least} and cents <= ${most}`,
    };
  };
  const byStatus = (round: number) => ({
    where: { userStatus: [statusCodes[statusOf(round)] as (typeof statusCodes)[number]] },
    sql: `status = ${statusOf(round)}`,
  });
  // There are few statuses: with the status alone, answers would be remembered.
  const byStatusBeside = (round: number) => {
    const [{ where, sql }, [city = 0]] = [byStatus(round), citiesOf(round, 1)];
    return { where: { ...where, not: { cities: [cityName(city)] } }, sql: `${sql} and city <> ${city}` };
  };
  return [
    { name: 'of a status without a city, by city', groupBy: ['CITY'], filterOf: byStatusBeside },
    {
      name: 'of 20 cities, by status',
      groupBy: ['USER_STATUS'],
      filterOf(round) {
        const cities = citiesOf(round, 20);
        return { where: { cities: cities.map(cityName) }, sql: inCities(cities) };
      },
    },
    { name: 'of a range of amounts, by status and city', groupBy: ['USER_STATUS', 'CITY'], filterOf: amounts },
    {
      name: 'of 1,000 products, by status',
      groupBy: ['USER_STATUS'],
      filterOf(round) {
        const products = some(1000, (index) => (17 * round + 5 * index) % productCount);
        return { where: { productIds: products.map(productId) }, sql: `product in (${products.join()})` };
      },
    },
    {
      name: 'of 200 users, by product',
      groupBy: ['PRODUCT'],
      filterOf(round) {
        const ids = some(200, (index) => (101 * round + 13 * index) % users);
        return { where: { userIds: ids.map(userId) }, sql: `usr in (${ids.join()})` };
      },
    },
    {
      name: 'of a status or 20 cities and not of a range of amounts, by status and city',
      groupBy: ['USER_STATUS', 'CITY'],
      filterOf(round) {
        const [status, amount, cities] = [byStatus(round), amounts(round), citiesOf(round, 20)];
        return {
          where: { or: [status.where, { cities: cities.map(cityName) }], not: amount.where },
          sql: `(${status.sql} or ${inCities(cities)}) and not (${amount.sql})`,
        };
      },
    },
    {
      name: 'of a status in a span, by product',
      groupBy: ['PRODUCT'],
      filterOf(round) {
        const [[from, to], status] = [spanOf(round), byStatus(round)];
        return {
          where: { ...status.where, range: { between: { from, to } } },
          sql: `${status.sql} and at_us >= ${from} and at_us < ${to}`,
        };
      },
    },
    {
      name: 'of a range of amounts, by month and status',
      groupBy: ['PERIOD', 'USER_STATUS'],
      grain: 'MONTH',
      filterOf: amounts,
    },
    { name: 'of a status without a city, by day', groupBy: ['PERIOD'], grain: 'DAY', filterOf: byStatusBeside },
    { name: 'of a range of amounts, by user', groupBy: ['USER'], filterOf: amounts },
  ];
};
