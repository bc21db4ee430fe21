import { request } from 'node:http';
import { brotliDecompressSync, createBrotliDecompress, createGunzip, gunzipSync } from 'node:zlib';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HttpServer, openServer } from '../../src/http/server.ts';
import { type OpenApp, openApp } from '../support/app.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Node's own client: fetch decodes by itself. */
const send = (url: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    sent.on('error', reject).end(body);
  });

const decoders = { br: brotliDecompressSync, gzip: gunzipSync } as const;

interface Served extends OpenApp {
  readonly servers: readonly HttpServer[];
}

/** One app behind two servers: with the fast path, and with requests of the Fetch standard only. */
const served = async (): Promise<Served> => {
  const app = await openApp();
  onTestFinished(app.close);
  const log = pino({ level: 'silent' });
  const servers = await Promise.all(
    [{ fastPath: app.app.fastPath }, {}].map((path) =>
      openServer(app.app.fetch, { host: '127.0.0.1', port: 0, log, compressBytesMin: 1000, ...path }),
    ),
  );
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.stop()));
  });
  return { ...app, servers };
};

const users = Array.from({ length: 400 }, (_, index) => `user ${index}`);

const graphqlBody = JSON.stringify({
  query: `{ ${users
    .slice(0, 100)
    .map((id, index) => `u${index}: userStatus(userId: "${id}", date: "2021-01-01") { status }`)
    .join(' ')} }`,
});

const post = (accept: string | undefined, body = graphqlBody): Sent => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...(accept === undefined ? {} : { 'accept-encoding': accept }) },
  body,
});

