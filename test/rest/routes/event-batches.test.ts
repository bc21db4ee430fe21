import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idempotencyKeys } from '../../../db/tables/index.ts';
import type { OpenApp } from '../../support/app.ts';
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
import { dataFolder } from '../../support/store.ts';

const keyed = (key: string, headers: Readonly<Record<string, string>> = ndjson) => ({
  ...headers,
  'idempotency-key': key,
});

const three = [eventText(), eventText({ date: 'never' }), eventText({ event_id: 'e' })];
/** One batch in each form. */
const forms: readonly (readonly [form: string, body: string])[] = [
  ['lines', three.join('\n')],
  ['a list', `[${three.join(', ')}]`],
  ['an envelope', `{"sent_at": "now", "batch": [${three.join(',')}]}`],
];

const keysIn = ({ app }: OpenApp) => app.store.page(idempotencyKeys, { key: 'id', direction: 'asc', limit: 100 });

describe('the header Idempotency-Key of POST /events', () => {
  it.each(forms)('makes %s idempotent: the same body has the same response, and nothing is stored', async (_, body) => {
    const app = await openEventApp();
    const url = await listen(app);
    const first = await resultLinesOf(await postEvents(app, body, keyed('k'), '/events'));
    expect(first.slice(0, 3).map(({ status }) => status)).toEqual(['created', 'rejected', 'created']);
    for (let time = 0; time < 2; time++) {
      expect(await resultLinesOf(await postEvents(app, body, keyed('k'), '/events'))).toEqual(first);
      const onSocket = await fetch(`${url}/events`, { method: 'POST', headers: keyed('k'), body });
      expect(await resultLinesOf(onSocket)).toEqual(first);
    }
    const summary = await (await postEvents(app, body, keyed('k', json), '/events?summary=1')).json();
    expect(summary).toMatchObject({ received: 3, created: 2, duplicates: 0, conflicts: 0, rejected: 1 });
    expect([storedEvents(app).length, rejectedEvents(app).length, keysIn(app).length]).toEqual([2, 1, 1]);
    await postEvents(app, body, keyed('another'), '/events');
    expect([storedEvents(app).length, rejectedEvents(app).length]).toEqual([3, 2]);
  });

  it('refuses another body with 422 and stores nothing of it', async () => {
    const app = await openEventApp();
    await postEvents(app, eventText(), keyed('k'), '/events');
    for (const other of [eventText({ version: 'B' }), `${eventText()}\n${eventText()}`, '', '{'])
      for (const path of ['/events', '/events?summary=1']) {
        const { status, body } = await statusAndBody(await postEvents(app, other, keyed('k'), path));
        expect(status).toBe(422);
        expect(body).toMatchObject({
          error: {
            code: 'VALIDATION_FAILED',
            message: expect.stringContaining('another body'),
            problems: [{ path: 'Idempotency-Key', code: 'CONFLICT' }],
          },
        });
      }
    expect([storedEvents(app).length, rejectedEvents(app).length]).toEqual([1, 0]);
  });

  it('stores a batch once that is sent many times at the same moment', async () => {
    const app = await openEventApp({ batchRecords: '10' });
    const body = `${eventText()}\n`.repeat(100);
    const responses = await Promise.all(
      Array.from({ length: 30 }, () => postEvents(app, body, keyed('k'), '/events?summary=1')),
    );
    for (const response of responses) expect(await response.json()).toMatchObject({ received: 100, created: 100 });
    expect(storedEvents(app)).toHaveLength(100);
  });

  it('knows a key after a restart, until it expires', async () => {
    const data = dataFolder();
    const open = (now: string) => openEventApp({ now, idempotencyKeyMs: '60000' }, { data });
    const send = async (app: OpenApp) => {
      const response = await postEvents(app, eventText(), keyed('k'), '/events');
      expect(await resultLinesOf(response)).toEqual([{ index: 0, status: 'created' }]);
      const stored = storedEvents(app).length;
      await app.close();
      return stored;
    };
    expect(await send(await open('2026-01-01T00:00:00Z'))).toBe(1);
    expect(await send(await open('2026-01-01T00:00:59Z'))).toBe(1);
    expect(await send(await open('2026-01-01T00:01:00Z'))).toBe(2);
    const last = await open('2026-01-01T00:01:01Z');
    expect(keysIn(last)).toHaveLength(1);
  });

  it('belongs to the API key of its sender', async () => {
    const app = await openEventApp({
      apiKeys: 'ingest:first-key-of-a-test-0123456789,ingest:other-key-of-a-test-0123456789',
    });
    const send = (key: string) =>
      postEvents(app, eventText({ user_id: key }), { ...keyed('k'), 'x-api-key': key }, '/events');
    for (const key of ['first-key-of-a-test-0123456789', 'other-key-of-a-test-0123456789'])
      for (let time = 0; time < 2; time++)
        expect(await resultLinesOf(await send(key))).toEqual([{ index: 0, status: 'created' }]);
    expect(storedEvents(app)).toHaveLength(2);
  });

  it('needs a body within bodyBytesMax, and a key that is an id', async () => {
    const app = await openEventApp({ bodyBytesMax: '1kB' });
    const large = await postEvents(app, `${eventText()}\n`.repeat(20), keyed('k'), '/events');
    expect([large.status, await large.text()]).toEqual([413, expect.stringContaining('bodyBytesMax')]);
    const long = await postEvents(app, eventText(), keyed('x'.repeat(257)), '/events');
    expect([long.status, await long.text()]).toEqual([422, expect.stringContaining('Idempotency-Key')]);
    expect([storedEvents(app).length, keysIn(app).length]).toEqual([0, 0]);
  });

  it('has the outcomes of any batch again', async () => {
    const app = await openEventApp();
    const text = fc.oneof(
      fc.constantFrom(eventText(), eventText({ date: '?' }), '[1]'),
      fc.record({ event_id: fc.constantFrom('a', 'b'), version: fc.constantFrom('A', 'B') }).map(eventText),
    );
    let key = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 20 }), async (lines) => {
        const send = async () => (await postEvents(app, lines.join('\n'), keyed(`k${key}`), '/events')).text();
        key++;
        const first = await send();
        const stored = storedEvents(app).length;
        expect(await send()).toBe(first);
        expect(storedEvents(app)).toHaveLength(stored);
      }),
      { numRuns: 30 },
    );
  });
});

