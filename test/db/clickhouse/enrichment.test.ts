import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { DimensionName, FactSource } from '../../../src/domains/facts/dimensions.ts';
import type { FactEngine, FactGroups, GroupBudget, GroupQuery } from '../../../src/domains/facts/engine.ts';
import { Work } from '../../../src/lib/work.ts';
import { type AnyWrite, perform } from '../../support/any-writes.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { type ClickHouseServer, startClickHouse } from '../../support/clickhouse.ts';
import { factsInMemory } from '../../support/facts-in-memory.ts';

let clickhouse: ClickHouseServer;
beforeAll(async () => {
  clickhouse = await startClickHouse();
});
afterAll(() => clickhouse.close());

let databases = 0;
const open = async (data?: string): Promise<{ app: OpenApp; database: string }> => {
  const database = `enrichment_${++databases}`;
  const settings = {
    ...{ clickhouse: clickhouse.url, clickhouseCluster: clickhouse.cluster, clickhouseDatabase: database },
    ...{ clickhouseEnrichMs: '0', clickhouseBlockRecords: '3' },
  };
  const app = await openApp({ settings, ...(data === undefined ? {} : { data }) });
  onTestFinished(() => app.close());
  return { app, database };
};

const storedSequence = async (app: OpenApp): Promise<number> => {
  const text = await (await app.get('/metrics')).text();
  return Number(/^asof_projection_sequence\{projection="clickhouse-enriched"\} (\d+)/m.exec(text)?.[1]);
};
const stored = (app: OpenApp): Promise<void> =>
  expect.poll(() => storedSequence(app), { interval: 5 }).toBe(app.app.ledger.snapshot().sequence);

const source: FactSource = 'TRANSACTIONS';
const groupBy: DimensionName[] = ['USER', 'USER_STATUS', 'CITY', 'COUNTRY', 'AGE_BAND', 'HAS_IMAGE'];

const query = (sequence: number): GroupQuery => ({ groupBy, timeZone: 'UTC', asOf: { sequence } });
const budget = (): GroupBudget => ({ work: new Work(), onGroup: () => undefined });

const groupsOf = async (engine: FactEngine, sequence: number): Promise<string[]> => {
  const groups = await engine.group(query(sequence), budget());
  return Array.from(groups.counts, (count, group) =>
    JSON.stringify([groupBy.map((_name, index) => groups.valueOf(group, index)), count, String(groups.sumOf(group))]),
  );
};

/** The engine with columns in memory, of what is stored now. */
const inMemory = async (app: OpenApp): Promise<FactEngine> => {
  const { engines, catchUp } = factsInMemory(app);
  await catchUp();
  return engines[source];
};

/** Compares the answers as of every sequence number from one on, and returns how many statements read what is stored. */
const compareFrom = async (first: number, opened: OpenApp): Promise<number> => {
  const { app } = opened;
  const { transactions } = app.domains;
  const memory = await inMemory(opened);
  let reads = 0;
  clickhouse.disturb = (sql) => {
    if (sql.startsWith('SELECT') && sql.includes(`enriched_${source.toLowerCase()}`)) reads++;
    return false;
  };
  try {
    for (let sequence = first; sequence <= app.ledger.snapshot().sequence; sequence++) {
      const [own, other] = await Promise.all([groupsOf(transactions.engine, sequence), groupsOf(memory, sequence)]);
      expect([sequence, own.sort()]).toEqual([sequence, other.sort()]);
    }
  } finally {
    clickhouse.disturb = undefined;
  }
  return reads;
};

const purchase = (userId: string, day: number, host: number): AnyWrite => ({
  kind: 'purchase',
  userId,
  day: `2020-06-0${day}`,
  host,
  price: day,
});
const status = (userId: string, day: number, to: 'paying' | 'cancelled'): AnyWrite => ({
  kind: 'status',
  userId,
  day: `2020-06-0${day}`,
  status: to,
});

