import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Changes } from '../../../src/domains/changes/changes.ts';
import { type ChangeKind, changeKinds, unrecordedKinds } from '../../../src/domains/changes/kinds.ts';
import { createLedger } from '../../../src/ledger/ledger.ts';
import { fixture, openApp } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';
import { folderOf } from '../../support/documents.ts';
import { sendEvents, sendUsers } from '../../support/events.ts';
import { follow } from '../../support/sse.ts';
import { testStore } from '../../support/store.ts';
import { type TestServer, testServer } from '../../support/test-server.ts';
import { folderSource, userCsv } from '../../support/user-sources.ts';

const changes = 'subscription { changes(every: "PT0.25S") { sequence at kinds } }';
interface ChangesResult {
  readonly changes: { readonly sequence: number; readonly at: string | null; readonly kinds: ChangeKind[] };
}

/** What a client of `changes` has received about an action. */
const followKinds = async (app: TestServer) => {
  const followed = await app.follow<ChangesResult>(changes);
  const first = await followed.next();
  return {
    first: first?.data?.changes,
    /** The kinds that are reported for an action, in the order of the schema. */
    async kindsOf(action: () => Promise<unknown>): Promise<ChangeKind[]> {
      await action();
      // Documents come last in the order of kinds, and no action of these tests changes them.
      app.app.domains.changes.mark(['DOCUMENTS']);
      const kinds = new Set<ChangeKind>();
      while (!kinds.has('DOCUMENTS'))
        for (const kind of (await followed.next())?.data?.changes.kinds ?? []) kinds.add(kind);
      kinds.delete('DOCUMENTS');
      return changeKinds.filter((kind) => kinds.has(kind));
    },
  };
};

const mutate = async (app: TestServer, mutation: string): Promise<unknown> => {
  const { data, errors } = await app.query(`mutation { ${mutation} { __typename } }`);
  expect(errors).toBeUndefined();
  return data;
};

/** Actions, and the kinds that each of them changes. */
const actions: readonly (readonly [string, readonly ChangeKind[], (app: TestServer) => Promise<unknown>])[] = [
  [
    'a transaction',
    ['TRANSACTIONS'],
    (app) =>
      mutate(
        app,
        'recordTransactions(input: { transactions: [{ transactionId: "1", userId: "u", occurredAt: "2020-01-01", productId: "p", amount: "1" }] })',
      ),
  ],
  [
    'a status change',
    ['STATUS_CHANGES'],
    (app) =>
      mutate(
        app,
        'recordStatusChanges(input: { changes: [{ userId: "u", status: PAYING, effectiveAt: "2020-01-01" }] })',
      ),
  ],
  [
    'a status change that is rejected',
    ['REJECTED_RECORDS'],
    (app) =>
      mutate(
        app,
        'recordStatusChanges(input: { changes: [{ userId: "", status: PAYING, effectiveAt: "2020-01-01" }] })',
      ),
  ],
  ['an event', ['EVENTS'], (app) => sendEvents(app, [{ userId: 'u', eventId: 'e' }])],
  ['the same event again', ['EVENTS'], (app) => sendEvents(app, [{ userId: 'u', eventId: 'e' }])],
  ['a user', ['USERS'], (app) => sendUsers(app, { u: 'SE' })],
  [
    'a conversation',
    ['CONVERSATIONS'],
    (app) => mutate(app, 'startConversation(input: { uuid: "00000000-0000-4000-8000-000000000001", symbol: "a" })'),
  ],
  ['a plan', ['EXPERIMENTS'], (app) => mutate(app, 'saveExperiment(input: { key: "x", startedAt: "2020-01-01" })')],
  [
    'an exclusion',
    ['EXCLUDED_USERS'],
    (app) => mutate(app, 'excludeUsers(input: { userIds: ["u"], reason: "a tester" })'),
  ],
  [
    'a file of IP ranges',
    ['IP_RANGES', 'IMPORTS'],
    (app) => app.importFile('ip-ranges', { name: 'a.csv', text: 'start,end,city\n10.0.0.1,10.0.0.9,oslo\n' }),
  ],
  [
    'a file with a rejected record',
    ['STATUS_CHANGES', 'IMPORTS', 'REJECTED_RECORDS'],
    (app) =>
      app.importFile('user-status', {
        name: 'b.csv',
        text: 'user_id,created_at,status\nv,2020-01-01,paying\nv,never,paying\n',
      }),
  ],
  ['a dataset', ['IMPORTS', 'DATASETS'], (app) => importCsv(app, 'songs', 'a\n1\n')],
  ['a dry run', [], (app) => mutate(app, 'saveExperiment(input: { key: "y", startedAt: "2020-01-01", dryRun: true })')],
  ['a question', [], (app) => app.query('{ server { snapshot { sequence } } }')],
];