describe('compression', () => {
  it.each([
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['gzip, deflate, br', 'br'],
    ['gzip;q=1, br;q=0.5', 'gzip'],
    ['GZIP', 'gzip'],
    ['*', 'br'],
    ['*, br;q=0', 'gzip'],
    ['identity', undefined],
    ['br;q=0, gzip;q=0', undefined],
    ['deflate', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const)('answers Accept-Encoding %s with %s, by both ways through the server', async (accept, coding) => {
    const { servers } = await served();
    const [reference] = servers;
    const plain = await send(`${reference?.url}/graphql`, post(undefined));
    expect(plain.body.length).toBeGreaterThan(1000);
    for (const { url } of servers) {
      const { status, headers, body } = await send(`${url}/graphql`, post(accept));
      expect([status, headers['content-encoding']]).toEqual([200, coding]);
      if (coding === undefined) expect(body.equals(plain.body)).toBe(true);
      else {
        expect(headers.vary).toMatch(/accept-encoding/i);
        expect(headers['content-length']).toBeUndefined();
        expect(body.length).toBeLessThan(plain.body.length / 3);
        expect(decoders[coding](body).equals(plain.body)).toBe(true);
      }
    }
  });

  it('leaves small answers, encoded ones and those without a body as they are', async () => {
    const { servers } = await served();
    const headers = { 'accept-encoding': 'gzip, br' };
    for (const { url } of servers) {
      const small = await send(`${url}/healthz`, { headers });
      expect(small.headers).toMatchObject({ vary: 'accept', 'content-length': '15' });
      expect(small.headers['content-encoding']).toBeUndefined();
      const head = await send(`${url}/docs`, { method: 'HEAD', headers });
      expect([head.status, head.headers['content-encoding'], head.body.length]).toEqual([200, undefined, 0]);
      const page = await send(`${url}/graphql`, { headers: { ...headers, accept: 'text/html' } });
      expect(page.headers['content-encoding']).toBe('br');
      expect(brotliDecompressSync(page.body).toString()).toContain('<!doctype html>');
      expect(page.headers.etag).toMatch(/^"/);
    }
  });

  it('revalidates what it has compressed', async () => {
    const { servers } = await served();
    const body = `name,number\n${users.map((user, index) => `${user},${index}`).join('\n')}\n`;
    await send(`${servers[0]?.url}/datasets/games?wait=1`, {
      method: 'PUT',
      headers: { 'content-type': 'text/csv' },
      body,
    });
    for (const { url } of servers)
      for (const format of ['csv', 'ndjson']) {
        const path = `${url}/datasets/games/export?_format=${format}`;
        const plain = await send(path);
        const first = await send(path, { headers: { 'accept-encoding': 'gzip' } });
        expect(first.headers['content-encoding']).toBe('gzip');
        expect(gunzipSync(first.body).equals(plain.body)).toBe(true);
        if (format === 'ndjson') {
          expect(first.headers.etag).toBeUndefined();
          continue;
        }
        const etag = String(first.headers.etag);
        expect(etag).toMatch(/^W\//);
        const again = await send(path, { headers: { 'accept-encoding': 'br', 'if-none-match': etag } });
        expect([again.status, again.body.length, again.headers['content-encoding']]).toEqual([304, 0, undefined]);
        expect(again.headers.vary).toMatch(/accept-encoding/);
      }
    const parquet = await send(`${servers[0]?.url}/datasets/games/export?_format=parquet`, {
      headers: { 'accept-encoding': 'br' },
    });
    expect(parquet.headers['content-encoding']).toBeUndefined();
    expect(parquet.body.subarray(0, 4).toString()).toBe('PAR1');
  });

  it.each(['gzip', 'br'] as const)('sends each line of a stream in %s when it is written', async (coding) => {
    const { servers } = await served();
    for (const { url } of servers) {
      const headers = { 'accept-encoding': coding, 'content-type': 'application/x-ndjson' };
      const event = { user_id: 'u', account_type: 'free', date: '2023-05-01', event_type: null, order_value: null };
      const line = `${JSON.stringify({ ...event, version: 'A' })}\n`;
      const text = await new Promise<string>((resolve, reject) => {
        const sent = request(`${url}/events`, { method: 'POST', headers }, (response) => {
          expect(response.headers['content-encoding']).toBe(coding);
          let read = '';
          const decoder = response.pipe(coding === 'br' ? createBrotliDecompress() : createGunzip());
          decoder.on('data', (part: Buffer) => {
            // The second event is sent once the answer to the first has arrived.
            if (read === '') sent.end(line);
            read += part.toString();
          });
          decoder.on('end', () => resolve(read)).on('error', reject);
        });
        sent.on('error', reject).write(line);
      });
      expect(text.split('\n').map((each) => each && JSON.parse(each))).toEqual([
        { index: 0, status: 'created' },
        { index: 1, status: 'created' },
        '',
      ]);
    }
  });

  it('sends each event of a subscription when it happens, and ends with the client', async () => {
    const { servers } = await served();
    for (const { url } of servers) {
      const headers = {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        'accept-encoding': 'br, gzip',
      };
      const text = await new Promise<string>((resolve, reject) => {
        const sent = request(`${url}/graphql`, { method: 'POST', headers }, (response) => {
          if (response.headers['content-encoding'] !== 'gzip')
            return reject(new Error(JSON.stringify(response.headers)));
          let read = '';
          response.pipe(createGunzip()).on('data', (part: Buffer) => {
            read += part.toString();
            if (!read.includes('"data"')) return;
            response.destroy();
            resolve(read);
          });
        });
        sent.on('error', reject).end(JSON.stringify({ query: 'subscription { dashboard { total { count } } }' }));
      });
      expect(text).toContain('event: next');
    }
  });
});

it('a large export arrives whole', async () => {
  const { servers } = await served();
  const [server] = servers;
  const text = `name,text\n${users.map((user) => `${user},${user.repeat(800)}`).join('\n')}\n`;
  await send(`${server?.url}/datasets/big?wait=1`, {
    method: 'PUT',
    headers: { 'content-type': 'text/csv' },
    body: text,
  });
  const plain = await send(`${server?.url}/datasets/big/export`);
  expect(plain.body.length).toBeGreaterThan(1_000_000);
  for (const { url } of servers)
    for (const coding of ['gzip', 'br'] as const) {
      const { headers, body } = await send(`${url}/datasets/big/export`, { headers: { 'accept-encoding': coding } });
      expect(headers['content-encoding']).toBe(coding);
      expect(decoders[coding](body).equals(plain.body)).toBe(true);
    }
});
