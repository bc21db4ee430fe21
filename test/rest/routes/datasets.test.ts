import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApp, openApp, origin } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';

const csv = `id,name,price,"a,b",released,tags,live
1,Apple,1.50,x,2024-01-05,"['red','sweet']",TRUE
2,Pear,2.25,y,2024-03-09,"['green']",FALSE
3,Fig,10.00,x,2025-02-01,[],TRUE
4,Plum,,x,2025-07-30,"['red']",
5,pear tree,99.75,,,"['green','tall']",TRUE
`;

let opened: OpenApp;

beforeAll(async () => {
  opened = await openApp();
  expect(await importCsv(opened, 'fruit', csv)).toMatchObject({ status: 200, accepted: 5 });
  // A dataset with columns that are named like parameters.
  expect(await importCsv(opened, 'odd', 'version,format,x=y,__proto__,7\n1.1,a,p,q,1\n2.2,b,r,s,2\n')).toMatchObject({
    status: 200,
  });
  expect(await importCsv(opened, 'odd', 'version,format,x=y,__proto__,7\n3.3,c,t,u,3\n', '&mode=append')).toMatchObject(
    {
      status: 200,
    },
  );
});
afterAll(() => opened.close());

/** What the tests read of the answers of the routes. */
interface Answer {
  readonly rows: Record<string, unknown>[];
  readonly groups: Record<string, unknown>[];
  readonly columns: object[];
  readonly total: number;
  readonly next: string | null;
  readonly previous: string | null;
  readonly error?: { readonly message: string };
}

const read = async (path: string): Promise<{ status: number; body: Answer; text: string }> => {
  const response = await opened.get(path.startsWith(origin) ? path.slice(origin.length) : path);
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text), text };
};

const messageOf = async (path: string): Promise<string> => {
  const { status, body } = await read(path);
  return `${status} ${body.error?.message}`;
};

