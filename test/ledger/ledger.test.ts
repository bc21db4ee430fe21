import { EventEmitter, once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Store } from '../../db/store.ts';
import { statusChanges, transactions } from '../../db/tables/index.ts';
import { createLedger, type Ledger } from '../../src/ledger/ledger.ts';
import { parseIp } from '../../src/lib/ip.ts';
import { type OpenApp, openApp } from '../support/app.ts';
import { ingest } from '../support/ingest.ts';
import { appendChange, dataFolder, testStore } from '../support/store.ts';

const nextIteration = () => new Promise((resolve) => setImmediate(resolve));

/** Every sequence number at which a transaction ended. */
const boundariesOf = (store: Store): Set<number> =>
  new Set([0, ...store.commitsAfter(0, 1_000_000).map(({ lastSeq }) => lastSeq)]);

describe('a ledger that closes', () => {
  it('applies what was written before, and reads nothing of a store that is closed after it', async () => {
    const store = testStore();
    const ledger = createLedger(store);
    const applied: number[] = [];
    const signal = new EventEmitter();
    const held = once(signal, 'release');
    const entered = once(signal, 'entered');
    ledger.subscribe(statusChanges, ['seq'], {
      name: 'status',
      async prepare() {
        signal.emit('entered');
        await held;
      },
      apply: (records) => void applied.push(...records.numbers('seq')),
      exchange: () => undefined,
    });
    await ledger.catchUp();
    const written = [ledger.write(appendChange('a')), ledger.write(appendChange('b'))];
    await entered;
    const closed = ledger.close();
    signal.emit('release');
    expect(await Promise.all(written)).toEqual([1, 2]);
    await closed;
    expect(applied).toEqual([1, 2]);
    expect(await ledger.write(appendChange('c'))).toBe(3);
    expect(ledger.ready).toBe(false);
    store.close();
    await ledger.follow();
    const isClosing = { code: 'NOT_READY' };
    await expect(ledger.catchUp()).rejects.toMatchObject(isClosing);
    await expect(ledger.write(appendChange('d'))).rejects.toMatchObject(isClosing);
    expect(applied).toEqual([1, 2]);
    expect(() => store.commitsAfter(0, 1)).toThrow('the server is closing');
    expect(() => store.count(statusChanges)).toThrow('the server is closing');
  });
});

