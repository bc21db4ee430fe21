import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openServer } from '../../src/http/server.ts';
import { routes } from '../../src/rest/routes.ts';
import { fixture, type OpenApp, openApp, origin } from '../support/app.ts';
import { testStore } from '../support/store.ts';
import { testServer } from '../support/test-server.ts';

const settings = { apiKeys: 'read:r-key,ingest:i-key,admin:a-key,read:both-key,ingest:both-key' };
const keyed = async (extra: Record<string, string> = {}): Promise<OpenApp> => {
  const app = await openApp({ settings: { ...settings, ...extra } });
  onTestFinished(app.close);
  return app;
};

const ask = async (app: OpenApp, query: string, headers: Record<string, string> = {}) => {
  const response = await app.get('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  const answer = (await response.json()) as { data?: unknown; errors?: { extensions?: { code?: string } }[] };
  return { status: response.status, code: answer.errors?.[0]?.extensions?.code, headers: response.headers, ...answer };
};

const question = '{ server { version } }';
const record = `mutation { recordStatusChanges(input: { changes: [{ userId: "u", status: PAYING, effectiveAt: "2020-01-01" }] }) {
  ... on RecordStatusChangesPayload { accepted } } }`;
const plan = 'mutation { saveExperiment(input: { key: "x", startedAt: "2020-01-01" }) { __typename } }';

describe('GraphQL', () => {
  it.each([
    [{}, 401, 401, 401],
    [{ 'x-api-key': 'unknown' }, 401, 401, 401],
    [{ 'x-api-key': 'r-key' }, 200, 403, 403],
    [{ 'x-api-key': 'i-key' }, 403, 200, 403],
    [{ 'x-api-key': 'both-key' }, 200, 200, 403],
    [{ 'x-api-key': 'a-key' }, 200, 200, 200],
    [{ authorization: 'Bearer a-key' }, 200, 200, 200],
    [{ authorization: 'bearer  r-key ' }, 200, 403, 403],
    [{ authorization: 'Basic YS1rZXk6' }, 401, 401, 401],
    [{ authorization: 'a-key' }, 401, 401, 401],
    [{ 'x-api-key': 'read:r-key' }, 401, 401, 401],
    [{ 'x-api-key': 'r-key', authorization: 'Bearer a-key' }, 200, 403, 403],
  ] as const)('with %j', async (headers, toQuery, toRecord, toPlan) => {
    const app = await keyed();
    const codes = { 200: undefined, 401: 'UNAUTHENTICATED', 403: 'NOT_ALLOWED' };
    for (const [document, status] of [
      [question, toQuery],
      [record, toRecord],
      [plan, toPlan],
    ] as const) {
      const got = await ask(app, document, headers);
      expect([document, got.status, got.code]).toEqual([document, status, codes[status]]);
      expect(got.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer realm="asof"' : null);
    }
  });

  it('checks every execution, although documents are remembered as valid', async () => {
    const app = await keyed();
    for (const [headers, status] of [
      [{ 'x-api-key': 'a-key' }, 200],
      [{ 'x-api-key': 'r-key' }, 403],
      [{}, 401],
      [{ 'x-api-key': 'a-key' }, 200],
    ] as const)
      expect((await ask(app, plan, headers)).status).toBe(status);
  });

  it('looks into fragments, at every alias and at the operation that is named', async () => {
    const app = await keyed();
    const headers = { 'x-api-key': 'i-key' };
    const [, selection = ''] = /^mutation \{([\s\S]*)\}$/.exec(plan) ?? [];
    expect(
      (await ask(app, `mutation { ...P } fragment P on Mutation { ... { a: ${selection} } }`, headers)).status,
    ).toBe(403);
    expect(
      (
        await ask(
          app,
          `mutation { ...P } fragment P on Mutation { ...Q } fragment Q on Mutation { ${selection} }`,
          headers,
        )
      ).status,
    ).toBe(403);
    const response = await app.get('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({
        query: `query Q ${question} ${record.replace('mutation', 'mutation M')}`,
        operationName: 'Q',
      }),
    });
    expect(response.status).toBe(403);
  });

  it('shows its schema to everybody, and no data with it', async () => {
    const app = await keyed();
    expect(await ask(app, '{ __schema { queryType { name } } __typename }')).toMatchObject({
      status: 200,
      data: { __schema: { queryType: { name: 'Query' } }, __typename: 'Query' },
    });
    const got = await ask(app, '{ __typename server { version } }');
    expect(got).toMatchObject({ status: 401 });
    expect(got.data ?? null).toBeNull();
  });

  it('does not read an upload of who may not send any', async () => {
    const app = await keyed();
    const upload = async (key?: string) => {
      let read = 0;
      const body = new ReadableStream({
        pull(controller) {
          read++;
          controller.enqueue(new Uint8Array(1000));
          if (read > 50) controller.close();
        },
      });
      const headers = { 'content-type': 'multipart/form-data; boundary=x', ...(key ? { 'x-api-key': key } : {}) };
      const response = await app.get('/graphql', { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
      return { status: response.status, read, answer: await response.json() };
    };
    expect(await upload()).toMatchObject({
      status: 401,
      answer: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    });
    expect(await upload('r-key')).toMatchObject({ status: 403 });
    expect((await upload('r-key')).read).toBeLessThan(5);
    expect((await upload('i-key')).status).not.toBe(403);
  });

  it('takes in a real upload with a key', async () => {
    const app = await keyed();
    const form = new FormData();
    const document =
      'mutation ($file: File!) { startImport(input: { target: STATUS_CHANGES, source: { file: $file } }) { ... on StartImportPayload { import { state } } } }';
    form.set('operations', JSON.stringify({ query: document, variables: { file: null } }));
    form.set('map', JSON.stringify({ 0: ['variables.file'] }));
    form.set('0', new File(['user_id,created_at,status\nu,2020-01-01,paying\n'], 'a.csv'));
    const response = await app.get('/graphql', { method: 'POST', headers: { 'x-api-key': 'i-key' }, body: form });
    expect(await response.json()).toEqual({ data: { startImport: { import: { state: 'SUCCEEDED' } } } });
  });

  it('gives GraphiQL to everybody', async () => {
    const app = await keyed();
    expect((await app.get('/graphql', { headers: { accept: 'text/html' } })).status).toBe(200);
  });
});

describe('REST', () => {
  it('asks for a key wherever there is data, by GET for read and else for ingest', async () => {
    const app = await keyed();
    const keys = { read: 'r-key', ingest: 'i-key' } as const;
    for (const { method, path, needs, subject } of routes) {
      const address = path.replace(/\{[^}]*\}/g, '1');
      const status = async (key?: string) =>
        (await app.get(address, { method, headers: key ? { 'x-api-key': key } : {} })).status;
      if (subject !== 'facts' && subject !== 'content') {
        expect([path, await status()]).not.toEqual([path, 401]);
        continue;
      }
      // Whoever may begin an import may see what became of it.
      const scopes = path === '/imports/{id}' ? ['read', 'ingest'] : [method === 'GET' ? 'read' : 'ingest'];
      expect([path, needs]).toEqual([path, scopes]);
      expect([path, await status()]).toEqual([path, 401]);
      expect([path, await status('nobody')]).toEqual([path, 401]);
      for (const scope of ['read', 'ingest'] as const)
        expect([path, scope, (await status(keys[scope])) === 403]).toEqual([path, scope, !scopes.includes(scope)]);
      expect([path, [401, 403].includes(await status('a-key'))]).toEqual([path, false]);
    }
  });

  it('says so in the words of its errors', async () => {
    const app = await keyed();
    const response = await app.get('/user_status/1?date=2020-01-01');
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="asof"');
    expect(await response.json()).toEqual({
      error: { code: 'UNAUTHENTICATED', message: expect.stringContaining('x-api-key') },
    });
    const other = await app.get('/user_status/1?date=2020-01-01', { headers: { authorization: 'Bearer i-key' } });
    expect(await other.json()).toEqual({
      error: { code: 'NOT_ALLOWED', message: 'this needs a key of scope read, not ingest' },
    });
    const plain = await app.get('/user_status/1?date=2020-01-01', { headers: { accept: 'text/plain' } });
    expect([plain.status, await plain.text()]).toEqual([401, expect.stringMatching(/^a key .*\n$/)]);
  });

  it('answers by the direct path as by the usual one', async () => {
    const app = await keyed();
    const log = pino({ level: 'silent' });
    const servers = await Promise.all(
      [app.app.fastPath, undefined].map((fastPath) =>
        openServer(app.app.fetch, { host: '127.0.0.1', port: 0, log, ...(fastPath ? { fastPath } : {}) }),
      ),
    );
    onTestFinished(async () => void (await Promise.all(servers.map((server) => server.stop()))));
    const event = {
      user_id: '1',
      account_type: 'free',
      date: '2023-05-01',
      event_type: 'view',
      order_value: null,
      version: 'A',
    };
    for (const path of ['/receive_event', '/events'])
      for (const [headers, status] of [
        [{}, 401],
        [{ 'x-api-key': 'no' }, 401],
        [{ 'x-api-key': 'r-key' }, 403],
        [{ 'x-api-key': 'i-key' }, 200],
        [{ authorization: 'Bearer i-key' }, 200],
      ] as const) {
        const answers = await Promise.all(
          servers.map(async ({ url }) => {
            const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(event) });
            return [response.status, response.headers.get('www-authenticate'), await response.text()];
          }),
        );
        expect(answers[0]?.[0]).toBe(status);
        expect(answers[0]).toEqual(answers[1]);
      }
  });

  it('lets pages of allowed origins send keys', async () => {
    const app = await keyed({ allowedOrigins: 'https://app.example' });
    const headers = {
      origin: 'https://app.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-api-key',
    };
    const preflight = await app.get('/graphql', { method: 'OPTIONS', headers });
    expect(preflight.status).toBe(204);
    for (const name of ['x-api-key', 'authorization'])
      expect(preflight.headers.get('access-control-allow-headers')?.split(', ')).toContain(name);
  });
});