describe('GET /datasets/{name}', () => {
  it('returns only the chosen columns, in the chosen order', async () => {
    const { text } = await read('/datasets/fruit?_columns=price,name&id=1');
    expect(text).toContain(
      '{"rows":[{"price":1.5,"name":"Apple"}],"total":1,"excluded_count":0,"next":null,"previous":null}',
    );
    const { body } = await read(`/datasets/fruit?_columns=${encodeURIComponent('["a,b","id"]')}&_first=1`);
    expect(body.rows).toEqual([{ 'a,b': 'x', id: 1 }]);
    expect((await read('/datasets/fruit?_columns=a,b&_first=1')).body.rows).toEqual([{ 'a,b': 'x' }]);
  });

  it('explains unknown and repeated columns', async () => {
    expect(await messageOf('/datasets/fruit?_columns=price,cost')).toMatch(
      /^400 there is no column "cost"; the columns are "id", "name"/,
    );
    expect(await messageOf('/datasets/fruit?_columns=id,id')).toBe('400 _columns names "id" twice');
  });

  it('returns the URLs of the next and the previous page with all parameters', async () => {
    const query = '/datasets/fruit?_sort=-price&_first=2&_columns=id&name__ne=a%26b&_search=';
    const first = (await read(query)).body;
    expect(first).toMatchObject({ rows: [{ id: 5 }, { id: 3 }], total: 5, previous: null });
    expect(first.next).toMatch(
      /^http:\/\/127\.0\.0\.1\/datasets\/fruit\?_sort=-price&_first=2&_columns=id&name__ne=a%26b&_search=&_after=[\w-]+$/,
    );
    const second = (await read(String(first.next))).body;
    expect(second.rows).toEqual([{ id: 2 }, { id: 1 }]);
    const third = (await read(String(second.next))).body;
    expect(third).toMatchObject({ rows: [{ id: 4 }], next: null });
    expect((await read(String(third.previous))).body).toMatchObject({ rows: second.rows, next: second.next });
    expect((await read(String(second.previous))).body).toMatchObject({ rows: first.rows, previous: null });
  });

  it('uses the origin by which the client has called', async () => {
    const response = await opened.app.fetch(new Request('https://localhost:8443/datasets/fruit?_first=1'));
    expect(((await response.json()) as Answer).next).toMatch(
      /^https:\/\/localhost:8443\/datasets\/fruit\?_first=1&_after=/,
    );
  });

  it('reads an earlier version by its number', async () => {
    expect((await read('/datasets/odd?_version=1')).body.total).toBe(2);
    expect((await read('/datasets/odd?_version=2')).body.total).toBe(3);
    expect((await read('/datasets/fruit?version=1&_first=1')).body.total).toBe(5);
    expect(await messageOf('/datasets/odd?_version=7')).toBe(
      '404 the dataset "odd" has no version 7; the current version is 2',
    );
    expect(await messageOf('/datasets/fruit?version=1&_version=1')).toContain('mean the same');
    expect(await messageOf('/datasets/fruit?_version=last')).toContain('_version must be a whole number');
  });

  it('filters by columns that are named like parameters', async () => {
    expect((await read('/datasets/odd?version=2.2')).body.rows).toEqual([
      { version: 2.2, format: 'b', 'x=y': 'r', ['__proto__']: 's', '7': 2 },
    ]);
    expect((await read('/datasets/odd?x%3Dy=R&format=b')).body.total).toBe(1);
    expect((await read('/datasets/odd?_search=U')).body.rows).toHaveLength(1);
  });

  it('refuses malformed parameters by name', async () => {
    expect(await messageOf('/datasets/fruit?_first=0')).toContain('_first must be from 1');
    expect(await messageOf('/datasets/fruit?_first=1001')).toBe(
      '400 _first must be from 1 to 1000 (setting pageSizeMax)',
    );
    expect(await messageOf('/datasets/fruit?_after=x')).toContain('_after');
    expect(await messageOf('/datasets/fruit?_sort=id&_sort=name')).toContain('_sort');
    expect(await messageOf('/datasets/fruit?id=1&id=2')).toContain('"id" must occur only once');
    expect(await messageOf('/datasets/nothing')).toContain('404 there is no dataset "nothing"');
  });
});

