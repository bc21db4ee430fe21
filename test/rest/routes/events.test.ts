import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openServer } from '../../../src/http/server.ts';
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

interface ErrorBody {
  readonly error: { readonly code: string; readonly problems: readonly { path: string; code: string }[] };
}

/** The status of an error response, and each of its problems as `path code`. */
const problemsOf = async (response: Response): Promise<[number, ...string[]]> => {
  const { error } = (await response.json()) as ErrorBody;
  return [response.status, ...error.problems.map(({ path, code }) => `${path} ${code}`)];
};

describe('POST /receive_event', () => {
  it('an event is stored with its nulls, microseconds and exact value', async () => {
    const app = await openEventApp();
    expect(await statusAndBody(await postEvents(app, eventText()))).toEqual({
      status: 200,
      body: { status: 'created' },
    });
    const rich = '{"user_id":7,"account_type":"pro","date":"2023-05-01T10:00:00.000001+02:00","event_type":"order",';
    expect((await postEvents(app, `${rich}"order_value":220.50,"version":"B","event_id":1e2}`)).status).toBe(200);
    expect(storedEvents(app)).toMatchObject([
      { userId: '1', eventType: null, orderValue: null, variant: 'A', eventId: null },
      {
        userId: '7',
        accountType: 'pro',
        eventType: 'order',
        orderValue: '220.5',
        occurredAtUs: Date.UTC(2023, 4, 1, 8) * 1000 + 1,
        eventId: '100',
      },
    ]);
  });

  it('an event is accepted with the default content types of common clients', async () => {
    const app = await openEventApp();
    for (const type of ['application/json; charset=utf-8', 'application/x-www-form-urlencoded', 'text/plain'])
      expect((await postEvents(app, eventText(), { 'content-type': type })).status, type).toBe(200);
    expect((await postEvents(app, new TextEncoder().encode(eventText()), {})).status).toBe(200);
    expect((await postEvents(app, eventText(), { 'content-type': 'text/csv' })).status).toBe(415);
    expect((await postEvents(app, eventText(), json, '//receive_event')).status).toBe(200);
    expect((await postEvents(app, eventText(), json, '/receive_event/')).status).toBe(200);
  });

  it('an event without an id is never a duplicate', async () => {
    const app = await openEventApp();
    for (let time = 0; time < 3; time++) await postEvents(app, eventText());
    expect(storedEvents(app)).toHaveLength(3);
  });

  it('an event with an id is stored once, even when it is sent concurrently', async () => {
    const app = await openEventApp();
    const answers = await Promise.all(
      Array.from(
        { length: 100 },
        async () => (await statusAndBody(await postEvents(app, eventText({ event_id: 'e1' })))).body,
      ),
    );
    expect(answers.filter((answer) => (answer as { status: string }).status === 'created')).toHaveLength(1);
    expect(answers.filter((answer) => (answer as { status: string }).status === 'duplicate')).toHaveLength(99);
    expect(storedEvents(app)).toHaveLength(1);
    expect(rejectedEvents(app)).toEqual([]);
  });

  it('an event with a known id and other content is a conflict and stored as a reject', async () => {
    const app = await openEventApp();
    await postEvents(app, eventText({ event_id: 'e1' }));
    const response = await postEvents(app, eventText({ event_id: 'e1', version: 'B' }));
    expect(await problemsOf(response)).toEqual([409, 'event_id CONFLICT']);
    expect(storedEvents(app)).toHaveLength(1);
    expect(rejectedEvents(app)).toMatchObject([{ source: 'api', raw: eventText({ event_id: 'e1', version: 'B' }) }]);
  });

  it('an event can have its id in the header Idempotency-Key', async () => {
    const app = await openEventApp();
    const postWithKey = (id: string, changes = {}) =>
      postEvents(app, eventText(changes), { ...json, 'idempotency-key': id });
    expect((await statusAndBody(await postWithKey('k1'))).body).toEqual({ status: 'created' });
    expect((await statusAndBody(await postWithKey('k1'))).body).toEqual({ status: 'duplicate' });
    expect((await statusAndBody(await postWithKey('k1', { event_id: 'k1' }))).body).toEqual({ status: 'duplicate' });
    expect(await problemsOf(await postWithKey('k1', { version: 'B' }))).toEqual([409, 'event_id CONFLICT']);
    expect(await problemsOf(await postWithKey('k1', { event_id: 'k2' }))).toEqual([422, 'event_id CONFLICT']);
    expect(await problemsOf(await postWithKey('x'.repeat(300)))).toEqual([422, 'event_id MALFORMED']);
    expect(storedEvents(app)).toHaveLength(1);
    // A reject is stored with the id of the header.
    expect(rejectedEvents(app).map(({ raw }) => JSON.parse(raw).event_id)).toEqual(['k1', 'k2', 'x'.repeat(300)]);
  });

  it('an event has the same id as a number or text, in the body or in the header', async () => {
    const app = await openEventApp();
    const sameId = (id: string, key: string) =>
      postEvents(app, `${eventText().slice(0, -1)},"event_id":${id}}`, { ...json, 'idempotency-key': key });
    for (const [id, key] of [
      ['12345678901234567890', '12345678901234567890'],
      ['1.0', '1'],
      ['"ö"', Buffer.from('ö').toString('latin1')],
    ] as const) {
      expect((await statusAndBody(await sameId(id, key))).body).toEqual({ status: 'created' });
      expect((await statusAndBody(await sameId('null', key))).body).toEqual({ status: 'duplicate' });
      expect((await statusAndBody(await sameId(id, ''))).body).toEqual({ status: 'duplicate' });
    }
    expect(storedEvents(app).map(({ eventId }) => eventId)).toEqual(['12345678901234567890', '1', 'ö']);
  });

  it('a conflict names the differing fields of the wire format', async () => {
    const app = await openEventApp();
    await postEvents(app, `\ufeff${eventText({ event_id: 'e' })}`);
    const other = eventText({ event_id: 'e', version: 'B', date: '2024-01-01', order_value: 1 });
    expect(await (await postEvents(app, other)).text()).toContain(
      'event e is recorded with another version, date, order_value',
    );
    expect((await postEvents(app, eventText(), { ...json, 'content-encoding': 'identity' })).status).toBe(200);
    expect(rejectedEvents(app)).toHaveLength(1);
  });

  it.each([
    ['{"order_value":1e400}', 'order_value OUT_OF_RANGE'],
    ['{"order_value":1.7e308}', 'order_value OUT_OF_RANGE'],
    ['{"order_value":0.0000001}', 'order_value OUT_OF_RANGE'],
    ['{"order_value":"NaN"}', 'order_value MALFORMED'],
    ['{"order_value":true}', 'order_value WRONG_TYPE'],
    ['{"order_value":[]}', 'order_value WRONG_TYPE'],
    ['{"date":"2023-02-30"}', 'date MALFORMED'],
    ['{"date":"2023-05-01T24:00:01"}', 'date MALFORMED'],
    ['{"date":true}', 'date WRONG_TYPE'],
    ['{"date":{"$date":1682899200000}}', 'date WRONG_TYPE'],
    ['{"date":20230501}', 'date MALFORMED'],
    ['{"date":"20230501"}', 'date MALFORMED'],
    ['{"date":45047.5}', 'date MALFORMED'],
    ['{"date":-1682899200}', 'date MALFORMED'],
    ['{"date":9999999999}', 'date MALFORMED'],
    ['{"date":"01/02/2023 10:00"}', 'date MALFORMED'],
    ['{"date":"Mon, 30 Feb 2023 10:00:00 GMT"}', 'date MALFORMED'],
    ['{"date":"2023-05-01T10:00:00 Europe/Berlin"}', 'date MALFORMED'],
    ['{"user_id":"a\\ud800"}', 'user_id MALFORMED'],
    ['{"version":"a\\u0000"}', 'version MALFORMED'],
    ['{"user_id":null}', 'user_id MISSING'],
    ['{"user_id":""}', 'user_id MISSING'],
    ['{"account_type":{}}', 'account_type WRONG_TYPE'],
  ])('an event with %s is rejected by field and stored as it was sent', async (changes, problem) => {
    const app = await openEventApp();
    const text = `${eventText().slice(0, -1)},${changes.slice(1)}`;
    expect(await problemsOf(await postEvents(app, text))).toEqual([422, problem]);
    expect(storedEvents(app)).toEqual([]);
    expect(rejectedEvents(app)).toMatchObject([
      { target: 'EXPERIMENT_EVENTS', source: 'api', raw: text, state: 'OPEN' },
    ]);
  });

  it.each(['', '{"user_id":', 'NaN', '[1]', `[${eventText()}]`, '{"order_value":NaN}'])(
    'a body that is no JSON object is stored as a reject: %s',
    async (text) => {
      const app = await openEventApp();
      const response = await postEvents(app, text);
      expect((await problemsOf(response))[0]).toBe(422);
      expect(rejectedEvents(app).map(({ raw }) => raw)).toEqual([text]);
    },
  );

  it('an event that is too long is stored as a truncated reject', async () => {
    const app = await openEventApp({ recordBytesMax: '200', bodyBytesMax: '500' });
    const response = await postEvents(app, eventText({ user_id: 'x'.repeat(200) }));
    expect([response.status, await response.text()]).toEqual([422, expect.stringContaining('recordBytesMax')]);
    expect(rejectedEvents(app).map(({ raw }) => raw.length)).toEqual([200]);
    expect((await postEvents(app, 'x'.repeat(501))).status).toBe(413);
    expect(rejectedEvents(app)).toHaveLength(1);
  });

  it('an event is rejected and not stored when the write queue is full', async () => {
    const app = await openEventApp({ writeQueueMax: '10' });
    const responses = await Promise.all(Array.from({ length: 100 }, () => postEvents(app, eventText())));
    const overloaded = responses.filter(({ status }) => status === 503);
    expect(overloaded.length).toBeGreaterThan(0);
    for (const { headers } of overloaded) expect(headers.get('retry-after')).toMatch(/^\d+$/);
    expect(storedEvents(app)).toHaveLength(responses.filter(({ status }) => status === 200).length);
  });
});

