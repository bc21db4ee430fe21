import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';

let opened: OpenApp;
beforeAll(async () => {
  opened = await openApp({
    settings: { sqlMsMax: '400', sqlMemoryBytesMax: '150MB', sqlTempBytesMax: '50MB', sqlResultBytesMax: '1MB' },
  });
  await importCsv(opened, 'games', 'AppID,Name,Price\n10,Bowling,19.99\n20,Chess,5\n');
});
afterAll(() => opened.close());

interface Outcome {
  readonly status: number;
  readonly message: string;
}

const run = async (query: string, more: object = {}): Promise<Outcome> => {
  const body = JSON.stringify({ query, ...more });
  const headers = { 'content-type': 'application/json' };
  const response = await opened.get('/sql', { method: 'POST', headers, body });
  return { status: response.status, message: await response.text() };
};

/** The table that everything else must leave as it is. */
const honest = 'select count(*) as games, sum(Price) as total from games';
const expectHonestAnswer = async (): Promise<void> => {
  const { status, message } = await run(honest);
  expect(status, message).toBe(200);
  expect(JSON.parse(message)).toMatchObject({ rows: [{ games: 2, total: 24.99 }] });
};

const many = (count: number, text: string): string => text.repeat(count);
const names = 'information_schema.tables information_schema.columns pg_catalog.pg_class main.games temp.games';