describe('provenance', () => {
  it('names the key that a record was sent with', async () => {
    const app = await keyed();
    const { apiKeys } = app.app.domains;
    const shop = await apiKeys.add('shop', ['ingest']);
    expect((await ask(app, record, { 'x-api-key': shop })).status).toBe(200);
    const event = {
      user_id: 'e',
      account_type: 'free',
      date: '2023-05-01',
      event_type: 'view',
      order_value: null,
      version: 'A',
    };
    const send = (body: unknown, key: string) =>
      app.get('/receive_event', { method: 'POST', headers: { 'x-api-key': key }, body: JSON.stringify(body) });
    const sent = await Promise.all([send(event, shop), send(event, 'i-key'), send({ ...event, date: 'x' }, shop)]);
    expect(sent.map(({ status }) => status)).toEqual([200, 200, 422]);
    await app.importFile('user-status', fixture('status-changes.json'));
    const told = await ask(
      app,
      `{ userStatus(userId: "u", date: "2020-02-02") { explanation { decidedBy { provenance { source line import { id } } } } }
         rejectedRecords { nodes { source } } }`,
      { 'x-api-key': 'r-key' },
    );
    expect(told.data).toEqual({
      userStatus: { explanation: { decidedBy: { provenance: { source: 'api:shop', line: null, import: null } } } },
      rejectedRecords: { nodes: [{ source: 'api:shop' }] },
    });
  });

  it('keeps the sender when a rejected record is mended', async () => {
    const app = await keyed();
    const shop = await app.app.domains.apiKeys.add('shop', ['ingest']);
    const sent = await ask(app, record.replace('"u"', '""').replace('{ accepted }', '{ rejected { id } }'), {
      'x-api-key': shop,
    });
    const { id } = (sent.data as { recordStatusChanges: { rejected: { id: string }[] } }).recordStatusChanges
      .rejected[0] ?? { id: '' };
    const mended = JSON.stringify('{"user_id": "m", "created_at": "2020-01-01", "status": "paying"}');
    const mutation = `mutation { resolveRejectedRecord(input: { rejectedRecordId: "${id}", action: { retryWith: ${mended} } }) { __typename } }`;
    expect(await ask(app, mutation, { 'x-api-key': 'a-key' })).toMatchObject({
      data: { resolveRejectedRecord: { __typename: 'ResolveRejectedRecordPayload' } },
    });
    const told = await ask(
      app,
      '{ userStatus(userId: "m", date: "2020-02-02") { explanation { decidedBy { provenance { source } } } } }',
      { 'x-api-key': 'r-key' },
    );
    expect(told.data).toEqual({ userStatus: { explanation: { decidedBy: { provenance: { source: 'api:shop' } } } } });
  });
});

