import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { asof } from '../../cli/asof-process.ts';
import { openApp } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';
import { dataFolder } from '../../support/store.ts';

const lists = {
  graphql: '{ datasets { totalCount nodes { name rowCount } edges { node { currentVersion { number } } } } }',
  songs:
    '{ dataset(name: "songs") { name rowCount rows(first: 1) { totalCount } versions(first: 5) { totalCount } version(number: 1) { rowCount } } }',
  games: '{ dataset(name: "games") { name rowCount rows(first: 1) { totalCount } versions(first: 5) { totalCount } } }',
  imports: '{ imports(first: 10) { nodes { target datasetVersion { number rowCount } dataset { name } } } }',
};

let sound = '';

beforeAll(async () => {
  sound = join(mkdtempSync(join(tmpdir(), 'asof-damage-')), 'data');
  const opened = await openApp({ data: sound });
  await importCsv(opened, 'songs', 'id,n\n1,1\n');
  await importCsv(opened, 'games', 'id,n\n1,1\n2,2\n3,3\n');
  await importCsv(opened, 'songs', 'id,n\n1,1\n2,2\n');
  await opened.importFile('user-status', { name: 's.csv', text: 'user_id,created_at,status\nu,2020-01-01,paying' });
  await opened.close();
});

afterAll(() => rmSync(sound, { recursive: true, force: true }));

/** The sound folder after an edit by SQL. */
const edited = (sql: string): string => {
  const data = join(dataFolder(), 'data');
  cpSync(sound, data, { recursive: true });
  const client = new Database(join(data, 'asof.sqlite'));
  client.exec(sql);
  client.close();
  return data;
};

const answersAt = async (data: string) => {
  const opened = await openApp({ data });
  onTestFinished(opened.close);
  const { query, get } = opened;
  const fetched = async (path: string) => {
    const response = await get(path);
    return { status: response.status, text: await response.text() };
  };
  return {
    list: await query<{ datasets: { nodes: unknown[]; edges: unknown[] } }>(lists.graphql),
    songs: await query(lists.songs),
    games: await query(lists.games),
    imports: await query<{ imports: { nodes: { target: string; datasetVersion: unknown }[] } }>(lists.imports),
    restList: await fetched('/datasets'),
    restSongs: await fetched('/datasets/songs?_first=9'),
    restGames: await fetched('/datasets/games?_first=9'),
    exported: await fetched('/datasets/songs/export?_format=csv'),
    imported: await importCsv(opened, 'songs', 'id,n\n9,9\n'),
    importedElsewhere: await importCsv(opened, 'games', 'id,n\n7,7\n'),
  };
};

const damaged = {
  errors: [expect.objectContaining({ extensions: expect.objectContaining({ code: 'DATA_DAMAGED' }) })],
};

it('the datasets of this test are answered while they are sound', async () => {
  const data = edited('select 1');
  const answers = await answersAt(data);
  expect(answers.list).toEqual({
    data: {
      datasets: {
        totalCount: 2,
        nodes: [
          { name: 'songs', rowCount: 2 },
          { name: 'games', rowCount: 3 },
        ],
        edges: [{ node: { currentVersion: { number: 2 } } }, { node: { currentVersion: { number: 1 } } }],
      },
    },
  });
  expect(answers.imports.data?.imports.nodes.map(({ datasetVersion }) => datasetVersion)).toContainEqual({
    number: 1,
    rowCount: 1,
  });
  expect(answers.imported).toMatchObject({ state: 'SUCCEEDED' });
});

