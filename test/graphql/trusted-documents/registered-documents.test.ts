import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { createGraphql } from '../../../src/graphql/server.ts';
import { TrustedDocuments } from '../../../src/graphql/trusted-documents/trusted-documents.ts';
import { noObserver } from '../../../src/lib/telemetry.ts';
import { type OpenApp, openApp, origin } from '../../support/app.ts';
import { addressOf, folderOf, getFrom, postTo } from '../../support/documents.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const persisted = (text: string, hash = sha256(text)) => ({
  extensions: { persistedQuery: { version: 1, sha256Hash: hash } },
});

const notFound = { status: 200, message: 'PersistedQueryNotFound', code: 'PERSISTED_QUERY_NOT_FOUND' };
const engine = '{ server { engine } }';

describe('registration by hash', () => {
  let app: OpenApp;
  beforeAll(async () => {
    app = await openApp({
      settings: {
        apiKeys: 'read:r-key-of-a-test-0123456789,ingest:i-key-of-a-test-0123456789,admin:a-key-of-a-test-0123456789',
        registeredDocumentsBytesMax: '3kB',
      },
    });
  });
  afterAll(() => app.close());
  const key = { 'x-api-key': 'r-key-of-a-test-0123456789' };

  it('an unknown hash is answered so that clients send the text, and is known afterwards by POST and GET', async () => {
    const text = `${engine} # registered`;
    expect(await postTo(app, persisted(text), key)).toMatchObject(notFound);
    const { headers } = await app.get(addressOf(persisted(text)), { headers: key });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(await postTo(app, { ...persisted(text), query: text }, key)).toMatchObject({
      data: { server: { engine: 'SQLITE' } },
    });
    expect(await postTo(app, persisted(text), key)).toMatchObject({ data: { server: { engine: 'SQLITE' } } });
    expect(await getFrom(app, persisted(text), key)).toMatchObject({ data: { server: { engine: 'SQLITE' } } });
    // Its ids are those of persistedQuery only.
    expect(await postTo(app, { documentId: `sha256:${sha256(text)}` }, key)).toMatchObject({ status: 404 });
  });

  it('a text with another hash is neither run nor registered', async () => {
    const other = '{ server { startedAt } }';
    const result = await postTo(app, { ...persisted(engine, sha256(other)), query: engine }, key);
    expect(result).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    expect(await postTo(app, persisted(other), key)).toMatchObject(notFound);
  });

  it('text that is not well-formed is not registered, because its hash is that of another text', async () => {
    const text = '{ a: server { engine } } # \ufffd';
    const result = await postTo(app, { ...persisted(text), query: text.replace('\ufffd', '\ud800') }, key);
    expect(result).toMatchObject({ status: 400 });
    expect(await postTo(app, persisted(text), key)).toMatchObject(notFound);
  });

  it.each([
    ['without a key', {}, '{ server { version } }'],
    ['with a key of another scope', { 'x-api-key': 'i-key-of-a-test-0123456789' }, '{ server { startedAt } }'],
    [
      'of an admin field with a key of scope read',
      key,
      'mutation { saveExperiment(input: { key: "x" }) { __typename } }',
    ],
    ['with a syntax error', key, '{ server { version }'],
    [
      'with one operation that the caller may not run',
      key,
      `query A ${engine} mutation B { saveExperiment(input: { key: "x" }) { __typename } }`,
    ],
  ])('a text %s is not registered', async (_name, headers, text) => {
    await postTo(
      app,
      { ...persisted(text), query: text, operationName: text.startsWith('query A') ? 'A' : undefined },
      headers,
    );
    expect(await postTo(app, persisted(text), { 'x-api-key': 'a-key-of-a-test-0123456789' })).toMatchObject(notFound);
  });

  it('the registered texts are limited by their size, and the one used longest ago goes', async () => {
    const texts = Array.from({ length: 5 }, (_, index) => `${engine} # ${index}${'.'.repeat(400)}`);
    for (const query of texts) await postTo(app, { ...persisted(query), query }, key);
    const known = await Promise.all(texts.map((text) => postTo(app, persisted(text), key)));
    expect(known.map(({ data }) => data !== undefined && data !== null)).toEqual([false, false, false, true, true]);
    const long = `${engine} # ${'.'.repeat(4000)}`;
    expect(await postTo(app, { ...persisted(long), query: long }, key)).toMatchObject({ status: 200 });
    expect(await postTo(app, persisted(long), key)).toMatchObject(notFound);
  });
});