describe('keys of the store', () => {
  it('are needed from the first one on, also after the last was revoked', async () => {
    const app = await openApp();
    onTestFinished(app.close);
    const { apiKeys } = app.app.domains;
    expect((await ask(app, question)).status).toBe(200);
    expect((await ask(app, question, { 'x-api-key': 'whatever' })).status).toBe(200);
    const key = await apiKeys.add('first', ['read']);
    expect(key).toMatch(/^asof_[\w-]{43}$/);
    expect((await ask(app, question)).status).toBe(401);
    expect((await ask(app, question, { 'x-api-key': key })).status).toBe(200);
    await apiKeys.revoke('first');
    expect((await ask(app, question, { 'x-api-key': key })).status).toBe(401);
    expect((await ask(app, question)).status).toBe(401);
    expect(apiKeys.list()).toMatchObject([{ name: 'first', scopes: ['read'], revokedAtUs: expect.any(Number) }]);
    await expect(apiKeys.add('first', ['read'])).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(apiKeys.revoke('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    for (const name of ['', 'a b', 'ä', 'x'.repeat(65), 'environment-1', 'a,b'])
      await expect(apiKeys.add(name, ['read'])).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('answers nobody without keys where others can reach it', async () => {
    const app = await openApp({ settings: { host: '0.0.0.0' } });
    onTestFinished(app.close);
    expect((await ask(app, question)).status).toBe(401);
    expect((await app.get('/user_status/1?date=2020-01-01')).status).toBe(401);
    for (const path of ['/healthz', '/readyz', '/docs', '/openapi.json', '/'])
      expect((await app.get(path)).status).toBe(200);
  });

  it('are stored as nothing that one could call with', async () => {
    const app = await openApp({ onDisk: true });
    onTestFinished(app.close);
    const key = await app.app.domains.apiKeys.add('kept', ['admin']);
    const { Database, path } = await import('better-sqlite3').then((sqlite) => ({
      Database: sqlite.default,
      path: `${app.data}/asof.sqlite`,
    }));
    const client = new Database(path, { readonly: true });
    const row = JSON.stringify(client.prepare('select * from api_keys').all());
    client.close();
    expect(row).toContain('kept');
    expect(row).not.toContain(key.slice(5, 20));
    const digest = /"digest":"([0-9a-f]{64})"/.exec(row)?.[1] ?? '';
    expect((await ask(app, question, { 'x-api-key': digest })).status).toBe(401);
  });

  it('that another process revokes end what is open, and answer no more', async () => {
    const app = await testServer({ onDisk: true, settings: { followMs: '10' } });
    const key = await app.app.domains.apiKeys.add('viewer', ['read']);
    const other = testStore({ data: app.data });
    const { createApiKeys } = await import('../../src/domains/api-keys.ts');
    const elsewhere = createApiKeys(other, { host: '127.0.0.1', apiKeys: [] });
    const subscription = await fetch(`${app.server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'x-api-key': key },
      body: JSON.stringify({ query: 'subscription { eventRecorded { userId } }' }),
    });
    expect(subscription.status).toBe(200);
    await elsewhere.revoke('viewer');
    // Nothing is ever recorded: it ends because of the key alone.
    expect(await subscription.text()).toContain('event: complete');
    expect((await ask(app, question, { 'x-api-key': key })).status).toBe(401);
    const added = await elsewhere.add('newcomer', ['read']);
    await expect.poll(async () => (await ask(app, question, { 'x-api-key': added })).status).toBe(200);
  });

  it('end a stream of events that is still coming in', async () => {
    const app = await openApp();
    onTestFinished(app.close);
    const { apiKeys } = app.app.domains;
    const key = await apiKeys.add('sender', ['ingest']);
    const line = (id: number) =>
      new TextEncoder().encode(
        `${JSON.stringify({ user_id: `u${id}`, account_type: 'free', date: '2023-05-01', event_type: 'view', order_value: null, version: 'A' })}\n`,
      );
    let sent = 0;
    const body = new ReadableStream({
      async pull(controller) {
        sent++;
        if (sent === 3) await apiKeys.revoke('sender');
        await delay(1);
        controller.enqueue(line(sent));
        if (sent === 500) controller.close();
      },
    });
    const response = await app.get('/events?summary=1', {
      method: 'POST',
      headers: { 'x-api-key': key },
      body,
      duplex: 'half',
    } as RequestInit);
    expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([
      401,
      'UNAUTHENTICATED',
    ]);
    expect(sent).toBeLessThan(20);
  });

  it('a subscription is not begun without a key', async () => {
    const app = await testServer({ settings });
    for (const [headers, status] of [
      [{}, 401],
      [{ 'x-api-key': 'i-key' }, 403],
    ] as const) {
      const response = await fetch(`${app.server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
        body: JSON.stringify({ query: 'subscription { eventRecorded { userId } }' }),
      });
      expect([response.status, await response.text()]).toEqual([
        status,
        expect.stringMatching(/UNAUTHENTICATED|NOT_ALLOWED/),
      ]);
    }
  });
});

it('never says what a malformed setting of keys was', async () => {
  for (const apiKeys of ['secret', 'owner:secret', 'read:', 'read:a secret', ':secret', 'read:x,secret'])
    await expect(openApp({ settings: { apiKeys } })).rejects.toThrow(
      /setting apiKeys \(--api-keys, ASOF_API_KEYS\) must be scope:key(?!.*secret)/,
    );
});

it('hears keys at the address of the app only by header', async () => {
  const app = await keyed();
  const response = await app.app.fetch(new Request(`${origin}/user_status/1?date=2020-01-01&x-api-key=r-key`));
  expect(response.status).toBe(401);
});
