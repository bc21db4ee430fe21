import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { statusAndBody } from '../../support/fixture-app.ts';
import {
  eventText,
  json,
  listen,
  ndjson,
  openEventApp,
  postEvents,
  rejectedEvents,
  resultLinesOf,
  storedEvents,
} from '../../support/rest-events.ts';

const codings: readonly (readonly [header: string, encode: (text: string) => Uint8Array<ArrayBuffer>])[] = [
  ['gzip', gzipSync],
  ['GZIP', gzipSync],
  ['x-gzip', gzipSync],
  ['gzip', (text) => Buffer.concat([gzipSync(text.slice(0, 20)), gzipSync(text.slice(20))])],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
];

describe('a compressed body', () => {
  it.each(codings)('in %s is read by every route, on both paths of the server', async (coding, encode) => {
    const app = await openEventApp();
    const url = await listen(app);
    const headers = { ...ndjson, 'content-encoding': coding };
    const one = encode(eventText());
    const many = encode(`${eventText()}\n`.repeat(1000));
    for (const send of [
      (path: string, body: Uint8Array<ArrayBuffer>) => postEvents(app, body, headers, path),
      (path: string, body: Uint8Array<ArrayBuffer>) => fetch(`${url}${path}`, { method: 'POST', headers, body }),
    ]) {
      expect((await statusAndBody(await send('/events?summary=1', many))).body).toMatchObject({ created: 1000 });
      expect(await resultLinesOf(await send('/events', many))).toHaveLength(1000);
    }
    const sendOne = { method: 'POST', headers: { ...json, 'content-encoding': coding }, body: one };
    expect(await (await app.get('/receive_event', sendOne)).json()).toEqual({ status: 'created' });
    expect(await (await fetch(`${url}/receive_event`, sendOne)).json()).toEqual({ status: 'created' });
    expect(storedEvents(app)).toHaveLength(4002);
  });

  it('is read by GraphQL and as a dataset, too', async () => {
    const app = await openEventApp();
    const headers = { ...json, 'content-encoding': 'gzip' };
    const document = `mutation { recordEvents(input: { events: [
      { userId: "1", accountType: "free", occurredAt: "2023-05-01", variant: "A" }
    ] }) { ... on RecordEventsPayload { accepted } } }`;
    const body = gzipSync(JSON.stringify({ query: document }));
    const response = await app.get('/graphql', { method: 'POST', headers, body });
    expect(await response.json()).toEqual({ data: { recordEvents: { accepted: 1 } } });
    const damaged = await app.get('/graphql', { method: 'POST', headers, body: body.subarray(0, -9) });
    expect([damaged.status, await damaged.text()]).toEqual([400, expect.stringContaining('valid gzip data')]);
    const csv = { method: 'PUT', headers: { 'content-type': 'text/csv', 'content-encoding': 'gzip' } };
    const table = await app.get('/datasets/games?wait=1', { ...csv, body: gzipSync('id,qty\n1,2\n') });
    expect(table.status).toBe(200);
  });

  it.each(['compress', 'gzip, br', 'utf-8', 'aws-chunked'])(
    'in the coding %j is refused with those that are accepted',
    async (coding) => {
      const app = await openEventApp();
      const url = await listen(app);
      const init = { method: 'POST', headers: { ...json, 'content-encoding': coding }, body: eventText() };
      for (const path of ['/receive_event', '/events', '/graphql'])
        for (const response of [await app.get(path, init), await fetch(`${url}${path}`, init)]) {
          expect([response.status, response.headers.get('accept-encoding')]).toEqual([
            415,
            expect.stringContaining('gzip, deflate, br'),
          ]);
          expect(await response.text()).toContain('UNSUPPORTED_MEDIA_TYPE');
        }
      expect(storedEvents(app)).toEqual([]);
    },
  );

  it('that is no such data, or is cut off, is refused', async () => {
    const app = await openEventApp();
    const headers = { ...ndjson, 'content-encoding': 'gzip' };
    for (const body of [Buffer.from(eventText()), gzipSync(eventText()).subarray(0, -9), Buffer.alloc(0)])
      for (const path of ['/receive_event', '/events', '/events?summary=1']) {
        const response = await postEvents(app, body, { ...headers, ...(path === '/receive_event' ? json : {}) }, path);
        expect([response.status, await response.text()], path).toEqual([400, expect.stringContaining('gzip data')]);
      }
    expect(storedEvents(app)).toEqual([]);
  });

  it('that grows beyond a limit when it is decompressed is refused with 413, on both paths of the server', async () => {
    const app = await openEventApp({ decodedBodyBytesMax: '1MB', bodyBytesMax: '100kB' });
    const url = await listen(app);
    const headers = { ...ndjson, 'content-encoding': 'gzip' };
    const bomb = gzipSync(Buffer.alloc(20_000_000));
    for (const path of ['/events', '/events?summary=1'])
      for (const response of [
        await postEvents(app, bomb, headers, path),
        await fetch(`${url}${path}`, { method: 'POST', headers, body: bomb }),
      ])
        expect([response.status, await response.text()]).toEqual([413, expect.stringContaining('decodedBodyBytesMax')]);
    for (const path of ['/receive_event', '/graphql']) {
      const response = await postEvents(app, bomb, { ...json, 'content-encoding': 'gzip' }, path);
      expect([response.status, await response.text()]).toEqual([413, expect.stringContaining('bodyBytesMax')]);
    }
    expect(storedEvents(app)).toEqual([]);
    expect(rejectedEvents(app)).toEqual([]);
  });

  it('that grows beyond a limit after many events ends with that error in its last line', async () => {
    const app = await openEventApp({ decodedBodyBytesMax: '1MB' });
    const body = gzipSync(`${eventText()}\n`.repeat(20_000));
    const lines = await resultLinesOf(
      await postEvents(app, body, { ...ndjson, 'content-encoding': 'gzip' }, '/events'),
    );
    expect(lines.at(-1)).toMatchObject({ error: { code: 'TOO_LARGE' } });
    expect(storedEvents(app)).toHaveLength(lines.length - 1);
  });
});

