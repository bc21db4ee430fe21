import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type OpenApp, openApp } from '../support/app.ts';
import { importCsv } from '../support/datasets.ts';
import { asof } from './asof-process.ts';

const csv = `id,name,price,"a,b",released,live
1,Apple,1.50,x,2024-01-05,TRUE
2,Pear,2.25,y,2024-03-09,FALSE
3,"Fig ""dry""",10.00,x,2025-02-01,TRUE
4,=Plum,,x,2025-07-30,
5,pear tree,99.75,"two
lines",,TRUE
`;

/** A server that runs on the data folder while the commands do. */
let server: OpenApp;
let data = '';

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'asof-test-'));
  server = await openApp({ data });
  expect(await importCsv(server, 'fruit', csv)).toMatchObject({ status: 200, accepted: 5 });
  expect(
    await importCsv(server, 'fruit', 'id,name,price,"a,b",released,live\n6,Kiwi,3.00,x,,\n', '&mode=append'),
  ).toMatchObject({
    status: 200,
  });
});
afterAll(async () => {
  await server.close();
  await rm(data, { recursive: true, force: true });
});

const run = (...args: string[]) => asof(['datasets', ...args, '--data', data]);
const jsonOf = async (...args: string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await run(...args, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
};
const restOf = async (path: string): Promise<unknown> => (await server.get(`/datasets/fruit${path}`)).json();

describe('asof datasets', () => {
  it('says how many rows are left out because a cell does not fit the type of its column', async () => {
    const amounts = ['amount', ...Array.from({ length: 19 }, (_each, index) => String(index)), 'about 7', ''].join(
      '\n',
    );
    await importCsv(server, 'amounts', amounts);
    const where = ['amounts', '--where', 'amount__gte=17'];
    const excluded = 'asof: in 1 row a cell was left out because its text does not fit the type of its column';
    const rows = await run('query', ...where);
    expect(rows.stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(rows.stderr).toContain(excluded);
    expect(await jsonOf('query', ...where)).toEqual({
      rows: [{ amount: 17 }, { amount: 18 }],
      total: 2,
      excluded_count: 1,
    });
    expect(await jsonOf('query', 'amounts', '--measure', 'sum:amount')).toMatchObject({
      groups: [{ sum_amount: 171 }],
      excluded_count: 1,
    });
    const exported = await run('export', 'amounts', '-', '--where', 'amount__gte=17');
    expect(exported.stdout).toBe('amount\r\n17\r\n18\r\n');
    expect(exported.stderr).toContain(excluded);
    await server.get('/datasets/amounts', { method: 'DELETE' });
  });

  it('lists datasets and shows their columns and versions', async () => {
    const { code, stdout } = await run('list');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^name +version +rows +columns +updated at\nfruit +2 +6 +6 +\d{4}-/);
    expect(await jsonOf('list')).toMatchObject([{ name: 'fruit', version: 2, rows: 6 }]);
    expect((await run('show', 'fruit')).stdout).toMatch(
      /^fruit, version 2: 6 rows, 6 columns\n\ncolumn +type +nulls +misfits\n"id"/,
    );
    expect(await jsonOf('show', 'fruit', '--version', '1')).toMatchObject({
      name: 'fruit',
      version: 1,
      rows: 5,
      columns: [{ name: 'id', type: 'INTEGER', nulls: 0, misfits: 0 }, {}, { type: 'DECIMAL', nulls: 1 }, {}, {}, {}],
      versions: [
        { version: 2, rows: 6 },
        { version: 1, rows: 5 },
      ],
    });
  });

  it('prints rows as a table, and says when there are more', async () => {
    const args = [
      '--where',
      'price__gt=1',
      '--where',
      'name=e',
      '--sort',
      '-price',
      '--columns',
      'price,name',
      '--first',
      '2',
    ];
    expect(await run('query', 'fruit', ...args)).toEqual({
      code: 0,
      stdout: 'price  name\n99.75  pear tree\n 2.25  Pear\n',
      stderr: 'asof: the first 2 of 3 rows; --first N prints more\n',
    });
  });

  it('answers a question about rows like REST and GraphQL', async () => {
    const rows = (await jsonOf(
      ...[
        'query',
        'fruit',
        '--where',
        'price__gte=2.25',
        '--where',
        'a,b__ne=y',
        '--sort',
        '-price',
        '--columns',
        'id,price',
      ],
    )) as { rows: { id: number; price: number }[]; total: number };
    expect(rows).toEqual({
      rows: [
        { id: 5, price: 99.75 },
        { id: 3, price: 10 },
        { id: 6, price: 3 },
      ],
      total: 3,
      excluded_count: 0,
    });
    expect(await restOf('?price__gte=2.25&a,b__ne=y&_sort=-price&_columns=id,price')).toMatchObject(rows);
    const { data: found } = await server.query<{
      dataset: { rows: { totalCount: number; excludedCount: number; nodes: { id: number; price: string }[] } };
    }>(`{ dataset(name: "fruit") { rows(
      where: { and: [{ column: { name: "price", test: { gte: "2.25" } } }, { column: { name: "a,b", test: { ne: "y" } } }] }
      orderBy: [{ column: "price", direction: DESC }]
    ) { totalCount excludedCount nodes { id: value(column: "id") price: value(column: "price") } } } }`);
    const { totalCount, excludedCount, nodes } = found?.dataset.rows ?? { totalCount: 0, excludedCount: 0, nodes: [] };
    expect({
      rows: nodes.map(({ id, price }) => ({ id, price: Number(price) })),
      total: totalCount,
      excluded_count: excludedCount,
    }).toEqual(rows);
  });

  it('answers a question about groups like REST and GraphQL', async () => {
    const groups = await jsonOf(
      ...['query', 'fruit', '--group-by', 'released:year', '--measure', 'count', '--measure', 'total=sum:price'],
      ...['--having', 'count__gte=2', '--sort', '-total', '--where', 'price__isnull=false'],
    );
    expect(groups).toEqual({
      groups: [
        { released: null, count: 2, total: 102.75 },
        { released: '2024-01-01', count: 2, total: 3.75 },
      ],
      total: 2,
      excluded_count: 0,
    });
    const query =
      '_group_by=released:year&_measures=count,total=sum:price&_having.count__gte=2&_sort=-total&price__isnull=0';
    expect(await restOf(`/aggregate?${query}`)).toMatchObject(groups as object);
    const { data: found } = await server.query(`{ dataset(name: "fruit") { aggregate(
      groupBy: [{ column: "released", grain: YEAR }]
      measures: [{ function: COUNT }, { function: SUM, column: "price", as: "total" }]
      having: [{ as: "count", test: { gte: 2 } }]
      where: { column: { name: "price", test: { isNull: false } } }
      orderBy: [{ column: "total", direction: DESC }]
    ) { totalCount columns nodes { key measures } } } }`);
    expect(found).toEqual({
      dataset: {
        aggregate: {
          totalCount: 2,
          columns: ['released', 'count', 'total'],
          nodes: [
            { key: [null], measures: [2, '102.75'] },
            { key: ['2024-01-01'], measures: [2, '3.75'] },
          ],
        },
      },
    });
  });

  it('exports the same file as REST, to stdout or to a file whose name shows the format', async () => {
    const exported = await (await server.get('/datasets/fruit/export?_columns=name,price&_sort=-id')).text();
    expect(await run('export', 'fruit', '--columns', 'name,price', '--sort', '-id')).toEqual({
      code: 0,
      stdout: exported,
      stderr: '',
    });
    const out = join(data, 'out.ndjson');
    expect(await run('export', 'fruit', out, '--where', 'live=true', '--version', '1')).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(await readFile(out, 'utf8')).toBe(
      await (await server.get('/datasets/fruit/export?_format=ndjson&live=true&_version=1')).text(),
    );
    const parquet = join(data, 'out.parquet');
    expect(await run('export', 'fruit', parquet, '--columns', 'name,price')).toMatchObject({ code: 0, stderr: '' });
    expect((await readFile(parquet)).subarray(0, 4).toString()).toBe('PAR1');
    const onFolder = await run('export', 'fruit', join(data, 'datasets'), '--format', 'csv');
    expect(onFolder).toMatchObject({ code: 3, stdout: '' });
    expect(onFolder.stderr).toContain('EISDIR');
    expect((await readdir(data)).filter((name) => name.endsWith('.part'))).toEqual([]);
    const safe = await run('export', 'fruit', '--columns', 'name', '--where', 'id=4', '--safe');
    expect(safe.stdout).toBe("name\r\n'=Plum\r\n");
  });

  it('deletes a dataset after a question, or with --yes without one', async () => {
    await importCsv(server, 'brief', 'n\n1\n');
    const args = ['datasets', 'delete', 'brief', '--data', data];
    expect(await asof(args, 'n\n')).toMatchObject({ code: 1, stdout: '' });
    expect(await asof(args, '')).toMatchObject({ code: 2, stdout: '' });
    expect((await server.get('/datasets/brief')).status).toBe(200);
    expect(await asof(args, 'y\n')).toMatchObject({ code: 0, stdout: 'deleted "brief" with 1 version\n' });
    expect((await server.get('/datasets/brief')).status).toBe(404);
    await importCsv(server, 'brief', 'n\n1\n');
    expect(await jsonOf('delete', 'brief', '--yes')).toEqual({ name: 'brief', versionsRemoved: 1 });
  });

  it.each([
    [['list', 'fruit'], 2, 'datasets list takes no name'],
    [['show'], 2, 'datasets show needs the name of a dataset'],
    [['show', 'nothing'], 3, 'there is no dataset "nothing"'],
    [['show', 'fruit', '--version', '9'], 3, 'the dataset "fruit" has no version 9; the current version is 2'],
    [['show', 'fruit', '--where', 'id=1'], 2, '--where does not apply to datasets show'],
    [['query', 'fruit', 'out.csv'], 2, 'a file applies to datasets export only'],
    [['query', 'fruit', '--where', 'cost=1'], 2, 'there is no column "cost"; the columns are "id"'],
    [['query', 'fruit', '--where', 'price'], 2, '--where must be a column, an equals sign and a value'],
    [['query', 'fruit', '--where', 'price__gt=cheap'], 2, 'price'],
    [['query', 'fruit', '--having', 'count=1'], 2, '--having and --time-zone need --group-by or --measure'],
    [['query', 'fruit', '--measure', 'sum'], 2, '"sum" needs a column, like sum:price'],
    [['export', 'fruit', '/nowhere/out.csv'], 3, 'ENOENT'],
    [['export', 'fruit', '--columns', 'cost'], 2, 'there is no column "cost"'],
    [['show', 'Fruit'], 3, 'there is no dataset "Fruit"; the datasets are "fruit"'],
    [['query', 'fruit', '--where', 'id__between=1'], 2, '"__between" in "id__between" is not a test; tests are __eq,'],
    [['export', 'fruit', 'out.xlsx'], 2, 'the name "out.xlsx" does not end in .csv, .ndjson, .jsonl or .parquet'],
    [['export', 'fruit', '-', '--format', 'parquet'], 2, 'Parquet is written to a file, not to stdout'],
    [['export', 'fruit', '--format', 'ndjson', '--safe'], 2, '--safe applies to CSV only, not to ndjson'],
    [['query', 'fruit', '--first', '0'], 2, 'It must be a whole number from 1'],
  ])('explains %j', async (args, code, message) => {
    const ended = await run(...args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toContain(message);
  });
});

it('a CSV export is imported to the same table again', async () => {
  const first = await openApp();
  try {
    const bytes = await readFile(fixture('songs.csv'), 'utf8');
    await importCsv(first, 'songs', bytes);
    const odd =
      'code,amount,text,list\n007,1.00,"a ""b""",["x"]\n012,12.50,"two\nlines",[]\n,,,\n1e5x,3.00,=1+1,"[""a,b""]"\n';
    await importCsv(first, 'odd', odd);
    for (const name of ['songs', 'odd']) {
      const exported = await (await first.get(`/datasets/${name}/export`)).text();
      await importCsv(first, 'again', exported);
      expect(await (await first.get('/datasets/again/export')).text()).toBe(exported);
      const rows = async (of: string) =>
        ((await (await first.get(`/datasets/${of}`)).json()) as { rows: object[] }).rows;
      expect(await rows('again')).toEqual(await rows(name));
    }
  } finally {
    await first.close();
  }
});
