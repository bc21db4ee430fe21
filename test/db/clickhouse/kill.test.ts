import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
    try {
      const response = await fetch(`${url}/events`, { method: 'POST', body: lines.join('\n') });
      await response.text();
    } catch {
      return;
    }
  }
};

it('the copy in ClickHouse lacks no event and has none twice after a server was killed at any moment', async () => {
  const data = await folder();
  const args = ['--data', data, '--clickhouse', clickhouse.url, '--clickhouse-block-records', '150'];
  for (let round = 0; round < rounds; round++) {
    const server = await serve([...args, '--empty']);
    const sending = send(server.url, round);
    await delay(randomInt(300, 2500));
    server.child.kill('SIGKILL');
    await server.closed;
    await sending;
  }
  const server = await serve([...args, '--empty', '--clickhouse-wait-ms', '60000']);
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: '{ enrichedAggregate(source: EXPERIMENT_EVENTS) { total { count sum } } }',
    }),
  });
  const answer = (await response.json()) as { data?: { enrichedAggregate: { total: { count: number } } } };
  const count = answer.data?.enrichedAggregate.total.count;
  expect(count).toBeGreaterThan(0);
  const rows = await clickhouse.rows('SELECT count(), uniqExact(seq), max(seq) FROM asof.experiment_events');
  await server.stop();
  const app = await openApp({ data, start: false });
  const events = app.app.store.count(experimentEvents);
  const [last] = app.app.store.page(experimentEvents, { key: 'seq', direction: 'desc', limit: 1 });
  expect([count, ...(rows[0] ?? [])].map(Number)).toEqual([events, events, events, last?.seq]);
  await app.close();
});
