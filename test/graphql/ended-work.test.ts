import { GraphQLInt, GraphQLList, GraphQLObjectType, GraphQLSchema, parse } from 'graphql';
import { expect, it, onTestFinished } from 'vitest';
import { createExecute } from '../../src/graphql/execute.ts';
import { SharedWork, Work } from '../../src/lib/work.ts';
import { Turnstile } from '../../src/lib/yielding.ts';
import { type OpenApp, openApp, origin } from '../support/app.ts';

const users = 3000;

const opened = async (settings: Record<string, string> = {}, onStatement: (sql: string) => void = () => undefined) => {
  const app = await openApp({ settings, onStatement });
  onTestFinished(app.close);
  const lines = Array.from({ length: users }, (_, index) =>
    JSON.stringify({
      ...{ click_id: index, created_at: '2020-01-01T12:00:00', product_id: 'p', product_price: 1, ip: '10.0.0.1' },
      user_id: `u${index}`,
    }),
  );
  await app.importFile('transactions', { name: 't.jsonl', text: lines.join('\n') });
  return app;
};

const byUser = 'enrichedAggregate(groupBy: [USER], first: 1) { totalCount }';

const messageOf = async (app: OpenApp, query: string) => {
  const { errors: [error] = [] } = await app.query(query);
  return [error?.extensions?.code, error?.message];
};

it('aggregates with more groups than an operation may hold are refused, one or several together', async () => {
  const app = await opened({ queryGroupsMax: '3500' });
  expect((await app.query(`{ ${byUser} }`)).errors).toBeUndefined();
  const refused = ['LIMIT_EXCEEDED', expect.stringContaining('setting queryGroupsMax)')];
  expect(await messageOf(app, `{ a: ${byUser} b: ${byUser} }`)).toEqual(refused);
  const narrow = await opened({ queryGroupsMax: '2999' });
  expect(await messageOf(narrow, `{ ${byUser} }`)).toEqual(refused);
});

it('a query that takes longer than it may ends with TIMEOUT, and a mutation does not', async () => {
  const app = await opened({ queryMsMax: '1' });
  const many = Array.from({ length: 20 }, (_, index) => `a${index}: ${byUser}`).join(' ');
  for (const path of ['', `?${new URLSearchParams({ query: `{ ${many} }` })}`]) {
    const init = path === '' ? { method: 'POST', body: JSON.stringify({ query: `{ ${many} }` }) } : {};
    const response = await app.get(`/graphql${path}`, { ...init, headers: { 'content-type': 'application/json' } });
    expect([response.status, await response.json()]).toEqual([
      503,
      { errors: [{ message: expect.stringContaining('setting queryMsMax)'), extensions: { code: 'TIMEOUT' } }] },
    ]);
  }
  const mutation = 'mutation { recordStatusChanges(input: { statusChanges: [] }) { __typename } }';
  expect(await messageOf(app, mutation)).not.toContain('TIMEOUT');
});

it('an answer with more errors than it may have is refused as a whole', async () => {
  const ids = Array.from({ length: 40 }, (_, index) => `bad_${index}`);
  const wrongIds = `query ($ids: [ID!]!) { a: nodes(ids: $ids) { id } b: nodes(ids: $ids) { id } c: server { version } }`;
  const { query } = await opened({ queryErrorsMax: '79' });
  const refused = await query(wrongIds, { ids });
  expect(refused.data ?? null).toBeNull();
  expect(refused.errors).toEqual([
    { message: expect.stringContaining('more than 79 errors'), extensions: { code: 'LIMIT_EXCEEDED' } },
  ]);
  expect(refused.errors?.[0]?.message).toContain('(setting queryErrorsMax)');
  const wide = await opened({ queryErrorsMax: '80' });
  expect((await wide.query(wrongIds, { ids })).errors).toHaveLength(80);
});

it('an aggregate stops at its next yield when its work ends', async () => {
  const { app } = await opened();
  const work = new Work();
  const request = { source: 'TRANSACTIONS', groupBy: ['USER'], timeZone: 'UTC', orderBy: [] } as const;
  const running = app.domains.enrichedAggregate.aggregate(request, work);
  work.end(new Error('left'));
  await expect(running).rejects.toThrow('left');
  // It had yielded after its first rows.
  expect(work.groups).toBeLessThan(users);
  expect((await app.domains.enrichedAggregate.aggregate(request)).count).toBe(users);
});

