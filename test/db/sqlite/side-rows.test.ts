import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Store, Tx } from '../../../db/store.ts';
import { rejectedRecords } from '../../../db/tables/index.ts';
import { testStore } from '../../support/store.ts';

const rejectOf = (raw: string) => ({
  ...{ receivedAtUs: 1, importId: null, target: 'T', source: 's', raw },
  problems: [{ path: 'a', code: 'MISSING', message: 'a is missing' }],
});

const storedTexts = (store: Store): [id: number, raw: string][] =>
  store
    .page(rejectedRecords, { key: 'id', direction: 'asc', limit: 10_000 })
    .map(({ id, raw }): [number, string] => [id, raw]);

/** Rows that one work inserts together, which of the rows before it removes and changes, and whether it fails. */
const works = fc.array(
  fc.record({
    count: fc.nat({ max: 100 }),
    removed: fc.array(fc.nat({ max: 300 }), { maxLength: 3 }),
    changed: fc.array(fc.nat({ max: 300 }), { maxLength: 3 }),
    fails: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

describe('the rows of side tables', () => {
  it('are stored as a model stores them, with their digests, whatever works of one transaction insert, change, remove and undo', async () => {
    await fc.assert(
      fc.asyncProperty(works, async (all) => {
        const store = testStore();
        const model = new Map<number, string>();
        const run = async ({ count, removed, changed, fails }: (typeof all)[number], index: number): Promise<void> => {
          const texts = Array.from({ length: count }, (_, row) => `${index}-${row}`);
          const work = (tx: Tx): number[] => {
            const ids = tx.insertAll(rejectedRecords, texts.map(rejectOf));
            for (const id of changed) tx.update(rejectedRecords, { id }, { raw: `changed by ${index}` });
            for (const id of removed) tx.remove(rejectedRecords, { id });
            if (fails) throw new Error('on purpose');
            return ids;
          };
          const ids = await store.write(work).catch(() => null);
          expect(ids === null).toBe(fails);
          if (ids === null) return;
          for (const [row, id] of ids.entries()) model.set(id, texts[row] as string);
          for (const id of changed) if (model.has(id)) model.set(id, `changed by ${index}`);
          for (const id of removed) model.delete(id);
        };
        // All of them wait for the same transaction, and are settled in their order.
        await Promise.all(all.map(run));
        expect(storedTexts(store)).toEqual([...model].sort(([a], [b]) => a - b));
        expect(store.verify().problems).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
