import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openServer } from '../../src/http/server.ts';
import { routes } from '../../src/rest/routes.ts';
import { fixture, type OpenApp, openApp, origin } from '../support/app.ts';
import { testStore } from '../support/store.ts';
import { testServer } from '../support/test-server.ts';

const settings = {
  apiKeys:
    'read:r-key-of-a-test-0123456789,ingest:i-key-of-a-test-0123456789,admin:a-key-of-a-test-0123456789,read:both-key-of-a-test-0123456789,ingest:both-key-of-a-test-0123456789',
};
const openKeyedApp = async (extra: Record<string, string> = {}): Promise<OpenApp> => {
  const app = await openApp({ settings: { ...settings, ...extra } });
  onTestFinished(app.close);
  return app;
};

const sendQuery = async (app: OpenApp, query: string, headers: Record<string, string> = {}) => {
  const response = await app.get('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  const body = (await response.json()) as { data?: unknown; errors?: { extensions?: { code?: string } }[] };
  return { status: response.status, code: body.errors?.[0]?.extensions?.code, headers: response.headers, ...body };
};

const serverQuery = '{ server { version } }';
const statusMutation = `mutation { recordStatusChanges(input: { changes: [{ userId: "u", status: PAYING, effectiveAt: "2020-01-01" }] }) {
  ... on RecordStatusChangesPayload { accepted } } }`;
const experimentMutation = 'mutation { saveExperiment(input: { key: "x", startedAt: "2020-01-01" }) { __typename } }';

describe('GraphQL', () => {
  it.each([
    [{}, 401, 401, 401],
    [{ 'x-api-key': 'unknown' }, 401, 401, 401],
    [{ 'x-api-key': 'r-key-of-a-test-0123456789' }, 200, 403, 403],
    [{ 'x-api-key': 'i-key-of-a-test-0123456789' }, 403, 200, 403],
    [{ 'x-api-key': 'both-key-of-a-test-0123456789' }, 200, 200, 403],
    [{ 'x-api-key': 'a-key-of-a-test-0123456789' }, 200, 200, 200],
    [{ authorization: 'Bearer a-key-of-a-test-0123456789' }, 200, 200, 200],
    [{ authorization: 'bearer  r-key-of-a-test-0123456789 ' }, 200, 403, 403],
    [{ authorization: 'Basic YS1rZXk6' }, 401, 401, 401],
    [{ authorization: 'a-key-of-a-test-0123456789' }, 401, 401, 401],
    [{ 'x-api-key': 'read:r-key-of-a-test-0123456789' }, 401, 401, 401],
    [{ 'x-api-key': 'r-key-of-a-test-0123456789', authorization: 'Bearer a-key-of-a-test-0123456789' }, 200, 403, 403],
  ] as const)('operations are allowed by the scopes of the key in %j', async (headers, toQuery, toRecord, toPlan) => {
    const app = await openKeyedApp();
    const codes = { 200: undefined, 401: 'UNAUTHENTICATED', 403: 'NOT_ALLOWED' };
    for (const [document, status] of [
      [serverQuery, toQuery],
      [statusMutation, toRecord],
      [experimentMutation, toPlan],
    ] as const) {
      const result = await sendQuery(app, document, headers);
      expect([document, result.status, result.code]).toEqual([document, status, codes[status]]);
      expect(result.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer realm="asof"' : null);
    }
  });

  it('keys are checked for every execution, although validated documents are cached', async () => {
    const app = await openKeyedApp();
    for (const [headers, status] of [
      [{ 'x-api-key': 'a-key-of-a-test-0123456789' }, 200],
      [{ 'x-api-key': 'r-key-of-a-test-0123456789' }, 403],
      [{}, 401],
      [{ 'x-api-key': 'a-key-of-a-test-0123456789' }, 200],
    ] as const)
      expect((await sendQuery(app, experimentMutation, headers)).status).toBe(status);
  });

  it('the check of scopes covers fragments, aliases and the operation that operationName selects', async () => {
    const app = await openKeyedApp();
    const headers = { 'x-api-key': 'i-key-of-a-test-0123456789' };
    const [, selection = ''] = /^mutation \{([\s\S]*)\}$/.exec(experimentMutation) ?? [];
    expect(
      (await sendQuery(app, `mutation { ...P } fragment P on Mutation { ... { a: ${selection} } }`, headers)).status,
    ).toBe(403);
    expect(
      (
        await sendQuery(
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
        query: `query Q ${serverQuery} ${statusMutation.replace('mutation', 'mutation M')}`,
        operationName: 'Q',
      }),
    });
    expect(response.status).toBe(403);
  });

  it('the schema is public and data is not', async () => {
    const app = await openKeyedApp();
    expect(await sendQuery(app, '{ __schema { queryType { name } } __typename }')).toMatchObject({
      status: 200,
      data: { __schema: { queryType: { name: 'Query' } }, __typename: 'Query' },
    });
    const result = await sendQuery(app, '{ __typename server { version } }');
    expect(result).toMatchObject({ status: 401 });
    expect(result.data ?? null).toBeNull();
  });

  it('the body of an upload is not read when the caller may not upload', async () => {
    const app = await openKeyedApp();
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
    expect(await upload('r-key-of-a-test-0123456789')).toMatchObject({ status: 403 });
    expect((await upload('r-key-of-a-test-0123456789')).read).toBeLessThan(5);
    expect((await upload('i-key-of-a-test-0123456789')).status).not.toBe(403);
  });

  it('an upload with a key is imported', async () => {
    const app = await openKeyedApp();
    const form = new FormData();
    const document =
      'mutation ($file: File!) { startImport(input: { target: STATUS_CHANGES, source: { file: $file } }) { ... on StartImportPayload { import { state } } } }';
    form.set('operations', JSON.stringify({ query: document, variables: { file: null } }));
    form.set('map', JSON.stringify({ 0: ['variables.file'] }));
    form.set('0', new File(['user_id,created_at,status\nu,2020-01-01,paying\n'], 'a.csv'));
    const response = await app.get('/graphql', {
      method: 'POST',
      headers: { 'x-api-key': 'i-key-of-a-test-0123456789' },
      body: form,
    });
    expect(await response.json()).toEqual({ data: { startImport: { import: { state: 'SUCCEEDED' } } } });
  });

  it('GraphiQL needs no key', async () => {
    const app = await openKeyedApp();
    expect((await app.get('/graphql', { headers: { accept: 'text/html' } })).status).toBe(200);
  });
});

const scopesOfMethods = { GET: 'read', POST: 'ingest', PUT: 'ingest', DELETE: 'admin' } as const;

describe('REST', () => {
  it('routes with data need a key, of scope read for GET, of scope admin for DELETE and of scope ingest for other methods', async () => {
    const app = await openKeyedApp();
    const keys = { read: 'r-key-of-a-test-0123456789', ingest: 'i-key-of-a-test-0123456789' } as const;
    for (const { method, path, requiredScopes, subject } of routes) {
      const address = path.replace(/\{[^}]*\}/g, '1');
      const status = async (key?: string) =>
        (await app.get(address, { method, headers: key ? { 'x-api-key': key } : {} })).status;
      if (subject !== 'facts' && subject !== 'content' && path !== '/metrics') {
        expect([path, await status()]).not.toEqual([path, 401]);
        continue;
      }
      // Whoever may begin an import may see what became of it.
      // SQL is posted because of its length, but only reads.
      const others: Readonly<Record<string, string[]>> = { '/imports/{id}': ['read', 'ingest'], '/sql': ['read'] };
      const scopes = others[path] ?? [scopesOfMethods[method]];
      expect([path, requiredScopes]).toEqual([path, scopes]);
      expect([path, await status()]).toEqual([path, 401]);
      expect([path, await status('nobody')]).toEqual([path, 401]);
      for (const scope of ['read', 'ingest'] as const)
        expect([path, scope, (await status(keys[scope])) === 403]).toEqual([path, scope, !scopes.includes(scope)]);
      expect([path, [401, 403].includes(await status('a-key-of-a-test-0123456789'))]).toEqual([path, false]);
    }
  });

  it('errors name the headers for keys and the missing scope', async () => {
    const app = await openKeyedApp();
    const response = await app.get('/user_status/1?date=2020-01-01');
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="asof"');
    expect(await response.json()).toEqual({
      error: { code: 'UNAUTHENTICATED', message: expect.stringContaining('x-api-key') },
    });
    const other = await app.get('/user_status/1?date=2020-01-01', {
      headers: { authorization: 'Bearer i-key-of-a-test-0123456789' },
    });
    expect(await other.json()).toEqual({
      error: { code: 'NOT_ALLOWED', message: 'this needs a key of scope read, not ingest' },
    });
    const plain = await app.get('/user_status/1?date=2020-01-01', { headers: { accept: 'text/plain' } });
    expect([plain.status, await plain.text()]).toEqual([401, expect.stringMatching(/^a key .*\n$/)]);
  });

  it('the fast path checks keys like the router', async () => {
    const app = await openKeyedApp();
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
        [{ 'x-api-key': 'r-key-of-a-test-0123456789' }, 403],
        [{ 'x-api-key': 'i-key-of-a-test-0123456789' }, 200],
        [{ authorization: 'Bearer i-key-of-a-test-0123456789' }, 200],
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

  it('pages of allowed origins can send keys', async () => {
    const app = await openKeyedApp({ allowedOrigins: 'https://app.example' });
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
  it('provenance names the key with which a record was sent', async () => {
    const app = await openKeyedApp();
    const { apiKeys } = app.app.domains;
    const shop = await apiKeys.add('shop', ['ingest']);
    expect((await sendQuery(app, statusMutation, { 'x-api-key': shop })).status).toBe(200);
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
    const sent = await Promise.all([
      send(event, shop),
      send(event, 'i-key-of-a-test-0123456789'),
      send({ ...event, date: 'x' }, shop),
    ]);
    expect(sent.map(({ status }) => status)).toEqual([200, 200, 422]);
    await app.importFile('user-status', fixture('status-changes.json'));
    const result = await sendQuery(
      app,
      `{ userStatus(userId: "u", date: "2020-02-02") { explanation { decidedBy { provenance { source line import { id } } } } }
         rejectedRecords { nodes { source } } }`,
      { 'x-api-key': 'r-key-of-a-test-0123456789' },
    );
    expect(result.data).toEqual({
      userStatus: { explanation: { decidedBy: { provenance: { source: 'api:shop', line: null, import: null } } } },
      rejectedRecords: { nodes: [{ source: 'api:shop' }] },
    });
  });

  it('a corrected reject keeps the key with which the record was sent', async () => {
    const app = await openKeyedApp();
    const shop = await app.app.domains.apiKeys.add('shop', ['ingest']);
    const sent = await sendQuery(
      app,
      statusMutation.replace('"u"', '""').replace('{ accepted }', '{ rejected { id } }'),
      {
        'x-api-key': shop,
      },
    );
    const { id } = (sent.data as { recordStatusChanges: { rejected: { id: string }[] } }).recordStatusChanges
      .rejected[0] ?? { id: '' };
    const corrected = JSON.stringify('{"user_id": "m", "created_at": "2020-01-01", "status": "paying"}');
    const mutation = `mutation { resolveRejectedRecord(input: { rejectedRecordId: "${id}", action: { retryWith: ${corrected} } }) { __typename } }`;
    expect(await sendQuery(app, mutation, { 'x-api-key': 'a-key-of-a-test-0123456789' })).toMatchObject({
      data: { resolveRejectedRecord: { __typename: 'ResolveRejectedRecordPayload' } },
    });
    const result = await sendQuery(
      app,
      '{ userStatus(userId: "m", date: "2020-02-02") { explanation { decidedBy { provenance { source } } } } }',
      { 'x-api-key': 'r-key-of-a-test-0123456789' },
    );
    expect(result.data).toEqual({ userStatus: { explanation: { decidedBy: { provenance: { source: 'api:shop' } } } } });
  });
});

describe('API keys in the store', () => {
  it('requests need a key once the first key is added, also after the last key is revoked', async () => {
    const app = await openApp();
    onTestFinished(app.close);
    const { apiKeys } = app.app.domains;
    expect((await sendQuery(app, serverQuery)).status).toBe(200);
    expect((await sendQuery(app, serverQuery, { 'x-api-key': 'whatever' })).status).toBe(200);
    const key = await apiKeys.add('first', ['read']);
    expect(key).toMatch(/^asof_[\w-]{43}$/);
    expect((await sendQuery(app, serverQuery)).status).toBe(401);
    expect((await sendQuery(app, serverQuery, { 'x-api-key': key })).status).toBe(200);
    await expect(apiKeys.revoke('first')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await sendQuery(app, serverQuery, { 'x-api-key': key })).status).toBe(200);
    await apiKeys.revoke('first', { evenIfLast: true });
    expect((await sendQuery(app, serverQuery, { 'x-api-key': key })).status).toBe(401);
    expect((await sendQuery(app, serverQuery)).status).toBe(401);
    expect(apiKeys.list()).toMatchObject([{ name: 'first', scopes: ['read'], revokedAtUs: expect.any(Number) }]);
    await expect(apiKeys.add('first', ['read'])).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(apiKeys.revoke('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    for (const name of ['', 'a b', 'ä', 'x'.repeat(65), 'environment-1', 'a,b'])
      await expect(apiKeys.add(name, ['read'])).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('a server that is not bound to loopback refuses requests when there are no keys', async () => {
    const app = await openApp({ settings: { host: '0.0.0.0' } });
    onTestFinished(app.close);
    expect((await sendQuery(app, serverQuery)).status).toBe(401);
    expect((await app.get('/user_status/1?date=2020-01-01')).status).toBe(401);
    for (const path of ['/healthz', '/readyz', '/docs', '/openapi.json', '/'])
      expect((await app.get(path)).status).toBe(200);
  });

  it('the store holds only digests of keys, and a digest is not a valid key', async () => {
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
    expect((await sendQuery(app, serverQuery, { 'x-api-key': digest })).status).toBe(401);
  });

  it('a key that another process revokes ends open subscriptions and is refused from then on', async () => {
    const app = await testServer({ onDisk: true, settings: { followMs: '10' } });
    const key = await app.app.domains.apiKeys.add('viewer', ['read']);
    const other = testStore({ data: app.data });
    const { createApiKeys } = await import('../../src/domains/api-keys.ts');
    const otherApiKeys = createApiKeys(other, { host: '127.0.0.1', apiKeys: [] });
    const subscription = await fetch(`${app.server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'x-api-key': key },
      body: JSON.stringify({ query: 'subscription { eventRecorded { userId } }' }),
    });
    expect(subscription.status).toBe(200);
    await otherApiKeys.revoke('viewer', { evenIfLast: true });
    // Nothing is ever recorded: it ends because of the key alone.
    expect(await subscription.text()).toContain('event: complete');
    expect((await sendQuery(app, serverQuery, { 'x-api-key': key })).status).toBe(401);
    const added = await otherApiKeys.add('newcomer', ['read']);
    await expect.poll(async () => (await sendQuery(app, serverQuery, { 'x-api-key': added })).status).toBe(200);
  });

  it('a revoked key ends a stream of events that is still being received', async () => {
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
        if (sent === 3) await apiKeys.revoke('sender', { evenIfLast: true });
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

  it('a subscription without a key of scope read is refused', async () => {
    const app = await testServer({ settings });
    for (const [headers, status, code] of [
      [{}, 401, 'UNAUTHENTICATED'],
      [{ 'x-api-key': 'i-key-of-a-test-0123456789' }, 403, 'NOT_ALLOWED'],
    ] as const) {
      const subscribe = async (accept: string) => {
        const response = await fetch(`${app.server.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept, ...headers },
          body: JSON.stringify({ query: 'subscription { eventRecorded { userId } }' }),
        });
        return [response.status, response.headers.get('content-type'), await response.text()];
      };
      const text = expect.stringContaining(code);
      expect(await subscribe('application/json')).toEqual([status, 'application/json; charset=utf-8', text]);
      // Programs that read streams cannot read any other answer.
      for (const accept of ['text/event-stream', 'application/json, text/event-stream;q=0.5'])
        expect(await subscribe(accept)).toEqual([200, 'text/event-stream', text]);
    }
  });
});

it('the error for a malformed apiKeys setting does not show the keys', async () => {
  for (const apiKeys of ['secret', 'owner:secret', 'read:', 'read:a secret', ':secret', 'read:x,secret'])
    await expect(openApp({ settings: { apiKeys } })).rejects.toThrow(
      /setting apiKeys \(--api-keys, ASOF_API_KEYS\) must be scope:key(?!.*secret)/,
    );
});

it('a key in the query of a request is ignored', async () => {
  const app = await openKeyedApp();
  const response = await app.app.fetch(
    new Request(`${origin}/user_status/1?date=2020-01-01&x-api-key=r-key-of-a-test-0123456789`),
  );
  expect(response.status).toBe(401);
});