describe('the ledger', () => {
  /** A ledger with two projections that only collect their records. */
  const collecting = (store: Store) => {
    const ledger = createLedger(store);
    const changes: number[] = [];
    const sales: number[] = [];
    const seen: { from: number; lengths: [number, number] }[] = [];
    ledger.subscribe(statusChanges, ['seq'], {
      name: 'status',
      apply(records) {
        seen.push({ from: ledger.snapshot().sequence, lengths: [changes.length, sales.length] });
        for (const seq of records.numbers('seq')) changes.push(seq);
      },
      exchange: () => undefined,
    });
    ledger.subscribe(transactions, ['seq'], {
      name: 'sales',
      // So that the other projection sees the counts as they were before the step.
      after: ['status'],
      apply(records) {
        for (const seq of records.numbers('seq')) sales.push(seq);
      },
      exchange: () => undefined,
    });
    return { ledger, changes, sales, seen };
  };
  const sale = (index: number) => ({
    transactionId: `t${index}`,
    userId: 'u',
    occurredAtUs: 0,
    productId: 'p',
    amount: '1',
    ip: null,
  });

  it('hands out every record once and in order, and its snapshots are at commit boundaries', async () => {
    const store = testStore();
    for (let commit = 0; commit < 12; commit++)
      await store.write((tx) => {
        for (let index = 0; index < 900; index++) appendChange(`u${index}`, commit)(tx);
        tx.append(transactions, sale(commit));
      });
    const { ledger, changes, sales, seen } = collecting(store);
    const sequences = new Set<number>();
    const rebuilt = ledger.catchUp();
    while (!ledger.ready) {
      sequences.add(ledger.snapshot().sequence);
      await nextIteration();
    }
    await rebuilt;
    expect(seen.length).toBeGreaterThan(1);
    const boundaries = boundariesOf(store);
    for (const sequence of sequences) expect(boundaries.has(sequence)).toBe(true);
    // The records present at the start of a step are exactly those of the snapshot of that moment.
    for (const { from, lengths } of seen) expect(lengths[0] + lengths[1]).toBe(from);
    expect([...changes, ...sales].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 * 901 }, (_, index) => index + 1),
    );
    expect(changes).toEqual([...changes].sort((a, b) => a - b));
  });

  it('has the records of a write when the write resolves, also while an earlier catch-up runs', async () => {
    const { ledger, changes } = collecting(testStore());
    await ledger.catchUp();
    const writes = Array.from({ length: 100 }, async (_, index) => {
      if (index % 10 === 0) await nextIteration();
      const seq = await ledger.write(appendChange());
      expect(changes).toContain(seq);
      expect(ledger.snapshot().sequence).toBeGreaterThanOrEqual(seq);
    });
    await Promise.all(writes);
    expect(changes).toHaveLength(100);
  });

  it('keeps the old state when a projection fails to prepare, and applies the records at the next catch-up', async () => {
    const store = testStore();
    const ledger = createLedger(store);
    const applied: number[] = [];
    let failing = true;
    ledger.subscribe(statusChanges, ['seq'], {
      name: 'status',
      prepare: async () => {
        if (failing) throw new Error('on purpose');
      },
      apply: (records) => void applied.push(...records.numbers('seq')),
      exchange: () => undefined,
    });
    await store.write(appendChange());
    await expect(ledger.catchUp()).rejects.toThrow('on purpose');
    expect({ applied, ready: ledger.ready, snapshot: ledger.snapshot() }).toEqual({
      applied: [],
      ready: false,
      snapshot: { sequence: 0, atUs: null },
    });
    failing = false;
    await ledger.catchUp();
    expect(applied).toEqual([1]);
    expect(ledger.ready).toBe(true);
  });

  it('notifies listeners after every step until they are removed', async () => {
    const store = testStore();
    const { ledger, changes } = collecting(store);
    for (let commit = 0; commit < 3; commit++)
      await store.write((tx) => {
        for (let index = 0; index < 900; index++) appendChange()(tx);
      });
    const notified: [sequence: number, changes: number][] = [];
    const listener = () => void notified.push([ledger.snapshot().sequence, changes.length]);
    const stops = [ledger.onAdvance(listener), ledger.onAdvance(listener)];
    await ledger.catchUp();
    expect(notified).toEqual([
      [1800, 1800],
      [1800, 1800],
      [2700, 2700],
      [2700, 2700],
    ]);
    stops[0]?.();
    stops[0]?.();
    await ledger.write(appendChange());
    expect(notified.slice(4)).toEqual([[2701, 2701]]);
    stops[1]?.();
    expect(ledger.listeners).toBe(0);
    await ledger.write(appendChange());
    await ledger.catchUp();
    expect(notified).toHaveLength(5);
  });

  it('is idle only when the pending catch-ups are done, too', async () => {
    const store = testStore();
    const { ledger, changes } = collecting(store);
    await ledger.catchUp();
    await store.write(appendChange());
    const first = ledger.catchUp();
    const idle = ledger.idle();
    await store.write(appendChange());
    const second = ledger.catchUp();
    await idle;
    expect(changes).toEqual([1, 2]);
    await Promise.all([first, second]);
  });
});

const userId = fc.constantFrom('a', 'b', 'c');
const change = fc.record({
  userId,
  effectiveAtUs: fc.integer({ min: 0, max: 5 }),
  status: fc.constantFrom('paying', 'cancelled', 'non-paying'),
});
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('changes'),
      by: fc.nat(1),
      changes: fc.array(change, { minLength: 1, maxLength: 4 }),
      wait: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('sale'),
      by: fc.nat(1),
      userId,
      atUs: fc.integer({ min: 0, max: 5 }),
      ip: fc.nat(3),
      wait: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('ranges'),
      by: fc.nat(1),
      cities: fc.array(fc.constantFrom('x', 'y', 'z'), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('catchUp'), by: fc.nat(1) }) },
);

