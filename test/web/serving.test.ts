import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { uiFolder } from '../../src/web/ui-files.ts';
import { type OpenApp, openApp } from '../support/app.ts';

const html = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

let opened: OpenApp;

beforeAll(async () => {
  opened = await openApp({ ui: uiFolder() });
  return opened.close;
});

const get = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> =>
  opened.get(path, { ...init, headers: { accept: html, ...headers } });

/** The paths of scripts and styles that the page loads at once. */
const assetsOf = (page: string): string[] => [...page.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);

describe('the web UI', () => {
  it.each(['/', '/revenue', '/experiments', '/experiments/a%2Fb', '/users/u%201', '/datasets', '/datasets/x?search=1'])(
    'a browser that opens %s gets the page',
    async (path) => {
      const response = await get(path);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(await response.text()).toContain('<div id="root">');
    },
  );

  it.each(['/', '/datasets', '/datasets/x', '/revenue'])('a program that opens %s gets no page', async (path) => {
    for (const accept of ['*/*', 'application/json', 'application/json, text/html;q=0.5', '']) {
      const response = await get(path, { accept });
      expect(response.headers.get('content-type')).toContain('json');
    }
  });

  it.each([
    '/datasets/x/export',
    '/datasets/x/versions',
    '/monitor',
    '/stats',
    '/nowhere',
    '/index.html',
    '/documents.json',
  ])('a browser that opens %s gets no page of the UI', async (path) => {
    expect((await get(path)).headers.get('content-type')).not.toContain('html');
  });

  it('other methods than GET and HEAD go to REST', async () => {
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect((await get('/revenue', {}, { method })).headers.get('content-type')).toContain('json');
    const head = await get('/revenue', {}, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(0);
  });

  it('a browser beside JSON gets the icon that it asks for', async () => {
    const response = await get('/favicon.ico', { accept: 'image/svg+xml,*/*' });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
  });

  it('a file is the same in every encoding', async () => {
    const [script = ''] = assetsOf(await (await get('/')).text());
    const plain = await get(script);
    const text = await plain.text();
    const brotli = await get(script, { 'accept-encoding': 'gzip, br' });
    const gzip = await get(script, { 'accept-encoding': 'gzip, br;q=0' });
    expect([plain, brotli, gzip].map(({ headers }) => headers.get('content-encoding'))).toEqual([null, 'br', 'gzip']);
    expect(brotliDecompressSync(await brotli.arrayBuffer()).toString()).toBe(text);
    expect(gunzipSync(await gzip.arrayBuffer()).toString()).toBe(text);
    expect(new Set([plain, brotli, gzip].map(({ headers }) => headers.get('etag'))).size).toBe(3);
    expect(plain.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  });

  it('assets are kept for ever, the page is asked for again', async () => {
    const page = await get('/', { 'accept-encoding': 'br' });
    expect([page.headers.get('cache-control'), page.headers.get('vary')]).toEqual([
      'no-cache',
      'accept, accept-encoding',
    ]);
    const etag = page.headers.get('etag') ?? '';
    expect((await get('/', { 'if-none-match': etag, 'accept-encoding': 'br' })).status).toBe(304);
    const [script = ''] = assetsOf(await (await get('/')).text());
    expect((await get(script)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  it('the content security policy allows scripts of the server only', async () => {
    const page = await get('/');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/https?:|unsafe-eval|script-src[^;]*unsafe|\*/);
    expect(await page.text()).not.toMatch(/<script(?![^>]*\ssrc=)|https?:\/\//);
  });

  it('the first page loads less than 300 kB of compressed script', async () => {
    const assets = assetsOf(await (await get('/')).text()).filter((path) => path.endsWith('.js'));
    const sizes = await Promise.all(
      assets.map(async (path) => (await (await get(path, { 'accept-encoding': 'br' })).arrayBuffer()).byteLength),
    );
    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(300_000);
  });
});
