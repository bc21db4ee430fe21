import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';
import { fixtureApp } from '../../support/fixture-app.ts';

interface SqlData {
  readonly sql: {
    readonly columns: readonly { readonly name: string; readonly type: string }[];
    readonly rows: readonly Record<string, unknown>[];
    readonly rowCount: number;
    readonly isTruncated: boolean;
    readonly warnings: readonly string[];
    readonly snapshot: { readonly sequence: number };
  };
}

const document = `query ($query: String!, $parameters: SqlParameters, $first: Int! = 100, $asOf: AsOfInput) {
  sql(query: $query, parameters: $parameters, first: $first, asOf: $asOf) {
    columns { name type } rows rowCount isTruncated warnings snapshot { sequence } } }`;

const ask = async ({ query }: OpenApp, text: string, variables: object = {}): Promise<SqlData['sql']> => {
  const { data, errors } = await query<SqlData>(document, { query: text, ...variables });
  expect(errors).toBeUndefined();
  return (data as SqlData).sql;
};

const errorOf = async ({ query }: OpenApp, text: string, variables: object = {}): Promise<string> => {
  const { errors } = await query(document, { query: text, ...variables });
  return `${errors?.[0]?.extensions?.code}: ${errors?.[0]?.message}`;
};

const post = ({ get }: OpenApp, body: string | object, path = '/sql', headers: Record<string, string> = {}) =>
  get(path, {
    method: 'POST',
    headers: { ...(typeof body === 'string' ? {} : { 'content-type': 'application/json' }), ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const games =
  'AppID,Name,Price,Released\n10,Bowling,19.99,2008-10-21\n20,"Chess, blitz",5,2012-01-02\n30,Darts,free,\n';

it('names columns without a header by their position', async () => {
  const opened = await openApp();
  onTestFinished(opened.close);
  await importCsv(opened, 'bare', ',n,N,column1\n7,1,2,3\n');
  const { columns, rows } = await ask(opened, 'select * from bare');
  expect(columns.map(({ name }) => name)).toEqual(['column1', 'n', 'N_2', 'column1_2']);
  expect(rows).toEqual([{ column1: 7, n: 1, N_2: 2, column1_2: 3 }]);
  const { data } = await opened.query('{ dataset(name: "bare") { columns { name sqlName } } }');
  expect(data).toEqual({
    dataset: {
      columns: [
        { name: '', sqlName: 'column1' },
        { name: 'n', sqlName: 'n' },
        { name: 'N', sqlName: 'N_2' },
        { name: 'column1', sqlName: 'column1_2' },
      ],
    },
  });
});

const openGames = async (): Promise<OpenApp> => {
  const opened = await openApp();
  expect(await importCsv(opened, 'games', games, '&types=Price%3DDECIMAL')).toMatchObject({ state: 'SUCCEEDED' });
  return opened;
};

/** For tests that only read: each app has a process for SQL. */
let shared: OpenApp;
beforeAll(async () => {
  shared = await openGames();
});
afterAll(() => shared.close());

/** The rows of a Parquet file as DuckDB reads them, and the types of its columns. */
const readParquet = async (bytes: ArrayBuffer) => {
  const folder = await mkdtemp(join(tmpdir(), 'asof-test-'));
  const path = join(folder, 'x.parquet');
  await writeFile(path, Buffer.from(bytes));
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const result = await connection.runAndReadAll(`select * from read_parquet('${path}')`);
  await rm(folder, { recursive: true });
  return { rows: result.getRowsJson(), types: result.columnTypes().map(String) };
};

describe('queries of datasets', () => {
  it('see the newest version, or the one that the name asks for', async () => {
    const opened = await openGames();
    onTestFinished(opened.close);
    await importCsv(opened, 'games', 'AppID,Name\n40,Go\n');
    const names = async (table: string) => (await ask(opened, `select Name from ${table}`)).rows.map((row) => row.Name);
    expect(await names('games')).toEqual(['Go']);
    expect(await names('"games@latest"')).toEqual(['Go']);
    expect(await names('"games@1"')).toEqual(['Bowling', 'Chess, blitz', 'Darts']);
    expect(await names('GAMES')).toEqual(['Go']);
    const both = 'select (select count(*) from "games@1") - (select count(*) from games) as fewer';
    expect((await ask(opened, both)).rows).toEqual([{ fewer: 2 }]);
    expect(await errorOf(opened, 'select * from "games@3"')).toMatch(/NOT_FOUND: .*3/);
    expect(await errorOf(opened, 'select * from gmaes')).toMatch(/BAD_REQUEST: there is no table "gmaes"; .*"games"/);
  });

  it('return typed columns and exact values, and warn of cells that did not fit', async () => {
    const opened = shared;
    const result = await ask(opened, 'select * from games order by AppID');
    expect(result).toMatchObject({
      columns: [
        { name: 'AppID', type: 'BIGINT' },
        { name: 'Name', type: 'VARCHAR' },
        { name: 'Price', type: expect.stringMatching(/^DECIMAL/) },
        { name: 'Released', type: 'DATE' },
      ],
      rows: [
        { AppID: 10, Name: 'Bowling', Price: '19.99', Released: '2008-10-21' },
        { AppID: 20, Name: 'Chess, blitz', Price: '5', Released: '2012-01-02' },
        { AppID: 30, Name: 'Darts', Price: null, Released: null },
      ],
      rowCount: 3,
      isTruncated: false,
      warnings: ['1 cell of the column "Price" of "games" did not fit the type DECIMAL; the query sees NULL'],
    });
    expect((await ask(opened, 'select Name from games')).warnings).toEqual([]);
    expect((await ask(opened, 'select count(*) from games')).warnings).toEqual([]);
  });

  it('bind parameters by position and by name, by the type that the query expects', async () => {
    const opened = shared;
    const names = async (where: string, parameters: unknown) =>
      (await ask(opened, `select Name from games where ${where} order by AppID`, { parameters })).rows.map(
        ({ Name }) => Name,
      );
    expect(await names('Price > $1', [5.5])).toEqual(['Bowling']);
    expect(await names('Price = $1', ['19.99'])).toEqual(['Bowling']);
    expect(await names('Released < ? and AppID > ?', ['2012-01-02', 9])).toEqual(['Bowling']);
    expect(await names('Name = $name', { name: "x' or true --" })).toEqual([]);
    expect(await names('Name like $name', { name: 'C%' })).toEqual(['Chess, blitz']);
    expect(await names('AppID > $1', ['19.5'])).toEqual(['Chess, blitz', 'Darts']);
    expect(await names('AppID::varchar = $1', [10])).toEqual(['Bowling']);
    expect(await names('$1', [true])).toHaveLength(3);
    expect(await names('Price is not distinct from $1', [null])).toEqual(['Darts']);
    for (const [parameters, message] of [
      [[], /the value of the parameter \$1 is missing/],
      [[1, 2], /the query has no parameter \$2; it has \$1/],
      [{ x: 1 }, /the query has no parameter \$x; it has \$1/],
      [[{ nested: 1 }], /\$1 must be text, a number, a boolean or null/],
      [['x\0'], /\$1 must be well-formed text without NUL/],
      [['abc'], /Could not convert/i],
      ['text', /parameters must be a list of values or an object/],
    ] as const)
      expect(await errorOf(opened, 'select * from games where AppID = $1', { parameters })).toMatch(message);
  });

  it('are truncated at exactly the requested number of rows', async () => {
    const opened = shared;
    for (const rows of [999, 1000, 1001]) {
      const { rowCount, isTruncated } = await ask(opened, `select * from range(${rows})`, { first: 1000 });
      expect({ rowCount, isTruncated }).toEqual({ rowCount: Math.min(rows, 1000), isTruncated: rows > 1000 });
    }
    for (const rows of [2047, 2048, 2049, 4096, 4097])
      for (const format of ['csv', 'ndjson', 'json', 'parquet']) {
        const response = await post(opened, { query: `select * from range(${rows})`, first: 2048, format });
        expect(response.headers.get('x-row-count')).toBe(String(Math.min(rows, 2048)));
        expect(response.headers.get('x-truncated')).toBe(String(rows > 2048));
        if (format !== 'parquet') await response.text();
        else expect((await readParquet(await response.arrayBuffer())).rows).toHaveLength(Math.min(rows, 2048));
      }
  });

  it('limits are named by their errors', async () => {
    const opened = await openApp({ settings: { sqlRowsMax: '10', sqlLengthMax: '50', sqlResultBytesMax: '300' } });
    onTestFinished(opened.close);
    expect(await errorOf(opened, 'select 1', { first: 11 })).toBe(
      'LIMIT_EXCEEDED: first must be at most 10 (setting sqlRowsMax)',
    );
    expect(await errorOf(opened, 'select 1', { first: 1001 })).toMatch(/setting pageSizeMax/);
    expect(await errorOf(opened, `select ${'1 + '.repeat(50)}1`, { first: 1 })).toMatch(
      /LIMIT_EXCEEDED: .*setting sqlLengthMax/,
    );
    expect(await errorOf(opened, "select repeat('x', 301)", { first: 1 })).toMatch(/setting sqlResultBytesMax/);
    const response = await post(opened, { query: 'select * from range(100)' });
    expect(await response.json()).toMatchObject({ row_count: 10, is_truncated: true });
  });

  it('errors say where', async () => {
    const opened = shared;
    expect(await errorOf(opened, 'select Name\nfrom games\nwhere Nmae = 1')).toMatch(
      /BAD_REQUEST: .*"Nmae" not found.*\(line 3, column 7\)/,
    );
    expect(await errorOf(opened, 'select from')).toMatch(/BAD_REQUEST: syntax error.*line 1/);
  });
});

describe('the formats of POST /sql', () => {
  const exact = `select 12345678901234567890123::hugeint as huge, 0.1::decimal(3, 1) as small,
    12345678901234567.25::decimal(38, 2) as big, 9007199254740993 as odd, 1e300 as float, 'nan'::double as nan,
    [1.5, null] as list, {'a': {'b': 1}} as nested, map {'k': 1} as pairs, date '2024-02-29' as day,
    timestamp '2024-02-29 12:00:00.000001' as at, timestamptz '2024-02-29 12:00:00+02:00' as zoned,
    time '10:11:12' as clock, interval 1 month as span, '\\x00a'::blob as bytes, true as yes, null as nothing, 'ä"' as text`;

  it('JSON has exact values, as text where a double would lose digits', async () => {
    const opened = shared;
    expect((await (await post(opened, exact)).json()).rows).toEqual([
      {
        huge: '12345678901234567890123',
        small: 0.1,
        big: '12345678901234567.25',
        odd: '9007199254740993',
        float: 1e300,
        nan: 'NaN',
        list: [1.5, null],
        nested: { a: { b: 1 } },
        pairs: { k: 1 },
        day: '2024-02-29',
        at: '2024-02-29T12:00:00.000001Z',
        zoned: '2024-02-29T10:00:00Z',
        clock: '10:11:12',
        span: '1 month',
        bytes: '\\x00a',
        yes: true,
        nothing: null,
        text: 'ä"',
      },
    ]);
    expect((await ask(opened, exact)).rows[0]).toMatchObject({ small: '0.1', huge: '12345678901234567890123' });
  });

  it('CSV, NDJSON and Parquet have the same rows, chosen by option or Accept', async () => {
    const opened = shared;
    const query =
      'select AppID, Name, sum(Price) over () as total, count(*) over ()::hugeint as n from games order by 1';
    const csv = 'AppID,Name,total,n\r\n10,Bowling,24.99,3\r\n20,"Chess, blitz",24.99,3\r\n30,Darts,24.99,3\r\n';
    const text = async (path: string, headers = {}) => (await post(opened, query, path, headers)).text();
    expect(await text('/sql?format=csv')).toBe(csv);
    expect(await text('/sql', { accept: 'text/csv' })).toBe(csv);
    expect(await (await post(opened, { query, format: 'csv' })).text()).toBe(csv);
    expect(
      (await text('/sql?format=ndjson&first=2'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { AppID: 10, Name: 'Bowling', total: 24.99, n: 3 },
      { AppID: 20, Name: 'Chess, blitz', total: 24.99, n: 3 },
    ]);
    const response = await post(opened, query, '/sql?format=parquet');
    expect(response.headers.get('content-type')).toBe('application/vnd.apache.parquet');
    const { rows, types } = await readParquet(await response.arrayBuffer());
    expect(rows[1]).toEqual(['20', 'Chess, blitz', '24.99', '3']);
    expect(types[3]).toBe('DECIMAL(38,0)');
    expect(await text('/sql?format=csv&first=1', {})).toBe(csv.slice(0, csv.indexOf('20,')));
  });

  it('results of no row and names that repeat are right in every format', async () => {
    const opened = shared;
    const query = 'select AppID, AppID, 1 as __proto__, 2 as "7" from games where false';
    expect(await (await post(opened, query, '/sql?format=csv')).text()).toBe('AppID,AppID_1,__proto__,7\r\n');
    expect(await (await post(opened, query, '/sql?format=ndjson')).text()).toBe('');
    expect(await (await post(opened, query)).json()).toMatchObject({ rows: [], row_count: 0 });
    const response = await post(opened, query, '/sql?format=parquet');
    expect((await readParquet(await response.arrayBuffer())).rows).toEqual([]);
    const one = await (await post(opened, query.replace('where false', 'limit 1'), '/sql?format=ndjson')).text();
    expect(one).toBe('{"AppID":10,"AppID_1":10,"__proto__":1,"7":2}\n');
  });

  it('malformed requests say what is wrong', async () => {
    const opened = shared;
    for (const [body, message] of [
      [{}, /text `query`/],
      [{ query: 1 }, /text `query`/],
      [{ query: 'select 1', limit: 1 }, /there is no field .*limit.*; there are query/],
      [{ query: 'select 1', format: 'xlsx' }, /format/],
      [{ query: 'select 1', first: 0 }, /first/],
      [{ query: 'select 1', first: 'many' }, /first/],
      [{ query: 'select 1', sequence: 99 }, /sequence/],
      ['{"query": ', /not valid JSON/],
      ['', /./],
    ] as const) {
      const response = await post(opened, body);
      expect(response.status, JSON.stringify(body)).toBe(400);
      expect(await response.text()).toMatch(message);
    }
    const both = await post(opened, { query: 'select 1', format: 'csv' }, '/sql?format=json');
    expect(await both.text()).toMatch(/in the URL or in the body/);
  });

  it('a key that may read is needed where keys are in use', async () => {
    const opened = await openApp({
      settings: { apiKeys: 'read:r-key-of-a-test-0123456789,ingest:i-key-of-a-test-0123456789' },
    });
    onTestFinished(opened.close);
    const statusOf = async (headers: Record<string, string>) =>
      (await post(opened, 'select 1', '/sql', headers)).status;
    expect(await statusOf({})).toBe(401);
    expect(await statusOf({ 'x-api-key': 'i-key-of-a-test-0123456789' })).toBe(403);
    expect(await statusOf({ 'x-api-key': 'r-key-of-a-test-0123456789' })).toBe(200);
  });
});

describe('queries of facts', () => {
  it('revenue by status and city equals enrichedAggregate', async () => {
    const opened = await fixtureApp();
    const { data } = await opened.query<{
      enrichedAggregate: { nodes: { key: { userStatus: string; city: string }; measures: object }[] };
    }>(
      `{ enrichedAggregate(groupBy: [USER_STATUS, CITY]) {
        nodes { key { userStatus city } measures { sum count distinctUsers } } } }`,
    );
    const expected = data?.enrichedAggregate.nodes.map(({ key, measures }) => ({
      status: key.userStatus.toLowerCase().replace('_', '-'),
      city: key.city,
      ...measures,
    }));
    const { rows } = await ask(
      opened,
      `select user_status as status, city, sum(amount) as sum, count(*) as count,
       count(distinct user_id) as "distinctUsers" from transactions group by all`,
    );
    const sorted = (list: readonly object[] = []) =>
      list.map((each) => JSON.stringify(Object.entries(each).sort())).sort();
    expect(expected?.length).toBeGreaterThan(3);
    expect(sorted(rows)).toEqual(sorted(expected));
  });

  it('are those of an earlier state, while new records are added', async () => {
    const opened = await fixtureApp();
    const total = 'select count(*) as n, sum(amount) as sum from transactions';
    const before = await ask(opened, total);
    const line = {
      click_id: 'new',
      created_at: '2024-01-01',
      product_id: 'p',
      product_price: 7,
      user_id: 'ada',
      ip: '',
    };
    await opened.importFile('transactions', { name: 't.jsonl', text: JSON.stringify(line) });
    const { rows, snapshot } = await ask(opened, total);
    expect(rows).toEqual([{ n: 9, sum: String(Number(before.rows[0]?.sum) + 7) }]);
    expect(snapshot.sequence).toBe(before.snapshot.sequence + 1);
    for (const sequence of [before.snapshot.sequence, 0, before.snapshot.sequence]) {
      const earlier = await ask(opened, total, { asOf: { sequence } });
      expect(earlier.snapshot.sequence).toBe(sequence);
      expect(earlier.rows).toEqual(sequence === 0 ? [{ n: 0, sum: null }] : before.rows);
    }
    const users = 'select count(*) as n from users';
    expect((await ask(opened, users, { asOf: { sequence: 0 } })).rows).toEqual([{ n: 0 }]);
    expect((await ask(opened, users)).rows).toEqual([{ n: 4 }]);
  });

  it('join datasets, and show status changes and users', async () => {
    const opened = await fixtureApp();
    await importCsv(opened, 'targets', 'user,goal\nada,10\nbo,20\n');
    const { rows } = await ask(
      opened,
      `select t.goal, u.status, count(s.seq) as changes from targets t join users u on u.user_id = t.user
       left join status_changes s on s.user_id = u.user_id and not s.is_superseded group by all order by goal`,
    );
    expect(rows).toEqual([
      { goal: 10, status: 'cancelled', changes: 3 },
      { goal: 20, status: 'non-paying', changes: 0 },
    ]);
    expect((await ask(opened, 'select * from experiment_events')).columns.map(({ name }) => name)).toContain('variant');
  });

  it('a dataset with the name of facts is reached by its suffix', async () => {
    const opened = await fixtureApp();
    await importCsv(opened, 'users', 'a\n1\n');
    expect(await errorOf(opened, 'select * from users')).toMatch(/write "users@facts" or "users@latest"/);
    expect((await ask(opened, 'select * from "users@latest"')).rows).toEqual([{ a: 1 }]);
    expect((await ask(opened, 'select * from "users@facts"')).rowCount).toBe(4);
  });

  it('read no record of the store a second time', async () => {
    const statements: string[] = [];
    const opened = await openApp({ onStatement: (sql) => statements.push(sql) });
    onTestFinished(opened.close);
    const lines = Array.from({ length: 50 }, (_each, at) =>
      JSON.stringify({
        click_id: at,
        created_at: '2024-01-01',
        product_id: 'p',
        product_price: 1,
        user_id: 'u',
        ip: '',
      }),
    );
    await opened.importFile('transactions', { name: 't.jsonl', text: lines.join('\n') });
    const reads = async (): Promise<number> => {
      statements.length = 0;
      expect((await ask(opened, 'select user_status, sum(amount) as s from transactions group by all')).rowCount).toBe(
        1,
      );
      return statements.filter((sql) => /from "?transactions/i.test(sql)).length;
    };
    expect(await reads()).toBeGreaterThan(0);
    expect(await reads()).toBe(0);
  });
});
