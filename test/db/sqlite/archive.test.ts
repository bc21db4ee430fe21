import { cpSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openStore } from '../../../db/open.ts';
import type { LedgerTable, Match, NewRecord, PageRequest, Store, Tx } from '../../../db/store.ts';
import {
  conversations,
  excludedUsers,
  experimentEvents,
  followups,
  statusChanges,
  transactions,
} from '../../../db/tables/index.ts';
import { archiveRecords } from '../../support/archive.ts';
import { dataFolder, storeDefaults } from '../../support/store.ts';

const tables = { transactions, experimentEvents, statusChanges, conversations, followups, excludedUsers } as const;
type Name = keyof typeof tables;
const names = Object.keys(tables) as Name[];

const origin = (importId: number | null) => ({ importId, line: importId, sentBy: null });
const instants = [0, 5, 7] as const;

/** A record of each table from two small numbers, so that keys, users and imports repeat. */
const recordOf: { readonly [N in Name]: (a: number, b: number) => object } = {
  transactions: (a, b) => ({
    transactionId: `t${a}${b}`,
    userId: `u${a}`,
    occurredAtUs: b,
    productId: 'p',
    amount: '1',
    ip: null,
  }),
  experimentEvents: (a, b) => ({
    ...{
      eventId: b === 0 ? null : `e${a}`,
      experiment: b % 2 ? null : 'x',
      userId: `u${a}`,
      variant: 'Ж',
      accountType: '',
    },
    ...{ eventType: null, occurredAtUs: b, orderValue: '0.5', requestId: null },
  }),
  statusChanges: (a, b) => ({
    userId: `u${a}`,
    effectiveAtUs: instants[b % 3],
    status: b % 2 ? 'paying' : 'cancelled',
  }),
  conversations: (a, b) => ({ uuid: `c${a}${b % 2}`, symbol: 'a', isVowelGuess: b % 2 === 0 }),
  followups: (a, b) => ({ uuid: `c${a}${b % 2}` }),
  excludedUsers: (a, b) => ({
    userId: `u${a}`,
    kind: b % 2 ? 'EXCLUDED' : 'INCLUDED',
    fromUs: b,
    toUs: null,
    reason: null,
  }),
};

/** The columns by which a record of a table is known already. */
const keys: Partial<Record<Name, readonly string[]>> = {
  transactions: ['transactionId'],
  experimentEvents: ['eventId', 'experiment'],
  statusChanges: ['userId', 'effectiveAtUs'],
  conversations: ['uuid'],
};

const write = fc.record({ name: fc.constantFrom(...names), a: fc.nat(4), b: fc.nat(4), isAnnounced: fc.boolean() });
type Write = typeof write extends fc.Arbitrary<infer W> ? W : never;

const picked = (from: object, columns: readonly string[]): Match<LedgerTable> =>
  Object.fromEntries(columns.map((column) => [column, (from as Record<string, unknown>)[column]])) as never;

/** Appends what is not known, as imports do; the outcome of each record. */
const perform = (tx: Tx, batch: readonly Write[]): unknown[] =>
  batch.map(({ name, a, b }) => {
    const table: LedgerTable = tables[name];
    const record = { ...recordOf[name](a, b), ...origin(a % 2 ? a : null) } as unknown as NewRecord<LedgerTable>;
    const columns = keys[name];
    if (!columns || (record as { eventId?: unknown }).eventId === null) return tx.append(table, record);
    const match = picked(record, columns);
    if (name === 'transactions' || name === 'experimentEvents') return tx.appendOrFind(table, record, match);
    return tx.findLatest(table, match) ?? tx.append(table, record);
  });

/** Some batches announce their records first, which are then looked up together. */
const store = async (into: Store, batches: readonly (readonly Write[])[]): Promise<unknown[]> => {
  const outcomes: unknown[] = [];
  for (const batch of batches)
    outcomes.push(
      await into.write((tx) => {
        for (const name of names) {
          const own = batch.filter((each) => each.name === name && batch[0]?.isAnnounced);
          if (own.length > 0)
            tx.announce(
              tables[name] as LedgerTable,
              keys[name] ?? [],
              own.map(({ a, b }) => recordOf[name](a, b)),
            );
        }
        return perform(tx, batch);
      }),
    );
  return outcomes;
};

