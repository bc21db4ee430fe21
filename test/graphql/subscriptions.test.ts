import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HttpServer, openServer } from '../../src/serve.ts';
import { type OpenApp, type OpenOptions, openApp } from '../support/app.ts';
import { sendEvents } from '../support/events.ts';
import { type Followed, follow } from '../support/sse.ts';

interface Served extends OpenApp {
  readonly server: HttpServer;
  /** Subscribes over a socket that is closed with the test. */
  follow<Data = Record<string, unknown>>(query: string, variables?: object): Promise<Followed<Data>>;
}

const served = async (options: OpenOptions & { socketTimeoutMs?: number } = {}): Promise<Served> => {
  const app = await openApp(options);
  onTestFinished(app.close);
  const { socketTimeoutMs } = options;
  const server = await openServer(app.app.fetch, {
    host: '127.0.0.1',
    port: 0,
    log: pino({ level: 'silent' }),
    ...(socketTimeoutMs ? { socketTimeoutMs } : {}),
  });
  onTestFinished(() => server.stop());
  return {
    ...app,
    server,
    async follow<Data>(query: string, variables = {}) {
      const followed = await follow<Data>(server.url, query, { ...variables });
      onTestFinished(followed.leave);
      return followed;
    },
  };
};

const events =
  'subscription ($after: BigInt) { eventRecorded(afterSequence: $after) { userId provenance { sequence } } }';
type EventResult = { eventRecorded: { userId: string; provenance: { sequence: number } } };

const dashboard =
  'subscription { dashboard(symbols: ["a"], every: "PT0.25S") { total { count } snapshot { sequence } } }';
type DashboardResult = { dashboard: { total: { count: number }; snapshot: { sequence: number } } };

const users = (count: number, name = 'u') =>
  Array.from({ length: count }, (_, place) => ({ userId: `${name}${place}` }));

