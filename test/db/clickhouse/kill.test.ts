import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { conversations, followups } from '../../../db/tables/conversations.ts';
import { experimentEvents } from '../../../db/tables/experiments.ts';
import { folder, serve } from '../../cli/asof-process.ts';
import { openApp } from '../../support/app.ts';
import { type ClickHouseServer, startClickHouse } from '../../support/clickhouse.ts';

let clickhouse: ClickHouseServer;
beforeAll(async () => {
  clickhouse = await startClickHouse();
});
afterAll(() => clickhouse.close());

const rounds = 2;

/** Streams events until the server is gone. */
const send = async (url: string, round: number): Promise<void> => {
  for (let batch = 0; ; batch++) {
    const lines = Array.from({ length: 200 }, (_, index) =>
      JSON.stringify({
        event_id: `${round}-${batch}-${index}`,
        user_id: String(index % 7),
        account_type: 'free',
        date: '2023-05-01',
        event_type: null,
        order_value: 1.5,
        version: 'A',
      }),
    );
    const post = async (path: string, body: string): Promise<void> => {
      const headers = path === '/events' ? {} : { 'content-type': 'application/json' };
      const response = await fetch(`${url}${path}`, { method: 'POST', body, headers });
      await response.text();
      if (!response.ok) throw new Error(`${path} was answered with ${response.status}`);
    };
    const uuidOf = (number: number): string => `00000000-0000-4000-800${round}-${String(number).padStart(12, '0')}`;
    try {
      // Follow-ups come before and after the start of their conversation.
      await Promise.all([
        post('/events', lines.join('\n')),
        ...[batch, batch + 1, batch + 2].map((number) => post('/followup', JSON.stringify({ uuid: uuidOf(number) }))),
        post('/initial', JSON.stringify({ uuid: uuidOf(batch), symbol: 'aeb'[batch % 3] })),
      ]);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      // The connection was cut.
      return;
    }
  }
};

it('the copy in ClickHouse lacks no event, conversation or follow-up and has none twice after a server was killed at any moment', async () => {
  const data = await folder();
  const ofCluster = ['--clickhouse', clickhouse.url, '--clickhouse-cluster', clickhouse.cluster];
  const args = ['--data', data, ...ofCluster, '--clickhouse-block-records', '150'];
  for (let round = 0; round < rounds; round++) {
    const server = await serve([...args, '--empty']);
    const sending = send(server.url, round);
    await delay(randomInt(300, 2500));
    server.child.kill('SIGKILL');
    await server.closed;
    await sending;
  }
  // Whatever else the machine does, and however much was sent.
  const longWaits = ['--clickhouse-wait-ms', '--clickhouse-ms-max', '--query-ms-max'].flatMap((name) => [
    name,
    '300000',
  ]);
  const server = await serve([...args, '--empty', ...longWaits]);
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: `{ enrichedAggregate(source: EXPERIMENT_EVENTS) { total { count sum } }
        dashboard { symbols { symbol count followups guessAccuracy } orphanFollowups } }`,
    }),
  });
  const answer = (await response.json()) as {
    errors?: unknown;
    data?: { enrichedAggregate: { total: { count: number } }; dashboard: { orphanFollowups: string } };
  };
  expect(answer.errors).toBeUndefined();
  const count = answer.data?.enrichedAggregate.total.count;
  expect(count).toBeGreaterThan(0);
  const rows = await clickhouse.rows('SELECT count(), uniqExact(seq), max(seq) FROM asof.experiment_events');
  const starts = await clickhouse.rows('SELECT count(), uniqExact(seq) FROM asof.conversations');
  const [counted] = await clickhouse.rows('SELECT sum(followups) FROM asof.followup_counts');
  await server.stop();
  const app = await openApp({ data, settings: { clickhouse: '' } });
  const events = app.app.store.count(experimentEvents);
  const [last] = app.app.store.page(experimentEvents, { key: 'seq', direction: 'desc', limit: 1 });
  expect([count, ...(rows[0] ?? [])].map(Number)).toEqual([events, events, events, last?.seq]);
  const stored = app.app.store.count(conversations);
  expect(stored).toBeGreaterThan(0);
  expect(starts[0]?.map(Number)).toEqual([stored, stored]);
  const followed = app.app.store.count(followups);
  expect(followed).toBeGreaterThan(0);
  expect(Number(counted?.[0])).toBe(followed);
  const own = await app.query('{ dashboard { symbols { symbol count followups guessAccuracy } orphanFollowups } }');
  expect(answer.data?.dashboard).toEqual((own.data as { dashboard: unknown }).dashboard);
  await app.close();
});