/** Every kind of line with its status; null for a line without an event. */
const mixed: readonly (readonly [line: string, status: string | null])[] = [
  [eventText({ event_id: 'a' }), 'created'],
  ['', null],
  [eventText({ event_id: 'a' }), 'duplicate'],
  [`${eventText({ event_id: 'b' })}\r`, 'created'],
  ['   ', null],
  [eventText({ event_id: 'a', version: 'B' }), 'conflict'],
  [eventText({ date: 'never' }), 'rejected'],
  ['{"user_id":', 'rejected'],
  [eventText({ user_id: 'x'.repeat(1000) }), 'rejected'],
  ['[1]', 'rejected'],
  [eventText(), 'created'],
];
const mixedText = mixed.map(([line]) => line).join('\n');
const mixedStatuses = mixed.map(([, status]) => status).filter((status) => status !== null);

describe('POST /events', () => {
  it('events are recorded line by line, with one result per line in order', async () => {
    const app = await openEventApp({ recordBytesMax: '400', batchRecords: '3' });
    const lines = await resultLinesOf(await postEvents(app, mixedText, ndjson, '/events'));
    expect(lines.map(({ status }) => status)).toEqual(mixedStatuses);
    expect(lines.map(({ index }) => index)).toEqual(lines.map((_line, index) => index));
    expect(lines[3]).toMatchObject({ problems: [{ path: 'event_id', code: 'CONFLICT' }] });
    expect(lines[4]).toMatchObject({ problems: [{ path: 'date', code: 'MALFORMED' }] });
    expect(lines[6]).toMatchObject({ problems: [{ message: expect.stringContaining('recordBytesMax') }] });
    expect(lines[0]).toEqual({ index: 0, status: 'created' });
    expect(storedEvents(app)).toHaveLength(3);
    expect(rejectedEvents(app).map(({ raw }) => raw.length)).toEqual([
      eventText({ event_id: 'a', version: 'B' }).length,
      eventText({ date: 'never' }).length,
      11,
      400,
      3,
    ]);
  });

  it('events give the same results for any chunks of bytes, with a byte order mark, and as a list', async () => {
    for (const pieceBytes of [1, 7, 64]) {
      const app = await openEventApp({ recordBytesMax: '400' });
      const bytes = Buffer.from(`\ufeff\n${mixedText.replaceAll('free', 'fréé')}\n\n`);
      const pieces = new ReadableStream({
        start(controller) {
          for (let from = 0; from < bytes.length; from += pieceBytes)
            controller.enqueue(bytes.subarray(from, from + pieceBytes));
          controller.close();
        },
      });
      const init = { method: 'POST', headers: ndjson, body: pieces, duplex: 'half' } as RequestInit;
      const lines = await resultLinesOf(await app.get('/events', init));
      expect(lines.map(({ status }) => status)).toEqual(mixedStatuses);
      expect(storedEvents(app)[0]?.accountType).toBe('fréé');
    }
    const app = await openEventApp({ recordBytesMax: '400' });
    const elements = mixed.filter(([, status]) => status !== null).map(([line]) => line);
    const complete = elements.filter((line) => line !== '{"user_id":');
    const lines = await resultLinesOf(await postEvents(app, ` [${complete.join(',\n')}]`, json, '/events'));
    expect(lines.map(({ status }) => status)).toEqual(mixedStatuses.filter((_status, index) => index !== 5));
  });

  it('events of a truncated list are recorded up to the end', async () => {
    const app = await openEventApp();
    const lines = await resultLinesOf(
      await postEvents(app, `[${eventText()},${eventText()},{"user_id":"3"`, json, '/events'),
    );
    expect(lines.map(({ status }) => status)).toEqual(['created', 'created', 'rejected']);
    expect(rejectedEvents(app)).toMatchObject([{ raw: '{"user_id":"3"' }]);
  });

  it('events give a summary with summary=1', async () => {
    const app = await openEventApp({ recordBytesMax: '400' });
    const response = await postEvents(app, mixedText, ndjson, '/events?summary=1');
    expect(await statusAndBody(response)).toEqual({
      status: 200,
      body: { received: 9, created: 3, duplicates: 1, conflicts: 1, rejected: 4 },
    });
    const none = { received: 0, created: 0, duplicates: 0, conflicts: 0, rejected: 0 };
    expect((await statusAndBody(await postEvents(app, '\n \n', ndjson, '/events?summary=1'))).body).toEqual(none);
    expect(await resultLinesOf(await postEvents(app, eventText(), ndjson, '/events?summary=0'))).toHaveLength(1);
    expect((await postEvents(app, '', ndjson, '/events?summary=yes')).status).toBe(400);
  });

  it('events may exceed bodyBytesMax, and wait for the write queue instead of being rejected', async () => {
    const app = await openEventApp({ bodyBytesMax: '1kB', writeQueueMax: '2', batchRecords: '10' });
    const text = `${eventText()}\n`.repeat(500);
    const bodies = await Promise.all(
      Array.from(
        { length: 8 },
        async () => (await statusAndBody(await postEvents(app, text, ndjson, '/events?summary=1'))).body,
      ),
    );
    for (const body of bodies) expect(body).toMatchObject({ received: 500, created: 500 });
    expect(storedEvents(app)).toHaveLength(4000);
  });
});

