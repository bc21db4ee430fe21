import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ChangesRequest, ChangesResult, StoredTable } from '../../../../db/datasets/engine.ts';
import { type TestColumn, VersionFiles } from '../../../support/version-files.ts';

let files: VersionFiles;

beforeAll(async () => {
  files = await VersionFiles.open();
});

afterAll(() => files.close());

const kinds = ['ADDED', 'REMOVED', 'CHANGED'] as const;
type Kind = (typeof kinds)[number];

/** Earlier row, later row, and the names of changed columns. */
type Change = readonly [number | null, number | null, readonly string[]];

interface Versions {
  readonly earlier: StoredTable;
  readonly later: StoredTable;
  readonly keyColumns: readonly string[];
}

const readPages = async ({ later, ...request }: Versions, kind: Kind, limit: number, fromEnd: boolean) => {
  const found: Change[] = [];
  let cursor: number | null = null;
  for (;;) {
    const bounds: Pick<ChangesRequest, 'after' | 'before'> = fromEnd
      ? { after: null, before: cursor }
      : { after: cursor, before: null };
    const page: ChangesResult = await files.query(later, 'changes', { ...request, kind, limit, fromEnd, ...bounds });
    expect(page.changes.length).toBeLessThanOrEqual(limit);
    const changes = page.changes.map(
      (change): Change => [change.earlier?.row ?? null, change.later?.row ?? null, change.columns],
    );
    if (fromEnd) found.unshift(...changes);
    else found.push(...changes);
    const [lost, gained] = (fromEnd ? changes[0] : changes.at(-1)) ?? [null, null];
    cursor = kind === 'REMOVED' ? lost : gained;
    if (!(fromEnd ? page.hasBefore : page.hasAfter)) return found;
  }
};

type Row = Readonly<Record<string, string | null>>;

const cell = fc.constantFrom('1', '2', '3', null);
const rowsOf = fc.array(fc.record({ k: cell, a: cell, b: cell }), { maxLength: 8 });

const columnsOf = (rows: readonly Row[], names: readonly string[]): TestColumn[] =>
  names.map((name) => ({ name, type: 'INTEGER', cells: rows.map((row) => row[name] ?? null) }));

const contentOf = (row: Row): string => JSON.stringify([row.k, row.a, row.b]);

/** The numbers of rows that `rows` has more often than `others`: the last ones of equal rows. */
const surplus = (rows: readonly Row[], others: readonly Row[]): number[] =>
  rows.flatMap((row, number) => {
    const later = rows.slice(number + 1).filter((other) => contentOf(other) === contentOf(row)).length;
    const count = (list: readonly Row[]) => list.filter((other) => contentOf(other) === contentOf(row)).length;
    return later < count(rows) - count(others) ? [number] : [];
  });

/** What changed, by a loop over all rows. */
const expectedChanges = (earlier: readonly Row[], later: readonly Row[], isKeyed: boolean): Record<Kind, Change[]> => {
  const lost = surplus(earlier, later);
  const changed: Change[] = [];
  const added: Change[] = [];
  for (const number of surplus(later, earlier)) {
    const row = later[number] as Row;
    const at = isKeyed ? lost.findIndex((other) => earlier[other]?.k === row.k) : -1;
    const [counterpart] = at < 0 ? [] : lost.splice(at, 1);
    if (counterpart === undefined) added.push([null, number, []]);
    else changed.push([counterpart, number, ['a', 'b'].filter((name) => earlier[counterpart]?.[name] !== row[name])]);
  }
  return { ADDED: added, REMOVED: lost.map((number): Change => [number, null, []]), CHANGED: changed };
};

it('changes in pages of both directions are those of a loop over all rows, as many as the difference counts', async () => {
  const request = fc.record({
    rows: fc.tuple(rowsOf, rowsOf, rowsOf),
    isKeyed: fc.boolean(),
    limit: fc.integer({ min: 1, max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ rows: [common, lost, gained], isKeyed, limit }) => {
      const [before, after] = [
        [...common, ...lost],
        [...gained, ...common],
      ];
      // The columns are in another order, and each version has one of its own.
      const earlier = await files.write(columnsOf(before, ['k', 'a', 'b', 'x']));
      const later = await files.write(columnsOf(after, ['y', 'k', 'a', 'b']));
      const versions = { earlier, later, keyColumns: isKeyed ? ['k'] : [] };
      const expected = expectedChanges(before, after, isKeyed);
      for (const kind of kinds)
        for (const fromEnd of [false, true])
          expect(await readPages(versions, kind, limit, fromEnd), kind).toEqual(expected[kind]);
      expect(await files.query(later, 'difference', { earlier, keyColumns: versions.keyColumns })).toEqual({
        added: expected.ADDED.length,
        removed: expected.REMOVED.length,
        changed: expected.CHANGED.length,
      });
    }),
    { numRuns: 40 },
  );
});

it('cells are compared as they are written, whatever their types; long rows end a page', async () => {
  const long = 'x'.repeat(400_000);
  const earlier = await files.write([
    { name: 'id', type: 'INTEGER', cells: ['1', '2', '3', '4'] },
    { name: 'price', type: 'INTEGER', cells: ['10', '20', { misfit: 'free' }, '40'] },
    { name: 'tags', type: 'STRING_LIST', cells: ['["a"]', '["a"]', '["a"]', '[]'] },
    { name: 'text', type: 'STRING', cells: [long, long, long, long] },
  ]);
  const later = await files.write([
    { name: 'id', type: 'STRING', cells: ['1', '2', '3', '4'] },
    { name: 'price', type: 'DECIMAL', scale: 2, cells: ['10.00', '20.50', '30.00', null] },
    { name: 'tags', type: 'STRING_LIST', cells: ['["a"]', '["b"]', '["a"]', '[]'] },
    { name: 'text', type: 'STRING', cells: [`${long}!`, long, long, long] },
  ]);
  const versions = { earlier, later, keyColumns: ['id'] };
  const all = [
    [0, 0, ['text']],
    [1, 1, ['price', 'tags']],
    [2, 2, ['price']],
    [3, 3, ['price']],
  ];
  expect(await readPages(versions, 'CHANGED', 4, false)).toEqual(all);
  expect(await readPages(versions, 'CHANGED', 4, true)).toEqual(all);
  const page = { kind: 'CHANGED', limit: 4, fromEnd: false, after: null, before: null } as const;
  const { changes, hasAfter } = await files.query(later, 'changes', { ...page, earlier, keyColumns: ['id'] });
  expect([changes.length, hasAfter]).toEqual([1, true]);
  expect(await readPages(versions, 'ADDED', 4, false)).toEqual([]);
});
