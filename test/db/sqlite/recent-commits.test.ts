import { getTableColumns } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ledgerTables } from '../../../db/sqlite/ledger-tables.ts';
import type { LedgerTable, Store } from '../../../db/store.ts';
import { experimentEvents } from '../../../db/tables/index.ts';
import { dataFolder, testStore } from '../../support/store.ts';

/** A value that a column may hold; texts are told apart by `unique`. */
const cellOf = ({ dataType, notNull }: SQLiteColumn, pick: number, unique: string): unknown => {
  if (!notNull && pick % 3 === 0) return null;
  if (dataType === 'number') return [0, -1, 2 ** 40, pick, -8_993_635_200_000_000][pick % 5];
  if (dataType === 'boolean') return pick % 2 === 0;
  if (dataType === 'json') return [{ variant: unique, weight: pick / 7, isControl: false }];
  return `${unique} ${['', '1', '1e3', 'ß 日', '0001'][pick % 5]}`;
};

const recordOf = (table: LedgerTable, pick: number, unique: string): never =>
  Object.fromEntries(
    Object.entries(getTableColumns(table))
      .filter(([key]) => key !== 'seq' && key !== 'recordedAtUs')
      .map(([key, column], place) => [key, cellOf(column as SQLiteColumn, pick + place, unique)]),
  ) as never;

const columnsOf = (table: LedgerTable) => Object.keys(getTableColumns(table)) as never[];

const recordsOf = (store: Store, after: number, upTo: number) =>
  ledgerTables.map((table) => store.records(table, columnsOf(table), after, upTo));

interface Step {
  readonly byOther: boolean;
  readonly fails: boolean;
  /** Numbers that say into which tables and with which values records go. */
  readonly picks: readonly number[];
}

const step: fc.Arbitrary<Step> = fc.record({
  byOther: fc.boolean(),
  fails: fc.boolean(),
  picks: fc.array(fc.nat(1000), { minLength: 1, maxLength: 4 }),
});

describe('records that were just committed', () => {
  it('are what the file holds, whoever else commits and whatever is undone', async () => {
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
          for (let place = 0; place < all.length; place += 2) {
            await Promise.allSettled(all.slice(place, place + 2).map(run));
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

  it('are not read from the file by the one who follows, and are by one who comes later', async () => {
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

describe('an append unless a row matches', () => {
  it('adds a record once, also in a rehearsal, and gives the one that is there', async () => {
    const store = testStore();
    const eventId = 'e-1';
    const [first, again] = ['first', 'other'].map((unique) => ({
      ...(recordOf(experimentEvents, 1, unique) as object),
      eventId,
      userId: unique,
    }));
    const rehearsal = store.dryRun();
    const rehearsed = [first, again].map((row) =>
      rehearsal.run((tx) => tx.appendOrFind(experimentEvents, row as never, { eventId })),
    );
    rehearsal.close();
    expect(rehearsed).toMatchObject([{ seq: 1 }, { known: { eventId, userId: 'first' } }]);
    const told = await store.write((tx) =>
      [first, again].map((row) => tx.appendOrFind(experimentEvents, row as never, { eventId })),
    );
    expect(told).toMatchObject([{ seq: 1 }, { known: { seq: 1, eventId, userId: 'first' } }]);
    expect(store.count(experimentEvents)).toBe(1);
  });
});