interface Exchange {
  readonly request: ClientRequest;
  readonly response: Promise<IncomingMessage>;
}

const openStream = (url: string, headers: Record<string, string> = ndjson): Exchange => {
  const request = httpRequest(`${url}/events`, { method: 'POST', headers, agent: false });
  request.on('error', () => undefined);
  return { request, response: once(request, 'response').then(([response]) => response as IncomingMessage) };
};

const lineCountOf = async (response: IncomingMessage): Promise<number> => {
  let lines = 0;
  for await (const chunk of response) lines += (chunk as Buffer).toString('latin1').split('\n').length - 1;
  return lines;
};

const count = 20_000;

describe('a stream of events on a socket', () => {
  it('a stream of events is recorded and answered while it is sent', { timeout: 60_000 }, async () => {
    const app = await openEventApp();
    const { request, response } = openStream(await listen(app));
    const sent = (async () => {
      for (let index = 0; index < count; index++)
        if (!request.write(`${eventText({ event_id: `e${index}` })}\n`)) await once(request, 'drain');
      request.end();
    })();
    expect(await lineCountOf(await response)).toBe(count);
    await sent;
    expect(storedEvents(app)).toHaveLength(count);
  });

  it('a stream of events is answered while its client continues to send', async () => {
    const app = await openEventApp();
    const { request, response } = openStream(await listen(app));
    request.write(`${eventText()}\n`);
    const answer = (await response).setEncoding('utf8');
    expect((await once(answer, 'data'))[0]).toBe('{"index":0,"status":"created"}\n');
    request.end(`${eventText()}\n`);
    expect((await once(answer, 'data'))[0]).toBe('{"index":1,"status":"created"}\n');
  });

  it('a stream that is aborted leaves only complete events', async () => {
    const app = await openEventApp();
    const { request, response } = openStream(await listen(app));
    request.write(`${eventText({ event_id: 'a' })}\n${eventText({ event_id: 'b' }).slice(0, -5)}`);
    await once(await response, 'data');
    const closed = once(request, 'close');
    request.destroy();
    await closed;
    expect((await postEvents(app, eventText({ event_id: 'c' }))).status).toBe(200);
    expect(storedEvents(app).map(({ eventId }) => eventId)).toEqual(['a', 'c']);
    expect(rejectedEvents(app)).toEqual([]);
  });

  it('a stream of events is read no faster than its response', { timeout: 60_000 }, async () => {
    const app = await openEventApp({ rejectsPerRequestMax: '140000' });
    const { request, response } = openStream(await listen(app));
    const lines = 140_000;
    let written = 0;
    const sent = (async () => {
      const block = `${eventText({ date: 'x' })}\n`.repeat(100);
      for (; written < lines; written += 100) if (!request.write(block)) await once(request, 'drain');
      request.end();
    })();
    const answer = await response;
    // The response is not read, so sockets and buffers fill up until the sender has to wait.
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(written).toBeLessThan(100_000);
    expect(await lineCountOf(answer)).toBe(lines);
    await sent;
  });
});