/** Texts that are refused before anything is run. */
const refused: readonly string[] = [
  // Files
  "select * from read_csv('/etc/passwd')",
  "select * from read_csv_auto('/etc/passwd')",
  "select * from READ_TEXT('/etc/passwd')",
  "select * from read_blob('/etc/passwd')",
  "select * from read_json('/etc/passwd')",
  "select * from read_ndjson_objects('/etc/passwd')",
  "select * from read_parquet('/tmp/*.parquet')",
  "select * from parquet_scan('/tmp/*.parquet')",
  "select * from parquet_metadata('/tmp/x.parquet')",
  "select * from parquet_schema('/tmp/x.parquet')",
  "select * from parquet_kv_metadata('/tmp/x.parquet')",
  "select * from read_duckdb('/tmp/x.db')",
  "select * from sniff_csv('/etc/passwd')",
  "select * from glob('/etc/*')",
  "select * from '/etc/passwd'",
  'select * from "/etc/passwd"',
  "select * from '/tmp/x.parquet'",
  "select * from 'https://files.example/x.csv'",
  "select * from 's3://bucket/x.parquet'",
  "select (select content from read_text('/etc/passwd'))",
  "with x as (select * from read_text('/etc/passwd')) select * from x",
  "select * from games where exists (from read_text('/etc/passwd'))",
  "select * from games order by (select max(content) from read_text('/etc/passwd'))",
  "select * from games join read_text('/etc/passwd') on true",
  "select * from (values (1)) v, lateral (select * from read_text('/etc/passwd'))",
  "from read_text('/etc/passwd')",
  "pivot (from read_text('/etc/passwd')) on size using count(*)",
  "select * from games union all by name select * from read_text('/etc/passwd')",
  "select main.read_text('/etc/passwd')",
  "select * from system.main.read_text('/etc/passwd')",
  // Statements
  "copy (select 1) to '/tmp/x'",
  "copy games to '/tmp/x.csv'",
  "copy games from '/etc/passwd'",
  "export database '/tmp/x'",
  "import database '/tmp/x'",
  "attach '/tmp/x.db'",
  "attach ':memory:' as other",
  'detach games',
  'use information_schema',
  'install httpfs',
  'load httpfs',
  "load '/tmp/x.duckdb_extension'",
  'update extensions',
  'pragma database_list',
  "pragma table_info('games')",
  'set threads = 100',
  "set memory_limit = '100GB'",
  'set global enable_external_access = true',
  'reset memory_limit',
  'set variable x = 1',
  'checkpoint',
  'force checkpoint',
  'vacuum',
  'analyze',
  'begin transaction',
  'commit',
  'rollback',
  'create table t (a int)',
  'create table games as select 1',
  'create temp table t as select 1',
  'create or replace view games as select 1',
  'create macro f(x) as x',
  'create type t as int',
  'create sequence s',
  'create schema s',
  "create secret (type s3, key_id 'x', secret 'y')",
  'drop view games',
  'alter table games add column x int',
  'insert into games values (1)',
  'insert into games select 1 returning *',
  'update games set Price = 0',
  'delete from games',
  'truncate games',
  'merge into games using games g on true when matched then delete',
  'prepare p as select 1',
  'execute p',
  'deallocate p',
  'call pragma_version()',
  'explain select 1',
  'explain analyze select * from games',
  'describe games',
  'show tables',
  'summarize games',
  'from (describe games)',
  'from (show tables)',
  "comment on table games is 'x'",
  // Several statements, and comments that hide them
  'select 1; select 2',
  'select 1; drop view games',
  'select 1;;select 2',
  '/* select */ drop view games',
  'select 1 /* ; */ ; -- \n drop view games',
  'select 1; -- drop view games\ncreate table t (a int)',
  '-- nothing',
  '/* nothing',
  '',
  '   ',
  ';',
  // What tells about the server
  "select getenv('HOME')",
  "select current_setting('memory_limit')",
  "select getvariable('x')",
  'select version()',
  'select current_database()',
  'select current_schema()',
  'select current_schemas(true)',
  'select current_query()',
  'select txid_current()',
  'select current_connection_id()',
  'select pg_backend_pid()',
  'select * from duckdb_settings()',
  'select * from duckdb_secrets()',
  'select * from duckdb_tables()',
  'select * from duckdb_views()',
  'select * from duckdb_columns()',
  'select * from duckdb_functions()',
  'select * from duckdb_extensions()',
  'select * from duckdb_databases()',
  'select * from duckdb_temporary_files()',
  'select * from duckdb_memory()',
  'select * from duckdb_logs()',
  'select * from duckdb_variables()',
  "select * from pragma_storage_info('games')",
  'select * from pragma_database_size()',
  "select * from pragma_show('games')",
  'select * from pg_class',
  'select * from sqlite_master',
  'select * from duckdb_tables',
  'select * from "facts.transactions"',
  'select * from facts.transactions',
  'select * from facts.state_1',
  ...names.split(' ').map((name) => `select * from ${name}`),
  // SQL in texts
  "select * from query('select 1')",
  "select * from query_table('games')",
  "select * from query_table(['games'])",
  "select json_execute_serialized_sql('x')",
  "select * from json_execute_serialized_sql(json_serialize_sql('select 1'))",
  "select json_serialize_sql('select 1')",
  "select json_serialize_plan('select 1')",
  "select json_deserialize_sql('{}')",
  "select * from sql_auto_complete('sel')",
  'select * from test_all_types()',
  'select * from repeat_row(1, num_rows = 1000000000)',
  "select nextval('s')",
  'select setseed(0.5)',
  "select write_log('x')",
  'select sleep_ms(100000)',
  // Names of the layout of the files, and of the tables behind the views
  'select _import from games',
  'select file_row_number from games',
  'select filename from games',
  'select stored._row from transactions',
  // Look-alikes
  'ѕelect 1',
  "select * from rеad_text('/etc/passwd')",
  'select * from ｇames',
  'select * from gam\u200bes',
  // Text that is no text
  'select 1\0',
  "select '\0'",
  'select \ud800',
  // Sizes and depths
  `select ${many(20_000, '- ')}1`,
  `select ${many(2000, 'abs(')}1${many(2000, ')')}`,
  `${many(2000, 'select * from (')}select 1${many(2000, ')')}`,
  `select '${'x'.repeat(1_000_000)}'`,
  // Parameters
  'select $1',
  'select $1, $2, ?',
  'select * from $1',
  'select * from ?',
];