describe('a subscription', () => {
  it('answers at once with a stream of events', async () => {
    const app = await served();
    const { response, next } = await app.follow<DashboardResult>(dashboard);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await next()).toEqual({ data: { dashboard: { total: { count: 0 }, snapshot: { sequence: 0 } } } });
  });

  it('can be asked for by EventSource, which only knows GET', async () => {
    const app = await served();
    await sendEvents(app, users(1));
    const query = encodeURIComponent('subscription { eventRecorded(afterSequence: 0) { userId } }');
    const headers = { accept: 'text/event-stream' };
    const response = await fetch(`${app.server.url}/graphql?query=${query}`, { headers });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('\n\nevent: next\n')) text += (await reader?.read())?.value ?? '';
    await reader?.cancel();
    expect(text).toMatch(/^:\n\n/);
  });

  it('can be followed by pages of allowed origins only', async () => {
    const friend = 'https://app.example';
    const app = await served({ settings: { allowedOrigins: friend } });
    const ask = (origin: string) =>
      fetch(`${app.server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', origin },
        body: JSON.stringify({ query: events }),
      });
    const response = await ask(friend);
    expect(response.headers.get('access-control-allow-origin')).toBe(friend);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    await response.body?.cancel();
    expect((await ask('https://evil.example')).status).toBe(403);
  });

  it('gives far fewer results than there are changes, and the last state', async () => {
    const app = await served();
    const followed = await app.follow<DashboardResult>(dashboard);
    const counts: number[] = [];
    const read = async (): Promise<void> => {
      while (counts.at(-1) !== 1000) counts.push((await followed.next())?.data?.dashboard.total.count ?? Number.NaN);
    };
    const reading = read();
    const { conversations } = app.app.domains;
    for (let commit = 0; commit < 100; commit++)
      await Promise.all(Array.from({ length: 10 }, () => conversations.start(randomUUID(), 'a')));
    await reading;
    expect(counts[0]).toBe(0);
    expect(counts).toEqual([...new Set(counts)].sort((a, b) => a - b));
    expect(counts.length).toBeLessThan(50);
  });

  it('says nothing when what was asked for has not changed', async () => {
    const app = await served();
    const followed = await app.follow<DashboardResult>(dashboard);
    expect((await followed.next())?.data?.dashboard.total.count).toBe(0);
    await sendEvents(app, users(3));
    await followed.pinged(2);
    await app.app.domains.conversations.start(randomUUID(), 'a');
    expect(await followed.next()).toEqual({ data: { dashboard: { total: { count: 1 }, snapshot: { sequence: 4 } } } });
  });

  it('loads anew for every result', async () => {
    const statements: string[] = [];
    const app = await served({ onStatement: (sql) => void statements.push(sql) });
    const text = users(3)
      .map(({ userId }) =>
        JSON.stringify({
          user_id: userId,
          account_type: 'free',
          date: '2023-05-01',
          version: 'A',
          event_type: null,
          order_value: null,
        }),
      )
      .join('\n');
    expect(await app.importFile('events', { name: 'three.jsonl', text })).toMatchObject({ accepted: 3 });
    statements.length = 0;
    const followed = await app.follow('subscription { eventRecorded(afterSequence: 0) { provenance { source } } }');
    for (let place = 0; place < 3; place++)
      expect(await followed.next()).toEqual({ data: { eventRecorded: { provenance: { source: 'three.jsonl' } } } });
    expect(statements.filter((sql) => sql.includes('from "imports"'))).toHaveLength(3);
  });

  it('goes on where it was broken off, with nothing lost or repeated', { timeout: 60_000 }, async () => {
    const app = await served();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(50), { maxLength: 8 }),
        async (commits, cuts) => {
          const begun = app.app.ledger.snapshot().sequence;
          const load = (async () => {
            for (const count of commits) await sendEvents(app, users(count));
          })();
          const expected = commits.reduce((sum, count) => sum + count, 0);
          const seen: number[] = [];
          for (const cut of [...cuts, Number.POSITIVE_INFINITY]) {
            const followed = await app.follow<EventResult>(events, { after: seen.at(-1) ?? begun });
            for (let read = 0; read < cut && seen.length < expected; read++) {
              const sequence = (await followed.next())?.data?.eventRecorded.provenance.sequence;
              if (sequence !== undefined) seen.push(sequence);
            }
            followed.leave();
          }
          await load;
          expect(seen).toEqual(Array.from({ length: expected }, (_, place) => begun + 1 + place));
        },
      ),
      { numRuns: 12 },
    );
    await expect.poll(() => app.app.ledger.listeners).toBe(0);
  });
});

describe('a client that leaves', () => {
  it('leaves nothing behind, also when nothing happens', async () => {
    const app = await served({ settings: { subscriptionsMax: '3' } });
    for (let round = 0; round < 3; round++) {
      const all = await Promise.all([app.follow(events), app.follow(dashboard), app.follow(events, { after: 0 })]);
      await all[1]?.next();
      expect(app.app.ledger.listeners).toBe(3);
      for (const { leave } of all) leave();
      await expect.poll(() => app.app.ledger.listeners).toBe(0);
    }
  });

  it('makes room for another', async () => {
    const app = await served({ settings: { subscriptionsMax: '2' } });
    const [first] = await Promise.all([app.follow(events), app.follow(events)]);
    const refused = await Promise.all([app.follow(events), app.follow(dashboard)]);
    for (const { response, next } of refused) {
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('5');
      expect(await next()).toMatchObject({
        errors: [
          {
            message: '2 subscriptions are open already (setting subscriptionsMax)',
            extensions: { code: 'OVERLOADED', retryAfterMs: expect.any(Number) },
          },
        ],
      });
    }
    first?.leave();
    await expect.poll(async () => (await app.follow(events)).response.status).toBe(200);
  });

  it('takes no place when it is refused', async () => {
    const app = await served({ settings: { subscriptionsMax: '1' } });
    const ask = (accept: string, query: string) =>
      fetch(`${app.server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify({ query }),
      });
    const plain = await ask('application/json', events);
    expect(plain.status).toBe(400);
    expect(await plain.json()).toMatchObject({ errors: [{ message: expect.stringContaining('text/event-stream') }] });
    expect((await ask('text/event-stream;charset=latin1', events)).status).toBe(406);
    expect((await ask('text/event-stream', 'subscription { eventRecorded(afterSequence: 9) { userId } }')).status).toBe(
      400,
    );
    expect((await app.follow(events)).response.status).toBe(200);
    expect(app.app.ledger.listeners).toBe(1);
  });
});

