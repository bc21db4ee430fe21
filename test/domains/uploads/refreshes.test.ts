import { expect, it, onTestFinished } from 'vitest';
import { imports } from '../../../db/tables/index.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { importCsv, rowsOf } from '../../support/datasets.ts';
import { type FileServer, fileServer } from '../../support/file-server.ts';
import { dataFolder } from '../../support/store.ts';

const fresh = async (file: FileServer, options: { data?: string; settings?: Record<string, string> } = {}) => {
  const { data = dataFolder(), settings = {} } = options;
  const opened = await openApp({ data, settings: { importAllow: file.host, refreshMsMin: '10', ...settings } });
  onTestFinished(opened.close);
  return opened;
};

const importLink = async ({ get }: OpenApp, url: string, fields: Record<string, string>) => {
  const response = await get('/datasets?wait=1', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url, name: 'games', ...fields }),
  });
  return { status: response.status, ...((await response.json()) as { error?: { message: string } }) };
};

interface Refresh {
  readonly url: string;
  readonly every: string;
  readonly lastAttemptAt: string;
  readonly lastSuccessAt: string;
  readonly lastError: string | null;
  readonly nextAttemptAt: string;
}

const refreshOf = async ({ query }: OpenApp): Promise<Refresh | null> => {
  const { data } = await query<{ dataset: { refresh: Refresh | null } }>(
    '{ dataset(name: "games") { refresh { url every lastAttemptAt lastSuccessAt lastError nextAttemptAt } } }',
  );
  return data?.dataset.refresh ?? null;
};

const eventually = <T>(read: () => T) => expect.poll(read, { interval: 10 });

const statesOf = ({ app }: OpenApp): string[] =>
  app.store.page(imports, { key: 'id', direction: 'asc', limit: 1000 }).map(({ state }) => state);

const often = 'PT0.02S';

