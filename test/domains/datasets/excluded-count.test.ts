import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';

let opened: OpenApp;

const amounts = Array.from({ length: 28 }, (_each, index) => `${index % 2 === 0 ? 'north' : 'south'},${index}.50,5`);
const csv = ['region,amount,stock', ...amounts, 'north,about 9,5', 'south,n.v.t.,5', 'south,3.50,many', ''].join('\n');

beforeAll(async () => {
  opened = await openApp();
  await importCsv(opened, 'sales', csv);
});

afterAll(() => opened.close());

const read = async (path: string): Promise<Record<string, unknown>> =>
  (await (await opened.get(path)).json()) as Record<string, unknown>;

it('a list says how many rows a condition leaves out because a cell does not fit the type', async () => {
  expect(await read('/datasets/sales?_first=1')).toMatchObject({ total: 31, excluded_count: 0 });
  expect(await read('/datasets/sales?amount__gte=20&_first=1')).toMatchObject({ total: 8, excluded_count: 2 });
  // Only the rows that pass the other conditions are left out because of the amount.
  expect(await read('/datasets/sales?amount__gte=20&region__eq=north')).toMatchObject({ total: 4, excluded_count: 1 });
  expect(await read('/datasets/sales?amount__gte=0&stock__eq=5')).toMatchObject({ total: 28, excluded_count: 3 });
  expect(await read('/datasets/sales?amount__ismisfit=true')).toMatchObject({ total: 2, excluded_count: 0 });
  // The text of a misfit is searched.
  expect(await read('/datasets/sales?_search=about')).toMatchObject({ total: 1, excluded_count: 0 });
  expect(await read('/datasets/sales?_sort=amount&_first=1')).toMatchObject({ total: 31, excluded_count: 0 });
});

it('an export says it in a header', async () => {
  for (const format of ['csv', 'ndjson']) {
    const response = await opened.get(`/datasets/sales/export?amount__gte=1000&_format=${format}`);
    expect(response.headers.get('excluded-count')).toBe('2');
    await response.text();
  }
  const everything = await opened.get('/datasets/sales/export');
  expect(everything.headers.get('excluded-count')).toBe('0');
  await everything.text();
});

it('groups and facets say it', async () => {
  const sums = await read('/datasets/sales/aggregate?_measures=total=sum:amount,p=p95:stock');
  expect(sums).toMatchObject({ groups: [{ total: 395.5, p: 5 }], excluded_count: 3 });
  const ofCount = await read('/datasets/sales/aggregate?_group_by=region');
  expect(ofCount).toMatchObject({ total: 2, excluded_count: 0 });
  const facets = await read('/datasets/sales/facets?_columns=region&amount__lt=5');
  expect(facets).toMatchObject({ excluded_count: 2 });
});

it('GraphQL says it for lists, groups, measures and facets', async () => {
  const { data } = await opened.query(`{
    dataset(name: "sales") {
      rows(first: 1, where: { column: { name: "amount", test: { gt: "20" } } }) { totalCount excludedCount }
      facets(columns: ["region"], where: { column: { name: "amount", test: { gt: "20" } } }) { excludedCount otherCount }
      aggregate(
        groupBy: [{ column: "region" }]
        measures: [{ function: COUNT }, { function: MEDIAN, column: "amount" }, { function: MAX, column: "stock" }]
      ) { excludedCount nodes { key excludedCounts rows(first: 1) { excludedCount } } }
    }
  }`);
  expect(data).toEqual({
    dataset: {
      rows: { totalCount: 8, excludedCount: 2 },
      facets: [{ excludedCount: 2, otherCount: 0 }],
      aggregate: {
        excludedCount: 3,
        nodes: [
          { key: ['north'], excludedCounts: [0, 1, 0], rows: { excludedCount: 0 } },
          { key: ['south'], excludedCounts: [0, 1, 1], rows: { excludedCount: 0 } },
        ],
      },
    },
  });
});
