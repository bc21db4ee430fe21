import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it, onTestFinished } from 'vitest';
import { openApp } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';

const rows = 2500;

const exported = async (settings: Readonly<Record<string, string>> = {}) => {
  const app = await openApp({ settings });
  onTestFinished(app.close);
  const csv = `n,text\n${Array.from({ length: rows }, (_, n) => `${n},text ${n}`).join('\n')}\n`;
  expect(await importCsv(app, 'long', csv)).toMatchObject({ status: 200, accepted: rows });
  return app.get('/datasets/long/export?format=ndjson');
};

it('an export sends all rows page by page to a client that reads them', async () => {
  const lines = (await (await exported()).text()).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).n)).toEqual(Array.from({ length: rows }, (_, n) => n));
});

it('an export fails when its client reads nothing for exportStallMs', async () => {
  const stallMs = 1000;
  const reader = (await exported({ exportStallMs: String(stallMs) })).body?.getReader();
  expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
  await delay(2 * stallMs);
  await expect(reader?.read()).rejects.toThrow('the client read nothing');
});

it('an export has a name for its file, also for clients that read ASCII only', async () => {
  const app = await openApp();
  onTestFinished(app.close);
  await importCsv(app, encodeURIComponent('Spiele 2024.é'), 'n\n1\n');
  const response = await app.get(`/datasets/${encodeURIComponent('Spiele 2024.é')}/export?_format=ndjson`);
  expect(response.headers.get('content-disposition')).toBe(
    `attachment; filename="Spiele 2024._.ndjson"; filename*=UTF-8''Spiele%202024.%C3%A9.ndjson`,
  );
});

it('an export is not sent again to a client that has it, until there is another version', async () => {
  const app = await openApp();
  onTestFinished(app.close);
  await importCsv(app, 'cached', 'n\n1\n');
  const get = (query: string, headers: Record<string, string> = {}) =>
    app.get(`/datasets/cached/export${query}`, { headers });
  const first = await get('?n=1');
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^W\/"/);
  expect(first.headers.get('cache-control')).toBe('private, no-cache');
  expect(first.headers.get('vary')).toBe('accept');
  for (const tags of [etag, `"other", ${etag}`, '*']) {
    const again = await get('?n=1', { 'if-none-match': tags });
    expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
  }
  expect((await get('?n=1', { 'if-none-match': '"other"' })).status).toBe(200);
  expect((await get('?n=1', { 'if-none-match': etag, accept: 'application/x-ndjson' })).status).toBe(200);
  expect((await get('?cost=1', { 'if-none-match': '*' })).status).toBe(400);
  await importCsv(app, 'cached', 'n\n2\n', '&mode=append');
  const next = await get('', { 'if-none-match': etag });
  expect([next.status, await next.text()]).toEqual([200, 'n\r\n1\r\n2\r\n']);
  expect((await get('?_version=1', { 'if-none-match': etag })).status).toBe(304);
});

it('a dataset that replaced a deleted one of the same name is another file', async () => {
  const app = await openApp();
  onTestFinished(app.close);
  await importCsv(app, 'cached', 'n\n1\n');
  const etag = (await app.get('/datasets/cached/export')).headers.get('etag') ?? '';
  await app.get('/datasets/cached', { method: 'DELETE' });
  await importCsv(app, 'cached', 'n\n2\n');
  const response = await app.get('/datasets/cached/export', { headers: { 'if-none-match': etag } });
  expect([response.status, await response.text()]).toEqual([200, 'n\r\n2\r\n']);
});

it('a Parquet export has the selected rows and columns with their types, and leaves no file behind', async () => {
  const app = await openApp({ onDisk: true });
  onTestFinished(app.close);
  const csv =
    'id,Name,price,day,tags\n1,é,1.50,2024-01-02,"[""a"",""b""]"\n2,b,20.25,2024-03-04,[]\n3,c,oops,,\n4,d,3.00,,\n';
  await importCsv(app, 'typed', csv, '&types=price=DECIMAL,tags=STRING_LIST');
  const path = '/datasets/typed/export?_sort=-id&id__gte=1&price__lt=100&_columns=Name,price,day,tags';
  const response = await app.get(path, { headers: { accept: 'application/vnd.apache.parquet' } });
  expect([response.status, response.headers.get('content-type'), response.headers.get('excluded-count')]).toEqual([
    200,
    'application/vnd.apache.parquet',
    '1',
  ]);
  const folder = await mkdtemp(join(tmpdir(), 'asof-parquet-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'typed.parquet'), Buffer.from(await response.arrayBuffer()));
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  onTestFinished(() => connection.closeSync());
  const read = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson();
  const table = `'${join(folder, 'typed.parquet')}'`;
  expect(await read(`select column_name, column_type from (describe from ${table})`)).toEqual([
    ['Name', 'VARCHAR'],
    ['price', 'DECIMAL(4,2)'],
    ['day', 'DATE'],
    ['tags', 'VARCHAR[]'],
  ]);
  expect(await read(`from ${table}`)).toEqual([
    ['d', '3.00', null, null],
    ['b', '20.25', '2024-03-04', []],
    ['é', '1.50', '2024-01-02', ['a', 'b']],
  ]);
  const files = await readdir(join(app.data, 'datasets'));
  expect(files.filter((name) => name.endsWith('.parquet'))).toHaveLength(1);
});