it('a dataset is imported again from its link when the content behind it has changed', async () => {
  const file = await fileServer('id,name\n1,Chess\n');
  file.etag = '"one"';
  const opened = await fresh(file);
  expect(await importLink(opened, file.url, { refresh_every: often })).toMatchObject({ status: 200 });
  await eventually(() => file.requests.length).toBeGreaterThan(3);
  expect(file.requests[0]?.headers).not.toHaveProperty('if-none-match');
  expect(file.requests.slice(1).every(({ status }) => status === 304)).toBe(true);
  expect(statesOf(opened)).toEqual(['SUCCEEDED']);
  file.text = 'id,name\n1,Chess\n2,Go\n';
  file.etag = '"two"';
  await eventually(() => statesOf(opened)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  expect(await rowsOf(opened, 'games')).toHaveLength(2);
  await eventually(() => file.requests.at(-1)?.headers['if-none-match']).toBe('"two"');
  expect(await refreshOf(opened)).toMatchObject({
    url: `http://${file.host}/games.csv`,
    every: often,
    lastError: null,
    lastSuccessAt: expect.any(String),
  });
});

it('a link with Last-Modified is requested with If-Modified-Since, one without validators is compared by content', async () => {
  const file = await fileServer('id\n1\n');
  file.lastModified = 'Wed, 21 Oct 2015 07:28:00 GMT';
  const opened = await fresh(file);
  await importLink(opened, file.url, { refresh_every: often });
  await eventually(() => file.requests.at(-1)).toMatchObject({
    headers: { 'if-modified-since': file.lastModified },
    status: 304,
  });
  file.lastModified = undefined;
  const count = file.requests.length;
  await eventually(() => file.requests.length).toBeGreaterThan(count + 2);
  expect(file.requests.at(-1)?.status).toBe(200);
  expect(statesOf(opened)).toEqual(['SUCCEEDED']);
});

it('a refresh that fails keeps the version, says why, and is followed by others', async () => {
  const file = await fileServer('id,name\n1,Chess\n');
  const opened = await fresh(file);
  await importLink(opened, file.url, { refresh_every: often });
  file.status = 503;
  await eventually(async () => (await refreshOf(opened))?.lastError).toContain('status 503');
  expect(statesOf(opened).slice(0, 2)).toEqual(['SUCCEEDED', 'FAILED']);
  expect(await rowsOf(opened, 'games')).toEqual([{ id: 1, name: 'Chess' }]);
  file.status = undefined;
  file.text = '';
  await eventually(async () => (await refreshOf(opened))?.lastError).toContain('NOT_A_TABLE');
  const failed = await refreshOf(opened);
  expect(failed && failed.lastAttemptAt > failed.lastSuccessAt).toBe(true);
  expect(failed && failed.nextAttemptAt > failed.lastAttemptAt).toBe(true);
  const [listed] = (await (await opened.get('/datasets')).json()) as { refresh: object }[];
  expect(listed?.refresh).toMatchObject({
    url: `http://${file.host}/games.csv`,
    every: often,
    last_error: expect.stringContaining('NOT_A_TABLE'),
  });
  file.text = 'id,name\n2,Go\n';
  await eventually(() => rowsOf(opened, 'games')).toEqual([{ id: 2, name: 'Go' }]);
  await eventually(async () => (await refreshOf(opened))?.lastError).toBeNull();
});

it('a refresh uses the options of the import: mode, key columns and types', async () => {
  const file = await fileServer('code,n\n01,1\n02,2\n');
  const opened = await fresh(file);
  await importLink(opened, file.url, { refresh_every: often, mode: 'upsert', key: 'code', types: 'n=STRING' });
  file.text = 'code,n\n02,3\n03,4\n';
  await eventually(() => rowsOf(opened, 'games')).toEqual([
    { code: '01', n: '1' },
    { code: '02', n: '3' },
    { code: '03', n: '4' },
  ]);
});

it('the rules of links apply at each refresh', async () => {
  const file = await fileServer('id\n1\n');
  const data = dataFolder();
  const opened = await fresh(file, { data });
  await importLink(opened, file.url, { refresh_every: often });
  await opened.close();
  const count = file.requests.length;
  const next = await fresh(file, { data, settings: { importAllow: '' } });
  await eventually(async () => (await refreshOf(next))?.lastError).toContain('ADDRESS_NOT_ALLOWED');
  expect(file.requests).toHaveLength(count);
  expect(await rowsOf(next, 'games')).toEqual([{ id: 1 }]);
});

it('the schedule survives a restart, and a server that stops leaves a running refresh due', async () => {
  const file = await fileServer('id\n1\n');
  const data = dataFolder();
  const opened = await fresh(file, { data });
  await importLink(opened, file.url, { refresh_every: '1s' });
  file.isSilent = true;
  await eventually(async () => {
    const refresh = await refreshOf(opened);
    return refresh !== null && refresh.lastAttemptAt > refresh.lastSuccessAt;
  }).toBe(true);
  await opened.close();
  file.isSilent = false;
  file.text = 'id\n2\n';
  const next = await fresh(file, { data });
  await eventually(() => rowsOf(next, 'games')).toEqual([{ id: 2 }]);
  expect(await refreshOf(next)).toMatchObject({ every: 'PT1S', lastError: null });
  expect(statesOf(next)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
});

it('an import leaves the schedule as it is, unless it sets another or ends it', async () => {
  const file = await fileServer('id\n1\n');
  const opened = await fresh(file);
  await importLink(opened, file.url, { refresh_every: '1d' });
  await importCsv(opened, 'games', 'id\n5\n');
  expect(await refreshOf(opened)).toMatchObject({ every: 'P1D' });
  await importLink(opened, file.url, { refresh_every: '2h' });
  expect(await refreshOf(opened)).toMatchObject({ every: 'PT2H' });
  await importCsv(opened, 'games', 'id\n6\n', '&refresh_every=never');
  expect(await refreshOf(opened)).toBeNull();
  expect(await (await opened.get('/datasets')).json()).toMatchObject([{ refresh: null }]);
});

it.each([
  ['often', 'refreshEvery must be a duration'],
  ['1', 'refreshEvery must be a duration'],
  ['P1M', 'refreshEvery must be a duration'],
  ['-1h', 'refreshEvery must be a duration'],
  ['59s', 'refreshMsMin'],
])('refreshEvery %s is refused', async (text, message) => {
  const file = await fileServer('id\n1\n');
  const opened = await fresh(file, { settings: { refreshMsMin: '60000' } });
  expect(await importLink(opened, file.url, { refresh_every: text })).toMatchObject({
    status: 400,
    error: { message: expect.stringContaining(message) },
  });
  expect(file.requests).toEqual([]);
});

it('refreshEvery is only for links, and only for datasets', async () => {
  const opened = await fresh(await fileServer(''));
  expect(await importCsv(opened, 'games', 'id\n1\n', '&refresh_every=1h')).toMatchObject({
    status: 400,
    error: { message: 'refreshEvery is only for a dataset that is imported from a link' },
  });
  const { errors, data } = await opened.query(
    'mutation { startImport(input: { target: USERS, source: { location: "x" }, refreshEvery: "1h" }) { __typename ... on Error { message } } }',
  );
  expect(JSON.stringify(errors ?? data)).toContain('refreshEvery');
});

const reschedule = async ({ query }: OpenApp, datasetId: string, every: string) => {
  const { data } = await query<{ changeDatasetRefresh: { code?: string; message?: string } }>(
    `mutation ($input: ChangeDatasetRefreshInput!) { changeDatasetRefresh(input: $input) {
      ... on ChangeDatasetRefreshPayload { dataset { refresh { every } } } ... on Error { code message } } }`,
    { input: { datasetId, every } },
  );
  return data?.changeDatasetRefresh;
};

const idOf = async ({ query }: OpenApp, name: string): Promise<string> => {
  const { data } = await query<{ dataset: { id: string } }>(`{ dataset(name: "${name}") { id } }`);
  return data?.dataset.id ?? '';
};

it('the schedule of a dataset is changed and ended without another import', async () => {
  const file = await fileServer('id\n1\n');
  const opened = await fresh(file);
  await importLink(opened, file.url, { refresh_every: '1h' });
  const id = await idOf(opened, 'games');
  const { nextAttemptAt: before } = (await refreshOf(opened)) as Refresh;
  expect(await reschedule(opened, id, '1d')).toMatchObject({ dataset: { refresh: { every: 'P1D' } } });
  const { nextAttemptAt: after } = (await refreshOf(opened)) as Refresh;
  expect(Date.parse(after) - Date.parse(before)).toBeGreaterThanOrEqual(23 * 3600 * 1000);
  expect(await reschedule(opened, id, 'sometimes')).toMatchObject({
    message: expect.stringMatching(/^every must be a/),
  });
  expect(await reschedule(opened, id, 'never')).toMatchObject({ dataset: { refresh: null } });
  expect(await refreshOf(opened)).toBeNull();
  expect(await reschedule(opened, id, '1h')).toMatchObject({
    message: expect.stringContaining('"games" is not imported by schedule'),
  });
  expect(statesOf(opened)).toEqual(['SUCCEEDED']);
});
