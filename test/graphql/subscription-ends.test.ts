import { once } from 'node:events';
import { connect } from 'node:net';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { drainMs, openServer } from '../../src/http/server.ts';
import { openApp } from '../support/app.ts';
import { sendEvents } from '../support/events.ts';
import { follow } from '../support/sse.ts';
import { dashboard, type EventResult, events, eventsOf, type TestServer, testServer } from '../support/test-server.ts';

describe('a client that disconnects', () => {
  it('a client that disconnects leaves no listener behind, even when no record arrives', async () => {
    const app = await testServer({ settings: { subscriptionsMax: '3' } });
    for (let round = 0; round < 3; round++) {
      const all = await Promise.all([app.follow(events), app.follow(dashboard), app.follow(events, { after: 0 })]);
      await all[1]?.next();
      expect(app.app.ledger.listeners).toBe(3);
      for (const { leave } of all) leave();
      await expect.poll(() => app.app.ledger.listeners).toBe(0);
    }
  });

  it('a client that disconnects frees its subscription for another client', async () => {
    const app = await testServer({ settings: { subscriptionsMax: '2' } });
    const [first] = await Promise.all([app.follow(events), app.follow(events)]);
    const refused = await Promise.all([app.follow(events), app.follow(dashboard)]);
    for (const { response, next } of refused) {
      expect(response.status).toBe(200);
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
    await expect.poll(async () => (await app.follow(dashboard)).next()).toMatchObject({ data: {} });
  });

  it('a refused subscription does not count towards subscriptionsMax', async () => {
    const app = await testServer({ settings: { subscriptionsMax: '1' } });
    const subscribe = (accept: string, query: string) =>
      fetch(`${app.server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify({ query }),
      });
    const plain = await subscribe('application/json', events);
    expect(plain.status).toBe(400);
    expect(await plain.json()).toMatchObject({ errors: [{ message: expect.stringContaining('text/event-stream') }] });
    expect((await subscribe('text/event-stream;charset=latin1', events)).status).toBe(406);
    const future = await subscribe('text/event-stream', 'subscription { eventRecorded(afterSequence: 9) { userId } }');
    expect([future.status, await future.text()]).toEqual([200, expect.stringContaining('"code":"BAD_REQUEST"')]);
    expect((await app.follow(events)).response.status).toBe(200);
    expect(app.app.ledger.listeners).toBe(1);
  });
});

describe('a client that does not read', () => {
  it('a client that does not read stops its stream, and its connection is closed after the timeout', async () => {
    const statements: string[] = [];
    const app = await testServer({ onStatement: (sql) => void statements.push(sql), socketTimeoutMs: 1500 });
    // 20 MB of results: sockets take some megabytes in before they hold up.
    for (let commit = 0; commit < 4; commit++) await sendEvents(app, eventsOf(1000, 'x'.repeat(240)));
    const fields = Array.from({ length: 20 }, (_, index) => `f${index}: userId`).join(' ');
    const body = JSON.stringify({ query: `subscription { eventRecorded(afterSequence: 0) { ${fields} } }` });
    statements.length = 0;
    const socket = connect(Number(new URL(app.server.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.pause();
    const headers = `Host: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nContent-Length: ${body.length}`;
    socket.write(`POST /graphql HTTP/1.1\r\n${headers}\r\n\r\n${body}`);
    await expect.poll(() => app.app.ledger.listeners).toBe(1);
    await expect.poll(() => app.app.ledger.listeners).toBe(0);
    const pages = statements.filter((sql) => sql.includes('from "experiment_events"')).length;
    expect(pages).toBeGreaterThan(0);
    expect(pages, 'of 20 pages').toBeLessThan(20);
    socket.destroy();
  });
});

describe('an idle subscription', () => {
  it('an idle subscription outlives the timeout of idle connections', async () => {
    const app = await testServer({ socketTimeoutMs: 800 });
    const followed = await app.follow<EventResult>(events);
    // The server pings every 0.3 seconds here.
    await followed.pinged(6);
    await sendEvents(app, eventsOf(1));
    expect((await followed.next())?.data?.eventRecorded.userId).toBe('u0');
  });
});

describe('a server that stops', () => {
  it('a server that stops ends its streams immediately, as lost connections', async () => {
    const app = await testServer();
    const all = await Promise.all(Array.from({ length: 20 }, () => app.follow(events)));
    const idle = all.map(({ next }) => next());
    const startedMs = performance.now();
    await app.server.stop();
    expect(performance.now() - startedMs).toBeLessThan(drainMs);
    expect(await Promise.all(idle)).toEqual(all.map(() => undefined));
    expect(all.map(({ isComplete }) => isComplete)).toEqual(all.map(() => false));
    expect(app.app.ledger.listeners).toBe(0);
  });

  it('a server that stops starts no new subscriptions', async () => {
    let onHeld = (): void => undefined;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      onHeld = resolve;
    });
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const app = await openApp();
    onTestFinished(app.close);
    const delayedFetch = async (request: Request): Promise<Response> => {
      onHeld();
      await released;
      return app.app.fetch(request);
    };
    const server = await openServer(delayedFetch, { host: '127.0.0.1', port: 0, log: pino({ level: 'silent' }) });
    const following = follow(server.url, events);
    await held;
    const startedMs = performance.now();
    const stopped = server.stop();
    release();
    expect(await (await following).next()).toBeUndefined();
    await stopped;
    expect(performance.now() - startedMs).toBeLessThan(drainMs);
    expect(app.app.ledger.listeners).toBe(0);
  });
});

describe('an invalid subscription', () => {
  const refused = async (app: TestServer, query: string, variables = {}) => {
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

  it('a subscription with an invalid `every` is refused', async () => {
    const app = await testServer({ settings: { liveEveryMsMin: '500' } });
    const every = (text: string) => refused(app, `subscription { dashboard(every: "${text}") { total { count } } }`);
    expect(await every('PT0.4S')).toEqual({
      status: 200,
      message: 'every must be at least 500 ms (setting liveEveryMsMin)',
      code: 'LIMIT_EXCEEDED',
    });
    expect(await every('P1M')).toEqual({
      status: 200,
      message: 'every must be a duration like PT2S or PT0.5S, not P1M',
      code: 'BAD_REQUEST',
    });
    expect((await every('often')).message).toContain('often');
    expect(app.app.ledger.listeners).toBe(0);
  });

  it('a subscription that is too deep, too wide or scans too much is refused', async () => {
    const app = await testServer({ settings: { queryDepthMax: '3', queryFieldsMax: '10', queryScansMax: '1' } });
    const fields = Array.from({ length: 10 }, (_, index) => `f${index}: userId`).join(' ');
    const deep = 'user { experimentEvents(first: 1) { nodes { userId } } }';
    const trends = 'a: trend { count } b: trend { count }';
    for (const [setting, query] of [
      ['queryDepthMax', `subscription { eventRecorded { ${deep} } }`],
      ['queryFieldsMax', `subscription { eventRecorded { ${fields} } }`],
      ['queryScansMax', `subscription { dashboard { ${trends} } }`],
    ] as const)
      expect(await refused(app, query)).toEqual({
        status: 200,
        message: expect.stringContaining(`(setting ${setting})`),
        code: 'LIMIT_EXCEEDED',
      });
    expect(app.app.ledger.listeners).toBe(0);
  });

  it('a subscription is refused while the server is not ready', async () => {
    const app = await testServer({ start: false });
    const answer = await app.get('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: events }),
    });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toMatch(
      /^:\n\nevent: next\ndata: \{"errors":\[.*"code":"NOT_READY".*\n\nevent: complete\ndata:\n\n$/,
    );
  });
});
