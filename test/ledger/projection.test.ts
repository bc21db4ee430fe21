import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conversations, followups, statusChanges, transactions } from '../../db/tables/index.ts';
import { createLedger } from '../../src/ledger/ledger.ts';
import { inApplyOrder } from '../../src/ledger/projection.ts';
import { openApp } from '../support/app.ts';
import { appendChange, testStore } from '../support/store.ts';

const named = (name: string, after: string[] = []) => ({ projection: { name, after } });

const orderOf = (registered: ReturnType<typeof named>[]): string[] =>
  inApplyOrder(registered).map(({ projection }) => projection.name);

describe('the order of projections', () => {
  it('puts each projection after those it names, and does not depend on the order of registration', () => {
    const registered = [
      named('sales', ['users', 'cities']),
      named('users'),
      named('cities'),
      named('files', ['users']),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(registered, { minLength: registered.length }), (shuffled) => {
        expect(orderOf(shuffled)).toEqual(['cities', 'users', 'files', 'sales']);
      }),
    );
  });

  it.each([
    ['an unknown projection', [named('a', ['b'])], 'projection a is declared after b, which is not registered'],
    ['itself', [named('a', ['a'])], 'projections a are declared after each other'],
    ['a circle', [named('a', ['b']), named('c', ['a']), named('b', ['c']), named('d')], 'a, b, c are declared after'],
    ['a name that is used twice', [named('a'), named('a')], 'two projections are called a'],
  ])('is refused when a declaration names %s', (_what, registered, message) => {
    expect(() => orderOf(registered)).toThrow(message);
  });
});

describe('a ledger', () => {
  it('fails to start when the order of its projections is wrong', async () => {
    const ledger = createLedger(testStore());
    ledger.subscribe(statusChanges, ['seq'], {
      name: 'status',
      after: ['users'],
      apply: () => undefined,
      exchange: () => undefined,
    });
    await expect(ledger.catchUp()).rejects.toThrow('status is declared after users');
    expect(ledger.ready).toBe(false);
  });

  it('refuses a second projection of a table, and any projection after the rebuild began', async () => {
    const ledger = createLedger(testStore());
    ledger.subscribe(statusChanges, ['seq'], { name: 'status', apply: () => undefined, exchange: () => undefined });
    expect(() =>
      ledger.subscribe(statusChanges, ['seq'], { name: 'again', apply: () => undefined, exchange: () => undefined }),
    ).toThrow('again and status are projections of the same table');
    await ledger.catchUp();
    expect(() =>
      ledger.subscribe(transactions, ['seq'], { name: 'late', apply: () => undefined, exchange: () => undefined }),
    ).toThrow('projection late is registered after the rebuild began');
  });

  it('prepares all projections before it applies any, each time in the declared order', async () => {
    const store = testStore();
    const ledger = createLedger(store);
    const calls: string[] = [];
    const projection = (name: string, after: string[]) => ({
      name,
      after,
      prepare: async () => void calls.push(`prepare ${name}`),
      apply: () => void calls.push(`apply ${name}`),
      rebuilt: async () => void calls.push(`rebuilt ${name}`),
      exchange: () => undefined,
    });
    // Registered and appended against the declared order.
    ledger.subscribe(followups, ['seq'], projection('followups', ['starts', 'status']));
    ledger.subscribe(conversations, ['seq'], projection('starts', ['status']));
    ledger.subscribe(statusChanges, ['seq'], projection('status', []));
    const commit = () =>
      store.write((tx) => {
        tx.append(followups, { uuid: 'u' });
        tx.append(conversations, { uuid: `u${tx.nowUs}`, symbol: 'a', isVowelGuess: true });
        appendChange()(tx);
      });
    await commit();
    await ledger.catchUp();
    const step = ['prepare status', 'prepare starts', 'prepare followups', 'apply status', 'apply starts'];
    expect(calls.splice(0)).toEqual([
      ...[...step, 'apply followups', 'rebuilt status', 'rebuilt starts', 'rebuilt followups'],
    ]);
    await commit();
    await ledger.catchUp();
    expect(calls).toEqual([...step, 'apply followups']);
  });

  it('reports the sizes that projections declare', async () => {
    const opened = await openApp({ data: ':memory:' });
    expect(opened.app.ledger.indexStates().map(({ name }) => name)).toEqual([
      ...['users', 'user-files', 'user-status', 'excluded-users', 'ip-ranges', 'transactions'],
      ...['experiment-events', 'conversations', 'commits'],
    ]);
    await opened.close();
  });
});
