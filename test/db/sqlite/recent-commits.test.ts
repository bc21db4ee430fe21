import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ledgerTables } from '../../../db/sqlite/rows/ledger-tables.ts';
import type { LedgerTable, Store } from '../../../db/store.ts';
import { experimentEvents } from '../../../db/tables/index.ts';
import { columnNames, recordOf } from '../../support/arbitrary-records.ts';
import { dataFolder, testStore } from '../../support/store.ts';

const recordsOf = (store: Store, after: number, upTo: number) =>
  ledgerTables.map((table) => store.records(table, columnNames(table), after, upTo));

interface Step {
  readonly byOther: boolean;
  readonly fails: boolean;
  /** Numbers that determine the table and the values of each record. */
  readonly picks: readonly number[];
}

const step: fc.Arbitrary<Step> = fc.record({
  byOther: fc.boolean(),
  fails: fc.boolean(),
  picks: fc.array(fc.nat(1000), { minLength: 1, maxLength: 4 }),
});

describe('recent commits', () => {
  it('give the same records as the file, whichever process commits and whatever is rolled back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 12 }),
        fc.array(fc.tuple(fc.nat(40), fc.nat(40))),
        async (all, spans) => {
          const data = dataFolder();
          const [one, other, reader] = [testStore({ data }), testStore({ data }), testStore({ data })];
          let unique = 0;
          const run = ({ byOther, fails, picks }: Step) =>
            (byOther ? other : one).write((tx) => {
              for (const pick of picks) {
                const table = ledgerTables[pick % ledgerTables.length] as LedgerTable;
                tx.append(table, recordOf(table, pick, `r${unique++}`));
              }
              if (fails) throw new Error('on purpose');
            });
          for (let index = 0; index < all.length; index += 2) {
            await Promise.allSettled(all.slice(index, index + 2).map(run));
            const end = one.commitsAfter(0, 1000).at(-1)?.lastSeq ?? 0;
            expect(recordsOf(one, 0, end)).toEqual(recordsOf(reader, 0, end));
            for (const [after, more] of spans) {
              const upTo = Math.min(after + more, end);
              expect(recordsOf(one, after, upTo)).toEqual(recordsOf(reader, after, upTo));
            }
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('save a reader that follows the commits from reading the file, and are forgotten after it has read on', async () => {
    const reads: string[] = [];
    const store = testStore({
      onStatement: (sql) => void (sql.includes('from "experiment_events"') && reads.push(sql)),
    });
    await store.write((tx) => tx.append(experimentEvents, recordOf(experimentEvents, 1, 'e')));
    expect(store.commitsAfter(0, 10)).toHaveLength(1);
    expect(store.records(experimentEvents, ['seq', 'eventId'], 0, 1)).toHaveLength(1);
    expect(reads).toHaveLength(0);
    expect(store.commitsAfter(1, 10)).toHaveLength(0);
    expect(store.records(experimentEvents, ['seq', 'eventId'], 0, 1)).toHaveLength(1);
    expect(reads).toHaveLength(1);
  });
});

describe('appendOrFind', () => {
  it('appends a record once, also in a dry run, and then returns the row that is there', async () => {
    const store = testStore();
    const id = { eventId: 'e-1', experiment: 'x' };
    const [first, again] = ['first', 'other'].map((unique) => ({
      ...(recordOf(experimentEvents, 1, unique) as object),
      ...id,
      userId: unique,
    }));
    const dryRun = store.dryRun();
    const dryRunResults = [first, again].map((row) =>
      dryRun.run((tx) => tx.appendOrFind(experimentEvents, row as never, id)),
    );
    dryRun.close();
    expect(dryRunResults).toMatchObject([{ seq: 1 }, { known: { ...id, userId: 'first' } }]);
    const results = await store.write((tx) =>
      [first, again].map((row) => tx.appendOrFind(experimentEvents, row as never, id)),
    );
    expect(results).toMatchObject([{ seq: 1 }, { known: { seq: 1, ...id, userId: 'first' } }]);
    expect(store.count(experimentEvents)).toBe(1);
  });
});
