import { pino } from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRandom } from '../../src/demo/random.ts';
import { openServer } from '../../src/http/server.ts';
import { type OpenApp, openApp } from '../support/app.ts';
import { dataFolder } from '../support/store.ts';

/** An event as clients send it. */
interface SentEvent {
  readonly user_id: string | number;
  readonly account_type: string;
  readonly date: string;
  readonly event_type: string | null;
  readonly order_value: number | null;
  readonly version: string;
  readonly event_id?: string;
}

const event: SentEvent = {
  user_id: 1,
  account_type: 'free',
  date: '2023-05-01',
  event_type: null,
  order_value: null,
  version: 'A',
};

interface Client extends OpenApp {
  /** Sends a request to the server's socket, at `path` after the base URL. */
  send(path: string, body: string, headers?: Record<string, string>): Promise<{ status: number; body: unknown }>;
  monitor(query?: string): Promise<unknown>;
}

const json = { 'content-type': 'application/json' };

/** A server on a socket and its client. `slash` ends the base URL, and every path starts with another slash. */
const connect = async (data: string, slash: '' | '/' = ''): Promise<Client> => {
  const opened = await openApp({ data });
  onTestFinished(opened.close);
  const log = pino({ level: 'silent' });
  const server = await openServer(opened.app.fetch, { host: '127.0.0.1', port: 0, log, fastPath: opened.app.fastPath });
  onTestFinished(() => server.stop());
  const base = `${server.url}${slash}`;
  return {
    ...opened,
    async send(path, body, headers = json) {
      const response = await fetch(`${base}${path}`, { method: 'POST', headers, body });
      const text = await response.text();
      const isLines = response.headers.get('content-type') === 'application/x-ndjson';
      return {
        status: response.status,
        body: JSON.parse(isLines ? `[${text.trimEnd().replaceAll('\n', ',')}]` : text),
      };
    },
    async monitor(query = '') {
      const response = await fetch(`${base}/monitor${query}`);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
      return response.json();
    },
    async close() {
      await server.stop();
      await opened.close();
    },
  };
};

describe.each(['', '/'] as const)('a client whose base URL ends in "%s"', (slash) => {
  it('a client sends events with nulls and polls the monitor', async () => {
    const { send, monitor } = await connect(dataFolder(), slash);
    expect(await monitor('?country=SE')).toEqual([]);
    for (let time = 0; time < 2; time++)
      expect(await send('/receive_event', JSON.stringify(event))).toEqual({ status: 200, body: { status: 'created' } });
    const order = { ...event, user_id: '0001', event_type: 'order', order_value: 220.5, version: 'B' };
    expect((await send('/receive_event', JSON.stringify(order))).status).toBe(200);
    const all = [
      { country: 'unknown', version: 'A', nbr_events: 2 },
      { country: 'unknown', version: 'B', nbr_events: 1 },
    ];
    expect(await monitor()).toEqual(all);
    expect(await monitor('?country=unknown')).toEqual(all);
    expect(await monitor('?country=SE')).toEqual([]);
  });

  it('a client receives the problems of an invalid event, which is stored as a reject', async () => {
    const { send, monitor, query } = await connect(dataFolder(), slash);
    const wrong = JSON.stringify({ ...event, date: '2023-02-30', version: null });
    expect(await send('/receive_event', wrong)).toEqual({
      status: 422,
      body: {
        error: {
          code: 'VALIDATION_FAILED',
          message: expect.stringContaining('2023-02-30'),
          problems: [
            { path: 'version', code: 'MISSING', message: expect.any(String) },
            { path: 'date', code: 'MALFORMED', message: expect.any(String) },
          ],
        },
      },
    });
    expect(await monitor()).toEqual([]);
    const { data } = await query('{ rejectedRecords { nodes { target source raw state } } }');
    expect(data).toEqual({
      rejectedRecords: { nodes: [{ target: 'EXPERIMENT_EVENTS', source: 'api', raw: wrong, state: 'OPEN' }] },
    });
  });
});

