import { expect, it, onTestFinished } from 'vitest';
import { type AlertApp, alertApp, eventually, fastAlerts } from '../../support/alerts.ts';
import { openApp } from '../../support/app.ts';
import { hookServer, keyOf, signatureFor } from '../../support/hook-server.ts';
import { dataFolder } from '../../support/store.ts';

/** Fails an import, or lets it succeed. */
const importEvents = async ({ importFile }: AlertApp, isFine: boolean, name = 'events.csv'): Promise<void> => {
  const header = isFine ? 'user_id,account_type,date,event_type,order_value,version' : 'nothing,of,this';
  const row = isFine ? 'u,free,2023-05-01,view,,A' : '1,2,3';
  const { state } = await importFile('events', { name, text: `${header}\n${row}\n` });
  expect(state).toBe(isFine ? 'SUCCEEDED' : 'FAILED');
};

const states = async (app: AlertApp) => (await app.deliveries()).map(({ state }) => state);

it('a message is retried with the same id and body after errors and timeouts, with delays that grow, and signed anew', async () => {
  const app = await alertApp({ settings: { alertTimeoutMs: '2000', alertRetryMs: '40' } });
  const { hook } = app;
  const { secret } = await app.add('when: IMPORT_FAILED');
  hook.answers.push({ status: 500, body: 'no\nluck at /services/T0-secret-token' }, 'silent', { status: 404 });
  await importEvents(app, false);
  await eventually(() => states(app)).toEqual(['DELIVERED']);
  expect(hook.requests.length).toBe(4);
  expect(new Set(hook.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(new Set(hook.requests.map(({ body }) => body)).size).toBe(1);
  for (const request of hook.requests)
    expect(request.headers['webhook-signature']).toBe(signatureFor(request, keyOf(secret ?? '')));
  // At least half of 40 ms, 80 ms and 160 ms.
  const gaps = hook.requests.slice(1).map(({ atMs }, index) => atMs - (hook.requests[index]?.atMs ?? 0));
  for (const [index, least] of [20, 40, 80].entries()) expect(gaps[index]).toBeGreaterThanOrEqual(least - 1);
  const [delivery] = await app.deliveries();
  expect(delivery).toMatchObject({
    messageId: hook.requests[0]?.headers['webhook-id'],
    payload: hook.requests[0]?.body,
    attemptCount: 4,
    responseStatus: 204,
    lastError: null,
    attempts: [
      { number: 1, responseStatus: 500, error: 'the hook answered with status 500: no\nluck at /…/…' },
      {
        number: 2,
        responseStatus: null,
        error: 'UNREACHABLE: the hook took longer than 2000 ms (setting alertTimeoutMs)',
      },
      { number: 3, responseStatus: 404 },
      { number: 4, responseStatus: 204, error: null },
    ],
  });
});

it('the header Retry-After postpones the next attempt, in seconds and as a date', async () => {
  const app = await alertApp();
  await app.add('when: IMPORT_FAILED');
  const date = new Date(Date.now() + 2000).toUTCString();
  app.hook.answers.push(
    { status: 429, headers: { 'retry-after': '1' } },
    { status: 503, headers: { 'retry-after': date } },
    { status: 503, headers: { 'retry-after': 'soon' } },
  );
  await importEvents(app, false);
  await eventually(() => states(app)).toEqual(['DELIVERED']);
  const [first, second, third, fourth] = app.hook.requests.map(({ atMs }) => atMs) as [number, number, number, number];
  expect(second - first).toBeGreaterThanOrEqual(1000);
  expect(third).toBeGreaterThanOrEqual(Date.parse(date));
  expect(fourth).toBeGreaterThanOrEqual(third);
});

it('a message fails for good after alertGiveUpMs, at once on 410, and with its alert; later messages are delivered', async () => {
  const app = await alertApp({ settings: { alertGiveUpMs: '2000' } });
  const { hook } = app;
  const { id } = await app.add('when: IMPORT_FAILED');
  hook.answers.push(...Array.from({ length: 50 }, () => ({ status: 500 })));
  await importEvents(app, false);
  await eventually(() => states(app)).toEqual(['FAILED']);
  const [first] = await app.deliveries();
  expect(first?.attemptCount).toBeGreaterThan(1);
  expect(first?.lastError).toContain('status 500');
  hook.answers.length = 0;
  hook.answers.push({ status: 410 });
  await importEvents(app, true);
  await eventually(() => states(app)).toEqual(['FAILED', 'FAILED']);
  await importEvents(app, false);
  await eventually(() => states(app)).toEqual(['FAILED', 'FAILED', 'DELIVERED']);

  hook.answers.push({ status: 429, headers: { 'retry-after': '3600' } });
  await importEvents(app, true);
  await eventually(async () => (await app.deliveries())[3]?.responseStatus).toBe(429);
  const removal = await app.query(
    `mutation { removeAlert(input: { alertId: "${id}" }) { ... on RemoveAlertPayload { alert { url removedAt } } } }`,
  );
  expect(removal).toMatchObject({
    data: { removeAlert: { alert: { url: `http://${hook.host}/…`, removedAt: expect.any(String) } } },
  });
  expect((await app.deliveries())[3]).toMatchObject({ state: 'FAILED', lastError: 'the alert was removed' });
  const count = hook.requests.length;
  await importEvents(app, false);
  expect(await app.query('{ alerts { nodes { number } } }')).toEqual({ data: { alerts: { nodes: [] } } });
  await app.close();
  expect(hook.requests.length).toBe(count);
});

it('messages about one subject keep their order, and one that waits does not hold up the others', async () => {
  const app = await alertApp();
  const { hook } = app;
  await app.add('when: IMPORT_FAILED');
  hook.answers.push({ status: 503, headers: { 'retry-after': '1' } });
  await importEvents(app, false, 'a.csv');
  await eventually(() => hook.requests.length).toBe(1);
  await importEvents(app, true, 'a.csv');
  await importEvents(app, false, 'b.csv');
  await eventually(() => states(app)).toEqual(['DELIVERED', 'DELIVERED', 'DELIVERED']);
  const sent = hook.requests.map(({ body }) => JSON.parse(body) as { data: { subject: string; state: string } });
  expect(sent.map(({ data }) => `${data.subject} ${data.state}`)).toEqual([
    'EXPERIMENT_EVENTS a.csv BROKEN',
    'EXPERIMENT_EVENTS b.csv BROKEN',
    'EXPERIMENT_EVENTS a.csv BROKEN',
    'EXPERIMENT_EVENTS a.csv OK',
  ]);
});

it('a stopped server ends the attempt that runs at once, and the next one sends the message again with the same id', async () => {
  const first = await alertApp({ onDisk: true });
  const { hook, data } = first;
  await first.add('when: IMPORT_FAILED');
  hook.answers.push('silent');
  await importEvents(first, false);
  await eventually(() => hook.requests.length).toBe(1);
  const startedMs = performance.now();
  // The folder stays open under another app, because closing the first one removes it.
  const second = await openApp({ data, settings: { ...fastAlerts, alertAllow: hook.host }, start: false });
  await first.app.close();
  expect(performance.now() - startedMs).toBeLessThan(5000);
  await second.app.start();
  await eventually(() => hook.requests.length).toBe(2);
  const [before, after] = hook.requests;
  expect(after?.headers['webhook-id']).toBe(before?.headers['webhook-id']);
  expect(after?.body).toBe(before?.body);
  await second.close();
});

it('a hook that redirects is not followed, and private addresses are refused when the alert is added and when it is sent', async () => {
  const app = await alertApp({ settings: { alertGiveUpMs: '1' } });
  const target = await hookServer();
  await app.add('when: IMPORT_FAILED');
  for (const status of [301, 302, 303, 307, 308]) {
    app.hook.requests.length = 0;
    app.hook.answers.push({ status, headers: { location: target.url } });
    await importEvents(app, false, `${status}.csv`);
    await eventually(async () => (await app.deliveries()).at(-1)).toMatchObject({
      subject: `EXPERIMENT_EVENTS ${status}.csv`,
      lastError: `the hook answered with status ${status} (redirects are not followed: use the final URL)`,
    });
  }
  expect(target.requests).toEqual([]);
  const addTo = (url: string) =>
    app.query(`mutation { addAlert(input: { when: IMPORT_FAILED, url: "${url}" }) {
      __typename ... on Error { code message } } }`);
  for (const url of [
    target.url,
    'http://169.254.169.254/latest/meta-data',
    'http://10.0.0.7/hook',
    'https://192.168.1.1/',
    'http://[::1]/',
    'http://2130706433/',
    'http://[::ffff:10.0.0.1]/',
  ])
    expect(await addTo(url)).toMatchObject({
      data: { addAlert: { __typename: 'SourceError', code: 'ADDRESS_NOT_ALLOWED' } },
    });
  for (const url of [
    'ftp://example.com/',
    'http://user:secret@example.com/',
    'hooks.example.com',
    '',
    'file:///etc/passwd',
  ])
    expect(await addTo(url)).toMatchObject({
      data: { addAlert: { __typename: 'ValidationError', message: expect.stringMatching(/^url must/) } },
    });
});

it('an address that is private only once its name is resolved, or only for this server, is refused when a message is sent', async () => {
  const data = dataFolder();
  const allowed = await alertApp({ data });
  const { hook } = allowed;
  await allowed.add('when: IMPORT_FAILED');
  await allowed.close();
  const { port } = new URL(hook.url);
  const strict = await openApp({ data, settings: { ...fastAlerts, alertEveryMs: '900000' } });
  onTestFinished(strict.close);
  const named = await strict.query<{ addAlert: { alert: { id: string } } }>(
    `mutation { addAlert(input: { when: SYNC_FAILED, url: "http://localhost:${port}/x" }) { ... on AddAlertPayload { alert { id } } } }`,
  );
  const id = named.data?.addAlert.alert.id;
  for (const alertId of [id, Buffer.from('Alert:1').toString('base64url')]) {
    const tested = await strict.query(
      `mutation { testAlert(input: { alertId: "${alertId}" }) { ... on TestAlertPayload { delivery { state lastError attemptCount } } } }`,
    );
    expect(tested).toMatchObject({
      data: {
        testAlert: {
          delivery: { state: 'FAILED', lastError: expect.stringMatching(/^ADDRESS_NOT_ALLOWED: .*alertAllow$/) },
        },
      },
    });
  }
  expect(hook.requests).toEqual([]);
});

it('a response is read up to alertResponseBytesMax only', async () => {
  const app = await alertApp({ settings: { alertResponseBytesMax: '1kB' } });
  app.hook.answers.push({ status: 400, body: 'x'.repeat(20_000_000) }, { status: 200, body: 'y'.repeat(20_000_000) });
  await app.add('when: IMPORT_FAILED');
  await importEvents(app, false);
  await eventually(() => states(app)).toEqual(['DELIVERED']);
  const [delivery] = await app.deliveries();
  expect(delivery?.attempts[0]?.error?.length).toBeLessThan(300);
});

it('where the clock is frozen, records are still judged, and retries and timestamps of the network go by the real time', async () => {
  const app = await alertApp({ settings: { now: '2025-10-01T00:00:00Z', alertRecordsMin: '2' } });
  const { hook } = app;
  await app.add('when: IMPORT_FAILED');
  await app.add('when: REJECTS_RATE');
  hook.answers.push({ status: 500 }, { status: 500 });
  await importEvents(app, false);
  await eventually(() => states(app)).toEqual(['DELIVERED']);
  expect(hook.requests.length).toBe(3);
  expect(Math.abs(Number(hook.requests[2]?.headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(60);
  expect(hook.messages()[0]?.timestamp).toBe('2025-10-01T00:00:00Z');
  for (let index = 0; index < 3; index++) await app.get('/receive_event', { method: 'POST', body: '{"user_id":"x"}' });
  await eventually(() => hook.messages()[1]?.data).toMatchObject({ alert: 2, state: 'BROKEN' });
});
