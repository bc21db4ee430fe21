import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { createDemoData } from '../src/demo/demo-data.ts';
import { isDemoNeeded, loadDemo } from '../src/demo/load.ts';
import { createRandom } from '../src/demo/random.ts';
import { formatMicros, microsOf, parseDecimal } from '../src/lib/decimal.ts';
import { parseInstant } from '../src/lib/time.ts';
import { Work } from '../src/lib/work.ts';
import { folder } from './cli/asof-process.ts';
import { demoApp } from './support/demo-app.ts';

const open = () => {
  const app = createApp(readConfig({ data: ':memory:' }), { log: pino({ level: 'silent' }) });
  onTestFinished(() => app.close());
  return app;
};

const loaded = async () => {
  const app = open();
  const data = await folder();
  await loadDemo(app.domains, join(data, 'tmp'));
  expect(await readdir(join(data, 'tmp'))).toEqual([]);
  await app.start();
  return app;
};

const demoData = createDemoData();
const textOf = (name: string): string => demoData.files.find((file) => file.name === name)?.text ?? '';

describe('createRandom', () => {
  it('createRandom returns the numbers of the reference implementation', () => {
    // https://gist.github.com/tommyettinger/46a874533244883189143505d203312c, in JavaScript, seed 1.
    const random = createRandom(1);
    expect([1, 2, 3].map(() => random.below(2 ** 32))).toEqual([2693262067, 11749833, 2265367787]);
  });

  it('createRandom never draws an item of weight 0', () => {
    const random = createRandom(7);
    const drawn = new Set(Array.from({ length: 1000 }, () => random.weighted([0, 3, 0, 1, 0])));
    expect(drawn).toEqual(new Set([1, 3]));
  });
});