describe('the content type of a body', () => {
  it.each(['text/csv', 'application/xml', 'multipart/form-data; boundary=x', 'image/png'])(
    '%s is refused with 415 and the accepted ones',
    async (type) => {
      const app = await openEventApp();
      for (const [path, accepted] of [
        ['/receive_event', 'application/json'],
        ['/events', 'application/x-ndjson or application/json'],
      ] as const) {
        const { status, body } = await statusAndBody(
          await postEvents(app, eventText(), { 'content-type': type }, path),
        );
        expect(status).toBe(415);
        expect(body).toMatchObject({
          error: { code: 'UNSUPPORTED_MEDIA_TYPE', message: expect.stringContaining(accepted) },
        });
      }
      const graphql = await postEvents(app, '{"query":"{__typename}"}', { 'content-type': type }, '/graphql');
      expect(graphql.status).toBeGreaterThanOrEqual(400);
      expect(storedEvents(app)).toEqual([]);
    },
  );
});

const page = 'https://app.example';

describe('a beacon of a page', () => {
  const preflight = (origin: string) => ({
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,content-encoding',
    },
  });

  it('with a JSON blob is let through by the preflight with credentials, and stored', async () => {
    const app = await openEventApp({ allowedOrigins: page });
    const url = await listen(app);
    for (const path of ['/receive_event', '/events']) {
      for (const response of [await app.get(path, preflight(page)), await fetch(`${url}${path}`, preflight(page))]) {
        expect(response.status).toBe(204);
        expect(response.headers.get('access-control-allow-origin')).toBe(page);
        expect(response.headers.get('access-control-allow-credentials')).toBe('true');
        const allowed = response.headers.get('access-control-allow-headers')?.split(', ');
        expect(allowed).toEqual(expect.arrayContaining(['content-type', 'content-encoding']));
        expect(Number(response.headers.get('access-control-max-age'))).toBeGreaterThan(0);
      }
      for (const type of ['application/json', 'text/plain;charset=UTF-8', 'application/x-www-form-urlencoded', ''])
        for (const post of [app.get, (to: string, init: RequestInit) => fetch(`${url}${to}`, init)]) {
          const headers = { origin: page, cookie: 'a=b', ...(type === '' ? {} : { 'content-type': type }) };
          const body = new TextEncoder().encode(eventText());
          const response = await post(path, { method: 'POST', headers, body, credentials: 'include' });
          expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('created')]);
          expect(response.headers.get('access-control-allow-origin')).toBe(page);
          expect(response.headers.get('access-control-allow-credentials')).toBe('true');
        }
    }
    expect(storedEvents(app)).toHaveLength(16);
  });

  it('of another origin is refused and not stored', async () => {
    const app = await openEventApp({ allowedOrigins: page });
    const url = await listen(app);
    for (const origin of ['https://evil.example', 'https://app.example.evil.example', 'http://app.example', 'null'])
      for (const path of ['/receive_event', '/events'])
        for (const request of [app.get, (to: string, init: RequestInit) => fetch(`${url}${to}`, init)]) {
          const headers = { origin, 'content-type': 'text/plain' };
          const beacon = await request(path, { method: 'POST', headers, body: eventText() });
          for (const response of [beacon, await request(path, preflight(origin))]) {
            expect(response.status).toBe(403);
            expect(response.headers.get('access-control-allow-credentials')).toBeNull();
          }
        }
    expect(storedEvents(app)).toEqual([]);
  });
});

describe('an unknown parameter of the query', () => {
  const warning = (path: string) => expect.objectContaining({ path, message: expect.stringContaining(path) });

  it('does not lose an event: it is stored, and the response names the parameter', async () => {
    const app = await openEventApp();
    const url = await listen(app);
    for (const post of [app.get, (to: string, init: RequestInit) => fetch(`${url}${to}`, init)]) {
      const send = (path: string) => post(path, { method: 'POST', headers: json, body: eventText() });
      for (const [query, names] of [
        ['verbose=1', ['verbose']],
        ['utm_source=a&_=123', ['utm_source', '_']],
        ['x=1&x=2', ['x']],
        ['x=%zz&%C3%A9=1', ['x', 'é']],
        ['v', ['v']],
        ['__proto__=1', ['__proto__']],
      ] as const) {
        const body = await (await send(`/receive_event?${query}`)).json();
        expect(body).toEqual({ status: 'created', warnings: names.map(warning) });
        const lines = await resultLinesOf(await send(`/events?${query}`));
        expect(lines).toEqual([{ index: 0, status: 'created' }, { warnings: names.map(warning) }]);
        const summary = await (await send(`/events?${query}&summary=1`)).json();
        expect(summary).toMatchObject({ received: 1, created: 1, warnings: names.map(warning) });
      }
    }
    expect(storedEvents(app)).toHaveLength(36);
  });

  it('is still refused where nothing would be lost', async () => {
    const app = await openEventApp();
    expect((await app.get('/monitor?verbose=1')).status).toBe(400);
    expect((await postEvents(app, eventText(), json, '/events?summary=2')).status).toBe(400);
  });
});