describe('the fast path of the server', () => {
  const uuid = '0b1f3c52-8d9e-4c11-9f4e-2f3f7f0a6d11';
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const requests: readonly (readonly [path: string, headers: Record<string, string>, body: string | Buffer])[] = [
    ['/receive_event', json, eventText({ event_id: 'a' })],
    ['/receive_event', json, eventText({ event_id: 'a' })],
    ['/receive_event', json, eventText({ event_id: 'a', version: 'B' })],
    ['//receive_event/', json, eventText()],
    ['/receive_event', json, '{'],
    ['/receive_event?x=1', json, eventText()],
    ['/receive_event?x=%zz', json, eventText()],
    ['/receive_event', { 'content-type': 'text/csv' }, eventText()],
    ['/receive_event', { ...json, accept: 'text/plain' }, '{'],
    ['/receive_event', { ...json, 'idempotency-key': 'k' }, eventText()],
    ['/receive_event', { ...json, origin: 'https://evil.example' }, eventText()],
    ['/receive_event', { ...json, origin: 'https://app.example' }, eventText()],
    ['/receive_event', { ...json, host: 'evil.example' }, eventText()],
    ['/receive_event', { ...json, host: 'localhost:99' }, eventText()],
    ['/receive_event', { ...json, 'content-encoding': 'br' }, eventText()],
    ['/receive_event', { ...json, 'content-encoding': 'compress' }, eventText()],
    ['/receive_event', { ...json, 'content-encoding': 'gzip' }, gzipSync(eventText())],
    ['/events', { ...ndjson, 'content-encoding': 'gzip' }, gzipSync(mixedText)],
    ['/events', { ...ndjson, 'content-encoding': 'gzip' }, gzipSync(mixedText).subarray(0, 90)],
    ['/events', { ...ndjson, 'content-encoding': 'deflate' }, gzipSync(mixedText)],
    ['/events?utm_source=a&x=%zz', ndjson, mixedText],
    ['/receive_event', json, 'x'.repeat(3000)],
    ['/events', ndjson, mixedText],
    ['/events?summary=1', ndjson, mixedText],
    ['/events?summary=2', ndjson, mixedText],
    [`/initial?uuid=${uuid}&symbol=e`, {}, ''],
    [`//initial/?uuid=${uuid}&symbol=E`, form, ''],
    ['/initial', json, JSON.stringify({ uuid, symbol: 't' })],
    ['/initial', { ...form, accept: 'text/plain' }, `uuid=${uuid}&symbol=%C3%A9`],
    [`/initial?uuid=${uuid}&symbol=é`, {}, ''],
    [`/followup?uuid=${uuid}`, {}, ''],
    ['/followup', form, `uuid=${uuid}`],
    [`/followup?uuid=${uuid}`, { origin: 'https://evil.example' }, ''],
    [`/followup?uuid=${uuid}x`, {}, ''],
  ];

  it('the fast path responds like the router', async () => {
    const settings = { allowedOrigins: 'https://app.example', bodyBytesMax: '2kB', recordBytesMax: '400' };
    const [one, other] = [await openEventApp(settings), await openEventApp(settings)];
    const options = { host: '127.0.0.1', port: 0, log: pino({ level: 'silent' }) };
    const direct = await openServer(() => Promise.reject(new Error('not direct')), {
      ...options,
      fastPath: one.app.fastPath,
    });
    onTestFinished(() => direct.stop());
    const usual = await openServer(other.app.fetch, options);
    onTestFinished(() => usual.stop());
    const send = async (url: string, [path, headers, body]: (typeof requests)[number]) => {
      const request = httpRequest(`${url}${path}`, {
        method: 'POST',
        headers: { ...headers, 'x-request-id': 'same' },
        agent: false,
      });
      request.end(body);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      const text = (await response.toArray()).join('');
      const { date, connection, 'keep-alive': keepAlive, 'transfer-encoding': encoding, ...others } = response.headers;
      const { 'content-length': length, ...compared } = others;
      return { status: response.statusCode, text, headers: compared };
    };
    for (const each of requests)
      expect(await send(direct.url, each), each.slice(0, 2).join()).toEqual(await send(usual.url, each));
    for (const { app } of [one, other])
      expect([
        app.ledger.indexStates().find(({ name }) => name === 'conversations')?.entries,
        app.domains.conversations.engine.followupsUpTo(app.ledger.snapshot().sequence),
      ]).toEqual([1, 2]);
    expect(storedEvents(one)).toHaveLength(storedEvents(other).length);
    expect(rejectedEvents(one)).toHaveLength(rejectedEvents(other).length);
  });
});
