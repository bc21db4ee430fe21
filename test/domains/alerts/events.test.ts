import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { alertApp, eventually } from '../../support/alerts.ts';
import { fileServer } from '../../support/file-server.ts';
import { dataFolder } from '../../support/store.ts';
import { userCsv } from '../../support/user-sources.ts';

const header = 'user_id,account_type,date,event_type,order_value,version';
const lines = (good: number, bad: number, name = 'u'): string =>
  [
    header,
    ...Array.from({ length: good }, (_, index) => `${name}${index},free,2023-05-01,view,,A`),
    ...Array.from({ length: bad }, (_, index) => `${name}-bad${index},free,someday,view,,A`),
  ].join('\n');

it('import.failed: a failed import is reported once, and once when an import of the same source succeeds', async () => {
  const app = await alertApp();
  const { hook, importFile } = app;
  // An end before there was an alert concerns nobody.
  await importFile('transactions', { name: 'early.csv', text: 'nothing\n1\n' });
  await app.add('when: IMPORT_FAILED');
  await app.add('when: IMPORT_FAILED, target: TRANSACTIONS');
  await importFile('events', { name: 'events.csv', text: 'nothing,of,this\n1,2,3\n' });
  await eventually(() => hook.messages().length).toBe(1);
  await importFile('events', { name: 'events.csv', text: 'nothing,of,this\n1,2,4\n' });
  await importFile('events', { name: 'other.csv', text: lines(1, 0) });
  await importFile('events', { name: 'events.csv', text: lines(2, 0) });
  await importFile('events', { name: 'events.csv', text: lines(3, 0) });
  await eventually(() => hook.messages().length).toBe(2);
  expect(hook.messages().map(({ type, data }) => ({ type, ...data }))).toMatchObject([
    {
      type: 'import.failed',
      alert: 1,
      state: 'BROKEN',
      subject: 'EXPERIMENT_EVENTS events.csv',
      message: expect.stringMatching(/^The import of events\.csv failed: .+\.$/),
      figures: {
        import: 2,
        target: 'EXPERIMENT_EVENTS',
        source: 'events.csv',
        state: 'FAILED',
        failureCode: 'NOT_A_TABLE',
      },
      sequence: 1,
    },
    {
      state: 'OK',
      message: 'The import of events.csv succeeded: 2 records read, 2 stored, 0 rejected.',
      figures: { import: 5, state: 'SUCCEEDED', failureCode: null },
    },
  ]);
  const { pathname, search } = new URL(hook.messages()[0]?.data.link ?? '');
  const answer = await app.get(pathname + search, { headers: { accept: 'application/json' } });
  expect(await answer.json()).toMatchObject({ data: { node: { source: 'events.csv', state: 'FAILED' } } });

  await importFile('transactions', { name: 'sales.csv', text: 'nothing\n1\n' });
  await eventually(() => hook.messages().length).toBe(4);
  expect(
    hook
      .messages()
      .slice(2)
      .map(({ data }) => [data.alert, data.subject])
      .sort(),
  ).toEqual([
    [1, 'TRANSACTIONS sales.csv'],
    [2, 'TRANSACTIONS sales.csv'],
  ]);
});

it('import.failed: a refresh of a dataset from its link that fails is reported', async () => {
  const file = await fileServer('id,name\n1,Chess\n');
  const app = await alertApp({ settings: { importAllow: file.host, refreshMsMin: '50' } });
  const imported = await app.get('/datasets?wait=1', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: file.url, name: 'games', refresh_every: 'PT0.05S' }),
  });
  expect(imported.status).toBe(200);
  await app.add('when: IMPORT_FAILED, target: DATASET');
  file.status = 503;
  await eventually(() => app.hook.messages()[0]?.data).toMatchObject({
    state: 'BROKEN',
    subject: `DATASET http://${file.host}/games.csv`,
    message: expect.stringContaining('status 503'),
  });
  file.status = undefined;
  await eventually(() => app.hook.messages()[1]?.data).toMatchObject({
    state: 'OK',
    message: 'The link of the dataset games was read again: its content has not changed.',
  });
  file.status = 503;
  await eventually(() => app.hook.messages()[2]?.data.state).toBe('BROKEN');
  file.text = 'id,name\n2,Go\n';
  file.status = undefined;
  await eventually(() => app.hook.messages()[3]?.data.message).toMatch(
    /^The import of http\S+ succeeded: 1 records read/,
  );
  expect(JSON.stringify(app.hook.messages())).not.toContain('token');
});