describe('the demo data', () => {
  it('the demo data is the same on every machine and in every run', () => {
    const digestOf = (texts: readonly string[]) => createHash('sha256').update(texts.join('')).digest('hex');
    const { files, plan, conversations } = createDemoData();
    const texts = files.map(({ name, text }) => `${name}\n${text}`);
    // The examples name sequence numbers of the first four: what is added goes behind them.
    expect(digestOf(texts.slice(0, 4))).toBe('e025661a1d85157d7dba2957e8e9d8f3c1bb554d4b6c814fd7080a4a34acaee7');
    expect(digestOf([...texts.slice(4), JSON.stringify({ plan, conversations })])).toBe(
      '56e151e4de0ddd21c388db9dcbb92d88df1c25e3a5cade43b7aa7e7519c88bfc',
    );
  });

  it('the demo data describes a small business over one year', () => {
    const changes = JSON.parse(textOf('demo/status-changes.json')) as { user_id: string; created_at: string }[];
    const purchases = textOf('demo/transactions.json').trimEnd().split('\n');
    expect(new Set(changes.map(({ user_id }) => user_id)).size).toBe(300);
    expect(changes.length).toBeGreaterThan(1000);
    expect(purchases.length).toBeGreaterThan(4500);
    expect(purchases.length).toBeLessThan(5500);
    expect(purchases.every((line) => line.includes('"created_at": "2025-'))).toBe(true);
    expect(changes.every(({ created_at }) => created_at >= '2024-11-02' && created_at < '2026')).toBe(true);
  });

  it('the demo data is imported completely, and the counts of its imports add up', async () => {
    const app = await loaded();
    const imports = app.domains.imports.importsByIds([1, 2, 3, 4, 5, 6]);
    expect(imports.map((row) => row?.source)).toEqual(demoData.files.map(({ name }) => name));
    for (const [index, row] of imports.entries())
      expect(row).toMatchObject({ rejected: demoData.files[index]?.rejected, conflicts: 0, unchanged: 0 });
    expect(app.store.verify().problems).toEqual([]);
  });

  it('the aggregate adds the demo data up exactly', async () => {
    const app = await loaded();
    const { total, ...aggregation } = await app.domains.enrichedAggregate.aggregate({
      source: 'TRANSACTIONS',
      groupBy: ['USER_STATUS', 'CITY'],
      timeZone: 'UTC',
      orderBy: [],
    });
    const groups = await aggregation.groups();
    const prices = textOf('demo/transactions.json').match(/(?<="product_price": )[\d.]+/g) ?? [];
    const expected = prices.reduce((sum, price) => sum + microsOf(parseDecimal(price) ?? { units: 0, micros: 0 }), 0n);
    expect(total.count).toBe(prices.length);
    expect(formatMicros(total.sum)).toBe(formatMicros(expected));
    expect(groups.reduce((sum, { measures }) => sum + measures.sum, 0n)).toBe(expected);
    expect(new Set(groups.map(({ key }) => key.CITY)).size).toBe(11);
    expect(new Set(groups.map(({ key }) => key.USER_STATUS)).size).toBe(3);
  });

  it('the demo data contains a correction of the status of u-1001', async () => {
    const { userStatus, imports } = (await loaded()).domains;
    const atUs = parseInstant('2025-05-20') ?? 0;
    expect(userStatus.statusAt('u-1001', atUs).status).toBe('paying');
    const stored = imports.importsByIds([1, 2, 3]).reduce((sum, row) => sum + (row?.accepted ?? 0), 0);
    // And one record for the table of ranges as a whole.
    expect(userStatus.statusAt('u-1001', atUs, { sequence: stored + 1 }).status).toBe('cancelled');
  });

  it('the demo data has an experiment that is broken in two markets but not in all markets together', async () => {
    const { query, close } = await demoApp();
    onTestFinished(close);
    const { data } = await query<{ monitor: { isPlanned: boolean; checks: Record<string, unknown>[] } }>(
      `{ monitor { isPlanned checks { __typename verdict country
        ... on SampleRatioTest { suspects(first: 1) { dimension value } } ... on DeploymentGap { kind variant } } } }`,
    );
    expect(data?.monitor.isPlanned).toBe(true);
    const [broken, silent, ...others] = data?.monitor.checks ?? [];
    const suspects = [{ dimension: 'ACCOUNT_TYPE', value: 'paid' }];
    expect(broken).toEqual({ __typename: 'SampleRatioTest', verdict: 'BROKEN', country: 'DE', suspects });
    const gap = { verdict: 'BROKEN', country: 'FR', kind: 'WENT_SILENT', variant: null };
    expect(silent).toEqual({ __typename: 'DeploymentGap', ...gap });
    expect(others.map(({ __typename, verdict, country }) => [__typename, verdict, country])).toEqual([
      ['CrossoverCheck', 'WATCH', null],
      ['CrossoverCheck', 'WATCH', 'SE'],
      ['UnknownUserCheck', 'WATCH', null],
      ['SampleRatioTest', 'NOT_ENOUGH_DATA', 'unknown'],
      ['SampleRatioTest', 'HEALTHY', null],
      ['SampleRatioTest', 'HEALTHY', 'FR'],
      ['SampleRatioTest', 'HEALTHY', 'SE'],
    ]);
  });

  it('the demo data has three events of a faulty client that are stored as rejects', async () => {
    const { rejects } = (await loaded()).domains;
    const { rows } = rejects.page({ target: 'EXPERIMENT_EVENTS' }, { limit: 10, fromEnd: true });
    expect(rows.map(({ problems }) => problems.map(({ path }) => path))).toEqual([
      ['version'],
      ['date'],
      ['order_value'],
    ]);
  });

  it('the demo data has conversations that started when it was loaded', async () => {
    const { dashboard } = (await loaded()).domains;
    const { total, orphanFollowups } = await dashboard.figures({ timeZone: 'UTC' }, new Work());
    const followups = demoData.conversations.reduce((sum, each) => sum + each.followups, 0);
    expect(total.count).toBe(demoData.conversations.filter(({ symbol }) => symbol !== null).length);
    expect(total.followups + orphanFollowups).toBe(followups);
    expect(orphanFollowups).toBeGreaterThan(0);
  });

  it('loading the demo data continues where an interrupted start stopped', async () => {
    const app = open();
    const { imports, ...others } = app.domains;
    const broken = { ...others, imports, experiments: { save: () => Promise.reject(new Error('the power is gone')) } };
    expect(isDemoNeeded(imports)).toBe(true);
    await expect(loadDemo(broken, await folder())).rejects.toThrow('the power is gone');
    expect(isDemoNeeded(imports)).toBe(true);
    await loadDemo(app.domains, await folder());
    expect(isDemoNeeded(imports)).toBe(false);
    await app.start();
    expect(app.ledger.snapshot().sequence).toBe((await loaded()).ledger.snapshot().sequence);
  });

  it('loading the demo data a second time adds nothing', async () => {
    const app = await loaded();
    const { sequence } = app.ledger.snapshot();
    await loadDemo(app.domains, await folder());
    expect(app.ledger.snapshot().sequence).toBe(sequence);
    expect(isDemoNeeded(app.domains.imports)).toBe(false);
  });

  it('loading the demo data fails with the name of the file that was not imported', async () => {
    const app = open();
    const { imports, ...others } = app.domains;
    const swapped = {
      ...imports,
      start: (_target: string, files: Parameters<typeof imports.start>[1]) => imports.start('transactions', files),
    };
    await expect(loadDemo({ ...others, imports: swapped }, await folder())).rejects.toThrow(
      'the demo file demo/ip-ranges.json was not imported',
    );
  });
});