describe('a client that does not read', () => {
  it('holds the stream up, and is cut in the end', { timeout: 30_000 }, async () => {
    const statements: string[] = [];
    const app = await served({ onStatement: (sql) => void statements.push(sql), socketTimeoutMs: 1500 });
    // 20 MB of results: sockets take some megabytes in before they hold up.
    for (let commit = 0; commit < 4; commit++) await sendEvents(app, users(1000, 'x'.repeat(240)));
    const fields = Array.from({ length: 20 }, (_, place) => `f${place}: userId`).join(' ');
    const body = JSON.stringify({ query: `subscription { eventRecorded(afterSequence: 0) { ${fields} } }` });
    statements.length = 0;
    const socket = connect(Number(new URL(app.server.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.pause();
    const headers = `Host: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nContent-Length: ${body.length}`;
    socket.write(`POST /graphql HTTP/1.1\r\n${headers}\r\n\r\n${body}`);
    await expect.poll(() => app.app.ledger.listeners).toBe(1);
    await expect.poll(() => app.app.ledger.listeners, { timeout: 20_000 }).toBe(0);
    const pages = statements.filter((sql) => sql.includes('from "experiment_events"')).length;
    expect(pages).toBeGreaterThan(0);
    expect(pages, 'of 20 pages').toBeLessThan(20);
    socket.destroy();
  });
});

describe('an idle subscription', () => {
  it('lives longer than an idle connection', { timeout: 20_000 }, async () => {
    const app = await served({ socketTimeoutMs: 800 });
    const followed = await app.follow<EventResult>(events);
    await followed.pinged(6);
    await sendEvents(app, users(1));
    expect((await followed.next())?.data?.eventRecorded.userId).toBe('u0');
  });
});

describe('a server that stops', () => {
  it('ends its streams at once, as lost connections', async () => {
    const app = await served();
    const all = await Promise.all(Array.from({ length: 20 }, () => app.follow(events)));
    const idle = all.map(({ next }) => next());
    const begun = performance.now();
    await app.server.stop();
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(await Promise.all(idle)).toEqual(all.map(() => undefined));
    expect(all.map(({ isComplete }) => isComplete)).toEqual(all.map(() => false));
    expect(app.app.ledger.listeners).toBe(0);
  });

  it('does not begin new ones', async () => {
    let isHeld = (): void => undefined;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      isHeld = resolve;
    });
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const app = await openApp();
    onTestFinished(app.close);
    const late = async (request: Request): Promise<Response> => {
      isHeld();
      await released;
      return app.app.fetch(request);
    };
    const server = await openServer(late, { host: '127.0.0.1', port: 0, log: pino({ level: 'silent' }) });
    const following = follow(server.url, events);
    await held;
    const begun = performance.now();
    const stopped = server.stop();
    release();
    expect(await (await following).next()).toBeUndefined();
    await stopped;
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(app.app.ledger.listeners).toBe(0);
  });
});

describe('a subscription that may not be', () => {
  const refused = async (app: Served, query: string, variables = {}) => {
    const followed = await app.follow(query, variables);
    const answer = await followed.next();
    expect(await followed.next()).toBeUndefined();
    expect(followed.isComplete).toBe(true);
    return {
      status: followed.response.status,
      message: answer?.errors?.[0]?.message,
      code: answer?.errors?.[0]?.extensions?.code,
    };
  };

  it('is one without a sensible `every`', async () => {
    const app = await served({ settings: { liveEveryMsMin: '500' } });
    const every = (text: string) => refused(app, `subscription { dashboard(every: "${text}") { total { count } } }`);
    expect(await every('PT0.4S')).toEqual({
      status: 400,
      message: 'every must be at least 500 ms (setting liveEveryMsMin)',
      code: 'LIMIT_EXCEEDED',
    });
    expect(await every('P1M')).toEqual({
      status: 400,
      message: 'every must be a duration like PT2S or PT0.5S, not P1M',
      code: 'BAD_REQUEST',
    });
    expect((await every('often')).message).toContain('often');
    expect(app.app.ledger.listeners).toBe(0);
  });

  it('is one that is too deep, too wide or goes through too much', async () => {
    const app = await served({ settings: { queryDepthMax: '3', queryFieldsMax: '10', queryScansMax: '1' } });
    const fields = Array.from({ length: 10 }, (_, place) => `f${place}: userId`).join(' ');
    const deep = 'user { experimentEvents(first: 1) { nodes { userId } } }';
    const trends = 'a: trend { count } b: trend { count }';
    for (const [setting, query] of [
      ['queryDepthMax', `subscription { eventRecorded { ${deep} } }`],
      ['queryFieldsMax', `subscription { eventRecorded { ${fields} } }`],
      ['queryScansMax', `subscription { dashboard { ${trends} } }`],
    ] as const)
      expect(await refused(app, query)).toEqual({
        status: 400,
        message: expect.stringContaining(`(setting ${setting})`),
        code: 'LIMIT_EXCEEDED',
      });
    expect(app.app.ledger.listeners).toBe(0);
  });

  it('is one of a server that is not ready', async () => {
    const app = await served({ start: false });
    const answer = await app.get('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: events }),
    });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: { code: 'NOT_READY' } });
  });
});