describe('kinds of changes', () => {
  it('the first result has all kinds, and each later one what has changed', { timeout: 30_000 }, async () => {
    const app = await testServer();
    const { first, kindsOf } = await followKinds(app);
    expect(first).toEqual({ sequence: 0, at: null, kinds: [...changeKinds] });
    for (const [name, kinds, action] of actions)
      expect([name, await kindsOf(() => action(app))]).toEqual([name, kinds]);
  });

  it('alerts and API keys', async () => {
    const app = await testServer({ settings: { alertAllow: '127.0.0.1' } });
    const { kindsOf } = await followKinds(app);
    const add = 'addAlert(input: { when: IMPORT_FAILED, url: "http://127.0.0.1:1/" })';
    expect(await kindsOf(() => mutate(app, add))).toEqual(['ALERTS']);
    const { apiKeys, changes: followed } = app.app.domains;
    // Subscribers without a key lose access as soon as there is one.
    const reports = followed.follow(0);
    await reports.next();
    await apiKeys.add('shop', ['read']);
    expect((await reports.next()).value?.kinds).toEqual(['API_KEYS']);
    await apiKeys.revoke('shop', { evenIfLast: true });
    expect((await reports.next()).value?.kinds).toEqual(['API_KEYS']);
  });

  it('a synchronization of user files', async () => {
    const source = await folderSource();
    await source.write('u1.csv', userCsv('Ada', 'King', 0));
    const app = await testServer({ settings: { ...source.settings, userFilesEveryMinutes: '60' } });
    const { kindsOf } = await followKinds(app);
    await source.write('u2.csv', userCsv('Bo', 'Lee', 0));
    const synchronize = async () => (await app.app.domains.userSync.run()).done;
    expect(await kindsOf(synchronize)).toEqual(['USERS', 'IMPORTS', 'USER_SYNC']);
    // Nothing is new in the source, but a run has ended.
    expect(await kindsOf(synchronize)).toEqual(['IMPORTS', 'USER_SYNC']);
  });

  it('trusted documents that are read again', async () => {
    const documents = await folderOf({ 'a.graphql': 'query A { server { version } }' });
    const app = await testServer({ settings: { documents, documentsWatchMs: '10' } });
    const followed = await app.follow<ChangesResult>(changes);
    await followed.next();
    await writeFile(join(documents, 'b.graphql'), 'query B { server { version } }');
    expect((await followed.next())?.data?.changes.kinds).toEqual(['DOCUMENTS']);
  });

  it('what another process records is reported by kind, and what has no sequence number as possibly changed', async () => {
    const app = await testServer({ onDisk: true, settings: { followMs: '10' } });
    const other = await openApp({ data: app.data });
    onTestFinished(other.close);
    const followed = await app.follow<ChangesResult>(changes);
    await followed.next();
    await other.importFile('transactions', fixture('transactions.jsonl'));
    const seen = new Set<ChangeKind>();
    while (!seen.has('TRANSACTIONS') || !seen.has('IMPORTS'))
      for (const kind of (await followed.next())?.data?.changes.kinds ?? []) seen.add(kind);
    const isExpected = (kind: ChangeKind) => kind === 'TRANSACTIONS' || unrecordedKinds.some((each) => each === kind);
    expect([...seen].filter((kind) => !isExpected(kind))).toEqual([]);
  });
});

