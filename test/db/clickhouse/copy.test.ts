import { existsSync } from 'node:fs';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenApp, type OpenOptions, openApp } from '../../support/app.ts';
import { type ClickHouseServer, startClickHouse } from '../../support/clickhouse.ts';

let clickhouse: ClickHouseServer;
beforeAll(async () => {
  clickhouse = await startClickHouse();
});
afterAll(() => clickhouse.close());

let databases = 0;
const newDatabase = (): string => `copy_${++databases}`;

const open = (database: string, options: OpenOptions = {}): Promise<OpenApp> =>
  openApp({
    ...options,
    settings: {
      clickhouse: clickhouse.url,
      clickhouseCluster: clickhouse.cluster,
      clickhouseDatabase: database,
      ...options.settings,
    },
  });

const purchases = (app: OpenApp, from: number, count: number) =>
  app.importFile('transactions', {
    name: 'purchases.jsonl',
    text: Array.from({ length: count }, (_, index) =>
      JSON.stringify({
        click_id: `c${from + index}`,
        created_at: `2024-03-0${1 + (index % 9)}T10:00:00Z`,
        product_id: 'p',
        product_price: 1.25,
        user_id: `u${index % 5}`,
      }),
    ).join('\n'),
  });

const uuidOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

interface Totals {
  readonly enrichedAggregate: { readonly total: { readonly count: number; readonly sum: string } };
}
const totals = async (app: OpenApp) =>
  (await app.query<Totals>('{ enrichedAggregate { total { count sum } } }')) as {
    data?: Totals;
    errors?: readonly { message: string; extensions: Readonly<Record<string, unknown>> }[];
  };

const countOf = (app: OpenApp) => totals(app).then(({ data }) => data?.enrichedAggregate.total);

const projectionOf = async (app: OpenApp) => {
  const { data } = await app.query<{
    server: { snapshot: { sequence: number }; projections: { name: string; sequence: number; lagMs: number }[] };
  }>('{ server { snapshot { sequence } projections { name sequence lagMs } } }');
  return data?.server;
};