const recordEvents = `mutation ($events: [ExperimentEventInput!]!) {
  recordEvents(input: { events: $events }) { ... on RecordEventsPayload { accepted duplicates conflicts results { outcome } } }
}`;

const inputOf = ({ user_id, account_type, date, event_type, order_value, version, event_id }: SentEvent) => ({
  userId: String(user_id),
  accountType: account_type,
  occurredAt: date,
  eventType: event_type,
  amount: order_value === null ? null : String(order_value),
  variant: version,
  ...(event_id === undefined ? {} : { eventId: event_id }),
});

const linesOf = (events: readonly object[]): string => events.map((each) => JSON.stringify(each)).join('\n');

it('an event id is stored once for every way of sending, concurrently, repeatedly, and after a restart', async () => {
  const data = dataFolder();
  const first = await connect(data);
  const same = { ...event, order_value: 1, event_id: 'e1' };
  const other = { ...same, version: 'B' };
  const otherSpelling = `{"event_id":"e1","version":"A","order_value":1.00,"date":"2023-05-01T00:00:00Z","account_type":"free","user_id":"1"}`;
  const sendAll = async ({ send, query, importFile }: Client): Promise<Record<string, number>> => {
    const statuses = await Promise.all([
      ...Array.from({ length: 40 }, async () => [(await send('/receive_event', JSON.stringify(same))).body]),
      ...Array.from({ length: 20 }, async () => {
        const { event_id, ...rest } = same;
        return [(await send('/receive_event', JSON.stringify(rest), { ...json, 'idempotency-key': event_id })).body];
      }),
      ...Array.from({ length: 10 }, async () => {
        const { body } = await send('/events?summary=1', `${otherSpelling}\n${otherSpelling}`);
        const { created, duplicates } = body as { created: number; duplicates: number };
        return [...Array(created).fill({ status: 'created' }), ...Array(duplicates).fill({ status: 'duplicate' })];
      }),
      ...Array.from({ length: 10 }, async () => {
        const { data } = await query<{ recordEvents: { results: { outcome: string }[] } }>(recordEvents, {
          events: [inputOf(same)],
        });
        return (data?.recordEvents.results ?? []).map(({ outcome }) => ({ status: outcome.toLowerCase() }));
      }),
      ...Array.from({ length: 10 }, async (_, index) => {
        const { accepted, unchanged } = await importFile('events', { name: `${index}.jsonl`, text: otherSpelling });
        return [...Array(accepted).fill({ status: 'created' }), ...Array(unchanged).fill({ status: 'duplicate' })];
      }),
    ]);
    const counts: Record<string, number> = {};
    for (const { status } of statuses.flat() as { status: string }[]) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  };
  expect(await sendAll(first)).toEqual({ created: 1, duplicate: 99 });
  await first.close();
  const next = await connect(data);
  expect(await sendAll(next)).toEqual({ duplicate: 100 });
  expect(await next.monitor()).toEqual([{ country: 'unknown', version: 'A', nbr_events: 1 }]);

  const conflict = { status: 409, body: { error: { code: 'CONFLICT', problems: [{ path: 'event_id' }] } } };
  expect(await next.send('/receive_event', JSON.stringify(other))).toMatchObject(conflict);
  expect((await next.send('/events?summary=1', linesOf([other]))).body).toMatchObject({ received: 1, conflicts: 1 });
  expect((await next.query(recordEvents, { events: [inputOf(other)] })).data).toMatchObject({
    recordEvents: { conflicts: 1, results: [{ outcome: 'CONFLICT' }] },
  });
  expect(await next.importFile('events', { name: 'other', text: linesOf([other]) })).toMatchObject({ conflicts: 1 });
  expect(await next.monitor()).toEqual([{ country: 'unknown', version: 'A', nbr_events: 1 }]);
});