it.each([
  ['a column of the current version', 'update dataset_versions set row_count = 9 where dataset_id = 1 and number = 2'],
  ['a column of an earlier version', 'update dataset_versions set row_count = 9 where dataset_id = 1 and number = 1'],
  ['the dataset of a version', 'update dataset_versions set dataset_id = 7 where dataset_id = 1 and number = 1'],
  ['the import of a version', 'update dataset_versions set import_id = 99 where dataset_id = 1 and number = 1'],
  ['a version that is removed', 'delete from dataset_versions where dataset_id = 1 and number = 1'],
  ['the current version of a dataset', 'update datasets set version_id = 1 where id = 1'],
  ['the name of a dataset', "update datasets set name = 'songz' where id = 1"],
])('damage of %s closes that dataset alone', async (_what, sql) => {
  const data = edited(sql);
  const listed = await asof(['verify', '--list', '--json', '--data', data]);
  expect(listed.code).toBe(1);
  expect((JSON.parse(listed.stdout) as { damages: { datasetId?: number }[] }).damages).toContainEqual(
    expect.objectContaining({ datasetId: 1, table: expect.stringMatching(/^dataset/), row: expect.any(Number) }),
  );
  const inCommand = await asof(['datasets', 'list', '--json', '--data', data]);
  expect(JSON.parse(inCommand.stdout)).toEqual([
    expect.objectContaining({ damage: expect.stringContaining('not as it was stored') }),
    expect.objectContaining({ name: 'games', rows: 3 }),
  ]);
  const answers = await answersAt(data);
  expect(answers.list.data?.datasets.nodes).toEqual([null, { name: 'games', rowCount: 3 }]);
  expect(answers.list.data?.datasets.edges).toEqual([{ node: null }, { node: { currentVersion: { number: 1 } } }]);
  expect(answers.list.errors?.map(({ extensions }) => extensions?.code)).toEqual(['DATA_DAMAGED', 'DATA_DAMAGED']);
  expect(answers.songs).toMatchObject({ data: { dataset: null }, ...damaged });
  expect(answers.games).toEqual({
    data: { dataset: { name: 'games', rowCount: 3, rows: { totalCount: 3 }, versions: { totalCount: 1 } } },
  });
  // Both imports of the damaged dataset, if not all that is unknown.
  for (const { target, datasetVersion } of answers.imports.data?.imports.nodes ?? [])
    expect(target === 'DATASET' ? [null, { number: 1, rowCount: 3 }] : [null]).toContainEqual(datasetVersion);
  expect(answers.imports.errors?.map(({ extensions }) => extensions?.code)).toContain('DATA_DAMAGED');
  expect(answers.restList.status).toBe(200);
  expect(JSON.parse(answers.restList.text)).toEqual([
    { name: expect.toSatisfy((name) => name === 'songs' || name === null), damage: expect.any(String) },
    expect.objectContaining({ name: 'games', rows: 3 }),
  ]);
  for (const { status, text } of [answers.restSongs, answers.exported])
    expect({ status, text }).toMatchObject({ status: 503, text: expect.stringContaining('DATA_DAMAGED') });
  expect(answers.restGames.status).toBe(200);
  expect(answers.imported).toMatchObject({ status: 503, error: { code: 'DATA_DAMAGED' } });
  expect(answers.importedElsewhere).toMatchObject({ state: 'SUCCEEDED' });
});

it('a dataset that is removed closes the list, and the others go on', async () => {
  const { list, games, songs } = await answersAt(edited('delete from datasets where id = 1'));
  expect(list).toMatchObject({ data: { datasets: null }, ...damaged });
  expect(songs).toMatchObject({ data: { dataset: null }, ...damaged });
  expect(games).toMatchObject({ data: { dataset: { rowCount: 3 } } });
});

it('SQL and commands refuse a damaged dataset, and answer of others', async () => {
  const data = edited('update dataset_versions set row_count = 9 where dataset_id = 1 and number = 2');
  const refused = { code: 3, stdout: '', stderr: expect.stringContaining('not as it was stored') };
  expect(await asof(['datasets', 'query', 'songs', '--data', data])).toMatchObject(refused);
  expect(await asof(['datasets', 'query', 'games', '--data', data])).toMatchObject({ code: 0 });
  expect(await asof(['sql', 'select * from songs', '--data', data])).toMatchObject(refused);
  expect(await asof(['sql', 'select * from games', '--data', data])).toMatchObject({ code: 0 });
  const opened = await openApp({ data });
  onTestFinished(opened.close);
  const sql = (table: string) =>
    opened.query('query ($text: String!) { sql(query: $text) { rows } }', { text: `select n from "${table}"` });
  expect(await sql('songs')).toMatchObject(damaged);
  expect(await sql('games')).toMatchObject({
    data: { sql: { rows: [expect.anything(), expect.anything(), expect.anything()] } },
  });
});