/** All answers of an app by what was known at a sequence number. */
const answersAt = async ({ app, query }: OpenApp, sequence: number) => {
  const { userStatus, ipCity } = app.domains;
  const statuses = ['a', 'b', 'c'].map((user) => [
    userStatus.timeline(user, {}, { sequence }),
    [-1, 0, 1, 2, 3, 4, 5].map((atUs) => userStatus.statusAt(user, atUs, { sequence })),
  ]);
  const ranges = await Promise.all(
    [0, 1, 2, 3].map(async (host) => {
      const ip = parseIp(`10.0.0.${host}`);
      const found = await ipCity.cityAsOf(ip ?? expect.fail('no address'), { sequence });
      return { city: found.city, range: found.range, candidates: found.candidates() };
    }),
  );
  const document = `query ($sequence: BigInt!) { enrichedAggregate(groupBy: [USER_STATUS, CITY, USER], asOf: { sequence: $sequence }) {
    nodes { key { userStatus city userId } measures { count sum } facts { nodes { ... on Transaction { transactionId } } } } } }`;
  const { data, errors } = await query(document, { sequence });
  expect(errors).toBeUndefined();
  return { statuses, ranges, aggregate: data };
};

it('a rebuilt ledger gives the same answers as one that caught up, and an earlier snapshot keeps its answers', async () => {
  let ids = 0;
  const run = async (steps: (typeof step extends fc.Arbitrary<infer S> ? S : never)[]): Promise<void> => {
    const data = dataFolder();
    const settings = { followMs: '900000' };
    const apps = [await openApp({ data, settings }), await openApp({ data, settings })] as const;
    const seen: { sequence: number; answers: unknown }[] = [];
    const look = async (opened: OpenApp, ledger: Ledger) => {
      const { sequence } = ledger.snapshot();
      seen.push({ sequence, answers: await answersAt(opened, sequence) });
    };
    try {
      const working: Promise<unknown>[] = [];
      for (const each of steps) {
        const opened = apps[each.by] as OpenApp;
        const { imports, importers } = opened.app.domains;
        if ('changes' in each) working.push(ingest(imports, importers.statusChanges, each.changes as never));
        else if ('cities' in each) {
          const rows = each.cities.map((city, first) => `10.0.0.${first},10.0.0.${first + 1},${city}`);
          await opened.importFile('ip-ranges', { name: 'r.csv', text: ['start,end,city', ...rows].join('\n') });
        } else if ('ip' in each) {
          const sale = {
            transactionId: `t${ids++}`,
            userId: each.userId,
            occurredAtUs: each.atUs,
            productId: 'p',
            amount: '1',
            ip: `10.0.0.${each.ip}`,
          };
          working.push(ingest(imports, importers.transactions, [sale]));
        } else working.push(opened.app.ledger.catchUp());
        if ('wait' in each && each.wait) await working.at(-1);
        await look(opened, opened.app.ledger);
      }
      await Promise.all(working);
      for (const { app } of apps) await app.ledger.catchUp();
      const fresh = await openApp({ data, settings });
      onTestFinished(fresh.close);
      const { sequence } = fresh.app.ledger.snapshot();
      const expected = await answersAt(fresh, sequence);
      const boundaries = boundariesOf(fresh.app.store);
      for (const opened of apps) {
        expect(opened.app.ledger.snapshot()).toEqual(fresh.app.ledger.snapshot());
        expect(await answersAt(opened, sequence)).toEqual(expected);
      }
      for (const { sequence: at, answers } of seen) {
        expect(boundaries.has(at)).toBe(true);
        expect(await answersAt(fresh, at)).toEqual(answers);
      }
      await fresh.close();
    } finally {
      for (const opened of apps) await opened.close();
    }
  };
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), run), { numRuns: 15 });
}, 60_000);
