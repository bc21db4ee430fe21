import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { datasetVersions } from '../../../db/tables/index.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { importCsv, rowsOf } from '../../support/datasets.ts';

const fresh = async (settings: Record<string, string> = {}): Promise<OpenApp> => {
  const opened = await openApp({ onDisk: true, settings });
  onTestFinished(opened.close);
  return opened;
};

const versionNumbers = async ({ get }: OpenApp, name: string): Promise<number[]> => {
  const versions = (await (await get(`/datasets/${name}/versions`)).json()) as { version: number }[];
  return versions.map(({ version }) => version);
};

const filesOf = async ({ data }: OpenApp): Promise<number> => (await readdir(join(data, 'datasets'))).length;

const importVersions = async (opened: OpenApp, numbers: readonly number[], query = ''): Promise<void> => {
  for (const number of numbers) await importCsv(opened, 'games', `id,v\n1,${number}\n2,${number}\n`, query);
};

it('ten versions of a dataset are kept, older ones are removed with their files', async () => {
  const opened = await fresh();
  await importVersions(opened, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(await versionNumbers(opened, 'games')).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  await importVersions(opened, [11, 12]);
  expect(await versionNumbers(opened, 'games')).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
  expect(await filesOf(opened)).toBe(10);
  expect(opened.app.store.count(datasetVersions, {})).toBe(10);
  expect(await rowsOf(opened, 'games', '&id=1')).toEqual([{ id: 1, v: 12 }]);
  expect((await opened.get('/datasets/games?_version=2')).status).toBe(404);
});

it('the number of versions is a setting, and a dataset may have its own from an import on', async () => {
  const opened = await fresh({ keepVersions: '2' });
  await importVersions(opened, [1, 2, 3]);
  expect(await versionNumbers(opened, 'games')).toEqual([3, 2]);
  await importVersions(opened, [4], '&keep_versions=3');
  await importVersions(opened, [5]);
  expect(await versionNumbers(opened, 'games')).toEqual([5, 4, 3]);
  await importVersions(opened, [6], '&keep_versions=1');
  expect(await versionNumbers(opened, 'games')).toEqual([6]);
  const { data } = await opened.query('{ dataset(name: "games") { keepVersions versions(first: 5) { totalCount } } }');
  expect(data).toEqual({ dataset: { keepVersions: 1, versions: { totalCount: 1 } } });
  expect(await (await opened.get('/datasets')).json()).toMatchObject([{ name: 'games', keep_versions: 1 }]);
});

it('a failed import and a dry run remove no version and change no number', async () => {
  const opened = await fresh();
  await importVersions(opened, [1, 2]);
  await importCsv(opened, 'games', '', '&keep_versions=1');
  await opened.query(
    `mutation ($file: String!) { startImport(input: {
      target: DATASET, datasetName: "games", source: { location: $file }, keepVersions: 1, dryRun: true
    }) { __typename } }`,
    { file: 'x' },
  );
  expect(await versionNumbers(opened, 'games')).toEqual([2, 1]);
});

it.each(['0', '-1', '1.5', 'many', ''])('keep_versions=%s is refused by its name', async (text) => {
  const opened = await fresh();
  const answer = await importCsv(opened, 'games', 'id\n1\n', `&keep_versions=${text}`);
  expect(answer).toMatchObject({ status: 400, error: { message: expect.stringContaining('keep_versions') } });
});

it('an export reads its version to the end although newer versions replace it', async () => {
  const opened = await fresh({ keepVersions: '1' });
  const rows = Array.from({ length: 2500 }, (_each, index) => `${index},first`);
  await importCsv(opened, 'games', `id,v\n${rows.join('\n')}\n`);
  const response = await opened.get('/datasets/games/export');
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = Buffer.from((await reader.read()).value ?? []).toString();
  await importVersions(opened, [2, 3]);
  expect(await versionNumbers(opened, 'games')).toEqual([3, 1]);
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += Buffer.from(part.value);
  expect(text.split('\r\n')).toEqual(['id,v', ...rows, '']);
  await expect.poll(() => versionNumbers(opened, 'games')).toEqual([3]);
  await expect.poll(() => filesOf(opened)).toBe(1);
});

it('SQL succeeds while imports replace and remove the versions that it reads', async () => {
  const opened = await fresh({ keepVersions: '1' });
  await importVersions(opened, [0]);
  let isImporting = true;
  const imported = importVersions(opened, [1, 2, 3, 4, 5, 6]).finally(() => {
    isImporting = false;
  });
  while (isImporting) {
    const response = await opened.get('/sql', { method: 'POST', body: 'select count(*) as n from games' });
    expect(await response.json()).toMatchObject({ rows: [{ n: 2 }] });
  }
  await imported;
  await expect.poll(() => versionNumbers(opened, 'games')).toEqual([7]);
});

it('queries succeed while imports replace and remove the versions that they read', async () => {
  const opened = await fresh({ keepVersions: '1' });
  await importVersions(opened, [0]);
  await rowsOf(opened, 'games');
  let isImporting = true;
  const imported = importVersions(opened, [1, 2, 3, 4, 5, 6]).finally(() => {
    isImporting = false;
  });
  while (isImporting) {
    // A cached answer alone would never let the event loop turn.
    await setImmediate();
    const { data } = await opened.query<{ dataset: { rows: { nodes: { cells: unknown }[] } } }>(
      '{ dataset(name: "games") { rowCount rows(first: 5) { totalCount } facets(columns: ["v"]) { buckets { count } } } }',
    );
    expect(data).toEqual({
      dataset: { rowCount: 2, rows: { totalCount: 2 }, facets: [{ buckets: [{ count: 2 }] }] },
    });
  }
  await imported;
  await expect.poll(() => versionNumbers(opened, 'games')).toEqual([7]);
});