const bound = (last: number) => fc.option(fc.integer({ min: last - 60, max: last + 2 }), { nil: undefined });
const bySeq = (rows: readonly object[]): object[] =>
  rows.toSorted((a, b) => (a as { seq: number }).seq - (b as { seq: number }).seq);

/** What every verb that reads says, with random arguments. */
const questions = (last: number) =>
  fc.array(
    fc.record({
      name: fc.constantFrom(...names),
      ...{ a: fc.nat(4), b: fc.nat(4), after: bound(last), before: bound(last) },
      ...{ limit: fc.integer({ min: 1, max: 9 }), direction: fc.constantFrom('asc' as const, 'desc' as const) },
      columns: fc.subarray(['userId', 'uuid', 'importId', 'occurredAtUs', 'effectiveAtUs', 'isVowelGuess']),
    }),
    { minLength: 10, maxLength: 10 },
  );
type Question = ReturnType<typeof questions> extends fc.Arbitrary<(infer Q)[]> ? Q : never;

const answersOf = (from: Store, { name, a, b, columns, limit, direction, ...bounds }: Question): unknown[] => {
  const table: LedgerTable = tables[name];
  const record = { ...recordOf[name](a, b), importId: a % 2 ? a : null } as Record<string, unknown>;
  const own = columns.filter((column) => column in record);
  const match = picked(record, own);
  const [after, upTo] = [bounds.after ?? 0, bounds.before ?? Number.MAX_SAFE_INTEGER];
  const range = { key: 'seq' as never, after, upTo };
  const page = { match, key: 'seq' as never, direction, limit } as PageRequest<LedgerTable>;
  const within = {
    ...(bounds.after === undefined ? {} : { after: bounds.after }),
    ...(bounds.before === undefined ? {} : { before: bounds.before }),
  };
  const text = Object.keys(recordOf[name](a, b)).find((column) => typeof record[column] === 'string') as never;
  const values = [record[text], recordOf[name](b, a)[text as never]].filter((value) => typeof value === 'string');
  return [
    from.records(table, ['seq', ...own] as never, after, Math.min(upTo, after + 1000)).rows(),
    from.recordPage(table, ['seq', ...own] as never, { after, upTo, limit }),
    from.page(table, page),
    from.page(table, { ...page, ...within }),
    from.count(table, match),
    from.count(table, match, range),
    from.count(table),
    from.count(table, {}, range),
    bySeq(from.rowsIn(table, text, values)),
    bySeq(from.rowsIn(table, 'seq' as never, [after, after + 1, upTo, 1, 2])),
    [...from.countsIn(table, text, values, range)].sort(),
    [
      ...from.slices(table, { columns: ['seq', ...own] as never, match, orderBy: 'seq' as never, sliceRows: limit }),
    ].flatMap((records) => records.rows()),
  ];
};

it('every verb answers the same from segments as from tables, and records are recognized alike', async () => {
  const batches = fc.array(fc.array(write, { minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 8 });
  const shape = fc.record({
    ...{ cut: fc.double({ min: 0, max: 1, noNaN: true }), segmentRecords: fc.integer({ min: 5, max: 30 }) },
    firstSequence: fc.constantFrom(1, 4_294_967_290),
  });
  await fc.assert(
    fc.asyncProperty(
      batches,
      batches,
      shape,
      fc.gen(),
      async (before, after, { cut, segmentRecords, firstSequence }, gen) => {
        const root = dataFolder();
        const [data, plain] = [join(root, 'data'), join(root, 'plain')];
        const options = { ...storeDefaults, firstSequence, nowUs: () => 1 };
        const first = openStore({ ...options, data });
        await store(first, before);
        first.close();
        cpSync(data, plain, { recursive: true });
        const [archived, reference] = [openStore({ ...options, data }), openStore({ ...options, data: plain })];
        try {
          const last = archived.commitsAfter(0, 1000).at(-1)?.lastSeq ?? 0;
          const beforeSeq = firstSequence + Math.ceil(cut * (last - firstSequence)) + 1;
          await archiveRecords({ data, before: beforeSeq, segmentRecords });
          const compare = (): void => {
            for (const question of gen(questions, last))
              expect(answersOf(archived, question)).toEqual(answersOf(reference, question));
          };
          compare();
          expect(await store(archived, after)).toEqual(await store(reference, after));
          compare();
          expect(archived.verify().problems).toEqual(reference.verify().problems);
        } finally {
          archived.close();
          reference.close();
        }
      },
    ),
    { numRuns: 12 },
  );
}, 240_000);