const performAll = async (app: OpenApp, from: number, writes: readonly AnyWrite[]): Promise<void> => {
  for (const [index, write] of writes.entries()) await perform(app, write, from + index);
};

const before = [
  { kind: 'table', ranges: ['10.0.0.0,10.0.0.4,oslo'] } satisfies AnyWrite,
  ...[status('a', 2, 'paying'), purchase('a', 1, 1), purchase('a', 3, 9), purchase('b', 3, 2), purchase('c', 4, 3)],
];
/** Late corrections, one of them at the instant of an earlier change, and a file and attributes of users who have facts. */
const corrections: readonly AnyWrite[] = [
  status('a', 1, 'cancelled'),
  status('a', 2, 'cancelled'),
  status('b', 3, 'paying'),
  { kind: 'profile', userId: 'b', country: 'SE' },
  { kind: 'file', userId: 'c', name: 'Ada', year: 1980, image: true, removed: false },
  purchase('b', 5, 4),
  status('b', 3, 'cancelled'),
  { kind: 'file', userId: 'c', name: 'Ada', year: 2000, image: false, removed: false },
];

describe('stored enrichment', () => {
  it('gives the answers of the memory of every sequence number, while facts and late corrections come in', async () => {
    const { app, database } = await open();
    await performAll(app, 0, before);
    await stored(app);
    const base = app.app.ledger.snapshot().sequence;
    for (const [index, write] of corrections.entries()) {
      await perform(app, write, 100 + index);
      // Some are one step, others are together in one.
      if (index % 3 !== 1) await stored(app);
    }
    await stored(app);
    const reads = await compareFrom(base - 1, app);
    expect(reads).toBeGreaterThan(app.app.ledger.snapshot().sequence - base);
    const [counts] = await clickhouse.rows(
      `SELECT count(), countIf(state = 'BUILT'), sum(superseded) > 3 FROM ${database}.enrichment_progress WHERE state != 'PLANNED'`,
    );
    expect(Number(counts?.[0])).toBeGreaterThan(4);
    expect(counts?.slice(1).map(Number)).toEqual([1, 1]);
  });

  it('joins cities of a replaced table of addresses until they are stored anew', async () => {
    const { app, database } = await open();
    await performAll(app, 0, before);
    await stored(app);
    clickhouse.disturb = (sql, response) => {
      // No generation can be built.
      if (!/CREATE TABLE.*enriched_/.test(sql)) return false;
      response.writeHead(500, { 'x-clickhouse-exception-code': '252' });
      response.end('Code: 252. DB::Exception: Too many parts. (TOO_MANY_PARTS)');
      return true;
    };
    await performAll(app, 50, [{ kind: 'table', ranges: ['10.0.0.0,10.0.0.9,munich'] }, purchase('a', 2, 1)]);
    const { transactions } = app.app.domains;
    const newest = app.app.ledger.snapshot().sequence;
    const expected = (await groupsOf(await inMemory(app), newest)).sort();
    expect((await groupsOf(transactions.engine, newest)).sort()).toEqual(expected);
    clickhouse.disturb = undefined;
    await stored(app);
    expect(await compareFrom(app.app.ledger.snapshot().sequence - 3, app)).toBeGreaterThan(0);
    const [built] = await clickhouse.rows(
      `SELECT uniqExact(generation) FROM ${database}.enrichment_progress WHERE state = 'BUILT'`,
    );
    expect(built?.map(Number)).toEqual([2]);
  });

  it('goes on with an answer whose tables were dropped meanwhile, by two builds or with the database', async () => {
    const { app, database } = await open();
    await performAll(app, 0, before);
    await stored(app);
    const { transactions } = app.app.domains;
    const { sequence } = app.app.ledger.snapshot();
    const [answer, expected] = await Promise.all(
      [transactions.engine, await inMemory(app)].map((engine) => engine.group(query(sequence), budget())),
    );
    const pageRequest = { orderBy: 'AMOUNT', descending: true, limit: 2, fromEnd: false } as const;
    const page = await transactions.engine.page({ ...pageRequest, where: { userStatus: ['non-paying'] } });
    const count = await page.totalCount();
    const further = async (groups: FactGroups | undefined) => {
      if (!groups) throw new Error('there is no answer');
      const [medians, users] = await Promise.all([groups.medians(), groups.distinctUsers()]);
      const all = { afterSeq: 0, beforeSeq: Number.POSITIVE_INFINITY, limit: 9, fromEnd: false };
      const seqs = await groups.seqsOf(Array.from(groups.counts, (_count, group) => ({ ...all, group })));
      const rows = Array.from(groups.counts, (_count, group) => {
        const key = groupBy.map((_name, index) => groups.valueOf(group, index));
        return JSON.stringify([key, String(medians[group]), users[group], seqs[group]]);
      });
      return rows.sort();
    };
    const measured = await further(expected);
    expect(measured.length).toBeGreaterThan(2);
    const tablesOf = (): Promise<unknown[][]> =>
      clickhouse.rows(`SELECT name FROM system.tables WHERE database = '${database}' AND name LIKE 'enriched_t%'`);
    const first = await tablesOf();
    for (const [index, city] of ['munich', 'bergen', 'turku'].entries()) {
      await performAll(app, 50 + index, [{ kind: 'table', ranges: [`10.0.0.0,10.0.0.9,${city}`] }]);
      await stored(app);
    }
    expect(await tablesOf()).not.toContainEqual(first[0]);
    expect(await further(answer)).toEqual(measured);
    expect(await page.totalCount()).toBe(count);

    // The first block of the new copy is stored, the others are not.
    clickhouse.disturb = (sql, response) => {
      if (!sql.includes(database) || !/INSERT INTO.*progress.*PLANNED/s.test(sql) || /\n\[0,/.test(sql)) return false;
      response.destroy();
      return true;
    };
    await clickhouse.everywhere(`DROP DATABASE ${database}`);
    await performAll(app, 60, [purchase('a', 2, 1)]);
    const copied = () => clickhouse.rows(`SELECT count() FROM ${database}.status_changes`).catch(() => []);
    await expect.poll(copied).toEqual([[1]]);
    await expect(further(answer)).rejects.toMatchObject({ code: 'FACTS_UNAVAILABLE' });
    await expect(page.totalCount()).rejects.toMatchObject({ code: 'FACTS_UNAVAILABLE' });
    clickhouse.disturb = undefined;
    await stored(app);
    expect(await further(answer)).toEqual(measured);
    expect(await page.totalCount()).toBe(count);
  });

  it('counts no row of a step that failed, whether its statements took effect or not', async () => {
    const { app, database } = await open();
    await performAll(app, 0, before);
    await stored(app);
    let round = 0;
    for (const stage of ['disturb', 'disturbResponse'] as const)
      for (const failing of [
        /INSERT INTO.*enriched_transactions/s,
        /INSERT INTO.*enriched_superseded/s,
        /enrichment_progress.*DONE/s,
      ]) {
        let isDue = true;
        clickhouse[stage] = (sql, response) => {
          if (!isDue || !failing.test(sql)) return false;
          isDue = false;
          response.destroy();
          return true;
        };
        const day = 1 + Math.floor(round / 2);
        const change = status('b', day, round % 2 === 0 ? 'paying' : 'cancelled');
        await performAll(app, 200 + 10 * round, [change, purchase('b', 2, 5)]);
        round++;
        await stored(app);
        clickhouse[stage] = undefined;
        expect(isDue).toBe(false);
      }
    expect(await compareFrom(app.app.ledger.snapshot().sequence - 3, app)).toBeGreaterThan(0);
    const [failed] = await clickhouse.rows(
      `SELECT countIf(done = 0) FROM (SELECT attempt, countIf(state = 'DONE') AS done FROM ${database}.enrichment_progress WHERE attempt > 0 GROUP BY attempt)`,
    );
    expect(Number(failed?.[0])).toBe(5);
  });
});
