import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { parse } from 'graphql';
import { pino } from 'pino';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { readExamples } from '../../src/graphql/examples.ts';
import { type HttpServer, openServer } from '../../src/http/server.ts';
import type { GraphqlResult, OpenApp } from '../support/app.ts';
import { chromiumPath, openBrowser } from '../support/browser.ts';
import { demoApp } from '../support/demo-app.ts';
import { sendEvents } from '../support/events.ts';
import { follow } from '../support/sse.ts';

let opened: OpenApp;

beforeAll(async () => {
  opened = await demoApp();
  return opened.close;
});

const html = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const names = readExamples().map(({ query }) => /(?:query|mutation|subscription) (\w+)/.exec(query)?.[1] ?? '');

describe('the page of GraphiQL', () => {
  const open = (headers: Record<string, string> = {}, init: RequestInit = {}, path = '/graphql'): Promise<Response> =>
    opened.get(path, { ...init, headers: { accept: html, ...headers } });

  it('the page of GraphiQL is the same in every encoding, each with its own ETag', async () => {
    const plain = await open();
    const brotli = await open({ 'accept-encoding': 'gzip, deflate, br' });
    const gzip = await open({ 'accept-encoding': 'gzip, br;q=0' });
    const text = await plain.text();
    expect([plain, brotli, gzip].map(({ headers }) => headers.get('content-encoding'))).toEqual([null, 'br', 'gzip']);
    expect(brotliDecompressSync(await brotli.arrayBuffer()).equals(Buffer.from(text))).toBe(true);
    expect(gunzipSync(await gzip.arrayBuffer()).equals(Buffer.from(text))).toBe(true);
    expect(new Set([plain, brotli, gzip].map(({ headers }) => headers.get('etag'))).size).toBe(3);
    expect(plain.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(plain.headers.get('vary')).toBe('accept, accept-encoding');
    expect(plain.headers.get('cache-control')).toBe('no-cache');
  });

  it('the content security policy of GraphiQL allows only the scripts of the page', async () => {
    const policy = (await open()).headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src 'none'; script-src 'sha256-[^']+' 'sha256-[^']+';/);
    expect(policy).not.toMatch(/https?:|unsafe-eval|\*/);
  });

  it('the page of GraphiQL is not sent again to a browser that has cached it', async () => {
    const first = await open({ 'accept-encoding': 'br' });
    const etag = first.headers.get('etag') ?? '';
    for (const ifNoneMatch of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await open({ 'accept-encoding': 'br', 'if-none-match': ifNoneMatch });
      expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
    }
    expect((await open({ 'accept-encoding': 'br', 'if-none-match': '"other"' })).status).toBe(200);
    expect((await open({ 'accept-encoding': 'gzip', 'if-none-match': etag })).status).toBe(200);
  });

  it('HEAD gets the headers of GraphiQL without the page', async () => {
    const headers = { 'accept-encoding': 'br', 'x-request-id': 'r' };
    const head = await open(headers, { method: 'HEAD' });
    const response = await open(headers);
    expect(head.status).toBe(200);
    expect([...head.headers]).toEqual([...response.headers]);
    expect(Number(head.headers.get('content-length'))).toBe((await response.arrayBuffer()).byteLength);
    expect(await head.text()).toBe('');
  });

  it('GraphiQL is sent to clients that prefer HTML, also when the query has an operation', async () => {
    const query = '/graphql?query=%7Bserver%7Bversion%7D%7D';
    expect((await open({}, {}, query)).headers.get('content-type')).toContain('text/html');
    for (const accept of ['application/json', '*/*', 'application/graphql-response+json, text/html;q=0.5']) {
      const answer = await open({ accept }, {}, query);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ data: { server: { version: expect.any(String) } } });
    }
  });
});

describe('the example operations', () => {
  /** The answer, or the first one of a subscription. */
  const answerTo = async (query: string, variables: Record<string, unknown>): Promise<GraphqlResult<unknown>> => {
    if (!/^subscription/m.test(query)) return opened.query(query, variables);
    const server = await openServer(opened.app.fetch, { host: '127.0.0.1', port: 0, log: pino({ level: 'silent' }) });
    onTestFinished(() => server.stop());
    const followed = await follow<unknown>(server.url, query, variables);
    onTestFinished(followed.leave);
    return (await followed.next()) ?? {};
  };

  it('every file of an example operation is in the list', async () => {
    const files = await readdir(new URL('../../src/graphql/examples', import.meta.url));
    expect(files).toHaveLength(readExamples().length);
    expect(new Set(names).size).toBe(files.length);
  });

  it.each(readExamples().map(({ query, variables }, index) => ({ name: names[index], query, variables })))(
    'the example operation $name returns data of the demo',
    async ({ query, variables }) => {
      expect(parse(query).definitions.length).toBeGreaterThan(0);
      const { data, errors } = await answerTo(query, variables === '' ? {} : JSON.parse(variables));
      expect(errors).toBeUndefined();
      // Refusals that are part of the schema say their code; problems of records are asked for without it.
      expect(JSON.stringify(data)).not.toMatch(/"nodes":\[\]|"code":/);
    },
  );

  it('the example AsItWasKnown returns different figures for different asOf', async () => {
    const { query, variables } = readExamples()[names.indexOf('AsItWasKnown')] ?? { query: '', variables: '' };
    const { data } = await opened.query<Record<string, { nodes: { measures: { count: number } }[] }>>(
      query,
      JSON.parse(variables),
    );
    const countOf = (part: string) => data?.[part]?.nodes.reduce((sum, { measures }) => sum + measures.count, 0);
    expect(countOf('before')).toBe(countOf('now'));
    expect(data?.before?.nodes).not.toEqual(data?.now?.nodes);
  });
});

