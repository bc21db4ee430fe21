import { request as httpRequest } from 'node:http';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { openServer } from '../../src/http/server.ts';
import { newApiKey } from '../../src/lib/api-key.ts';
import { openApp } from '../support/app.ts';

const origin = 'http://127.0.0.1';
const event = JSON.stringify({
  user_id: '1',
  account_type: 'free',
  date: '2023-05-01',
  event_type: null,
  order_value: null,
  version: 'A',
});

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly requestId?: string;
  readonly route?: string;
  readonly method?: string;
  readonly status?: number;
  readonly ms?: number;
}

/** An app whose log lines can be read. */
const opened = async (level: string) => {
  const lines: Line[] = [];
  const log = pino({ level }, { write: (text: string) => void lines.push(JSON.parse(text) as Line) });
  const { app, close } = await openApp({ log });
  onTestFinished(close);
  return { app, log, lines };
};

/** Sends one request over a socket; headers are written as they are given. */
const send = (url: string, headers: Readonly<Record<string, string | string[]>>, body: string) =>
  new Promise<{ status: number | undefined; id: unknown }>((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode, id: response.headers['x-request-id'] }));
    });
    request.on('error', reject).end(body);
  });

it('responses of REST, GraphQL and unknown paths each have a new request id', async () => {
  const { app } = await opened('silent');
  const paths = ['/healthz', '/nowhere', '/user_status/1?date=x', '/graphql?query={__typename}', '/docs'];
  const responses = await Promise.all(paths.map((path) => app.fetch(new Request(origin + path))));
  const ids = responses.map(({ headers }) => headers.get('x-request-id'));
  for (const id of ids) expect(id).toMatch(/^[\w-]{1,64}$/);
  expect(new Set(ids).size).toBe(paths.length);
});

it('a well-formed request id is kept and any other is replaced', async () => {
  const { app } = await opened('silent');
  const idFor = async (id: string) =>
    (await app.fetch(new Request(`${origin}/healthz`, { headers: { 'x-request-id': id } }))).headers.get(
      'x-request-id',
    );
  expect(await idFor('abc-123')).toBe('abc-123');
  expect(await idFor('x'.repeat(64))).toBe('x'.repeat(64));
  expect(await idFor('x'.repeat(65))).not.toBe('x'.repeat(65));
  expect(await idFor('two words')).not.toBe('two words');
  expect(await idFor('caf\u00e9')).not.toBe('caf\u00e9');
  // Addresses of people and machines, and keys, must not reach the log this way.
  for (const id of ['anna@example.com', '203.0.113.7', '2001:db8::1', newApiKey()])
    expect(await idFor(id)).not.toBe(id);
});

it('responses on a socket have a request id, on the fast path, for other requests and for unreadable ones', async () => {
  const { app, log, lines } = await opened('debug');
  const server = await openServer(app.fetch, { host: '127.0.0.1', port: 0, log, fastPath: app.fastPath });
  onTestFinished(() => server.stop());
  const json = { 'content-type': 'application/json' };
  const url = `${server.url}/receive_event`;
  expect(await send(url, { ...json, 'x-request-id': 'mine-1' }, event)).toEqual({ status: 200, id: 'mine-1' });
  const generated = await send(url, json, event);
  expect(generated).toEqual({ status: 200, id: expect.stringMatching(/^[0-9a-f]{12}-/) });
  expect(
    await send(`${server.url}/graphql`, { ...json, 'x-request-id': 'mine-2' }, '{"query":"{__typename}"}'),
  ).toEqual({ status: 200, id: 'mine-2' });
  expect((await send(url, { ...json, 'x-request-id': ['a', 'b'] }, event)).id).toMatch(/^[0-9a-f]{12}-/);
  expect(await send(`${server.url}/healthz`, { host: 'no host' }, '')).toEqual({ status: 400, id: expect.any(String) });
  expect(lines.filter(({ requestId, msg }) => msg === 'request' && requestId?.startsWith('mine'))).toEqual([
    expect.objectContaining({ level: 20, method: 'POST', route: '/receive_event', status: 200, requestId: 'mine-1' }),
    expect.objectContaining({ level: 20, method: 'POST', route: '/graphql', status: 200, requestId: 'mine-2' }),
  ]);
  for (const { ms } of lines.filter(({ msg }) => msg === 'request')) expect(ms).toBeGreaterThanOrEqual(0);
});

it('requests are not logged at the level info', async () => {
  const { app, lines } = await opened('info');
  await app.fetch(new Request(`${origin}/healthz`));
  expect(lines.filter(({ msg }) => msg === 'request')).toEqual([]);
});

it('a masked internal error of REST and GraphQL names the request id in the log', async () => {
  const { app, lines } = await opened('error');
  app.domains.userStatus.statusAt = () => {
    throw new TypeError('a secret');
  };
  const headers = { 'x-request-id': 'r-7', 'content-type': 'application/json' };
  const message = 'internal error; look for request r-7 in the log of the server';
  const rest = await app.fetch(new Request(`${origin}/user_status/1?date=2021-01-01`, { headers }));
  expect(rest.status).toBe(500);
  expect(await rest.json()).toEqual({ error: { code: 'INTERNAL', message, requestId: 'r-7' } });
  const query = '{ userStatus(userId: "1", date: "2021-01-01T00:00:00Z") { status } }';
  const graphql = await app.fetch(
    new Request(`${origin}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) }),
  );
  expect(await graphql.json()).toMatchObject({
    errors: [{ message, extensions: { code: 'INTERNAL', requestId: 'r-7' } }],
  });
  expect(lines).toEqual([
    expect.objectContaining({ level: 50, requestId: 'r-7', err: expect.objectContaining({ message: 'a secret' }) }),
    expect.objectContaining({ level: 50, requestId: 'r-7', err: expect.objectContaining({ message: 'a secret' }) }),
  ]);
});

it('a masked error outside of a GraphQL execution names the request id in the log', async () => {
  const { app, lines } = await opened('error');
  const headers = { 'x-request-id': 'r-8', 'content-type': 'application/json' };
  const responseFor = async (thrown: unknown) => {
    app.domains.apiKeys.callerOf = () => {
      throw thrown;
    };
    const body = JSON.stringify({ query: '{ server { version } }' });
    return (await app.fetch(new Request(`${origin}/graphql`, { method: 'POST', headers, body }))).json();
  };
  const message = 'internal error; look for request r-8 in the log of the server';
  const masked = { errors: [{ message, extensions: { code: 'INTERNAL', requestId: 'r-8' } }] };
  expect(await responseFor(new TypeError('a secret'))).toEqual(masked);
  expect(await responseFor('a secret')).toEqual(masked);
  const line = expect.objectContaining({
    level: 50,
    requestId: 'r-8',
    err: expect.objectContaining({ message: 'a secret' }),
  });
  expect(lines).toEqual([line, line]);
});
