import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenApp, type OpenOptions, openApp } from '../../support/app.ts';
import { type ClickHouseServer, startClickHouse } from '../../support/clickhouse.ts';
import type { Shard } from '../../support/clickhouse-cluster.ts';

let clickhouse: ClickHouseServer;
let second: Shard;
beforeAll(async () => {
  clickhouse = await startClickHouse(true);
  second = clickhouse.second as Shard;
});
afterAll(() => clickhouse.close());

let databases = 0;
const newDatabase = (): string => `cluster_${++databases}`;

const settingsOf = (clickhouseDatabase: string): Readonly<Record<string, string>> => ({
  clickhouse: clickhouse.url,
  clickhouseCluster: clickhouse.cluster,
  clickhouseDatabase,
  clickhouseEnrichMs: '0',
});

const open = (database: string, options: OpenOptions = {}): Promise<OpenApp> =>
  openApp({ ...options, settings: { ...settingsOf(database), ...options.settings } });

const users = 40;

const purchases = (app: OpenApp, from: number, count: number) =>
  app.importFile('transactions', {
    name: 'purchases.jsonl',
    text: Array.from({ length: count }, (_, index) => {
      const number = from + index;
      return JSON.stringify({
        click_id: `c${number}`,
        created_at: `2024-03-0${1 + (number % 9)}T10:00:00Z`,
        product_id: 'p',
        product_price: 1.25,
        user_id: `u${number % users}`,
      });
    }).join('\n'),
  });

const statuses = (app: OpenApp, from: number, status: string) =>
  app.importFile('user-status', {
    name: 'statuses.jsonl',
    text: Array.from({ length: users / 2 }, (_, index) =>
      JSON.stringify({ user_id: `u${from + index}`, created_at: '2024-03-04T00:00:00Z', status }),
    ).join('\n'),
  });

const byStatus = async (app: OpenApp) => {
  const document =
    '{ enrichedAggregate(groupBy: [USER_STATUS]) { nodes { key { userStatus } measures { count sum distinctUsers } } } }';
  return app.query<unknown>(document);
};

const countOf = async (app: OpenApp) => {
  const { data, errors } = await app.query<{ enrichedAggregate: { total: { count: number } } }>(
    '{ enrichedAggregate { total { count } } }',
  );
  return data?.enrichedAggregate?.total.count ?? errors?.[0]?.extensions?.code;
};

const rowsOfFirst = async (sql: string): Promise<unknown[][]> =>
  (await clickhouse.rows(sql)).map((row) => row.map(String));

const rowsOfSecond = async (sql: string): Promise<unknown[][]> =>
  (await second.run(sql))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));

describe('facts on a cluster of two shards', () => {
  it('are divided by user, with the changes of each user beside them, and answer as those in memory', async () => {
    const database = newDatabase();
    const [app, inMemory] = [
      await open(database),
      await openApp({ settings: { clickhouse: '', clickhouseCluster: '' } }),
    ];
    for (const each of [app, inMemory]) {
      await purchases(each, 0, 200);
      await statuses(each, 0, 'paying');
      await countOf(each);
      await statuses(each, 10, 'cancelled');
    }
    const answer = await byStatus(inMemory);
    expect(answer.errors).toBeUndefined();
    expect(await byStatus(app)).toEqual(answer);
    const usersOf = `SELECT DISTINCT user_id FROM ${database}.`;
    for (const table of ['transactions_local', 'status_changes_local']) {
      const shards = [await rowsOfFirst(`${usersOf}${table}`), await rowsOfSecond(`${usersOf}${table}`)];
      const [first, other] = shards.map((rows) => new Set(rows.map(([user]) => user)));
      expect([first?.size, other?.size]).not.toContain(0);
      expect([...(first ?? [])].filter((user) => other?.has(user))).toEqual([]);
    }
    await app.close();
    await inMemory.close();
  });

  it('refuse questions while a shard is away, miss none of its records later, and accept records meanwhile', async () => {
    const database = newDatabase();
    const app = await open(database);
    await purchases(app, 0, 50);
    await expect.poll(() => countOf(app)).toBe(50);
    await second.stop();
    try {
      // An answer that is not remembered.
      expect((await byStatus(app)).errors?.[0]?.extensions).toMatchObject({ code: 'FACTS_UNAVAILABLE' });
      expect((await purchases(app, 50, 50)).state).toBe('SUCCEEDED');
      expect(await countOf(app)).toBe('FACTS_UNAVAILABLE');
    } finally {
      await second.start();
    }
    await expect.poll(() => countOf(app)).toBe(100);
    const count = `SELECT count(), uniqExact(seq) FROM ${database}.transactions`;
    expect(await rowsOfFirst(count)).toEqual([['100', '100']]);
    await app.close();
  });

  it.each(['first', 'second'])('are copied anew where the %s shard was replaced by an empty one', async (which) => {
    const [database, first] = [newDatabase(), await openApp({ onDisk: true, settings: { clickhouse: '' } })];
    await purchases(first, 0, 60);
    await first.app.close();
    const copied = await open(database, { data: first.data });
    expect(await countOf(copied)).toBe(60);
    await copied.app.close();
    const drop = `DROP DATABASE ${database} SYNC`;
    await (which === 'first' ? clickhouse.rows(drop) : second.run(drop));
    // In blocks that ClickHouse does not know.
    const again = await open(database, { data: first.data, settings: { clickhouseBlockRecords: '7' } });
    expect(await countOf(again)).toBe(60);
    expect(await rowsOfFirst(`SELECT count() FROM ${database}.transactions`)).toEqual([['60']]);
    await again.app.close();
    await first.close();
  });

  it('are refused by a cluster that ClickHouse does not know, and by a database that was made for one server', async () => {
    const database = newDatabase();
    await expect(open(database, { settings: { clickhouseCluster: 'other' } })).rejects.toThrow(
      /no cluster 'other'.*clickhouseCluster/,
    );
    const single = await open(database, { settings: { clickhouseCluster: '' } });
    await single.close();
    await expect(open(database)).rejects.toThrow(/made with another clickhouseCluster.*clickhouseDatabase/);
  });

  it('are in tables that ClickHouse replicates, as far as an engine without replicas can tell', async () => {
    const [database, copy] = [newDatabase(), newDatabase()];
    const created: string[] = [];
    clickhouse.disturb = (sql) => {
      if (sql.startsWith('CREATE') && sql.includes(` \`${database}\``)) created.push(sql);
      return false;
    };
    const app = await open(database);
    await purchases(app, 0, 1);
    expect(await countOf(app)).toBe(1);
    clickhouse.disturb = undefined;
    await app.close();
    // The statements as they were sent, but for the servers that they are for: these agree on a UUID.
    for (const sql of created) {
      const uuid = sql.startsWith('CREATE TABLE') ? ` UUID '${randomUUID()}'` : '';
      // Where the process may be killed: it would not end by itself with such tables.
      await second.run(sql.replaceAll(database, copy).replace(` ON CLUSTER \`${clickhouse.cluster}\``, uuid));
    }
    const engines = await rowsOfSecond(
      `SELECT DISTINCT endsWith(name, '_local'), engine FROM system.tables WHERE database = '${copy}' ORDER BY 1, 2`,
    );
    expect(engines).toEqual([
      ['0', 'Distributed'],
      ['1', 'ReplicatedAggregatingMergeTree'],
      ['1', 'ReplicatedMergeTree'],
    ]);
    expect(created.filter((sql) => !sql.includes(` ON CLUSTER \`${clickhouse.cluster}\``))).toEqual([]);
  });
});