it('a long text is validated in slices before it is registered', async () => {
  const { app, close } = await openApp();
  onTestFinished(close);
  const config = readConfig({ data: ':memory:' });
  const log = pino({ level: 'silent' });
  const { domains, ledger } = app;
  const server = {
    version: '1',
    startedAtUs: 0,
    rebuildUs: 1,
    builtAtUs: 1,
    isStopping: false,
    projections: () => [],
    interrupted: new AbortController().signal,
  };
  const more = { nowUs: () => 0, observer: noObserver, trustedDocuments: () => [] };
  const services = { ...domains, config, ledger, server, ...more };
  const { operations } = createGraphql(services, new TrustedDocuments(config, log, null), log);
  const query = `{ ${Array.from({ length: 300 }, (_, index) => `a${index}: server { engine }`).join(' ')} }`;
  const request = (text: string | null) =>
    operations.find({
      parameters: { query: text, documentId: null, operationName: null, variables: null, ...persisted(query) },
      caller: domains.apiKeys.callerOf(undefined),
      origin,
      requestId: '1',
      isReadOnly: false,
    });
  const finding = request(query);
  // Validated in one go, the operation would be there at once.
  expect(finding).toBeInstanceOf(Promise);
  expect(request(null)).toMatchObject({ result: { errors: [{ message: 'PersistedQueryNotFound' }] } });
  expect(await finding).toHaveProperty('operation');
  expect(request(null)).toHaveProperty('operation');
});

describe('clients with persisted queries', () => {
  const recorded = (app: OpenApp) => {
    const requests: string[] = [];
    const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
      const { method = 'GET', body } = init ?? {};
      requests.push(`${method} ${/"query"|[?&]query=/.test(`${input}${body}`) ? 'text' : 'hash'}`);
      return app.app.fetch(new Request(input, init));
    };
    return { requests, fetch };
  };

  it.each([
    [false, ['POST hash', 'POST text', 'POST hash']],
    [true, ['GET hash', 'POST text', 'GET hash']],
  ])('Apollo Client falls back once, with GET %s', async (useGETForHashedQueries, expected) => {
    const app = await openApp();
    onTestFinished(app.close);
    const { requests, fetch } = recorded(app);
    const link = new PersistedQueryLink({ sha256, useGETForHashedQueries }).concat(
      new HttpLink({ uri: `${origin}/graphql`, fetch }),
    );
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    onTestFinished(() => client.stop());
    for (const _ of [1, 2]) {
      const { data } = await client.query<{ server: object }>({ query: gql(engine), fetchPolicy: 'network-only' });
      expect(data?.server).toMatchObject({ engine: 'SQLITE' });
    }
    expect(requests).toEqual(expected);
  });

  it('urql falls back once', async () => {
    const app = await openApp();
    onTestFinished(app.close);
    const { requests, fetch } = recorded(app);
    const client = new Client({ url: `${origin}/graphql`, fetch, exchanges: [persistedExchange({}), fetchExchange] });
    for (const _ of [1, 2])
      expect((await client.query(engine, {}).toPromise()).data).toMatchObject({ server: { engine: 'SQLITE' } });
    expect(requests).toEqual(['GET hash', 'GET text', 'GET hash']);
  });

  it('clients learn from a server that runs trusted documents only why their text is refused', async () => {
    const folder = await folderOf({ 'a.graphql': 'query A { server { version } }' });
    const app = await openApp({ settings: { documents: join(folder, 'a.graphql'), trustedOnly: 'true' } });
    onTestFinished(app.close);
    const { requests, fetch } = recorded(app);
    const client = new Client({ url: `${origin}/graphql`, fetch, exchanges: [persistedExchange({}), fetchExchange] });
    const { error } = await client.query(engine, {}).toPromise();
    expect(error?.message).toMatch(/this server runs trusted documents only/);
    expect(requests).toEqual(['GET hash', 'GET text']);
  });
});