const title = chromiumPath ? 'in a browser' : 'in a browser (skipped: no Chromium; set CHROMIUM_PATH)';

describe.skipIf(!chromiumPath)(title, { timeout: 60_000 }, () => {
  let server: HttpServer;
  let profile: string;
  let context: BrowserContext;
  let page: Page;
  const pages: { status: number; held: boolean }[] = [];
  const foreign: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    const watched = async (request: Request): Promise<Response> => {
      const response = await opened.app.fetch(request);
      const isCached = request.headers.has('if-none-match');
      if (request.method === 'GET') pages.push({ status: response.status, held: isCached });
      return response;
    };
    server = await openServer(watched, { host: '127.0.0.1', port: 0, log: pino({ level: 'silent' }) });
    profile = await mkdtemp(join(tmpdir(), 'asof-browser-'));
    context = await openBrowser(profile);
    page = await context.newPage();
    // Machines that run CI may be slow or busy.
    page.setDefaultTimeout(60_000);
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(server.url) && !/^(blob|data):/.test(url)) foreign.push(url);
    });
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
    page.on('pageerror', (error) => void complaints.push(error.message));
    return async () => {
      await context.close();
      await server.stop();
      await rm(profile, { recursive: true, force: true });
    };
  });

  afterAll(() => {
    expect(foreign, 'nothing is asked of other servers').toEqual([]);
    expect(complaints, 'no errors in the console').toEqual([]);
  });

  const tabs = () => page.locator('.graphiql-tab').allInnerTexts();
  const lineOf = (pane: string, text: string) => page.locator(`${pane} .view-line`, { hasText: text }).first();
  const queryLine = (text: string) => lineOf('.graphiql-query-editor', text);
  const answerOf = (text: string) => lineOf('.graphiql-response', text);

  it('GraphiQL opens with the example operations and runs the first', async () => {
    await page.goto(`${server.url}/graphql`);
    await page.locator('.graphiql-tab').first().waitFor();
    expect(await tabs()).toEqual(names);
    const { data } = await opened.query<{ enrichedAggregate: { total: { sum: string } } }>(
      '{ enrichedAggregate { total { sum } } }',
    );
    const sum = data?.enrichedAggregate.total.sum ?? '';
    expect(Number(sum)).toBeGreaterThan(0);
    await page.locator('.graphiql-execute-button').click();
    await answerOf(`"${sum}"`).waitFor();
  });

  it('GraphiQL shows the documentation of the schema', async () => {
    await page.getByLabel('Show Documentation Explorer').click();
    await page.getByRole('link', { name: 'Query', exact: true }).click();
    await page.getByText('All queries.').waitFor();
  });

  it('GraphiQL runs another example with its variables', async () => {
    await page.getByText('CityOfAddress', { exact: true }).click();
    await queryLine('CityOfAddress').waitFor();
    const execute = async () => {
      await page.locator('.graphiql-execute-button').click();
      await answerOf('"Hamburg"').waitFor({ timeout: 10_000 });
    };
    // The name of the operation and the variables follow the tab a moment later: an earlier click executes the last one.
    await vi.waitFor(execute, { timeout: 60_000 });
  });

  it('GraphiQL opens from the cache of the browser on the last tab', async () => {
    // It stores its tabs a moment after they change; its policy does not let us look from inside.
    const stored = async () => JSON.stringify((await context.storageState()).origins);
    await expect.poll(stored).toContain(`\\"activeTabIndex\\":${names.indexOf('CityOfAddress')}`);
    await page.goto('about:blank');
    await page.goto(`${server.url}/graphql`);
    await queryLine('CityOfAddress').waitFor();
    expect(await tabs()).toEqual(names);
    expect(pages.filter(({ held }) => held)).toEqual([{ status: 304, held: true }]);
  });

  it('GraphiQL shows the results of a subscription until it is stopped', async () => {
    const query = encodeURIComponent('subscription Live { eventRecorded { userId } }');
    await page.goto(`${server.url}/graphql?query=${query}`);
    await page.locator('.graphiql-query-editor .view-line', { hasText: 'Live' }).first().waitFor();
    await page.locator('.graphiql-execute-button').click();
    await expect.poll(() => opened.app.ledger.listeners).toBe(1);
    for (const userId of ['first-live', 'second-live']) {
      await sendEvents(opened, [{ userId }]);
      await answerOf(`"${userId}"`).waitFor();
    }
    await page.locator('.graphiql-execute-button').click();
    await expect.poll(() => opened.app.ledger.listeners).toBe(0);
  });
});
