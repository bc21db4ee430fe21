import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import type { FactEngine, GroupBudget } from '../../../src/domains/facts/engine.ts';
import { createEnrichedAggregate, type EnrichedAggregate } from '../../../src/domains/facts/enriched-aggregate.ts';
import { Work } from '../../../src/lib/work.ts';
import { type OpenApp, openApp } from '../../support/app.ts';

let opened: OpenApp;
/** The questions to the engine. */
let budgets: GroupBudget[];
let aggregates: EnrichedAggregate;

const purchase = (id: number): string =>
  JSON.stringify({
    click_id: `t${id}`,
    user_id: `u${id % 7}`,
    product_id: 'p',
    created_at: '2025-01-01',
    product_price: id,
  });
const buy = (from: number, to: number) =>
  opened.importFile('transactions', {
    name: `from-${from}.jsonl`,
    text: Array.from({ length: to - from }, (_each, index) => purchase(from + index)).join('\n'),
  });

beforeEach(async () => {
  opened = await openApp();
  onTestFinished(opened.close);
  await buy(0, 3000);
  const { transactions } = opened.app.domains;
  const { ledger } = opened.app;
  const limits = readConfig({ data: ':memory:' });
  budgets = [];
  const engine: FactEngine = {
    group(query, budget) {
      budgets.push(budget);
      return transactions.engine.group(query, budget);
    },
    page: (request, work) => transactions.engine.page(request, work),
    values: (request) => transactions.engine.values(request),
    warm: () => transactions.engine.warm(),
  };
  const facts = { source: transactions.source, engine, bySeqs: transactions.bySeqs };
  aggregates = createEnrichedAggregate([facts], ledger, { ...limits, queryGroupsMax: 10, rememberedGroupsMax: 20 });
});

const byUser = { source: 'TRANSACTIONS', groupBy: ['USER'], timeZone: 'UTC', orderBy: [] } as const;
const total = (groupBy: readonly never[] = []) => ({ ...byUser, groupBy });

describe('equal questions about one snapshot', () => {
  it('share one computation and its further passes', async () => {
    const found = await Promise.all([1, 2, 3].map(() => aggregates.aggregate(byUser)));
    expect(found.map(({ count, total }) => [count, total.count])).toEqual([
      [7, 3000],
      [7, 3000],
      [7, 3000],
    ]);
    const again = await aggregates.aggregate({ ...byUser, orderBy: [{ dimension: 'USER', descending: true }] });
    expect((await again.groups(0, 1))[0]?.key).toEqual({ USER: 'u6' });
    expect(await again.total.median()).toBe(1_499_500_000n);
    expect(budgets).toHaveLength(1);
  });

  it('are computed anew for another question, and after another record', async () => {
    const before = await aggregates.aggregate(byUser);
    await aggregates.aggregate({ ...byUser, where: { userIds: ['u1'] } });
    expect(budgets).toHaveLength(2);
    await buy(3000, 3001);
    const after = await aggregates.aggregate(byUser);
    expect([before.total.count, after.total.count]).toEqual([3000, 3001]);
    const asOf = { sequence: before.sequence };
    expect((await aggregates.aggregate({ ...byUser, asOf })).total.count).toBe(3000);
    expect((await aggregates.aggregate({ ...byUser, asOf })).total.count).toBe(3000);
    expect(budgets).toHaveLength(4);
  });

  it('go on when the request that began them is left, and end when all are', async () => {
    const works = [new Work(), new Work()];
    const found = works.map((work) => aggregates.aggregate(byUser, work));
    works[0]?.end(new Error('left'));
    await expect(found[0]).rejects.toThrow('left');
    expect((await found[1])?.total.count).toBe(3000);
    expect(budgets).toHaveLength(1);

    const others = [new Work(), new Work()];
    const both = others.map((work) => aggregates.aggregate(total(), work));
    for (const work of others) work.end(new Error('left'));
    for (const each of both) await expect(each).rejects.toThrow('left');
    expect(budgets.at(-1)?.work.hasEnded).toBe(true);
    expect((await aggregates.aggregate(total())).total.count).toBe(3000);
  });

  it('count the groups of each request, and a request with too many does not fail others', async () => {
    const greedy = new Work();
    await aggregates.aggregate(byUser, greedy);
    await expect(aggregates.aggregate(byUser, greedy)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await buy(3000, 3001);
    const used = new Work();
    used.groups = 8;
    const results = await Promise.allSettled([aggregates.aggregate(byUser, used), aggregates.aggregate(byUser)]);
    expect(results).toMatchObject([
      { status: 'rejected', reason: { code: 'LIMIT_EXCEEDED' } },
      { status: 'fulfilled', value: { count: 7 } },
    ]);
  });

  it('are forgotten beyond rememberedGroupsMax', async () => {
    const users = ['u0', 'u1', 'u2', 'u3', 'u4', 'u5'];
    const ask = (count: number) => aggregates.aggregate({ ...byUser, where: { userIds: users.slice(0, count) } });
    for (const count of [6, 6, 5, 5, 4, 4, 3, 3, 2]) await ask(count);
    expect(budgets).toHaveLength(5);
    await ask(2);
    expect(budgets).toHaveLength(5);
    await ask(6);
    expect(budgets).toHaveLength(6);
  });
});
