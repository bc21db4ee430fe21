import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenApp, openApp } from '../support/app.ts';

const path = '/work/shared/data/games.csv';

/** The hundred games behind a link with a redirect, as section 4 of the contracts describes them. */
describe.skipIf(!existsSync(path))('the dataset games.csv', () => {
  let opened: OpenApp;
  let link = '';
  const file = createServer((request, response) => {
    if (request.url === '/latest') response.writeHead(302, { location: '/games' }).end();
    else createReadStream(path).pipe(response.writeHead(200, { 'content-type': 'text/csv' }));
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => file.listen(0, '127.0.0.1', resolve));
    const { port } = file.address() as AddressInfo;
    link = `http://127.0.0.1:${port}/latest`;
    opened = await openApp({ settings: { importAllow: `127.0.0.1:${port}` } });
    const response = await opened.get('/datasets?wait=1', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url: link, name: 'games' }),
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ state: 'SUCCEEDED', read: 100, accepted: 100, rejected: 0 });
  });

  afterAll(async () => {
    await opened.close();
    file.close();
  });

  const total = async (query: string): Promise<number> => {
    const response = await opened.get(`/datasets/games?${query}`);
    const answer = (await response.json()) as { total: number };
    return response.status === 200 ? answer.total : -response.status;
  };

  it.each([
    ['', 100],
    ['AppID=20200', 1],
    ['AppID=20201', 0],
    ['Name=raj', 0],
    ['Name=galactic', 1],
    ['Name=GALACTIC', 1],
    [`Name=${encodeURIComponent('®')}`, 1],
    [`Name=${encodeURIComponent('邻居')}`, 1],
    ['Name=%25', 0],
    ['Name=_', 0],
    ['Price=19.99', 5],
    ['Price=19.990', 5],
    ['Price=19.9', 0],
    ['Price__ne=19.99', 95],
    ['Price__gt=19.985&Price__lt=19.995', 5],
    ['Price__in=19.99,0.99', 15],
    ['Release%20date=2022-05-05', 2],
    ['Release%20date=May+5,+2022', 2],
    ['Release%20date=2008-10-21', 1],
    ['Release%20date__gte=2020-05-01&Release%20date__lt=2020-06-01', 1],
    ['Release%20date__isnull=true', 1],
    ['Release%20date__contains=May+2020', 1],
    ['Release%20date__ismisfit=true', 1],
    ['Windows=TRUE&Mac=true', 24],
    ['Linux=1', 19],
    ['Score%20rank__isnull=true', 100],
    ['Tags__isnull=true', 13],
    ['Supported%20languages=danish', 3],
    ['Supported%20languages__in=Danish,French', 26],
    ['=7', 1],
    ['Publishers__startswith=7', 1],
    ['Nothing=1', -400],
    ['Price=cheap', -400],
    ['Release%20date=yesterday', -400],
    ['_first=0', -400],
    ['_first=1001', -400],
    ['_sort=Nothing', -400],
    ['AppID=1&AppID=2', -400],
  ])('counts the rows that match the query %s', async (query, expected) => {
    expect(await total(query)).toBe(expected);
  });

  it('returns rows with the column names of the file and typed values', async () => {
    const answer = await (await opened.get('/datasets/games?AppID=20200')).text();
    expect(answer).toContain('{"rows":[{"":0,"AppID":20200,"Name":"Galactic Bowling","Release date":"2008-10-21",');
    expect(answer).toContain('"Price":19.99,');
    expect(answer).toContain('"Supported languages":["English"],"Windows":true,"Mac":false,');
    expect(answer).toContain('"Score rank":null');
  });

  it('returns each row exactly once over all pages of a sorted list', async () => {
    const seen: number[] = [];
    let path = '/datasets/games?_sort=-Price&_first=7';
    do {
      const page = (await (await opened.get(path)).json()) as {
        rows: { AppID: number; Price: number }[];
        next: string | null;
      };
      seen.push(...page.rows.map(({ AppID }) => AppID));
      path = page.next === null ? '' : page.next.slice(new URL(page.next).origin.length);
    } while (path !== '');
    expect(new Set(seen).size).toBe(100);
    expect(seen).toHaveLength(100);
  });

  it('groups rows and returns exactly the rows of each group', async () => {
    const { data } = await opened.query<{
      dataset: {
        aggregate: {
          totalCount: number;
          nodes: { key: unknown[]; measures: unknown[]; rows: { totalCount: number } }[];
        };
        publishers: { nodes: { key: unknown[]; measures: unknown[]; rows: { nodes: { value: string }[] } }[] };
        facets: { buckets: { value: unknown; count: number }[]; otherCount: number }[];
      };
    }>(`{
      dataset(name: "games") {
        aggregate(groupBy: [{ column: "Release date", grain: YEAR }], measures: [{ function: COUNT }, { function: SUM, column: "Price", as: "total" }]) {
          totalCount nodes { key measures rows { totalCount } }
        }
        publishers: aggregate(groupBy: [{ column: "Publishers" }], where: { column: { name: "Publishers", test: { isNull: true } } }) {
          nodes { key measures rows { nodes { value(column: "Name") } } }
        }
        facets(columns: ["Supported languages"], first: 2) { buckets { value count } otherCount }
      }
    }`);
    const groups = data?.dataset.aggregate.nodes ?? [];
    expect(groups.reduce((sum, { measures }) => sum + Number(measures[0]), 0)).toBe(100);
    for (const { measures, rows } of groups) expect(rows.totalCount).toBe(measures[0]);
    expect(groups.at(-1)?.key).toEqual([null]);
    expect(groups.reduce((sum, { measures }) => sum + Math.round(Number(measures[1]) * 100), 0)).toBe(85171);
    expect(data?.dataset.publishers.nodes).toHaveLength(1);
    expect(data?.dataset.publishers.nodes[0]).toMatchObject({ key: [null], measures: [1] });
    expect(data?.dataset.publishers.nodes[0]?.rows.nodes).toHaveLength(1);
    expect(data?.dataset.facets[0]?.buckets).toEqual([
      { value: 'English', count: 98 },
      { value: 'French', count: 25 },
    ]);
  });

  it('keeps a month without a day as a misfit with its line', async () => {
    const { data } = await opened.query(`{
      dataset(name: "games") {
        columns { name type profile { nullCount misfitCount } }
        rows(where: { column: { name: "Release date", test: { isMisfit: true } } }) {
          nodes { value(column: "Release date") misfits { column text } provenance { line source } }
        }
      }
    }`);
    expect(data).toMatchObject({
      dataset: {
        rows: {
          nodes: [
            {
              value: null,
              misfits: [{ column: 'Release date', text: 'May 2020' }],
              provenance: { line: 94, source: link },
            },
          ],
        },
      },
    });
    expect((data as { dataset: { columns: unknown[] } }).dataset.columns).toContainEqual({
      name: 'Release date',
      type: 'DATE',
      profile: { nullCount: 1, misfitCount: 1 },
    });
  });

  it('exports the imported rows', async () => {
    const response = await opened.get('/datasets/games/export?Price__gte=40');
    const lines = (await response.text()).split('\r\n');
    expect(lines[0]).toMatch(/^,AppID,Name,Release date,/);
    expect(response.headers.get('content-type')).toContain('text/csv');
    const ndjson = await (await opened.get('/datasets/games/export?format=ndjson')).text();
    expect(
      ndjson
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toHaveLength(100);
  });
});
