import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';
import { dataFolder } from '../../support/store.ts';

/** Pages and figures of a dataset, with what each is requested with besides. */
const paths = [
  '/datasets/cities',
  '/datasets/cities?_first=1&_sort=-people',
  '/datasets/cities?people__gt=2&_columns=name',
  '/datasets/cities/aggregate?_group_by=country&_measures=count,sum:people',
  '/datasets/cities/aggregate?_group_by=country&_measures=count,sum:people&people__gt=2',
  '/datasets/cities/facets?_columns=country',
  '/datasets/cities/profile?_columns=people',
];

const first = 'name,country,people\nUlm,DE,1\nBonn,DE,3\nOslo,NO,7\n';
const second = 'name,country,people\nUlm,DE,2\nBonn,DE,4\nOslo,NO,9\nBergen,NO,8\n';

const open = async (settings: Record<string, string> = {}, data?: string): Promise<OpenApp> => {
  const app = await openApp({ settings, ...(data === undefined ? {} : { data }) });
  onTestFinished(app.close);
  return app;
};

const read = async ({ get }: OpenApp, path: string, headers: Record<string, string> = {}) => {
  const response = await get(path, { headers });
  return { status: response.status, etag: response.headers.get('etag'), text: await response.text() };
};

/** The same with the tag of an answer that the client has. */
const readKnowing = (app: OpenApp, path: string, { etag }: { etag: string | null }, headers = {}) =>
  read(app, path, { ...headers, 'if-none-match': `${etag}` });

describe('ETags of pages and figures of datasets', () => {
  it('a client that has an answer gets 304 until there is another version, whatever else is recorded', async () => {
    const app = await open();
    await importCsv(app, 'cities', first);
    for (const path of paths) {
      const known = await read(app, path);
      expect([path, known.status, known.etag]).toEqual([path, 200, expect.stringMatching(/^W\/"\d+-[\w-]{22}"$/)]);
      expect(await readKnowing(app, path, known)).toEqual({ status: 304, etag: known.etag, text: '' });
      expect((await read(app, path, { 'if-none-match': '*' })).status).toBe(200);
    }
    const before = await Promise.all(paths.map((path) => read(app, path)));
    await app.importFile('user-status', { name: 's.csv', text: 'user_id,created_at,status\nu,2025-01-01,paying\n' });
    await importCsv(app, 'others', 'n\n1\n');
    for (const [index, path] of paths.entries())
      expect([path, (await readKnowing(app, path, before[index] as never)).status]).toEqual([path, 304]);

    await importCsv(app, 'cities', second);
    for (const [index, path] of paths.entries()) {
      const known = before[index] as (typeof before)[number];
      const after = await readKnowing(app, path, known);
      expect([path, after.status, after.text === known.text]).toEqual([path, 200, false]);
      expect(after.etag).not.toBe(known.etag);
    }
  });

  it('a named version keeps its tag when another one becomes the current one', async () => {
    const app = await open();
    await importCsv(app, 'cities', first);
    for (const path of ['/datasets/cities?version=1', '/datasets/cities/profile?_version=1']) {
      const known = await read(app, path);
      await importCsv(app, 'cities', `${first}Rome,IT,${path.length}\n`);
      expect([path, await readKnowing(app, path, known)]).toEqual([path, { status: 304, etag: known.etag, text: '' }]);
      expect((await read(app, path)).text).toBe(known.text);
    }
  });

  it('the answer to one request is never taken for that to another one, nor at another address', async () => {
    const app = await open();
    await importCsv(app, 'cities', first);
    await importCsv(app, 'towns', first);
    const requested = [...paths, ...paths.map((path) => path.replace('cities', 'towns'))];
    const answers = await Promise.all(requested.map((path) => read(app, path)));
    expect(new Set(answers.map(({ etag }) => etag)).size).toBe(requested.length);
    // Pages have links with the address by which the server was reached.
    const [path = '', known] = [paths[1], answers[1]];
    const elsewhere = await app.app.fetch(
      new Request(`http://localhost:4000${path}`, { headers: { 'if-none-match': `${known?.etag}` } }),
    );
    expect(elsewhere.status).toBe(200);
    expect(elsewhere.headers.get('etag')).not.toBe(known?.etag);
  });

  it('a dataset that is deleted and imported again under its name has other tags', async () => {
    const app = await open();
    await importCsv(app, 'cities', first);
    const known = await read(app, '/datasets/cities');
    expect((await app.get('/datasets/cities', { method: 'DELETE' })).status).toBe(200);
    expect(await readKnowing(app, '/datasets/cities', known)).toMatchObject({ status: 404, etag: null });
    await importCsv(app, 'cities', second);
    expect((await readKnowing(app, '/datasets/cities', known)).status).toBe(200);
  });

  it('the rows that are left after some were erased have other tags', async () => {
    const data = dataFolder();
    const opened = await openApp({ data });
    await importCsv(opened, 'cities', first);
    const withExport = [...paths, '/datasets/cities/export', '/datasets/cities/export?_format=parquet'];
    const before = await Promise.all(withExport.map((path) => read(opened, path)));
    await opened.close();
    const offline = await openApp({ data, start: false });
    const { eraser } = offline.app.domains;
    const rows = ['cities.name=Bonn'];
    await (await eraser.find({ userId: null, rows })).erase();
    await eraser.finish();
    await offline.close();
    const erased = await open({}, data);
    for (const [index, path] of withExport.entries()) {
      const known = before[index] as (typeof before)[number];
      const after = await readKnowing(erased, path, known);
      expect([path, after.status, after.text === known.text]).toEqual([path, 200, false]);
    }
  });

  it('lines of an export, of which the last one may be an error, have no tag', async () => {
    const app = await open();
    await importCsv(app, 'cities', first);
    const lines = await app.get('/datasets/cities/export?_format=ndjson');
    expect([lines.headers.get('etag'), lines.headers.get('cache-control')]).toEqual([null, 'no-store']);
    expect((await app.get('/datasets/cities/export')).headers.get('etag')).not.toBeNull();
    expect((await read(app, '/datasets/cities/export?_format=ndjson', { 'if-none-match': '*' })).status).toBe(200);
  });

  it('neither a missing key nor one of another scope learns that an answer is unchanged, and no error has a tag', async () => {
    const [reader, other, sender] = ['r', 's', 'i'].map((each) => `${each}-key-of-a-test-0123456789`);
    const data = dataFolder();
    const opened = await openApp({ data });
    await importCsv(opened, 'cities', first);
    await opened.close();
    const app = await open({ apiKeys: `read:${reader},read:${other},ingest:${sender}` }, data);
    for (const path of paths) {
      const known = await read(app, path, { 'x-api-key': `${reader}` });
      expect(known.status).toBe(200);
      // A dataset is the same for all who may read it.
      expect((await readKnowing(app, path, known, { 'x-api-key': other })).status).toBe(304);
      expect(await readKnowing(app, path, known)).toMatchObject({ status: 401, etag: null });
      expect(await readKnowing(app, path, known, { 'x-api-key': sender })).toMatchObject({ status: 403, etag: null });
    }
    const wrong = await read(app, '/datasets/cities?cost=1', { 'x-api-key': `${reader}` });
    expect(wrong).toMatchObject({ status: 400, etag: null });
  });
});