describe('the monitor', () => {
  const random = createRandom(20230501);
  const userOf = (): string | number => (random.chance(50) ? random.below(300) : `u${random.below(300)}`);
  const drawEvents = (count: number): SentEvent[] =>
    Array.from({ length: count }, () => ({
      user_id: userOf(),
      account_type: random.pick(['free', 'pro']),
      date: random.pick(['2023-05-01', '2023-05-02T10:00:00.000001', '2024-01-01T00:00:00+02:00']),
      event_type: random.pick([null, 'view', 'order']),
      order_value: random.pick([null, 1.5, 220.5]),
      version: random.pick(['A', 'B', 'ö']),
    }));

  /** The independent count: lists, searched again for each request. */
  const sent: SentEvent[] = [];
  const countries = new Map<string, string | null>();
  const referenceCounts = (): object[] => {
    const counts = new Map<string, { country: string; version: string; nbr_events: number }>();
    for (const { user_id, version } of sent) {
      const country = countries.get(String(user_id)) ?? 'unknown';
      const cell = counts.get(`${country} ${version}`) ?? { country, version, nbr_events: 0 };
      counts.set(`${country} ${version}`, { ...cell, nbr_events: cell.nbr_events + 1 });
    }
    return [...counts.keys()].sort().map((key) => counts.get(key) as object);
  };
  const drawUsers = (count: number) =>
    Array.from({ length: count }, () => ({
      user_id: userOf(),
      country: random.pick(['SE', 'DE', 'FR', null]),
      gender: random.pick(['f', null]),
    }));

  const ways: Readonly<Record<string, (client: Client, events: readonly SentEvent[]) => Promise<unknown>>> = {
    singly: ({ send }, events) =>
      Promise.all(
        events.map(async (each) => expect((await send('/receive_event', JSON.stringify(each))).status).toBe(200)),
      ),
    asLines: async ({ send }, events) =>
      expect((await send('/events', linesOf(events))).body).toEqual(
        events.map((_event, index) => ({ index, status: 'created' })),
      ),
    asList: async ({ send }, events) =>
      expect((await send('/events?summary=1', JSON.stringify(events))).body).toMatchObject({ created: events.length }),
    byGraphql: async ({ query }, events) =>
      expect((await query(recordEvents, { events: events.map(inputOf) })).data).toMatchObject({
        recordEvents: { accepted: events.length },
      }),
    asFile: async ({ importFile }, events) =>
      expect(await importFile('events', { name: 'events', text: linesOf(events) })).toMatchObject({
        accepted: events.length,
      }),
  };

  it('the monitor equals an independent count after every batch, after late users and after a restart', {
    timeout: 60_000,
  }, async () => {
    const data = dataFolder();
    let client = await connect(data);
    const check = async (): Promise<void> => {
      const expected = referenceCounts();
      expect(await client.monitor()).toEqual(expected);
      expect(await client.monitor('?country=SE')).toEqual(
        expected.filter((cell) => (cell as { country: string }).country === 'SE'),
      );
      const { data: result } = await client.query<{ monitor: { deployment: { eventCount: number }[] } }>(
        '{ monitor { deployment { country version: variant nbr_events: eventCount } } }',
      );
      expect(result?.monitor.deployment.filter((cell) => (cell as { nbr_events?: number }).nbr_events !== 0)).toEqual(
        expected,
      );
    };
    for (let round = 0; round < 2; round++) {
      for (const sendAll of Object.values(ways)) {
        const events = drawEvents(300);
        await sendAll(client, events);
        sent.push(...events);
        await check();
        const users = drawUsers(100);
        await client.importFile('users', { name: 'users', text: JSON.stringify(users) });
        for (const { user_id, country } of users) countries.set(String(user_id), country);
        await check();
      }
      // Users imported by another process that has the same folder open.
      const other = await openApp({ data });
      const users = drawUsers(100);
      await other.importFile('users', { name: 'user_info.json', text: linesOf(users) });
      await other.close();
      for (const { user_id, country } of users) countries.set(String(user_id), country);
      await vi.waitFor(check, { timeout: 30_000, interval: 50 });
      await client.close();
      client = await connect(data);
      await check();
    }
  });
});