describe('GET /datasets/{name}/aggregate', () => {
  it('groups rows with measures, rounded keys, conditions and an order', async () => {
    expect((await read('/datasets/fruit/aggregate')).body).toEqual({
      groups: [{ count: 5 }],
      total: 1,
      excluded_count: 0,
      next: null,
    });
    const query = '_group_by=released:year&_measures=count,total=sum:price,median:price';
    const { text } = await read(`/datasets/fruit/aggregate?${query}`);
    expect(text).toContain(
      '{"groups":[{"released":"2024-01-01","count":2,"total":3.75,"median_price":1.875},{"released":"2025-01-01","count":2,"total":10,"median_price":10},{"released":null,"count":1,"total":99.75,"median_price":99.75}],"total":3',
    );
    const ordered = await read(`/datasets/fruit/aggregate?${query}&_sort=-total&_having.count__gte=2&price__lt=50`);
    expect(ordered.body).toMatchObject({ groups: [{ released: '2024-01-01', count: 2, total: 3.75 }], total: 1 });
  });

  it.each([
    ['count,total=sum:price', { count: 5, total: 113.5 }],
    ['total=sum:price,count', { total: 113.5, count: 5 }],
    ['count,kinds=count_distinct:name,total=sum:price', { count: 5, kinds: 5, total: 113.5 }],
    ['n=count,total=sum:price', { n: 5, total: 113.5 }],
    ['total=sum:price,n=count', { total: 113.5, n: 5 }],
    ['n=count,low=min:price,kinds=count_distinct:name', { n: 5, low: 1.5, kinds: 5 }],
    ['x=1=count', { 'x=1': 5 }],
    ['kinds=count_distinct:a,b', { kinds: 2 }],
    ['["count","kinds=count_distinct:a,b"]', { count: 5, kinds: 2 }],
    ['["count, all=count"]', { 'count, all': 5 }],
  ])('reads the measures %s', async (measures, expected) => {
    const { body } = await read(`/datasets/fruit/aggregate?_measures=${encodeURIComponent(measures)}`);
    expect(body.groups).toEqual([expected]);
  });

  it('groups by bins, and by columns whose names have commas', async () => {
    const bins = (await read('/datasets/fruit/aggregate?_group_by=price:10')).body;
    expect(bins.groups.map(Object.values)).toEqual([
      [0, 2],
      [10, 1],
      [90, 1],
      [null, 1],
    ]);
    const { body } = await read('/datasets/fruit/aggregate?_group_by=a,b&_measures=count_distinct:a,b');
    expect(body.groups).toEqual([
      { 'a,b': 'x', 'count_distinct_a,b': 1 },
      { 'a,b': 'y', 'count_distinct_a,b': 1 },
      { 'a,b': null, 'count_distinct_a,b': 0 },
    ]);
  });

  it('returns the URL of the next page', async () => {
    const seen: string[] = [];
    let url: string | null = '/datasets/fruit/aggregate?_group_by=name&_sort=name&_first=2&_having.count=1';
    while (url !== null) {
      const { body }: { body: Answer } = await read(url);
      seen.push(...body.groups.map(({ name }) => String(name)));
      url = body.next;
    }
    expect(seen).toEqual(['Apple', 'Fig', 'Pear', 'Plum', 'pear tree']);
  });

  it('explains what it cannot compute', async () => {
    const path = '/datasets/fruit/aggregate';
    expect(await messageOf(`${path}?_measures=total:price`)).toContain(
      '400 "total:price" must be a function and a column',
    );
    expect(await messageOf(`${path}?_measures=count,kinds=count_distinct:a,b`)).toContain('400 there is no column "a"');
    expect(await messageOf(`${path}?_measures=sum`)).toBe('400 "sum" needs a column, like sum:price');
    expect(await messageOf(`${path}?_measures=sum:cost`)).toContain('there is no column "cost"');
    expect(await messageOf(`${path}?_measures=sum:name`)).toMatch(/^400 /);
    expect(await messageOf(`${path}?_group_by=released:decade`)).toContain(
      '"decade" in "released:decade" must be one of',
    );
    expect(await messageOf(`${path}?_group_by=cost`)).toContain('there is no column "cost"');
    expect(await messageOf(`${path}?_measures=count,count`)).toContain('two columns of the result are named "count"');
    expect(await messageOf(`${path}?_sort=price`)).toContain('"price"');
    expect(await messageOf(`${path}?_having.price__gt=1`)).toContain(
      '"price__gt" is none of the columns of the result',
    );
    expect(await messageOf(`${path}?_time_zone=Mars`)).toContain('_time_zone');
  });
});

describe('statistics and versions of a dataset', () => {
  it('counts the most frequent values of the rows that match', async () => {
    expect((await read('/datasets/fruit/facets?_columns=tags,live&_first=1&price__gt=1')).body).toEqual({
      facets: [
        { column: 'tags', values: [{ value: 'green', count: 2 }], other_count: 3 },
        { column: 'live', values: [{ value: true, count: 3 }], other_count: 1 },
      ],
      excluded_count: 0,
    });
    expect(await messageOf('/datasets/fruit/facets?_columns=cost')).toContain('there is no column "cost"');
  });

  it('profiles columns', async () => {
    const { text, body } = await read('/datasets/fruit/profile?_columns=price');
    expect(body.columns).toMatchObject([
      { name: 'price', type: 'DECIMAL', nulls: 1, misfits: 0, distinct: 4, mean: 28.375, median: 6.125 },
    ]);
    expect(text).toContain('"min":1.5,"max":99.75');
    expect((await read('/datasets/fruit/profile')).body.columns).toHaveLength(7);
    expect(await messageOf('/datasets/fruit/profile?price=1')).toContain('there is no parameter "price"');
  });

  it('lists versions, newest first', async () => {
    expect((await read('/datasets/odd/versions')).body).toMatchObject([
      { version: 2, is_current: true, rows: 3, columns: [{ name: 'version', type: 'DECIMAL' }, {}, {}, {}, {}] },
      { version: 1, is_current: false, rows: 2 },
    ]);
  });
});