describe('the copy of the ledger in ClickHouse', () => {
  it('has each record once although answers are lost, statements are refused and connections break', async () => {
    const kinds = fc.constantFrom('no answer', 'refused', 'cut');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(12), kinds), { maxLength: 4 }), async (faults) => {
        const database = newDatabase();
        const app = await open(database, { settings: { clickhouseBlockRecords: '7' } });
        let statements = 0;
        const due = [...faults];
        const faultOf = (stage: 'before' | 'after') => (sql: string, response: import('node:http').ServerResponse) => {
          if (!/^\s*INSERT/.test(sql) || !sql.includes(database)) return false;
          const [next] = due;
          if (!next || (next[1] === 'no answer') !== (stage === 'after') || statements++ < next[0]) return false;
          due.shift();
          statements = 0;
          if (next[1] === 'refused') {
            response.writeHead(500, { 'x-clickhouse-exception-code': '252' });
            response.end('Code: 252. DB::Exception: Too many parts. (TOO_MANY_PARTS)');
          } else response.destroy();
          return true;
        };
        clickhouse.disturb = faultOf('before');
        clickhouse.disturbResponse = faultOf('after');
        try {
          for (let round = 0; round < 4; round++) await purchases(app, 20 * round, 20);
          await expect.poll(() => countOf(app), { timeout: 60_000 }).toEqual({ count: 80, sum: '100' });
          const [rows] = await clickhouse.rows(`SELECT count(), uniqExact(seq) FROM ${database}.transactions`);
          expect(rows?.map(Number)).toEqual([80, 80]);
        } finally {
          clickhouse.disturb = undefined;
          clickhouse.disturbResponse = undefined;
          await app.close();
        }
      }),
      { numRuns: Number(process.env.RUNS ?? 10) },
    );
  });

  it('goes on where it ended when the server starts again', async () => {
    const [database, first] = [newDatabase(), await openApp({ onDisk: true })];
    const { data } = first;
    await purchases(first, 0, 10);
    const opened = await open(database, { data });
    expect(await countOf(opened)).toEqual({ count: 10, sum: '12.5' });
    await opened.app.close();
    // Without ClickHouse meanwhile.
    const without = await openApp({ data });
    await purchases(without, 10, 10);
    await without.app.close();
    const again = await open(database, { data });
    expect(await countOf(again)).toEqual({ count: 20, sum: '25' });
    const [blocks] = await clickhouse.rows(
      `SELECT countIf(state = 'DONE'), min(after_seq), max(last_seq) FROM ${database}.progress`,
    );
    expect(Number(blocks?.[0])).toBeGreaterThan(1);
    expect(Number(blocks?.[1])).toBe(0);
    const state = await projectionOf(again);
    expect(state?.projections.find(({ name }) => name === 'clickhouse')).toEqual({
      name: 'clickhouse',
      sequence: state?.snapshot.sequence,
      lagMs: 0,
    });
    await again.app.close();
    await first.close();
  });

  it('completes a block of which only a part was stored', async () => {
    const [database, first] = [newDatabase(), await openApp({ onDisk: true })];
    const { data } = first;
    await purchases(first, 0, 30);
    await first.app.close();
    clickhouse.disturb = (sql, response) => {
      // The process ends, so to speak, before it can say that the block is complete.
      if (!/INSERT INTO.*progress/.test(sql) || !sql.includes('DONE')) return false;
      response.destroy();
      return true;
    };
    const cut = await open(database, { data, settings: { clickhouseWaitMs: '10' } });
    await expect.poll(() => clickhouse.rows(`SELECT count() FROM ${database}.transactions`)).toEqual([[30]]);
    await cut.app.close();
    clickhouse.disturb = undefined;
    const again = await open(database, { data, settings: { clickhouseBlockRecords: '3' } });
    expect(await countOf(again)).toEqual({ count: 30, sum: '37.5' });
    await again.app.close();
    await first.close();
  });

  it('is made by one process at a time, and goes on when that ended without a word', async () => {
    const [database, first] = [newDatabase(), await openApp({ onDisk: true })];
    await purchases(first, 0, 5);
    await first.app.close();
    const file = join(first.data, 'clickhouse.pid');
    // The parent of this process stands for another server.
    await writeFile(file, String(process.ppid));
    const second = await open(database, { data: first.data });
    const { errors } = await totals(second);
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'FACTS_UNAVAILABLE' } });
    expect(errors?.[0]?.message).toContain(`process ${process.ppid}`);
    // Its id belongs to some other program by now.
    await utimes(file, new Date(0), new Date(0));
    await expect.poll(() => countOf(second), { timeout: 60_000 }).toEqual({ count: 5, sum: '6.25' });
    await second.app.close();
    expect(existsSync(file)).toBe(false);
    await first.close();
  });

  it('refuses a database of another ledger, and one of something else', async () => {
    const [owned, foreign] = [newDatabase(), newDatabase()];
    const owner = await open(owned);
    await purchases(owner, 0, 3);
    expect(await countOf(owner)).toEqual({ count: 3, sum: '3.75' });
    await owner.close();
    const other = await openApp({ onDisk: true });
    await purchases(other, 0, 4);
    await other.app.close();
    await expect(open(owned, { data: other.data })).rejects.toThrow(/belongs to another ledger.*clickhouseDatabase/);
    await clickhouse.rows(`CREATE DATABASE ${foreign}`);
    await clickhouse.rows(`CREATE TABLE ${foreign}.transactions (a Int8) ENGINE = MergeTree ORDER BY a`);
    await expect(open(foreign, { data: other.data })).rejects.toThrow(/tables of something else/);
    await other.close();
  });

  it('is made anew when the ledger no longer has what was copied', async () => {
    const [database, first] = [newDatabase(), await openApp({ onDisk: true })];
    await purchases(first, 0, 5);
    await first.app.close();
    const copied = await open(database, { data: first.data });
    expect(await countOf(copied)).toEqual({ count: 5, sum: '6.25' });
    await copied.app.close();
    // As after `asof restore` of an earlier state: the copy says that it has more than the ledger.
    await clickhouse.rows(`INSERT INTO ${database}.progress VALUES (6, 9, 'PLANNED', 'x', 0), (6, 9, 'DONE', 'x', 0)`);
    await clickhouse.rows(`INSERT INTO ${database}.transactions VALUES (8, 'u1', 0, 0, 1000000, 'p', '')`);
    const again = await open(database, { data: first.data });
    expect(await countOf(again)).toEqual({ count: 5, sum: '6.25' });
    await again.app.close();
    await first.close();
  });

  it('keeps nobody from sending records while ClickHouse is away, and refuses questions about facts with a time to wait', async () => {
    const database = newDatabase();
    const app = await open(database);
    await purchases(app, 0, 5);
    expect(await countOf(app)).toEqual({ count: 5, sum: '6.25' });
    clickhouse.disturb = (_sql, response) => {
      response.destroy();
      return true;
    };
    try {
      expect((await purchases(app, 5, 5)).state).toBe('SUCCEEDED');
      const response = await app.get('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ enrichedAggregate { total { count } } server { version } }' }),
      });
      const { data, errors } = (await response.json()) as Awaited<ReturnType<typeof totals>>;
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'FACTS_UNAVAILABLE', retryAfterMs: expect.any(Number) });
      expect(data).toMatchObject({ server: { version: expect.any(String) } });
      const list = await app.get('/transactions/aggregate');
      expect(list.status).toBe(503);
      expect(Number(list.headers.get('retry-after'))).toBeGreaterThan(0);
      const sql = async (query: string) => {
        const answer = await app.query<{ sql: { rows: unknown[] } }>(
          `{ sql(query: ${JSON.stringify(query)}) { rows } }`,
        );
        return answer.data?.sql?.rows ?? answer.errors?.[0]?.extensions?.code;
      };
      expect(await sql('select count(*) as n, sum(amount) as s from transactions')).toEqual([{ n: 10, s: '12.5' }]);
      expect(await sql('select user_status, count(*) from transactions group by 1')).toBe('FACTS_UNAVAILABLE');
      const { conversations } = app.app.domains;
      expect(await conversations.start(uuidOf(1), 'E')).toMatchObject({ symbol: 'e' });
      expect(await conversations.followUp(uuidOf(1))).toMatchObject({ uuid: uuidOf(1) });
      expect((await app.get('/dashboard/symbol/e')).status).toBe(503);
      const stored = await app.query(`{ conversation(uuid: "${uuidOf(1)}") { symbol followups { uuid } } }`);
      expect(stored.data).toEqual({ conversation: { symbol: 'e', followups: [{ uuid: uuidOf(1) }] } });
      const status = await app.get('/user_status/u1?date=2024-03-01T00:00:00Z');
      expect(status.status).toBe(200);
      const state = await projectionOf(app);
      expect(state?.projections.find(({ name }) => name === 'clickhouse')?.sequence).toBeLessThan(
        state?.snapshot.sequence ?? 0,
      );
    } finally {
      clickhouse.disturb = undefined;
    }
    await expect.poll(() => countOf(app), { timeout: 60_000 }).toEqual({ count: 10, sum: '12.5' });
    expect(await (await app.get('/dashboard/symbol/e')).json()).toMatchObject({ count: 1, followups: 1 });
    await app.close();
  });

  it('leaves no column of transactions or conversations in memory, also after starts with index files of either kind', async () => {
    const [database, first] = [newDatabase(), await openApp({ onDisk: true, settings: { clickhouse: '' } })];
    const { data } = first;
    await purchases(first, 0, 7);
    await first.app.close();
    const indexFiles = { indexFileRecords: '1', indexFileStopRecords: '1' };
    for (const [index, settings] of [{}, {}, { clickhouse: '' }, { clickhouse: '' }, {}].entries()) {
      const app = await open(database, { data, settings: { ...indexFiles, ...settings } });
      const names = app.app.ledger.indexStates().map(({ name }) => name);
      for (const name of ['transactions', 'conversations'])
        expect([index, name, names.includes(name)]).toEqual([index, name, 'clickhouse' in settings]);
      await purchases(app, 7 + index, 1);
      // The follow-up of the next conversation is an orphan until the next round.
      await app.app.domains.conversations.followUp(uuidOf(index + 1));
      await app.app.domains.conversations.start(uuidOf(index), 'a');
      const { data: figures } = await app.query('{ dashboard { total { count followups } orphanFollowups } }');
      expect(figures).toEqual({ dashboard: { total: { count: index + 1, followups: index }, orphanFollowups: 1 } });
      expect(await countOf(app)).toMatchObject({ count: 8 + index });
      const users = await app.query('{ users { totalCount nodes { userId transactions { totalCount } } } }');
      const counts = Array.from(
        { length: 5 },
        (_, user) => Math.floor((7 - user + 4) / 5) + (user === 0 ? 1 + index : 0),
      );
      expect(users.data).toEqual({
        users: {
          totalCount: 5,
          nodes: counts.map((totalCount, user) => ({ userId: `u${user}`, transactions: { totalCount } })),
        },
      });
      await app.app.close();
    }
    await first.close();
  });

  it('says that credentials are refused', async () => {
    clickhouse.disturb = (_sql, response) => {
      response.writeHead(403, { 'x-clickhouse-exception-code': '516' });
      response.end('Code: 516. DB::Exception: default: Authentication failed. (AUTHENTICATION_FAILED)');
      return true;
    };
    try {
      const app = await open(newDatabase());
      const { errors } = await totals(app);
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'FACTS_UNAVAILABLE' });
      expect(errors?.[0]?.message).toContain('AUTHENTICATION_FAILED');
      await app.close();
    } finally {
      clickhouse.disturb = undefined;
    }
  });
});