it('sync.failed: a source that cannot be read is reported, and that it can be read again', async () => {
  const userFiles = join(dataFolder(), 'source_data');
  await mkdir(userFiles, { recursive: true });
  await writeFile(join(userFiles, '1.csv'), userCsv('Ada', 'L', 1));
  const app = await alertApp({ settings: { userFiles, userFilesTries: '1' } });
  await app.add('when: SYNC_FAILED');
  await app.add('when: IMPORT_FAILED');
  await rm(userFiles, { recursive: true });
  const sync = () =>
    app.app.domains.userSync
      .run()
      .then(({ done }) => done)
      .catch(() => undefined);
  await sync();
  await sync();
  await mkdir(userFiles, { recursive: true });
  await writeFile(join(userFiles, '1.csv'), userCsv('Ada', 'L', 1));
  await sync();
  await eventually(() => app.hook.messages().map(({ type, data }) => `${type} ${data.state}`)).toEqual([
    'sync.failed BROKEN',
    'sync.failed OK',
  ]);
  expect(app.hook.messages()[0]?.data).toMatchObject({
    alert: 1,
    message: expect.stringMatching(/^The synchronization of .* failed: .*\.$/),
    figures: { target: 'USER_FILES', failureCode: 'SOURCE_UNREACHABLE' },
  });
});

it('rejects.rate: an import with too many rejects is reported by its rate, and the next one of the same source with few', async () => {
  const app = await alertApp();
  const { hook, importFile } = app;
  await app.add('when: REJECTS_RATE, rate: 0.1, recordsMin: 20');
  await importFile('events', { name: 'e.csv', text: lines(9, 10, 'few') });
  await importFile('events', { name: 'e.csv', text: lines(18, 2, 'at-the-limit') });
  await importFile('events', { name: 'e.csv', text: lines(17, 3, 'above') });
  await importFile('events', { name: 'e.csv', text: lines(0, 40, 'far-above') });
  await importFile('events', { name: 'e.csv', text: lines(30, 1, 'fine') });
  await eventually(() => hook.messages().length).toBe(2);
  expect(hook.messages().map(({ data }) => data)).toMatchObject([
    {
      state: 'BROKEN',
      subject: 'EXPERIMENT_EVENTS e.csv',
      message: '3 of 20 records of e.csv were rejected (15 %, where 10 % is the limit).',
      figures: { import: 3, received: 20, rejected: 3, rate: 0.15, limit: 0.1 },
    },
    { state: 'OK', figures: { import: 5, received: 31, rejected: 1 } },
  ]);
});