/** Queries that need more than they may use, each with the limit that its error names. */
const excessive: readonly (readonly [string, RegExp])[] = [
  ['select count(*) from range(1000000000) a, range(1000000000) b', /sqlMsMax/],
  ['select count(*) from range(100000000000)', /sqlMsMax/],
  [
    'select sum(a.range * b.range) from range(10000000) a join range(10000000) b on a.range < b.range',
    /sqlMsMax|sqlMemory/,
  ],
  ['with recursive t as (select 1 as n union all select n + 1 from t) select count(*) from t', /sqlMsMax|sqlMemory/],
  ['with recursive t as (select 1 as n union select n + 1 from t) select count(*) from t', /sqlMsMax|sqlMemory/],
  ["select length(repeat('x', 2000000000))", /sqlMsMax|sqlMemory/],
  ["select repeat(repeat('x', 1000000), 1000)", /sqlMsMax|sqlMemory|sqlResultBytesMax/],
  ["select repeat('x', 100000) from range(1000)", /sqlMsMax|sqlResultBytesMax|sqlMemory/],
  ["select lpad('', 1000000000, 'x')", /sqlMsMax|sqlMemory|sqlResultBytesMax/],
  ["select format('{:>1000000000}', 'x')", /sqlMsMax|sqlMemory|sqlResultBytesMax/],
  ["select printf('%1000000000d', 1)", /sqlMsMax|sqlMemory|sqlResultBytesMax/],
  ['select length(range(1000000000))', /sqlMsMax|sqlMemory/],
  ['select generate_series(1, 1000000000)', /sqlMsMax|sqlMemory|sqlResultBytesMax/],
  ['select list(range) from range(100000000)', /sqlMsMax|sqlMemory|sqlResultBytesMax/],
  ["select string_agg(range::varchar, '') from range(1000000000)", /sqlMsMax|sqlMemory/],
  ['select list_transform(range(100000000), lambda x: x + 1)', /sqlMsMax|sqlMemory|sqlResultBytesMax/],
  [
    'select list_reduce(range(3000), lambda a, b: a + list_sum(list_transform(range(100000), lambda c: b * c)))',
    /sqlMsMax|sqlMemory/,
  ],
  ["select levenshtein(repeat('ab', 500000), repeat('ba', 500000))", /sqlMsMax|sqlMemory/],
  ['select count(*) from (select random() r from range(100000000) order by r)', /sqlMsMax|sqlMemory/],
  ['select count(distinct random()) from range(100000000)', /sqlMsMax|sqlMemory/],
  ['select max(md5(range::varchar)) from range(1000000000)', /sqlMsMax/],
  [
    `select count(*) from ${Array.from({ length: 12 }, (_each, at) => `range(1000) t${at}`).join(', ')}`,
    /sqlMsMax|sqlMemory/,
  ],
];

describe('hostile SQL', () => {
  it('is refused whatever it tries to reach, and the next query is answered', async () => {
    const faults: string[] = [];
    for (const text of refused) {
      const { status, message } = await run(text);
      const isRefused = status === 400 && !/root:|\/tmp\/asof|"facts"|INTERNAL/.test(message);
      if (!isRefused) faults.push(`${text.slice(0, 100)} → ${status} ${message.slice(0, 300)}`);
    }
    expect(faults).toEqual([]);
    await expectHonestAnswer();
  });

  it.each(excessive)(
    '%s is ended by a limit that the error names',
    async (text, limit) => {
      let hasEnded = false;
      const attack = run(text).finally(() => {
        hasEnded = true;
      });
      // Other requests are answered meanwhile.
      expect((await opened.get('/user_status/1?date=2024-01-01')).status).toBe(200);
      expect(hasEnded).toBe(false);
      const { status, message } = await attack;
      expect(status, message).toBe(400);
      expect(message).toMatch(limit);
      await expectHonestAnswer();
    },
    60_000,
  );

  it('many attacks at once leave other queries an answer', async () => {
    const attacks = Array.from({ length: 6 }, (_each, at) =>
      run(at % 2 === 0 ? 'select count(*) from range(100000000000)' : "select length(repeat('x', 2000000000))"),
    );
    await expectHonestAnswer();
    for (const { status } of await Promise.all(attacks)) expect(status).toBe(400);
    await expectHonestAnswer();
  }, 120_000);
});
