import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ledgerTables } from '../../../db/sqlite/rows/ledger-tables.ts';
import type { Store } from '../../../db/store.ts';
import { commits, imports, statusChanges, transactions } from '../../../db/tables/index.ts';
import { appendChange, dataFolder, rawConnection, testStore } from '../../support/store.ts';

const purchase = (transactionId: string) => ({
  transactionId,
  userId: 'ada',
  occurredAtUs: 0,
  productId: 'p',
  amount: '1',
  ip: null,
});

/** Every sequence number that is stored, ascending. */
const seqsOf = (store: Store): number[] =>
  ledgerTables
    .flatMap((table) =>
      store
        .records(table, ['seq'], 0, 2 ** 32)
        .rows()
        .map(({ seq }) => seq),
    )
    .sort((a, b) => a - b);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('the sequence numbers of the store', () => {
  it('have no gap over all tables when many writers wait and some fail', async () => {
    const store = testStore();
    const work = (index: number) =>
      store.write((tx) => {
        const first = tx.append(statusChanges, { userId: `u${index}`, effectiveAtUs: index, status: 'paying' });
        if (index % 5 === 0) throw new Error('on purpose');
        const second = index % 2 === 0 ? tx.append(transactions, purchase(`t${index}`)) : undefined;
        // The unique key makes SQLite itself reject the repeat, after the append got its sequence number.
        if (index % 7 === 0) tx.append(transactions, purchase('the same'));
        return { first, second };
      });
    const settled = await Promise.allSettled(Array.from({ length: 700 }, (_, index) => work(index)));
    const results = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const seqs = seqsOf(store);
    expect(seqs).toEqual(upTo(seqs.length));
    expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(140 + 80 - 1);
    const rows = new Map(
      store
        .records(statusChanges, ['seq', 'userId', 'effectiveAtUs'], 0, 2 ** 32)
        .rows()
        .map((row) => [row.seq, row]),
    );
    for (const { first, second } of results) {
      expect(rows.has(first)).toBe(true);
      if (second !== undefined) expect(second).toBe(first + 1);
    }
    expect(store.verify().problems).toEqual([]);
  });

  it('have no gap when two stores and two more processes write to one file', async () => {
    const data = dataFolder();
    const [one, other] = [testStore({ data }), testStore({ data })];
    const script = fileURLToPath(new URL('../../support/ledger-writer.ts', import.meta.url));
    const children = ['x', 'y'].map((name) =>
      spawn(process.execPath, ['--import', 'tsx', script, data, name, '200'], {
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    );
    const ends = children.map((child) => once(child, 'exit'));
    let here = 0;
    while (children.some(({ exitCode }) => exitCode === null)) {
      await Promise.all([one.write(appendChange()), other.write(appendChange()), one.write(appendChange())]);
      here += 3;
      // Each store also checks what the others have committed at this moment.
      expect(other.verify().problems).toEqual([]);
    }
    expect(await Promise.all(ends)).toEqual([
      [0, null],
      [0, null],
    ]);
    expect(seqsOf(one)).toEqual(upTo(here + 2 * (200 + 67)));
    expect(one.verify().problems).toEqual([]);
  });

  it('follow the order of the calls, and a write resolves after its commit', async () => {
    const store = testStore();
    const seen: number[] = [];
    const writes = upTo(50).map(async () => {
      const seq = await store.write(appendChange());
      expect(store.records(statusChanges, ['seq'], seq - 1, seq)).toHaveLength(1);
      expect(store.commitsAfter(seq - 1, 1)[0]?.lastSeq).toBeGreaterThanOrEqual(seq);
      seen.push(seq);
    });
    await Promise.all(writes);
    expect(seen).toEqual(upTo(50));
  });
});

describe('a write to the store', () => {
  it('undoes only itself when it fails, including its inserts and updates', async () => {
    const store = testStore();
    const importFields = {
      target: 'T',
      source: 's',
      state: 'RUNNING',
      startedAtUs: 0,
      bytesTotal: 0,
      processId: 0,
    } as const;
    const id = await store.write((tx) => tx.insert(imports, importFields));
    const results = await Promise.allSettled([
      store.write(appendChange('before')),
      store.write((tx) => {
        tx.update(imports, { id }, { read: 7 });
        tx.insert(imports, importFields);
        appendChange('failing')(tx);
        throw new Error('on purpose');
      }),
      store.write(appendChange('after')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(
      store
        .records(statusChanges, ['seq', 'userId'], 0, 9)
        .rows()
        .map(({ seq, userId }) => [seq, userId]),
    ).toEqual([
      [1, 'before'],
      [2, 'after'],
    ]);
    expect(store.page(imports, { key: 'id', direction: 'asc', limit: 9 })).toMatchObject([{ id, read: 0 }]);
  });

  it('leaves no commit when it appends nothing', async () => {
    const store = testStore();
    await store.write(() => 'nothing');
    expect(store.count(commits)).toBe(0);
  });

  it('never gets an earlier time than the write before it, even when the clock goes back', async () => {
    const data = dataFolder();
    const clock = [5000, 4000, 6000, 1000];
    const store = testStore({ data, nowUs: () => clock.shift() ?? 2000 });
    for (const _ of upTo(4)) await store.write(appendChange());
    const reopened = testStore({ data, nowUs: () => 10 });
    await reopened.write(appendChange());
    expect(
      store
        .records(statusChanges, ['recordedAtUs'], 0, 9)
        .rows()
        .map(({ recordedAtUs }) => recordedAtUs),
    ).toEqual([5000, 5000, 6000, 6000, 6000]);
    expect(store.verify().problems).toEqual([]);
  });

  it('is rejected beyond writeQueueMax and stores nothing', async () => {
    const store = testStore({ writeQueueMax: 20 });
    const settled = await Promise.allSettled(upTo(30).map(() => store.write(appendChange())));
    const refused = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(refused).toHaveLength(10);
    for (const reason of refused)
      expect(reason).toMatchObject({ code: 'OVERLOADED', message: expect.stringContaining('writeQueueMax') });
    expect(seqsOf(store)).toEqual(upTo(20));
    expect(await store.write(appendChange())).toBe(21);
  });

  it('waits for a lock without blocking the thread, and then succeeds', async () => {
    const data = dataFolder();
    const store = testStore({ data });
    const other = rawConnection(data);
    other.exec('begin immediate');
    let isSettled = false;
    const written = store.write(appendChange()).finally(() => {
      isSettled = true;
    });
    // Timers run while it waits; a thread that is blocked by the lock would run them after the write has failed.
    for (const _ of upTo(20)) await delay(1);
    expect(isSettled).toBe(false);
    // Readers are not blocked.
    expect(store.count(statusChanges)).toBe(0);
    other.exec('rollback');
    expect(await written).toBe(1);
  });

  it('is rejected when the lock is not released, and stores nothing', async () => {
    const data = dataFolder();
    const store = testStore({ data, writeWaitMs: 100 });
    const other = rawConnection(data);
    other.exec('begin immediate');
    await expect(store.write(appendChange())).rejects.toMatchObject({ code: 'OVERLOADED' });
    other.exec('rollback');
    expect(await store.write(appendChange())).toBe(1);
  });

  it('is rejected when the ledger cannot be read', async () => {
    const data = dataFolder();
    const store = testStore({ data });
    rawConnection(data).exec('alter table commits rename to hidden');
    await expect(store.write(appendChange())).rejects.toThrow('commits');
    await expect(store.write(appendChange())).rejects.toThrow('commits');
  });

  it('is rejected once the store is closed, also when it was pending', async () => {
    const store = testStore();
    const waiting = store.write(appendChange());
    store.close();
    await expect(waiting).rejects.toMatchObject({ code: 'NOT_READY' });
    await expect(store.write(appendChange())).rejects.toMatchObject({ code: 'NOT_READY' });
  });
});

describe('a dry run of the store', () => {
  it('reads its own rows on top of the stored rows, and stores nothing', async () => {
    const store = testStore();
    await store.write((tx) => tx.append(transactions, purchase('stored')));
    const dryRun = store.dryRun();
    dryRun.run((tx) => tx.append(transactions, { ...purchase('of the dry run'), amount: '2' }));
    const found = dryRun.run((tx) =>
      ['stored', 'of the dry run', 'neither'].map(
        (transactionId) => tx.findLatest(transactions, { transactionId })?.amount,
      ),
    );
    expect(found).toEqual(['1', '2', undefined]);
    dryRun.close();
    expect(seqsOf(store)).toEqual([1]);
    expect(store.count(commits)).toBe(1);
  });
});
