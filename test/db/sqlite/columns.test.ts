import { getTableName } from 'drizzle-orm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ledgerTables } from '../../../db/sqlite/rows/ledger-tables.ts';
import { apiKeys, conversations, experiments, followups } from '../../../db/tables/index.ts';
import { columnNames, recordOf } from '../../support/arbitrary-records.ts';
import { dataFolder, testStore } from '../../support/store.ts';

describe.each(ledgerTables.map((table) => [getTableName(table), table] as const))('the rows of %s', (_name, table) => {
  it('hold values of the declared types, from recent commits and from the file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(1000), { minLength: 1, maxLength: 5 }), async (picks) => {
        const data = dataFolder();
        const written = picks.map((pick, index): object => recordOf(table, pick, `r${index}`));
        const [writer, reader] = [testStore({ data, nowUs: () => 7 }), testStore({ data })];
        const seqs = await writer.write((tx) => written.map((record) => tx.append(table, record as never)));
        const expected = written.map((record, index) => ({ seq: seqs[index], recordedAtUs: 7, ...record }));
        const last = seqs.at(-1) as number;
        const columns = columnNames(table);
        expect(writer.records(table, columns, 0, last).rows()).toEqual(expected);
        expect(reader.records(table, columns, 0, last).rows()).toEqual(expected);
        expect(reader.rowsIn(table, 'seq', seqs)).toEqual(expected);
        expect(reader.page(table, { key: 'seq', direction: 'asc', limit: 10 })).toEqual(expected);
        const slices = reader.slices(table, { columns, match: {}, orderBy: 'seq' as never, sliceRows: 2 });
        expect([...slices].flatMap((records) => records.rows())).toEqual(expected);
        expect(await writer.write((tx) => tx.findLatest(table, {}))).toEqual(expected.at(-1));
        writer.close();
        reader.close();
      }),
      { numRuns: 5 },
    );
  });
});

it('rows are counted by the value of a column, within a range of a key', async () => {
  const store = testStore();
  const values = fc.constantFrom('u', "it's", '1', '💙');
  await fc.assert(
    fc.asyncProperty(
      fc.array(values),
      fc.subarray(['u', "it's", '1', '💙', 'none']),
      fc.nat(9),
      async (uuids, of, skip) => {
        const before = store.commitsAfter(0, 1e6).at(-1)?.lastSeq ?? 0;
        await store.write((tx) => uuids.map((uuid) => tx.append(followups, { uuid })));
        const range = { key: 'seq', after: before + skip, upTo: before + uuids.length - 1 } as const;
        const expected = new Map<string, number>();
        for (const uuid of uuids.slice(skip, -1))
          if (of.includes(uuid)) expected.set(uuid, (expected.get(uuid) ?? 0) + 1);
        expect(store.countsIn(followups, 'uuid', of, range)).toEqual(expected);
      },
    ),
  );
  store.close();
});

describe('a boolean or JSON column', () => {
  const start = { uuid: 'u-1', symbol: 'a', isVowelGuess: true };

  it('matches by a value of its declared type', async () => {
    const store = testStore();
    await store.write((tx) => tx.append(conversations, start));
    await store.write((tx) => tx.append(conversations, { ...start, uuid: 'u-2', isVowelGuess: false }));
    const found = await store.write((tx) =>
      [true, false].map((isVowelGuess) => tx.findLatest(conversations, { isVowelGuess })?.uuid),
    );
    expect(found).toEqual(['u-1', 'u-2']);
    const request = { columns: ['seq', 'isVowelGuess'], orderBy: 'isVowelGuess', sliceRows: 1 } as const;
    const slices = (match: { isVowelGuess?: boolean }) =>
      [...store.slices(conversations, { ...request, match })].flatMap((records) => records.rows());
    expect(slices({ isVowelGuess: true })).toEqual([{ seq: 1, isVowelGuess: true }]);
    // Every slice but the first begins after a boolean of the slice before.
    expect(slices({}).map(({ seq }) => seq)).toEqual([2, 1]);
  });

  it('is updated by a value of its declared type', async () => {
    const store = testStore();
    const id = await store.write((tx) =>
      tx.insert(apiKeys, { name: 'k', scopes: ['read'], digest: 'd', createdAtUs: 0 }),
    );
    const found = await store.write((tx) => {
      tx.update(apiKeys, { id }, { scopes: ['read', 'ingest'] });
      return tx.findLatest(apiKeys, { id });
    });
    expect(found?.scopes).toEqual(['read', 'ingest']);
    expect(store.page(apiKeys, { key: 'id', direction: 'asc', limit: 1 })[0]?.scopes).toEqual(['read', 'ingest']);
  });

  it('has its declared type in a dry run, for stored rows and for its own', async () => {
    const store = testStore();
    const plan = { key: 'k', name: 'n', allocation: [{ variant: 'A', weight: 1, isControl: true }], markets: ['se'] };
    await store.write((tx) => tx.append(experiments, plan));
    const dryRun = store.dryRun();
    const rows = dryRun.run((tx) => {
      const stored = tx.findLatest(experiments, { key: 'k' });
      tx.append(experiments, { ...plan, key: 'own' });
      return [stored, tx.findLatest(experiments, { key: 'own' })];
    });
    dryRun.close();
    expect(rows).toMatchObject([plan, { ...plan, key: 'own' }]);
  });
});
