import { expect, it, onTestFinished } from 'vitest';
import { Work } from '../../src/lib/work.ts';
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