describe('batches of several requests in one transaction', () => {
  const statusAfter = async (response: Response): Promise<unknown[]> =>
    (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { status?: string }).status ?? 'error');

  it('fail alone: what one request cannot store takes nothing from the others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ count: fc.integer({ min: 1, max: 24 }), failing: fc.option(fc.nat({ max: 23 })) }), {
          minLength: 2,
          maxLength: 5,
        }),
        async (requests) => {
          const data = dataFolder();
          const app = await openEventApp({ batchRecords: '3' }, { data });
          const client = new Database(join(data, 'asof.sqlite'));
          client.exec(`create trigger fails before insert on experiment_events when new.user_id = 'failing'
            begin select raise(abort, 'on purpose'); end`);
          client.close();
          const bodyOf = ({ count, failing }: (typeof requests)[number], request: number): string =>
            // A line without an end is not known to be one before the body ends, and may be in a batch of its own.
            Array.from(
              { length: count },
              (_, index) => `${eventText({ user_id: index === failing ? 'failing' : `${request}-${index}` })}\n`,
            ).join('');
          const answers = await Promise.all(
            requests.map(async (request, index) => {
              const headers = ndjson;
              return statusAfter(await postEvents(app, bodyOf(request, index), headers, '/events'));
            }),
          );
          const storedOf = ({ count, failing }: (typeof requests)[number]): number =>
            failing === null || failing >= count ? count : 3 * Math.floor(failing / 3);
          const stored = storedEvents(app).map(({ userId }) => userId);
          for (const [request, each] of requests.entries()) {
            const expected = Array.from({ length: storedOf(each) }, (_, index) => `${request}-${index}`);
            expect(stored.filter((userId) => userId.startsWith(`${request}-`))).toEqual(expected);
            const lines = expected.length === each.count ? [] : ['error'];
            expect(answers[request]).toEqual([...expected.map(() => 'created'), ...lines]);
          }
          expect(app.app.store.verify().problems.filter((problem) => !problem.includes('trigger'))).toEqual([]);
        },
      ),
      { numRuns: 12 },
    );
  });
});

describe('the idempotencyKey of recordEvents', () => {
  it('makes the mutation idempotent', async () => {
    const app = await openEventApp();
    const document = `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) {
      ... on RecordEventsPayload { accepted conflicts rejected { raw } results { index outcome sequence problems { path } } }
      ... on ValidationError { message }
    } }`;
    const events = ['2023-05-01', 'never', '2023-05-02'].map((occurredAt) => ({
      userId: '1',
      accountType: 'free',
      occurredAt,
      variant: 'A',
    }));
    const record = async (changes: object = {}) =>
      (await app.query(document, { input: { idempotencyKey: 'k', experiment: 'a', events, ...changes } })).data
        ?.recordEvents;
    const first = await record();
    expect(first).toMatchObject({ accepted: 2, rejected: [{ raw: expect.stringContaining('never') }] });
    expect(await record()).toEqual(first);
    expect(await record({ experiment: 'b' })).toMatchObject({ message: expect.stringContaining('another body') });
    expect(await record({ idempotencyKey: 'l' })).toMatchObject({ accepted: 2 });
    expect([storedEvents(app).length, rejectedEvents(app).length]).toEqual([4, 2]);
  });
});

