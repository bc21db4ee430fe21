import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { BulkWriter, Store, Tx } from '../../../db/store.ts';
import { statusChanges, transactions } from '../../../db/tables/index.ts';
import { dataFolder, testStore } from '../../support/store.ts';

const key = fc.integer({ min: 0, max: 12 });
/** What happens one after the other: a work of the thread, with or without an end of its transaction, or of another writer. */
const step = fc.record({
  keys: fc.array(key, { minLength: 1, maxLength: 9 }),
  by: fc.constantFrom('THREAD', 'THREAD', 'THREAD', 'OTHER'),
  announces: fc.boolean(),
  end: fc.constantFrom('GO_ON', 'GO_ON', 'COMMIT', 'UNDO'),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const changeOf = (id: number) => ({ userId: `u${id % 4}`, effectiveAtUs: Math.floor(id / 4) });

/** Records what is not stored, as importers do, and returns the keys that it takes to be new. */
const recordAll = (tx: Tx, { keys, announces }: Step): string[] => {
  const found: string[] = [];
  if (announces) {
    tx.announce(statusChanges, ['userId', 'effectiveAtUs'], keys.map(changeOf));
    tx.announce(
      transactions,
      ['transactionId'],
      keys.map((id) => ({ transactionId: `t${id}` })),
    );
  }
  for (const id of keys) {
    if (!tx.findLatest(statusChanges, changeOf(id))) {
      tx.append(statusChanges, { ...changeOf(id), status: 'paying' });
      found.push(`change ${id}`);
    }
    const row = { transactionId: `t${id}`, userId: 'u', occurredAtUs: 1, productId: 'p', amount: '1' };
    if (tx.appendOrFind(transactions, row, { transactionId: row.transactionId }).seq !== undefined)
      found.push(`transaction ${id}`);
  }
  return found;
};

class Undone extends Error {}

const runStep = async (each: Step, store: Store, bulk: BulkWriter): Promise<string[] | null> => {
  if (each.by === 'OTHER') {
    await bulk.flush();
    return store.write((tx) => recordAll(tx, each));
  }
  let found: string[] = [];
  const work = bulk.write((tx) => {
    found = recordAll(tx, each);
    if (each.end === 'UNDO') throw new Undone();
  });
  const isUndone = await work.then(
    () => false,
    (error: unknown) => {
      if (error instanceof Undone) return true;
      throw error;
    },
  );
  if (each.end === 'COMMIT') await bulk.flush();
  return isUndone ? null : found;
};

it('stores each key once, whatever is undone and whatever others store between transactions', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.boolean(), async (steps, hasThread) => {
      const data = dataFolder();
      const store = testStore({ data });
      const thread = testStore({ data, isInThread: true });
      const waiting = new Int32Array(new SharedArrayBuffer(4));
      let commits = 0;
      const onCommit = (): void => void commits++;
      const bulk = thread.bulk({ waiting, worksMax: 3, sharedMs: 1000, isAlone: () => true, onCommit, hasThread });
      let committed = new Set<string>();
      let expected = new Set<string>();
      for (const each of steps) {
        if (each.by === 'OTHER') committed = expected;
        const before = commits;
        const found = await runStep(each, store, bulk);
        if (found === null) {
          // The whole transaction is undone.
          expected = committed;
          continue;
        }
        const fresh = each.keys
          .flatMap((id) => [`change ${id}`, `transaction ${id}`])
          .filter((id) => !expected.has(id));
        expect(new Set(found)).toEqual(new Set(fresh));
        expect(found.length).toBe(new Set(fresh).size);
        expected = new Set([...expected, ...found]);
        if (each.by === 'OTHER' || commits > before) committed = expected;
      }
      await bulk.flush();
      const changes = [...expected].filter((id) => id.startsWith('change'));
      expect([store.count(statusChanges), store.count(transactions)]).toEqual([
        changes.length,
        expected.size - changes.length,
      ]);
      expect(store.verify().problems).toEqual([]);
    }),
    {
      numRuns: 40,
      // What was known of records that were undone was kept for those of others with their sequence numbers.
      examples: [
        [
          [
            { keys: [0], by: 'THREAD', announces: false, end: 'GO_ON' },
            { keys: [0, 0, 0, 0], by: 'THREAD', announces: true, end: 'UNDO' },
            { keys: [7, 0], by: 'OTHER', announces: false, end: 'GO_ON' },
            { keys: [7, 0, 0, 0], by: 'THREAD', announces: true, end: 'GO_ON' },
          ],
          true,
        ],
      ],
    },
  );
});
