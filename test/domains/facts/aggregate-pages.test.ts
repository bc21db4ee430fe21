import { expect, it, onTestFinished } from 'vitest';
import { openApp } from '../../support/app.ts';

const rows = Array.from({ length: 60 }, (_, index) => ({
  click_id: index,
  created_at: `2020-01-${String(1 + (index % 28)).padStart(2, '0')}T12:00:00`,
  product_id: `p${index % 7}`,
  product_price: (index % 5) + 0.5,
  user_id: `u${index % 11}`,
  ip: '10.0.0.1',
}));

const opened = async () => {
  const app = await openApp();
  onTestFinished(app.close);
  await app.importFile('transactions', { name: 't.jsonl', text: rows.map((row) => JSON.stringify(row)).join('\n') });
  return app;
};

interface Page {
  enrichedAggregate: {
    totalCount: number;
    total: { sum: string; count: number; distinctUsers: number; median: string };
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null };
    nodes: { key: { userId: string; productId: string }; measures: { sum: string; count: number } }[];
  };
}

const document = `query ($orderBy: [EnrichedOrder!], $having: MeasureFilter, $first: Int!, $after: String) {
  enrichedAggregate(groupBy: [USER, PRODUCT], orderBy: $orderBy, having: $having, first: $first, after: $after) {
    totalCount total { sum count distinctUsers median } pageInfo { hasNextPage hasPreviousPage endCursor }
    nodes { key { userId productId } measures { sum count } }
  } }`;

it('enrichedAggregate returns each group once in the requested order, and its pages add up to the total', async () => {
  const app = await opened();
  const orderBy = [{ byMeasure: { measure: 'SUM' } }, { byDimension: { dimension: 'PRODUCT', direction: 'DESC' } }];
  const seen: Page['enrichedAggregate']['nodes'] = [];
  let after: string | null = null;
  for (;;) {
    const answer = await app.query<Page>(document, { orderBy, first: 7, after });
    const page: Page['enrichedAggregate'] = (answer.data as Page).enrichedAggregate;
    seen.push(...page.nodes);
    expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
    after = page.pageInfo.endCursor;
    if (!page.pageInfo.hasNextPage) {
      expect(seen).toHaveLength(page.totalCount);
      expect(seen.reduce((sum, { measures }) => sum + Number(measures.sum), 0)).toBe(Number(page.total.sum));
      break;
    }
  }
  expect(new Set(seen.map(({ key }) => JSON.stringify(key))).size).toBe(seen.length);
  const sorted = seen.toSorted(
    (a, b) =>
      Number(b.measures.sum) - Number(a.measures.sum) ||
      (a.key.productId < b.key.productId
        ? 1
        : a.key.productId > b.key.productId
          ? -1
          : a.key.userId < b.key.userId
            ? -1
            : 1),
  );
  expect(seen).toEqual(sorted);
});

it('enrichedAggregate includes in the total only the groups that pass having', async () => {
  const app = await opened();
  const { data } = await app.query<Page>(document, { first: 1000, having: { sumAtLeast: '4', countAtLeast: 1 } });
  const page = (data as Page).enrichedAggregate;
  const byGroup = groupedBy(rows, (row) => `${row.user_id} ${row.product_id}`);
  const matching = [...byGroup.values()].filter((group) => group.reduce((sum, row) => sum + row.product_price, 0) >= 4);
  const amounts = matching
    .flat()
    .map((row) => row.product_price)
    .sort((a, b) => a - b);
  expect(page.totalCount).toBe(matching.length);
  expect(matching.length).toBeLessThan(byGroup.size);
  expect(page.total).toEqual({
    sum: String(amounts.reduce((sum, amount) => sum + amount, 0)),
    count: amounts.length,
    distinctUsers: new Set(matching.flat().map((row) => row.user_id)).size,
    median: String(((amounts[(amounts.length - 1) >> 1] as number) + (amounts[amounts.length >> 1] as number)) / 2),
  });
});

it.each([
  ['{ enrichedAggregate(groupBy: [PERIOD]) { totalCount } }', /grain is missing/],
  ['{ enrichedAggregate(orderBy: [{ byDimension: { dimension: USER } }]) { totalCount } }', /groupBy does not/],
  ['{ enrichedAggregate(first: 1001) { totalCount } }', /pageSizeMax/],
  ['{ enrichedAggregate(first: -1) { totalCount } }', /first must not be negative/],
  ['{ enrichedAggregate(after: "nonsense") { totalCount } }', /is not a cursor/],
  ['{ enrichedAggregate(timeZone: "Mars/Olympus") { totalCount } }', /IANA time zone/],
  ['{ enrichedAggregate(asOf: { sequence: 999 }) { totalCount } }', /sequence 999/],
  [
    '{ enrichedAggregate(where: { range: { between: { from: "2020-01-02", to: "2020-01-01" } } }) { totalCount } }',
    /range\.between\.to is before range\.between\.from/,
  ],
  ['{ enrichedAggregate(where: { range: { since: "2020-02-30" } }) { totalCount } }', /2020-02-30/],
  ['{ enrichedAggregate(groupBy: [CITY, CITY]) { totalCount } }', /CITY twice/],
])('refuses %s by name', async (text, message) => {
  const app = await opened();
  const { errors } = await app.query(text);
  expect(errors?.[0]?.message).toMatch(message);
});

const groupedBy = <T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
};

it('enrichedAggregate limits what one operation may request, and names the setting', async () => {
  const app = await opened();
  const refusal = async (query: string, variables = {}) => (await app.query(query, variables)).errors?.[0]?.message;
  const aliases = Array.from({ length: 21 }, (_, index) => `a${index}: enrichedAggregate { totalCount }`);
  expect(await refusal(`{ ${aliases.join(' ')} }`)).toMatch(/queryScansMax/);
  expect(await refusal(`{ ${aliases.slice(1).join(' ')} }`)).toBeUndefined();
  const where = 'query ($where: EnrichedFilter) { enrichedAggregate(where: $where) { totalCount } }';
  const many = Array.from({ length: 10_001 }, (_, index) => String(index));
  expect(await refusal(where, { where: { or: [{ userIds: many.slice(1) }] } })).toBeUndefined();
  expect(await refusal(where, { where: { or: [{ userIds: many }] } })).toMatch(/filterValuesMax/);
  const parts = Array.from({ length: 100 }, () => ({ cities: ['x'] }));
  expect(await refusal(where, { where: { and: parts } })).toMatch(/filterPartsMax/);
  expect(await refusal(where, { where: { and: parts.slice(1) } })).toBeUndefined();
});