it('rejects.rate: records of the API are counted over a window, also those from before a restart', async () => {
  const data = dataFolder();
  const app = await alertApp({ data, settings: { alertRecordsMin: '10' } });
  const { hook } = app;
  const send = async (good: number, bad: number, name: string) => {
    const event = (user: string, date: string) =>
      JSON.stringify({
        user_id: user,
        account_type: 'free',
        date,
        event_type: 'view',
        order_value: null,
        version: 'A',
      });
    const body = [
      ...Array.from({ length: good }, (_, index) => event(`${name}${index}`, '2023-05-01')),
      ...Array.from({ length: bad }, (_, index) => event(`${name}${index}`, 'someday')),
    ].join('\n');
    const headers = { 'content-type': 'application/x-ndjson' };
    const response = await app.get('/events', { method: 'POST', body, headers });
    // Records are received as fast as their outcomes are read.
    expect((await response.text()).trim().split('\n')).toHaveLength(good + bad);
  };
  await app.add('when: REJECTS_RATE, window: "1h"');
  await send(3, 4, 'a');
  await send(2, 1, 'b');
  await eventually(() => hook.messages().length).toBe(1);
  expect(hook.messages()[0]?.data).toMatchObject({
    state: 'BROKEN',
    subject: 'EXPERIMENT_EVENTS api',
    message: '5 of 10 records of EXPERIMENT_EVENTS sent through the API were rejected (50 %, where 5 % is the limit).',
    figures: { target: 'EXPERIMENT_EVENTS', source: 'api', received: 10, rejected: 5, rate: 0.5, limit: 0.05 },
  });
  const { pathname, search } = new URL(hook.messages()[0]?.data.link ?? '');
  const answer = await app.get(pathname + search, { headers: { accept: 'application/json' } });
  expect(await answer.json()).toMatchObject({ data: { rejectedRecords: { totalCount: 5 } } });
  await app.close();

  // The window still holds what the first server received: 5 of 104 are fewer than 5 %.
  const again = await alertApp({ data, settings: { alertRecordsMin: '10', alertAllow: hook.host } });
  await eventually(() => again.app.ledger.ready).toBe(true);
  const { imports, importers } = again.app.domains;
  await imports.ingest(
    importers.experimentEvents,
    null,
    Array.from({ length: 94 }, (_, index) => ({
      raw: '',
      value: { user_id: `late${index}`, account_type: 'free', date: '2023-05-01', event_type: 'view', version: 'A' },
    })),
  );
  await eventually(() => hook.messages().length).toBe(2);
  expect(hook.messages()[1]?.data).toMatchObject({ state: 'OK', figures: { received: 104, rejected: 5 } });
});

it('source.silent: silence is reported after its duration, and that records arrive again', async () => {
  const app = await alertApp();
  const { hook, importFile } = app;
  await app.add('when: SOURCE_SILENT, target: EXPERIMENT_EVENTS, silence: "PT0.5S"');
  await app.add('when: SOURCE_SILENT, target: TRANSACTIONS, silence: "1h"');
  await eventually(() => hook.messages().length).toBe(1);
  expect(hook.messages()[0]?.data).toMatchObject({
    alert: 1,
    state: 'BROKEN',
    subject: 'EXPERIMENT_EVENTS',
    message: 'No record of EXPERIMENT_EVENTS arrived since the alert was added, for more than 0.5 s.',
    figures: { target: 'EXPERIMENT_EVENTS', lastArrival: null, limitSeconds: 0.5 },
  });
  await importFile('events', { name: 'e.csv', text: lines(1, 0) });
  await eventually(() => hook.messages().map(({ data }) => data.state)).toEqual(['BROKEN', 'OK', 'BROKEN']);
  expect(hook.messages()[1]?.data.message).toMatch(/^Records of EXPERIMENT_EVENTS arrive; the last one at \S+Z\.$/);
  expect(hook.messages()[2]?.data.message).toMatch(
    /^No record of EXPERIMENT_EVENTS arrived after \S+Z, for more than 0\.5 s\.$/,
  );
  const { pathname, search } = new URL(hook.messages()[2]?.data.link ?? '');
  const answer = await app.get(pathname + search, { headers: { accept: 'application/json' } });
  expect(await answer.json()).toMatchObject({ data: { imports: { nodes: [{ source: 'e.csv' }] } } });
  // A reject is an arrival as well.
  await app.get('/receive_event', { method: 'POST', body: '{"user_id":"x"}' });
  await eventually(() => hook.messages().length).toBeGreaterThan(3);
  expect(hook.messages()[3]?.data.state).toBe('OK');
});
