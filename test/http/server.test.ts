import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { errorCodes } from '../../src/errors.ts';
import { routeList, routes } from '../../src/rest/routes.ts';
import { openApp } from '../support/app.ts';
import { fixtureApp, statusAndBody } from '../support/fixture-app.ts';

describe('health', () => {
  it('health routes respond before the indices are built, routes of facts with NOT_READY', async () => {
    const { app, get, close } = await openApp({ start: false });
    onTestFinished(close);
    expect(await statusAndBody(await get('/healthz'))).toEqual({ status: 200, body: { status: 'ok' } });
    for (const path of ['/readyz', '/user_status/1?date=2021-01-01', '/ip_city/10.0.0.1', '/transactions/aggregate'])
      expect(await statusAndBody(await get(path)), path).toMatchObject({
        status: 503,
        body: { error: { code: 'NOT_READY' } },
      });
    expect((await get('/docs')).status).toBe(200);
    await app.start();
    expect(await statusAndBody(await get('/readyz'))).toEqual({ status: 200, body: { status: 'ready', sequence: 0 } });
  });

  it('readiness names the sequence number of the newest record', async () => {
    const { app, get } = await fixtureApp();
    const { sequence } = app.ledger.snapshot();
    expect(sequence).toBeGreaterThan(0);
    expect((await statusAndBody(await get('/readyz'))).body).toEqual({ status: 'ready', sequence });
  });
});

describe('caching', () => {
  it('responses with facts must be revalidated, others and errors must not be cached', async () => {
    const { get } = await fixtureApp();
    const controlOf = async (path: string) => (await get(path)).headers.get('cache-control');
    expect(await controlOf('/user_status/ada?date=2021-01-01')).toBe('private, no-cache');
    expect(await controlOf('/ip_city/10.0.0.1')).toBe('private, no-cache');
    expect(await controlOf('/transactions/aggregate')).toBe('private, no-cache');
    expect(await controlOf('/monitor')).toBe('private, no-cache');
    expect(await controlOf('/data')).toBe('no-store');
    expect(await controlOf('/readyz')).toBe('no-store');
    expect(await controlOf('/ip_city/x')).toBe('no-store');
    expect(await controlOf('/nowhere')).toBe('no-store');
    expect(await controlOf('/docs')).toBe('no-cache');
  });
});

describe('documentation', () => {
  it('the root path lists the routes for programs', async () => {
    const { get } = await fixtureApp();
    const { body } = await statusAndBody(await get('/'));
    expect(body).toEqual({ graphql: '/graphql', docs: '/docs', routes: routeList });
  });

  it('the OpenAPI 3.1 document describes every route', async () => {
    const { get } = await fixtureApp();
    const document = (await (await get('/openapi.json')).json()) as {
      openapi: string;
      paths: Record<
        string,
        { get: { parameters?: { name: string; in: string; required: boolean }[]; responses: object }; post?: object }
      >;
    };
    expect(document.openapi).toBe('3.1.0');
    const methodsOf = (path: string) => Object.keys(document.paths[path] ?? {});
    expect(Object.keys(document.paths)).toEqual([...new Set(routes.map(({ path }) => path))]);
    for (const { method, path } of routes) expect(methodsOf(path), path).toContain(method.toLowerCase());
    const described = document.paths['/user_status/{user_id}']?.get;
    expect(described?.parameters).toMatchObject([
      { name: 'user_id', in: 'path', required: true },
      { name: 'date', in: 'query', required: true },
      { name: 'sequence', in: 'query', required: false },
      { name: 'known_at', in: 'query', required: false },
      { name: 'if-none-match', in: 'header', required: false },
    ]);
    expect(Object.keys(described?.responses ?? {})).toEqual(['200', '304', '400', '401', '403', '503']);
  });

  it('the responses of routes match their documented schemas', async () => {
    const { get } = await openGamesApp();
    const examples: Record<string, string> = {
      user_id: 'ada',
      ip: '10.20.0.0',
      date: '2021-10-10T10:00:00',
      symbol: 'e',
      country: 'SE',
      lower: '2021-10-10',
      upper: '2021-10-11',
      name: 'games',
      id: '7',
    };
    for (const { method, path, query, response: described, subject } of routes) {
      if (described.example !== undefined) described.schema.parse(described.example);
      // Content is bytes: the tests of user files ask for it.
      if (described.type || method !== 'GET' || subject === 'content') continue;
      const needed = Object.keys(query).filter((name) => !query[name]?.safeParse(undefined).success);
      const search = new URLSearchParams(needed.map((name) => [name, examples[name] ?? '']));
      const response = await get(`${path.replace(/\{(\w+)\}/g, (_, name) => examples[name] ?? '')}?${search}`);
      expect(response.status, path).toBe(200);
      described.schema.parse(await response.json());
    }
  });

  it('the documentation page has only the script of its forms, loads nothing from other servers, and its example requests work', async () => {
    const { get } = await openGamesApp();
    const documentation = await get('/docs');
    expect(documentation.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(documentation.headers.get('content-security-policy')).toContain("default-src 'none'");
    const page = await documentation.text();
    expect(page).not.toMatch(/<script .*src|<link|<img|@import|url\(/);
    const scripts = [...page.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script = '']) => script);
    expect(scripts).toHaveLength(1);
    const hash = createHash('sha256')
      .update(scripts[0] ?? '')
      .digest('base64');
    expect(documentation.headers.get('content-security-policy')).toContain(`script-src 'sha256-${hash}';`);
    expect(page.match(/<form /g)).toHaveLength(routes.length);
    for (const { method, path, summary } of routes) {
      expect(page).toContain(`<code>${method} ${path}</code>`);
      expect(page).toContain(summary.split('`')[0]);
    }
    for (const { code } of errorCodes) expect(page).toContain(`<code>${code}</code>`);
    const requests = [
      ...page.matchAll(
        /curl(?: -X (\w+))? 'http:\/\/127\.0\.0\.1(.+?)'(?: -H 'content-type: (.+?)' --data-binary '([^']+)')?</g,
      ),
    ];
    expect(requests).toHaveLength(routes.length);
    // What is deleted cannot be queried any more.
    requests.sort((a, b) => Number(a[1] === 'DELETE') - Number(b[1] === 'DELETE'));
    for (const [, method = 'GET', escaped = '', type, body] of requests) {
      const path = decodeReferences(escaped);
      const sent = body === undefined ? {} : { headers: { 'content-type': type ?? '' }, body: decodeReferences(body) };
      const response = await get(path, { method, redirect: 'manual', ...sent });
      const { status } = response;
      const expected = expectedFailures[`${method} ${path.replace(/[?].*|[^/]*[.]png/, '')}`];
      if (expected) expect(status, path).toBe(expected);
      else expect.soft(status, status < 400 ? path : `${path}: ${await response.text()}`).toBeLessThan(400);
    }
  });
});

/** Requests of the documentation that need what this app does not have: user files, their images, a network. */
const expectedFailures: Readonly<Record<string, number>> = {
  'POST /data': 400,
  'GET /images/': 404,
  'POST /datasets': 422,
};

/** An app that holds the fixtures and a dataset `games`, whose import is number 7. */
const openGamesApp = async () => {
  const opened = await fixtureApp();
  for (let round = 0; round < 4; round++) {
    const body = 'AppID,Name,Price,Developers,Release date\n10,Counter-Strike,9.99,Valve,2000-11-01\n';
    expect((await opened.get('/datasets/games?wait=1', { method: 'PUT', body })).status).toBe(200);
  }
  return opened;
};

/** Text of a page without its character references. */
const decodeReferences = (escaped: string): string =>
  escaped.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