describe('the subscription to changes', () => {
  it('a client that queries again after a result finds at least its sequence', async () => {
    const app = await testServer();
    const followed = await app.follow<ChangesResult>(changes);
    await followed.next();
    for (let round = 1; round <= 3; round++) {
      await sendEvents(app, [{ userId: `u${round}` }]);
      const result = (await followed.next())?.data?.changes;
      expect(result).toMatchObject({ sequence: round, kinds: ['EVENTS'] });
      const { data } = await app.query('{ server { snapshot { sequence at } } }');
      expect(data).toEqual({ server: { snapshot: { sequence: round, at: result?.at } } });
    }
  });

  it('sends few results for many changes, and none without a change', async () => {
    const app = await testServer();
    const followed = await app.follow<ChangesResult>(changes);
    await followed.next();
    for (let index = 0; index < 200; index++) await sendEvents(app, [{ userId: `u${index}` }]);
    let results = 0;
    for (let sequence = 0; sequence < 200; results++) sequence = (await followed.next())?.data?.changes.sequence ?? 0;
    expect(results).toBeLessThan(50);
    await followed.pinged(2);
    app.app.domains.changes.mark(['ALERTS']);
    expect((await followed.next())?.data?.changes.kinds).toEqual(['ALERTS']);
  });

  it('runs no statement of its own, however many clients follow', async () => {
    const statements: string[] = [];
    const app = await testServer({ onStatement: (sql) => void statements.push(sql) });
    const statementsWith = async (clients: number): Promise<number> => {
      const followed = await Promise.all(
        Array.from({ length: clients }, () => follow<ChangesResult>(app.server.url, changes)),
      );
      for (const { next } of followed) await next();
      await sendEvents(app, [{ userId: 'warm' }]);
      for (const { next } of followed) await next();
      statements.length = 0;
      await sendEvents(app, [{ userId: 'u' }]);
      for (const { next } of followed) await next();
      const { length } = statements;
      for (const { leave } of followed) leave();
      return length;
    };
    // The server's own timers may run a statement at any moment.
    expect(await statementsWith(40)).toBeLessThan((await statementsWith(1)) + 20);
  });

  it('counts towards subscriptionsMax, and leaves nothing behind', async () => {
    const app = await testServer({ settings: { subscriptionsMax: '2' } });
    const all = await Promise.all([app.follow(changes), app.follow(changes)]);
    for (const { next } of all) await next();
    expect(app.app.domains.changes.listeners).toBe(2);
    expect(await (await app.follow(changes)).next()).toMatchObject({
      errors: [{ extensions: { code: 'OVERLOADED' } }],
    });
    for (const { leave } of all) leave();
    await expect.poll(() => app.app.domains.changes.listeners).toBe(0);
  });

  it('refuses an interval that is too short or no duration', async () => {
    const app = await testServer();
    const codeOf = async (every: string) =>
      (await (await app.follow(`subscription { changes(every: "${every}") { sequence } }`)).next())?.errors?.[0]
        ?.extensions?.code;
    expect(await codeOf('PT0.1S')).toBe('LIMIT_EXCEEDED');
    expect(await codeOf('soon')).toBeDefined();
  });

  it('needs a key of scope read or ingest where keys are in use, and ends with the key', async () => {
    const app = await testServer({
      settings: { apiKeys: 'read:r-key-of-a-test-0123456789,ingest:i-key-of-a-test-0123456789' },
    });
    const send = (key?: string) =>
      fetch(`${app.server.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          ...(key ? { 'x-api-key': key } : {}),
        },
        body: JSON.stringify({ query: changes }),
      });
    expect(await (await send()).text()).toContain('UNAUTHENTICATED');
    const key = await app.app.domains.apiKeys.add('tab', ['ingest']);
    const response = await send(key);
    await app.app.domains.apiKeys.revoke('tab', { evenIfLast: true });
    const text = await response.text();
    expect(text).not.toContain('"errors"');
    expect(text).toContain('event: complete');
  });
});

describe('reports', () => {
  const kind = fc.constantFrom(...changeKinds);
  const steps = fc.array(fc.oneof(fc.array(kind, { maxLength: 3 }), fc.nat(2)), { maxLength: 40 });

  it('each client gets the kinds marked since its previous report, whoever else reads', async () => {
    const store = testStore();
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const followed = new Changes(store, createLedger(store));
        const clients = [0, 1, 2].map(() => ({
          reports: followed.follow(0),
          missed: new Set<ChangeKind>(changeKinds),
        }));
        for (const step of all) {
          if (typeof step !== 'number') {
            followed.mark(step);
            for (const { missed } of clients) for (const each of step) missed.add(each);
            continue;
          }
          const { reports, missed } = clients[step] as (typeof clients)[number];
          if (missed.size === 0) continue;
          const { value } = await reports.next();
          expect(value?.kinds).toEqual(changeKinds.filter((each) => missed.has(each)));
          missed.clear();
        }
        for (const { reports } of clients) await reports.return?.();
        expect(followed.listeners).toBe(0);
      }),
    );
  });
});