describe('importProgress', () => {
  const document = `subscription ($id: ID!) {
    importProgress(importId: $id) { state read accepted rejected bytesRead bytesTotal }
  }`;
  type Progress = { importProgress: { state: string; read: number; accepted: number; rejected: number } };
  const idOf = (importId: number) => Buffer.from(`Import:${importId}`).toString('base64url');

  it('follows an import to its end', async () => {
    const app = await served({ settings: { batchRecords: '50' } });
    const lines = Array.from({ length: 2000 }, (_, place) => `u${place},2020-01-01,${place % 500 ? 'paying' : 'no'}`);
    const text = ['user_id,created_at,status', ...lines].join('\n');
    let started = (_id: number): void => undefined;
    const begun = new Promise<number>((resolve) => {
      started = resolve;
    });
    const finished = app.importFile('user-status', { name: 'many.csv', text }, { onProgress: ({ id }) => started(id) });
    const followed = await app.follow<Progress>(document, { id: idOf(await begun) });
    const results: Progress['importProgress'][] = [];
    for (let result = await followed.next(); result; result = await followed.next())
      if (result.data) results.push(result.data.importProgress);
    expect(followed.isComplete).toBe(true);
    expect(await finished).toMatchObject({ accepted: 1996, rejected: 4 });
    expect(results.at(-1)).toMatchObject({ state: 'SUCCEEDED_WITH_REJECTS', read: 2000, accepted: 1996, rejected: 4 });
    const reads = results.map(({ read }) => read);
    expect(reads).toEqual([...reads].sort((a, b) => a - b));
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(results.length);
  });

  it('says that there is no such import', async () => {
    const app = await served();
    const followed = await app.follow(document, { id: idOf(7) });
    expect(followed.response.status).toBe(404);
    expect(await followed.next()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
  });
});
