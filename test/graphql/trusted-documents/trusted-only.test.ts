import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { getIntrospectionQuery } from 'graphql';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openServer } from '../../../src/http/server.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { addressOf, getFrom, postTo, writeFolder } from '../../support/documents.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const trusted = 'query Version {\n  server {\n    version\n  }\n}';
const other = '{ server { engine } }';

/** The parameters of Apollo's persisted queries. */
const persisted = (sha256Hash: unknown, version: unknown = 1) => ({ persistedQuery: { version, sha256Hash } });

const form = (parameters: Readonly<Record<string, string>>): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(parameters).toString(),
});

const multipart = (
  operations: unknown,
  map: unknown = {},
  files: Readonly<Record<string, string>> = {},
): RequestInit => {
  const body = new FormData();
  body.set('operations', JSON.stringify(operations));
  body.set('map', JSON.stringify(map));
  for (const [name, text] of Object.entries(files)) body.set(name, new File([text], 'x.graphql'));
  return { method: 'POST', body };
};

const post = (body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** Requests that try to run a text that is not trusted. */
const ways: readonly (readonly [name: string, path: string, init: RequestInit])[] = [
  ['text', '/graphql', post({ query: other })],
  ['text by GET', addressOf({ query: other }), {}],
  ['text by GET beside a known id', addressOf({ documentId: 'Version', query: other }), {}],
  ['text by GET, twice the other way', `${addressOf({ query: other })}&query=${encodeURIComponent(trusted)}`, {}],
  ['text beside a known id', '/graphql', post({ documentId: 'Version', query: other })],
  ['text beside a known id, in the address', '/graphql?documentId=Version', post({ query: other })],
  ['text in the address of a POST', addressOf({ query: other }), post({ documentId: 'none' })],
  ['introspection', '/graphql', post({ query: getIntrospectionQuery() })],
  ['__typename only', '/graphql', post({ query: '{ __typename }' })],
  ['introspection by GET', addressOf({ query: '{ __schema { queryType { name } } }' }), {}],
  ['a query of GraphiQL', '/graphql?from=graphiql', post({ query: other }, { referer: 'http://127.0.0.1/graphql' })],
  ['registration', '/graphql', post({ query: other, extensions: persisted(sha256(other)) })],
  ['registration by GET', addressOf({ query: other, extensions: persisted(sha256(other)) }), {}],
  [
    'text with the hash of a trusted document',
    '/graphql',
    post({ query: other, extensions: persisted(sha256(trusted)) }),
  ],
  ['text with the name of a trusted document', '/graphql', post({ query: other, extensions: persisted('Version') })],
  [
    'text with a hash of another version',
    '/graphql',
    post({ query: other, extensions: persisted(sha256(trusted), 2) }),
  ],
  ['text with a hash that is no text', '/graphql', post({ query: other, extensions: persisted([sha256(trusted)]) })],
  ['a batch', '/graphql', post([{ query: other }])],
  ['a batch of a trusted document and another', '/graphql', post([{ documentId: 'Version' }, { query: other }])],
  ['an object as text', '/graphql', post({ query: { body: other } })],
  ['a list as text', '/graphql', post({ query: [other] })],
  ['a syntax tree as text', '/graphql', post({ query: { kind: 'Document', definitions: [] } })],
  [
    'a key twice, the trusted text first',
    '/graphql',
    post(`{"query":${JSON.stringify(trusted)},"query":${JSON.stringify(other)}}`),
  ],
  ['a key in other letters', '/graphql', post({ documentId: 'Version', Query: other, QUERY: other })],
  ['__proto__ with text', '/graphql', post(`{"__proto__":{"query":${JSON.stringify(other)}}}`)],
  ['the trusted text with a blank more', '/graphql', post({ query: `${trusted} ` })],
  ['the trusted text with CRLF', '/graphql', post({ query: trusted.replaceAll('\n', '\r\n') })],
  ['the trusted text with a comment', '/graphql', post({ query: `# x\n${trusted}` })],
  ['the trusted text with a byte order mark', '/graphql', post({ query: `\ufeff${trusted}` })],
  [
    'the trusted text with another operation',
    '/graphql',
    post({ query: `${trusted}\nquery X ${other}`, operationName: 'X' }),
  ],
  [
    'the trusted text with a letter as an escape of Unicode',
    '/graphql',
    post({ query: trusted.replace('server', 's\\u0065rver') }),
  ],
  [
    'a trusted document with an operation of another',
    '/graphql',
    post({ documentId: 'Version', operationName: 'Engine' }),
  ],
  ['doc_id', '/graphql', post({ doc_id: 'Version', query: other })],
  ['id of another client', '/graphql', post({ id: 'Version', query: other })],
  ['an empty id with text', '/graphql', post({ documentId: '', query: other })],
  ['null as id with text', '/graphql', post({ documentId: null, query: other })],
  ['an unknown id', '/graphql', post({ documentId: 'none' })],
  ['an unknown hash', '/graphql', post({ extensions: persisted(sha256(other)) })],
  ['an id of the prototype', '/graphql', post({ documentId: '__proto__' })],
  ['text as id', '/graphql', post({ documentId: other })],
  [
    'application/graphql',
    '/graphql',
    { method: 'POST', headers: { 'content-type': 'application/graphql' }, body: other },
  ],
  ['graphql+json', '/graphql', post({ query: other }, { 'content-type': 'application/graphql+json' })],
  ['a form', '/graphql', form({ query: other })],
  ['a form with a known id', '/graphql', form({ documentId: 'Version', query: other })],
  ['operations of an upload', '/graphql', multipart({ query: other })],
  ['a batch of an upload', '/graphql', multipart([{ query: other }])],
  ['a file in place of the text', '/graphql', multipart({ documentId: 'Version' }, { 0: ['query'] }, { 0: other })],
  ['a file in place of the id', '/graphql', multipart({ query: other }, { 0: ['documentId'] }, { 0: 'Version' })],
  [
    'a subscription',
    '/graphql',
    post({ query: 'subscription { eventRecorded { userId } }' }, { accept: 'text/event-stream' }),
  ],
  [
    'a subscription by GET',
    addressOf({ query: 'subscription { eventRecorded { userId } }' }),
    { headers: { accept: 'text/event-stream' } },
  ],
  ['a mutation', '/graphql', post({ query: 'mutation { startConversation(uuid: "x", symbol: "a") { __typename } }' })],
  ['a path with two slashes', '//graphql', post({ query: other })],
  ['another method', addressOf({ query: other }), { method: 'PUT' }],
  [
    'another method that overrides',
    addressOf({ query: other }),
    { method: 'POST', headers: { 'x-http-method-override': 'GET' } },
  ],
];

describe('a server that runs trusted documents only', () => {
  let app: OpenApp;
  let open: OpenApp;
  let documents: string;
  beforeAll(async () => {
    documents = await writeFolder({
      'a.graphql': `${trusted}\nquery Trend { dashboard(symbols: ["a"]) { total { count } } }`,
    });
    const settings = { documents, trustedOnly: 'true' };
    app = await openApp({
      settings: {
        ...settings,
        apiKeys: 'read:r-key-of-a-test-0123456789,ingest:r-key-of-a-test-0123456789,admin:a-key-of-a-test-0123456789',
      },
    });
    open = await openApp({ settings });
  });
  afterAll(async () => {
    await Promise.all([app.close(), open.close()]);
    await rm(documents, { recursive: true });
  });

  it.each(ways)('refuses %s', async (_name, path, init) => {
    for (const [opened, key] of [
      [app, { 'x-api-key': 'r-key-of-a-test-0123456789' }],
      [app, {}],
      // Callers of a server without keys have every scope, but no key of scope admin.
      [open, {}],
    ] as const) {
      const headers = { accept: 'application/json', ...(init.headers as Record<string, string> | undefined), ...key };
      const response = await opened.get(path, { ...init, headers });
      const text = await response.text();
      expect(text).not.toMatch(/SQLITE|"data":\{|queryType|"Query"/);
      expect(text).not.toContain('INTERNAL');
      expect(response.status === 200 ? text : 'refused').toMatch(
        /PersistedQueryNotFound|trusted documents only|refused/,
      );
      expect(response.status).toBeLessThan(500);
    }
  });

  it('refuses the same without the objects of the Fetch standard', async () => {
    const server = await openServer(app.app.fetch, {
      host: '127.0.0.1',
      port: 0,
      log: pino({ level: 'silent' }),
      fastPath: app.app.fastPath,
    });
    onTestFinished(() => server.stop());
    const send = async (body: string): Promise<string> => {
      const headers = { 'content-type': 'application/json', 'x-api-key': 'r-key-of-a-test-0123456789' };
      return (await fetch(`${server.url}/graphql`, { method: 'POST', headers, body })).text();
    };
    expect(await send('{"documentId":"Version"}')).toBe('{"data":{"server":{"version":"0.1.0"}}}');
    for (const [name, , { body }] of ways)
      if (typeof body === 'string')
        expect([name, await send(body)]).toEqual([name, expect.not.stringMatching(/"data":\{|INTERNAL/)]);
  });

  it('runs trusted documents by id, by hash and by their exact text', async () => {
    const key = { 'x-api-key': 'r-key-of-a-test-0123456789' };
    const expected = { status: 200, data: { server: { version: '0.1.0' } } };
    expect(await postTo(app, { documentId: 'Version' }, key)).toMatchObject(expected);
    expect(await getFrom(app, { documentId: 'Version' }, key)).toMatchObject(expected);
    expect(await postTo(app, { extensions: persisted(sha256(trusted)) }, key)).toMatchObject(expected);
    expect(await postTo(app, { query: trusted }, key)).toMatchObject(expected);
    expect(await postTo(open, { documentId: 'Version' })).toMatchObject(expected);
  });

  it('trusted documents need a key as elsewhere', async () => {
    expect(await postTo(app, { documentId: 'Version' })).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
  });

  it('a key of scope admin runs any text, and registers none for others', async () => {
    const admin = { 'x-api-key': 'a-key-of-a-test-0123456789' };
    expect(await postTo(app, { query: other }, admin)).toMatchObject({ data: { server: { engine: 'SQLITE' } } });
    expect(await postTo(app, { query: getIntrospectionQuery() }, admin)).toMatchObject({ status: 200 });
    const registration = { query: other, extensions: persisted(sha256(other)) };
    expect(await postTo(app, registration, admin)).toMatchObject({ status: 200 });
    expect(await postTo(app, { extensions: registration.extensions }, admin)).toMatchObject({ status: 200 });
    expect(
      await postTo(app, { extensions: registration.extensions }, { 'x-api-key': 'r-key-of-a-test-0123456789' }),
    ).toMatchObject({
      status: 403,
      code: 'NOT_ALLOWED',
    });
  });

  it('REST is as before', async () => {
    expect((await open.get('/user_status?user_id=u&date=2025-01-01')).status).toBe(200);
  });
});
