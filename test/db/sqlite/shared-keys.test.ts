import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Store, Tx } from '../../../db/store.ts';
import { statusChanges, transactions } from '../../../db/tables/index.ts';
import { dataFolder, testStore } from '../../support/store.ts';

/** Columns by which status changes are looked up: few users and times, so that keys repeat. */
const lookups = [['userId', 'effectiveAtUs'], ['userId'], []] as const;

const work = fc.record({
  keys: fc.array(fc.nat({ max: 15 }), { minLength: 1, maxLength: 9 }),
  kind: fc.constantFrom('SHARED', 'SHARED', 'SHARED', 'STEPS', 'PLAIN'),
  /** Whether it announces its records, and by which columns. */
  announces: fc.constantFrom(0, 0, 0, 1, 2, null),
  fails: fc.oneof({ weight: 8, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});
type Work = typeof work extends fc.Arbitrary<infer W> ? W : never;

/** Works that are written together, and those that another connection writes before them. */
const round = fc.record({
  others: fc.array(work, { maxLength: 1 }),
  works: fc.array(work, { minLength: 1, maxLength: 8 }),
});

const changeOf = (id: number) => ({ userId: `u${id % 4}`, effectiveAtUs: Math.floor(id / 4) });
const statuses = ['paying', 'cancelled', 'non-paying'] as const;

/** Appends records whose status says how many of their key there are, and those of a unique key once. */
const record = (tx: Tx, { keys, announces }: Work): string[] => {
  if (announces !== null) {
    const rows = keys.map((id) => ({ ...changeOf(id), transactionId: `t${id}` }));
    tx.announce(statusChanges, lookups[announces] ?? [], rows);
    tx.announce(transactions, ['transactionId'], rows);
  }
  return keys.flatMap((id) => {
    const known = tx.findLatest(statusChanges, changeOf(id));
    const next = known ? statuses.indexOf(known.status) + 1 : 0;
    if (next < statuses.length) tx.append(statusChanges, { ...changeOf(id), status: statuses[next] ?? 'paying' });
    const row = { transactionId: `t${id}`, userId: 'u', occurredAtUs: 1, productId: 'p', amount: '1' };
    const { seq } = tx.appendOrFind(transactions, row, { transactionId: row.transactionId });
    return [`${id} ${next}`, ...(seq === undefined ? [] : [`t${id}`])];
  });
};

/** What `record` returns, by a model: how many records there are of each key. */
const recordModel = (counts: Map<number, number>, { keys }: Work): string[] =>
  keys.flatMap((id) => {
    const count = counts.get(id) ?? 0;
    counts.set(id, count + 1);
    return [`${id} ${Math.min(count, statuses.length)}`, ...(count === 0 ? [`t${id}`] : [])];
  });

const write = (store: Store, each: Work): Promise<string[]> => {
  const run = (tx: Tx): string[] => {
    const found = record(tx, each);
    if (each.fails) throw new Error('on purpose');
    return found;
  };
  if (each.kind === 'PLAIN') return store.write(run);
  if (each.kind === 'SHARED') return store.writeShared(run, () => undefined);
  return store.writeInSteps(function* (tx) {
    // biome-ignore lint/suspicious/noConfusingVoidType: a step has no value.
    yield undefined as void;
    return run(tx);
  });
};

it('finds the newest record of each key, whichever work, transaction or connection has stored it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(round, { maxLength: 4 }), async (rounds) => {
      const data = dataFolder();
      const [store, other] = [testStore({ data }), testStore({ data })];
      const counts = new Map<number, number>();
      const expectedOf = (each: Work) => {
        const found = recordModel(each.fails ? new Map(counts) : counts, each);
        return each.fails ? { status: 'rejected' } : { status: 'fulfilled', value: found };
      };
      for (const { others, works } of rounds)
        for (const [writer, all] of [
          [other, others],
          [store, works],
        ] as const) {
          const settled = await Promise.allSettled(all.map((each) => write(writer, each)));
          expect(settled).toMatchObject(all.map(expectedOf));
        }
      expect(store.count(transactions)).toBe(counts.size);
      expect(store.verify().problems).toEqual([]);
      store.close();
      other.close();
    }),
    { numRuns: 60 },
  );
});