it('the limits of groups and statistics are settings, and errors name them', async () => {
  const settings = { datasetGroupColumnsMax: '1', datasetMeasuresMax: '2', datasetStatisticsColumnsMax: '3' };
  const limited = await openApp({ settings: { ...settings, pageSizeMax: '1' } });
  onTestFinished(limited.close);
  await importCsv(limited, 'limited', 'a,b,c,d\n1,2,3,4\n');
  await importCsv(limited, 'limited', 'a,b,c,d\n5,6,7,8\n', '&mode=append');
  const answerOf = async (path: string) => {
    const response = await limited.get(`/datasets/limited${path}`);
    return { status: response.status, body: (await response.json()) as Answer & { facets: object[] } };
  };
  for (const [path, setting] of [
    ['/aggregate?_group_by=a,b', 'datasetGroupColumnsMax'],
    ['/aggregate?_measures=count,sum:a,sum:b', 'datasetMeasuresMax'],
    ['/facets?_columns=a,b,c,d', 'datasetStatisticsColumnsMax'],
    ['/profile?_columns=a,b,c,d', 'datasetStatisticsColumnsMax'],
  ] as const) {
    const { status, body } = await answerOf(path);
    expect([path, status, body.error?.message]).toEqual([path, 400, expect.stringContaining(`(setting ${setting})`)]);
  }
  expect((await answerOf('/facets')).body.facets).toHaveLength(3);
  expect((await answerOf('/profile')).body.columns).toHaveLength(3);
  expect((await answerOf('/versions')).body).toMatchObject([{ version: 2 }]);
  const facets = (columns: string) =>
    limited.query(`{ dataset(name: "limited") { facets(first: 1${columns}) { otherCount } } }`);
  expect((await facets('')).data).toMatchObject({ dataset: { facets: [{}, {}, {}] } });
  expect((await facets(', columns: ["a", "b", "c", "d"]')).errors?.[0]).toMatchObject({
    message: expect.stringContaining('(setting datasetStatisticsColumnsMax)'),
    extensions: { code: 'LIMIT_EXCEEDED' },
  });
});

describe('DELETE /datasets/{name}', () => {
  it('deletes a dataset with all its versions', async () => {
    await importCsv(opened, 'brief', 'n\n1\n');
    const response = await opened.get('/datasets/brief', { method: 'DELETE' });
    expect([response.status, await response.json()]).toEqual([200, { name: 'brief', versions_removed: 1 }]);
    expect((await read('/datasets/brief')).status).toBe(404);
    expect((await opened.get('/datasets/brief', { method: 'DELETE' })).status).toBe(404);
  });

  it('needs the scope admin', async () => {
    const { app, close } = await openApp({
      settings: {
        apiKeys: 'ingest:i-key-of-a-test-0123456789,read:r-key-of-a-test-0123456789,admin:a-key-of-a-test-0123456789',
      },
    });
    const fetchWith = (key: string, method: string, body?: string) =>
      app.fetch(
        new Request(`${origin}/datasets/brief?${method === 'PUT' ? 'wait=1' : ''}`, {
          method,
          headers: { 'x-api-key': key, 'content-type': 'text/csv' },
          ...(body === undefined ? {} : { body }),
        }),
      );
    expect((await fetchWith('i-key-of-a-test-0123456789', 'PUT', 'n\n1\n')).status).toBe(200);
    expect((await fetchWith('i-key-of-a-test-0123456789', 'DELETE')).status).toBe(403);
    expect((await fetchWith('r-key-of-a-test-0123456789', 'DELETE')).status).toBe(403);
    expect((await fetchWith('a-key-of-a-test-0123456789', 'DELETE')).status).toBe(200);
    await close();
  });
});
