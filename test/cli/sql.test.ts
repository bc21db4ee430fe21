import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fixture, openApp } from '../support/app.ts';
import { importCsv } from '../support/datasets.ts';
import { asof } from './asof-process.ts';

let data = '';
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'asof-test-'));
  const opened = await openApp({ data });
  await opened.importFile('user-status', fixture('status-changes.json'));
  await opened.importFile('transactions', fixture('transactions.jsonl'));
  await importCsv(opened, 'games', 'AppID,Name,Price\n10,Bowling,19.99\n20,"Chess, blitz",5\n');
  await opened.close();
});
afterAll(() => rm(data, { recursive: true, force: true }));

const sql = (...args: string[]) => asof(['sql', ...args, '--data', data]);

it('prints a table, JSON and the formats of files', async () => {
  expect(await sql('select Name, Price from games order by Price')).toMatchObject({
    code: 0,
    stderr: '',
    stdout: 'Name          Price\nChess, blitz      5\nBowling       19.99\n',
  });
  const query = 'select * from games where Price > $1';
  expect((await sql(query, '--param', '9.5', '--format', 'csv')).stdout).toBe(
    'AppID,Name,Price\r\n10,Bowling,19.99\r\n',
  );
  expect(JSON.parse((await sql(query, '--param', '1', '--json')).stdout)).toHaveLength(2);
  expect((await sql(query, '--param', '9.5', '--format', 'ndjson')).stdout).toBe(
    '{"AppID":10,"Name":"Bowling","Price":19.99}\n',
  );
});

it('binds named parameters, and numbers as text where the query compares text', async () => {
  const query = 'select count(*) as n from transactions where user_id = $user and amount > $least';
  const { stdout } = await sql(query, '--param', 'user=7', '--param', 'least=0', '--format', 'csv');
  expect(stdout).toBe('n\r\n2\r\n');
  expect(await sql(query, '--param', 'user=7', '--param', '0')).toMatchObject({ code: 2 });
});

it('writes a file, whose format its name shows', async () => {
  const out = join(data, 'result.parquet');
  expect(await sql('select * from games', '--out', out)).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect((await readFile(out)).subarray(0, 4).toString()).toBe('PAR1');
});

it('says when there are more rows, and exits with the codes of other commands', async () => {
  const { code, stdout, stderr } = await sql('select * from range(5)', '--first', '2');
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'range\n    0\n    1\n' });
  expect(stderr).toContain('there are more than these 2 rows');
  expect(await sql('select * from nothing')).toMatchObject({ code: 2, stdout: '' });
  expect(await sql("select * from '/etc/passwd'")).toMatchObject({ code: 2, stdout: '' });
  expect(await sql('drop table games')).toMatchObject({ code: 2, stdout: '' });
  expect(await asof(['sql', 'select 1', '--data', join(data, 'none')])).toMatchObject({ code: 3 });
});

it('uses facts up to a sequence number', async () => {
  const n = async (...args: string[]) =>
    (await sql('select count(*) as n from transactions', '--format', 'csv', ...args)).stdout;
  expect(await n('--sequence', '0')).toBe('n\r\n0\r\n');
  expect(await n()).toBe('n\r\n8\r\n');
});

it('leaves no folder of its process behind', async () => {
  await sql('select count(*) from transactions');
  await sql("select * from read_csv('/etc/passwd')");
  expect((await readdir(join(data, 'datasets'))).filter((name) => name.startsWith('sql.'))).toEqual([]);
});
