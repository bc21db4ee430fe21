import { expect, it } from 'vitest';
import { alertApp, eventually } from '../../support/alerts.ts';
import { signatureFor } from '../../support/hook-server.ts';

const keys = {
  apiKeys: 'read:r-key-of-a-test-0123456789,ingest:i-key-of-a-test-0123456789,admin:a-key-of-a-test-0123456789',
};

it.each([
  ['experiment has no effect on import.failed', 'when: IMPORT_FAILED, experiment: "x"'],
  ['rate has no effect on source.silent', 'when: SOURCE_SILENT, target: USERS, rate: 0.5'],
  ['source.silent needs a target', 'when: SOURCE_SILENT'],
  ['silence must be a duration', 'when: SOURCE_SILENT, target: USERS, silence: "long"'],
  ['window must be a duration', 'when: REJECTS_RATE, window: "P1M"'],
  ['rate must be a share', 'when: REJECTS_RATE, rate: 5'],
  ['recordsMin must be a whole number', 'when: REJECTS_RATE, recordsMin: 0'],
  ['must be base64', 'when: SYNC_FAILED, secret: "whsec_???"'],
  ['must be base64', 'when: SYNC_FAILED, secret: "whsec_"'],
  ['secret must be 1 to 256 characters', 'when: SYNC_FAILED, secret: ""'],
  ['not signed', 'when: SYNC_FAILED, format: SLACK, secret: "x"'],
  ['experiment must be 1 to 256 characters', 'when: EXPERIMENT_BROKEN, experiment: ""'],
])('an alert is refused where %s', async (message, fields) => {
  const { query } = await alertApp();
  const { data } = await query(`mutation { addAlert(input: { url: "https://example.com/", ${fields} }) {
    __typename ... on ValidationError { message problems { path } } } }`);
  expect(data).toMatchObject({
    addAlert: { __typename: 'ValidationError', message: expect.stringContaining(message), problems: [{}] },
  });
});

it('only admins change alerts and see their whole URLs, and nobody sees a secret again', async () => {
  const { get, hook } = await alertApp({ settings: keys });
  const as = async (key: string, query: string) => {
    const headers = { 'content-type': 'application/json', 'x-api-key': key };
    const response = await get('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
    return { status: response.status, text: await response.text() };
  };
  const add = `mutation { addAlert(input: { when: SYNC_FAILED, url: "${hook.url}?token=query-secret" }) {
    ... on AddAlertPayload { secret alert { id url addedBy } } } }`;
  for (const key of ['r-key-of-a-test-0123456789', 'i-key-of-a-test-0123456789'])
    expect((await as(key, add)).status).toBe(403);
  const added = await as('a-key-of-a-test-0123456789', add);
  const { secret, alert } = (
    JSON.parse(added.text) as { data: { addAlert: { secret: string; alert: { id: string } } } }
  ).data.addAlert;
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(alert).toMatchObject({
    url: `${hook.url}?token=query-secret`,
    addedBy: expect.stringMatching(/^environment-/),
  });
  for (const mutation of ['removeAlert', 'testAlert'])
    expect(
      (
        await as(
          'i-key-of-a-test-0123456789',
          `mutation { ${mutation}(input: { alertId: "${alert.id}" }) { __typename } }`,
        )
      ).status,
    ).toBe(403);

  hook.answers.push({ status: 404, body: 'Cannot POST /services/T0-secret-token?token=query-secret' });
  await as('a-key-of-a-test-0123456789', `mutation { testAlert(input: { alertId: "${alert.id}" }) { __typename } }`);
  const everything = `{ alerts { nodes { url event format } } node(id: "${alert.id}") { ... on Alert { url } }
    alertDeliveries { nodes { state lastError payload attempts { error } alert { url } } } }`;
  const seen = await as('r-key-of-a-test-0123456789', everything);
  expect(seen.status).toBe(200);
  expect(seen.text).toContain(`"url":"http://${hook.host}/…"`);
  expect(seen.text).toContain('status 404');
  expect(seen.text).not.toMatch(/secret-token|query-secret|whsec/);
  const all = await as('a-key-of-a-test-0123456789', everything);
  expect(all.text).toContain(hook.url);
  expect(all.text).not.toContain('whsec');
  await as('a-key-of-a-test-0123456789', `mutation { removeAlert(input: { alertId: "${alert.id}" }) { __typename } }`);
  expect((await as('a-key-of-a-test-0123456789', everything)).text).not.toContain('secret-token');
});

it('a test message is sent once, signed with the bytes of a secret that is plain text', async () => {
  const app = await alertApp();
  const { id } = await app.add('when: EXPERIMENT_BROKEN, secret: "s3cret ü"');
  app.hook.answers.push({ status: 500, body: 'no' });
  const send = () =>
    app.query(`mutation { testAlert(input: { alertId: "${id}" }) {
      ... on TestAlertPayload { delivery { state event subject responseStatus lastError sequence attemptCount } } } }`);
  expect(await send()).toMatchObject({
    data: {
      testAlert: {
        delivery: {
          ...{ state: 'FAILED', event: 'alert.test', subject: 'test', responseStatus: 500, sequence: null },
          ...{ lastError: 'the hook answered with status 500: no', attemptCount: 1 },
        },
      },
    },
  });
  expect(await send()).toMatchObject({ data: { testAlert: { delivery: { state: 'DELIVERED', lastError: null } } } });
  const [, request] = app.hook.requests;
  if (!request) throw new Error('no request');
  expect(request.headers['webhook-signature']).toBe(signatureFor(request, Buffer.from('s3cret ü')));
  const { pathname, search } = new URL(app.hook.messages()[1]?.data.link ?? '');
  const answer = await app.get(pathname + search, { headers: { accept: 'application/json' } });
  expect(await answer.json()).toEqual({ data: { alerts: { nodes: [{ number: 1, event: 'EXPERIMENT_BROKEN' }] } } });
  expect(
    await app.query(
      `mutation { testAlert(input: { alertId: "${Buffer.from('Alert:9').toString('base64url')}" }) { __typename } }`,
    ),
  ).toEqual({
    data: { testAlert: { __typename: 'NotFoundError' } },
  });
});

it('one alert more than alertRulesMax is refused, and options default to the settings', async () => {
  const app = await alertApp({ settings: { alertRulesMax: '1', alertRejectRate: '0.25', alertRecordsMin: '7' } });
  await app.add('when: REJECTS_RATE, window: "90s"');
  await expect(app.add('when: IMPORT_FAILED')).rejects.toThrow('alertRulesMax');
  expect(await app.query('{ alerts { nodes { rate recordsMin window silence target experiment } } }')).toEqual({
    data: {
      alerts: {
        nodes: [{ rate: 0.25, recordsMin: 7, window: 'PT90S', silence: null, target: null, experiment: null }],
      },
    },
  });
});

it('an app without alerts runs no statements for them', async () => {
  const statements: string[] = [];
  const { app } = await alertApp({ onStatement: (sql) => statements.push(sql) });
  // Not those that seal the rows of a new store: "select id from …".
  const ofAlerts = () => statements.filter((sql) => /^select ".* from "alert/.test(sql));
  await eventually(() => ofAlerts().length).toBe(1);
  const { sequence } = app.ledger.snapshot();
  await app.ledger.write(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect([app.ledger.snapshot().sequence, ofAlerts().length]).toEqual([sequence, 1]);
});