const rowsQuery = '{ transactions(first: 1000) { nodes { userId } } }';
const isRead = (sql: string): boolean => /from "?transactions"?/i.test(sql);

it('a request whose client left reads no rows', async () => {
  const statements: string[] = [];
  const { app, query } = await opened({}, (sql) => statements.push(sql));
  statements.length = 0;
  const controller = new AbortController();
  const sent = new Request(`${origin}/graphql?${new URLSearchParams({ query: rowsQuery })}`, {
    signal: controller.signal,
  });
  const answered = app.fetch(sent).catch(() => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  await answered;
  expect(statements.filter(isRead)).toEqual([]);
  expect((await query(rowsQuery)).errors).toBeUndefined();
  expect(statements.filter(isRead)).not.toEqual([]);
});

it('of a list with many fields that are awaited, only so many are at once, and each has its value', async () => {
  const [items, fields] = [1000, 40];
  let open = 0;
  let most = 0;
  const resolve = async (item: number): Promise<number> => {
    most = Math.max(most, ++open);
    await new Promise((goOn) => setImmediate(goOn));
    open--;
    if (item === 7) throw new Error('seven');
    return item;
  };
  const itemType = new GraphQLObjectType({ name: 'Item', fields: { value: { type: GraphQLInt, resolve } } });
  const query = new GraphQLObjectType({
    name: 'Query',
    fields: {
      items: { type: new GraphQLList(itemType), resolve: () => Array.from({ length: items }, (_, index) => index) },
    },
  });
  const schema = new GraphQLSchema({ query });
  const aliases = Array.from({ length: fields }, (_, index) => `a${index}: value`).join(' ');
  const document = parse(`{ items { ${aliases} } }`);
  const { data, errors } = await createExecute(schema)({ schema, document, work: new Work() });
  const valuesOf = (item: number) => Array.from({ length: fields }, () => (item === 7 ? null : item));
  const found = (data as { items: Record<string, number | null>[] }).items.map((item) => Object.values(item));
  expect(found).toEqual(Array.from({ length: items }, (_, item) => valuesOf(item)));
  expect(errors).toHaveLength(fields);
  expect(most).toBeGreaterThan(1000);
  expect(most).toBeLessThan(5000);
});

it('work that several requests share ends when all of theirs have ended, and never when one has none', () => {
  const [first, second] = [new Work(), new Work()];
  const [shared, kept] = [new SharedWork(), new SharedWork()];
  for (const work of [first, second]) shared.add(work);
  for (const work of [first, undefined]) kept.add(work);
  first.end(new Error('first'));
  expect([shared.hasEnded, kept.hasEnded]).toEqual([false, false]);
  second.end(new Error('second'));
  expect([shared.hasEnded, kept.hasEnded]).toEqual([true, false]);
  expect(() => shared.check()).toThrow('second');
});

it('an earlier state that one request no longer needs is still joined for another', async () => {
  const { app } = await opened();
  const request = { source: 'TRANSACTIONS', groupBy: ['USER_STATUS'], timeZone: 'UTC', orderBy: [] } as const;
  const past = { ...request, asOf: { validAtUs: Date.UTC(2020, 0, 1) * 1000 } };
  const [left, waits] = [new Work(), new Work()];
  const { enrichedAggregate } = app.domains;
  const both = [enrichedAggregate.aggregate(past, left), enrichedAggregate.aggregate(past, waits)] as const;
  left.end(new Error('left'));
  await expect(both[0]).rejects.toThrow('left');
  expect((await both[1]).total.count).toBe(users);
  const alone = new Work();
  const other = { ...request, asOf: { validAtUs: Date.UTC(2021, 0, 1) * 1000 } };
  const ended = enrichedAggregate.aggregate(other, alone);
  alone.end(new Error('gone'));
  await expect(ended).rejects.toThrow('gone');
  expect((await enrichedAggregate.aggregate(other)).total.count).toBe(users);
});

it('a turnstile lets so many tasks run at once, and the others in order', async () => {
  const turnstile = new Turnstile(2);
  const ends: (() => void)[] = [];
  const started: number[] = [];
  const tasks = [0, 1, 2, 3].map((task) =>
    turnstile.run(async () => {
      started.push(task);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (task === 1) throw new Error('failed');
      return task;
    }),
  );
  const settled = Promise.allSettled(tasks);
  expect(started).toEqual([0, 1]);
  for (let next = 0; next < 4; next++) {
    ends[next]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toEqual([0, 1, 2, 3].slice(0, next + 3));
  }
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
});