describe('an envelope of events', () => {
  const read = async (body: string | Uint8Array<ArrayBuffer>, settings = {}) => {
    const app = await openEventApp(settings);
    const lines = await resultLinesOf(await postEvents(app, body, json, '/events'));
    return { app, lines };
  };

  it.each([
    ['batch', `{"batch":[${three.join(',')}]}`, []],
    ['events', `{"events":[${three.join(',')}]}`, []],
    ['pretty-printed', JSON.stringify({ batch: three.map((text) => JSON.parse(text) as unknown) }, null, 2), []],
    [
      'with fields before it',
      `\n {"api_key":"k","context":{"a":[1]},"batch":[${three.join(',')}]}`,
      ['api_key', 'context'],
    ],
    [
      'with fields behind it',
      `{"batch":[${three.join(',')}],"sent_at":"2023-05-01","version":2}\n`,
      ['sent_at', 'version'],
    ],
  ])('%s is read, each event judged alone with its index', async (_name, body, ignored) => {
    const { app, lines } = await read(body);
    expect(lines.slice(0, 3).map(({ index, status }) => [index, status])).toEqual([
      [0, 'created'],
      [1, 'rejected'],
      [2, 'created'],
    ]);
    const warnings = ignored.map((path) => expect.objectContaining({ path }));
    expect(lines.slice(3)).toEqual(ignored.length > 0 ? [{ warnings }] : []);
    expect([storedEvents(app).length, rejectedEvents(app).length]).toEqual([2, 1]);
  });

  it('gives its experiment to the events that name none, wherever it is written', async () => {
    const events = [eventText(), eventText({ experiment: 'own' }), eventText({ experiment: null })];
    for (const body of [
      `{"experiment":"a","events":[${events.join(',')}]}`,
      `{"events":[${events.join(',')}],"experiment":"a"}`,
    ]) {
      const { app, lines } = await read(body);
      expect(lines).toHaveLength(3);
      expect(storedEvents(app).map(({ experiment }) => experiment)).toEqual(['a', 'own', 'a']);
    }
  });

  it('is read in chunks of any size, alone with no events, and up to where it is cut off', async () => {
    const body = `{"api_key":"{[\\"","batch":[${three.join(',')}],"sent_at":1}`;
    for (const size of [1, 5, 50]) {
      const app = await openEventApp();
      const bytes = Buffer.from(body);
      const pieces = new ReadableStream({
        start(controller) {
          for (let from = 0; from < bytes.length; from += size) controller.enqueue(bytes.subarray(from, from + size));
          controller.close();
        },
      });
      const init = { method: 'POST', headers: json, body: pieces, duplex: 'half' } as RequestInit;
      expect(await resultLinesOf(await app.get('/events', init))).toHaveLength(4);
    }
    for (const empty of ['{"batch":[]}', '{"batch":[],"events":[]}\n']) expect((await read(empty)).lines).toEqual([]);
    const { app, lines } = await read(`{"batch":[${eventText()},${eventText()},{"user_id":"3"`);
    expect(lines.map(({ status }) => status)).toEqual(['created', 'created', 'rejected']);
    expect(rejectedEvents(app)).toMatchObject([{ raw: '{"user_id":"3"' }]);
    const open = await read(`{"batch":[${eventText()}]`);
    expect(open.lines.map(({ status }) => status)).toEqual(['created', 'rejected']);
    expect(rejectedEvents(open.app)[0]?.problems[0]?.message).toContain('the envelope is broken');
  });

  it('is not what an event is that has a list of such a name, nor an object without a list', async () => {
    for (const body of [
      `${eventText({ batch: ['b1'] })}\n${eventText()}`,
      eventText({ events: [{}] }),
      JSON.stringify(JSON.parse(eventText({ events: null })), null, 2),
    ]) {
      const { lines } = await read(body);
      for (const { status } of lines) expect(status).toBe('created');
    }
    for (const body of ['{"batch":{}}', '{"batch":null}\n', '{"data":[]}']) {
      const { lines } = await read(body);
      expect(
        lines.map(({ status }) => status),
        body,
      ).toEqual(['rejected']);
    }
  });

  it('may be as large as bodyBytesMax, while lists and lines may be larger', async () => {
    const many = Array.from({ length: 50 }, () => eventText()).join(',');
    const { app, lines } = await read(`{"batch":[${many}]}`, { bodyBytesMax: '1kB' });
    expect(lines).toMatchObject([{ error: { code: 'TOO_LARGE', message: expect.stringContaining('bodyBytesMax') } }]);
    expect(storedEvents(app)).toEqual([]);
    expect((await read(`[${many}]`, { bodyBytesMax: '1kB' })).lines).toHaveLength(50);
  });
});
