import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { fixture, openApp } from '../../support/app.ts';

const oldFolder = fixture('data-folders/old-datasets');

/** A copy of the data folder that a server with column files left behind. */
const copyOldFolder = async (): Promise<string> => {
  const data = await mkdtemp(join(tmpdir(), 'asof-old-'));
  onTestFinished(() => rm(data, { recursive: true }));
  await mkdir(join(data, 'datasets'));
  for (const path of await readdir(oldFolder, { recursive: true })) {
    if (!path.endsWith('.gz')) continue;
    await writeFile(join(data, path.slice(0, -3)), gunzipSync(await readFile(join(oldFolder, path))));
  }
  return data;
};

/** What the server with column files answered. */
const answers = JSON.parse(await readFile(join(oldFolder, 'answers.json'), 'utf8')) as {
  readonly rest: Readonly<Record<string, string>>;
  readonly origins: unknown;
};

const originsQuery = `{
  datasets(first: 5) {
    nodes { name rows(first: 30) { nodes { misfits { column text } provenance { line import { id source } } values } } }
  }
}`;

it('datasets of a data folder with column files are answered as before, from Parquet files', async () => {
  const data = await copyOldFolder();
  for (const _start of [1, 2]) {
    const opened = await openApp({ data });
    // Only the number of excluded rows is new.
    for (const [path, text] of Object.entries(answers.rest))
      expect((await (await opened.get(path)).text()).replace('"excluded_count":0,', ''), path).toBe(text);
    expect((await opened.query(originsQuery)).data).toEqual(answers.origins);
    await opened.close();
    const names = await readdir(join(data, 'datasets'));
    expect(names.map((name) => name.split('.').at(-1))).toEqual(['parquet', 'parquet', 'parquet']);
  }
});

it('a version of an old data folder can be appended to', async () => {
  const opened = await openApp({ data: await copyOldFolder() });
  onTestFinished(opened.close);
  const response = await opened.get('/datasets/stock?wait=1&mode=upsert', {
    method: 'PUT',
    headers: { 'content-type': 'text/csv' },
    body: 'code,count,note\na,100,later\nz,7,\n',
  });
  expect(await response.json()).toMatchObject({ accepted: 2, rejected: 0 });
  const rows = async (query: string): Promise<unknown> =>
    ((await (await opened.get(`/datasets/stock?${query}`)).json()) as { rows: unknown }).rows;
  expect(await rows('code=a')).toEqual([{ code: 'a', count: 100, note: 'later' }]);
  expect(await rows('code=z')).toEqual([{ code: 'z', count: 7, note: null }]);
  expect(await rows('code=a&_version=2')).toEqual([{ code: 'a', count: 1, note: 'first' }]);
});

it('a file that is missing from an old data folder does not hinder the others', async () => {
  const data = await copyOldFolder();
  const [first = ''] = await readdir(join(data, 'datasets'));
  await rm(join(data, 'datasets', first));
  const opened = await openApp({ data });
  onTestFinished(opened.close);
  const statuses = await Promise.all(
    ['types', 'stock', 'stock?_version=1'].map(async (path) => (await opened.get(`/datasets/${path}`)).status),
  );
  expect(statuses.toSorted()).toEqual([200, 200, 503]);
});
