import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type CellTest,
  measureFunctions,
  type RowsRequest,
  type RowsResult,
  type StoredTable,
  type TableFilter,
  type TableMeasure,
} from '../../../../db/datasets/engine.ts';
import type { Cell } from '../../../../src/lib/cell-text.ts';
import { cellValue, measured, ordered, passes } from '../../../support/reference-versions.ts';
import { type TestColumn, VersionFiles } from '../../../support/version-files.ts';

let files: VersionFiles;

beforeAll(async () => {
  files = await VersionFiles.open();
});

afterAll(() => files.close());

const kinds = [
  {
    type: 'STRING',
    scale: 0,
    texts: ['a', 'A', 'Äb', 'äB', 'straße', 'ΣΑΣ', 'σας', '\ufeffa', 'ﬀ', '😀', 'İ', 'k', 'K', ' ', '%_'],
  },
  { type: 'INTEGER', scale: 0, texts: ['0', '1', '-1', '20', '9007199254740993', '-999999999999999999'] },
  {
    type: 'INTEGER',
    scale: 0,
    texts: ['5', '-5', '99999999999999999999999999999999999999', '-99999999999999999999999999999999999999'],
  },
  { type: 'DECIMAL', scale: 2, texts: ['0.00', '0.05', '-0.05', '19.99', '20.00', '-1234567890123456.78'] },
  { type: 'DECIMAL', scale: 9, texts: ['0.000000001', '-0.000000001', '99999999999999999999999999999.999999999'] },
  { type: 'FLOAT', scale: 0, texts: ['0', '0.1', '-0.25', '1e-7', '2.5', '1e21'] },
  { type: 'BOOLEAN', scale: 0, texts: ['true', 'false'] },
  { type: 'DATE', scale: 0, texts: ['0001-01-01', '1969-12-31', '2024-02-29', '9999-12-31'] },
  { type: 'STRING_LIST', scale: 0, texts: ['[]', '["a"]', '["a","A"]', '["b","a"]', '["Äb"]'] },
] as const;

const columnOf = (rows: number): fc.Arbitrary<TestColumn> =>
  fc
    .constantFrom(...kinds)
    .chain(({ type, scale, texts }) =>
      fc
        .array(
          fc.oneof(
            { weight: 6, arbitrary: fc.constantFrom<TestColumn['cells'][number]>(...texts) },
            { weight: 1, arbitrary: fc.constant(null) },
            { weight: type === 'STRING' ? 0 : 1, arbitrary: fc.constant({ misfit: 'About A' }) },
          ),
          { minLength: rows, maxLength: rows },
        )
        .map((cells) => ({ name: 'x', type, scale, cells })),
    );

const tableOf = fc
  .integer({ min: 0, max: 40 })
  .chain((rows) => fc.array(columnOf(rows), { minLength: 1, maxLength: 4 }));

const needles = ['a', 'ä', 'ss', 'σ', 'i', 'k', 'about', '', 'ff', '\ufeff', '%'];

const testOf = ({ type, cells }: TestColumn): fc.Arbitrary<CellTest> => {
  const present = cells.filter((cell) => typeof cell === 'string');
  const literals = [...present, ...(type === 'INTEGER' || type === 'DECIMAL' ? ['0.005', '-7', '1000000'] : [])];
  const value = type === 'STRING_LIST' || literals.length === 0 ? fc.constant(null) : fc.constantFrom(...literals);
  const others: fc.Arbitrary<CellTest>[] = [
    fc.boolean().map((isTrue) => ({ op: 'isNull', value: isTrue })),
    fc.boolean().map((isTrue) => ({ op: 'isMisfit', value: isTrue })),
    fc.constantFrom(...needles).map((text) => ({ op: 'contains', text })),
    fc.constantFrom(...needles).map((text) => ({ op: 'startsWith', text })),
    value.map((each) => ({ op: 'eq', value: each })),
    value.map((each) => ({ op: 'ne', value: each })),
  ];
  if (type === 'STRING_LIST') return fc.oneof(...others, fc.constant<CellTest>({ op: 'hasAny', values: ['a', 'x'] }));
  if (literals.length === 0) return fc.oneof(...others);
  const comparisons = fc.record({ op: fc.constantFrom('gt', 'gte', 'lt', 'lte'), value }) as fc.Arbitrary<CellTest>;
  const members = fc.array(value, { maxLength: 3 }).map((values): CellTest => ({ op: 'in', values }));
  return fc.oneof(comparisons, comparisons, members, ...others);
};

const filterOf = (columns: readonly TestColumn[]): fc.Arbitrary<TableFilter | null> => {
  const single = fc
    .nat(columns.length - 1)
    .chain((column) => testOf(columns[column] as TestColumn).map((test): TableFilter => ({ column, test })));
  const search = fc.constantFrom(...needles.slice(0, 6)).map((text): TableFilter => ({ search: text }));
  const leaf = fc.oneof({ weight: 5, arbitrary: single }, { weight: 1, arbitrary: search });
  const pair = fc.array(leaf, { maxLength: 3 });
  return fc.oneof(
    leaf,
    pair.map((and) => ({ and })),
    pair.map((or) => ({ or })),
    fc
      .oneof(
        leaf,
        pair.map((or): TableFilter => ({ or })),
      )
      .map((not) => ({ not })),
    fc.constant(null),
  );
};

const named = (columns: readonly TestColumn[]): TestColumn[] =>
  columns.map((column, index) => ({ ...column, name: `c${index}` }));

const isOrdered = ({ type }: TestColumn): boolean => type !== 'STRING_LIST';

const requests = tableOf.map(named).chain((columns) =>
  fc.record({
    columns: fc.constant(columns),
    filter: filterOf(columns),
    orders: fc
      .uniqueArray(fc.nat(columns.length - 1), { maxLength: 2 })
      .chain((indexes) =>
        fc.tuple(
          ...indexes
            .filter((index) => isOrdered(columns[index] as TestColumn))
            .map((column) => fc.boolean().map((descending) => ({ column, descending }))),
        ),
      ),
    limit: fc.integer({ min: 1, max: 7 }),
  }),
);

const allRows = (columns: readonly TestColumn[]): number[] => [...(columns[0]?.cells.keys() ?? [])];

interface Paging extends Pick<RowsRequest, 'filter' | 'orders' | 'limit' | 'fromEnd'> {
  readonly table: StoredTable;
}

/** The rows of all pages, and what each page says of the whole list. */
const readPages = async ({ table, fromEnd, ...list }: Paging): Promise<{ rows: number[]; counts: Set<string> }> => {
  const found: number[] = [];
  const counts = new Set<string>();
  let cursor: number | null = null;
  for (;;) {
    const bounds: Pick<RowsRequest, 'after' | 'before'> = fromEnd
      ? { after: null, before: cursor }
      : { after: cursor, before: null };
    const page: RowsResult = await files.query(table, 'rows', { ...list, ...bounds, fromEnd, withTotal: true });
    counts.add(`${page.total} ${page.excludedCount}`);
    const numbers = page.rows.map(({ row }) => row);
    if (fromEnd) found.unshift(...numbers);
    else found.push(...numbers);
    cursor = (fromEnd ? numbers[0] : numbers.at(-1)) ?? null;
    if (!(fromEnd ? page.hasBefore : page.hasAfter)) return { rows: found, counts };
  }
};

it('pages in both directions, of the file or a copy, are those of a sorted loop over all rows', async () => {
  await fc.assert(
    fc.asyncProperty(requests, fc.boolean(), async ({ columns, filter, orders, limit }, isCopied) => {
      const table = await files.write(columns);
      if (isCopied) expect(await files.copy(table)).toBe(true);
      const passing = allRows(columns).filter((row) => passes(columns, row, filter));
      const excluded = allRows(columns).filter((row) => !passing.includes(row) && passes(columns, row, filter, true));
      const list = ordered(columns, passing, orders);
      for (const fromEnd of [false, true]) {
        const { rows, counts } = await readPages({ table, filter, orders, limit, fromEnd });
        expect(rows).toEqual(list);
        expect([...counts]).toEqual([`${list.length} ${excluded.length}`]);
      }
    }),
    { numRuns: 60 },
  );
});

it('pages of a copy are those of the file', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async ({ columns, ...list }) => {
      const table = await files.write(columns);
      const request = { ...list, fromEnd: false, after: null, before: null, withTotal: true };
      const expected = await files.query(table, 'rows', request);
      expect(await files.copy(table)).toBe(true);
      expect(await files.query(table, 'rows', request)).toEqual(expected);
      files.forget(table);
    }),
    { numRuns: 40 },
  );
});

const isNumber = ({ type }: TestColumn): boolean => ['INTEGER', 'DECIMAL', 'FLOAT'].includes(type);

const measuresOf = (columns: readonly TestColumn[]): TableMeasure[] => [
  { function: 'COUNT', column: null },
  ...columns.flatMap((column, index) =>
    measureFunctions
      .filter(
        (name) => name.startsWith('COUNT') || (isOrdered(column) && (isNumber(column) || /^M(?:IN|AX)$/.test(name))),
      )
      .map((name) => ({ function: name, column: index })),
  ),
];

const keyText = (column: TestColumn, row: number): string =>
  JSON.stringify(cellValue(column, row), (_name, value) => (typeof value === 'bigint' ? String(value) : value));

/** Rows by the value of the first column, in its order, missing values last. */
const grouped = (columns: readonly TestColumn[], rows: readonly number[]): number[][] => {
  const key = columns[0] as TestColumn;
  const groups = new Map<string, number[]>();
  for (const row of ordered(columns, [...rows], [{ column: 0, descending: false }]))
    groups.set(keyText(key, row), [...(groups.get(keyText(key, row)) ?? []), row]);
  return [...groups.values()];
};

const expectMeasure = (
  cell: Cell,
  expected: string | number | null,
  { what, size }: { what: string; size: number },
): void => {
  if (typeof expected !== 'number' || typeof cell !== 'number')
    expect(cell === null ? null : String(cell), what).toBe(expected === null ? null : String(expected));
  // Sums of doubles depend on their order, and deviations on how far the mean is rounded.
  else expect(Math.abs(cell - expected), what).toBeLessThanOrEqual(1e-9 * Math.max(1, size));
};

/** The greatest distance of a value from zero, times the number of rows. */
const sizeOf = (columns: readonly TestColumn[], rows: readonly number[], { column }: TableMeasure): number => {
  const bounds = (['MIN', 'MAX'] as const).map((name) => Number(measured(columns, rows, { function: name, column })));
  return rows.length * Math.max(0, ...bounds.filter(Number.isFinite).map(Math.abs));
};

it('groups, measures and facets are those of a loop over all rows', async () => {
  const ofOrderedKey = requests.filter(({ columns }) => isOrdered(columns[0] as TestColumn));
  await fc.assert(
    fc.asyncProperty(ofOrderedKey, fc.boolean(), async ({ columns, filter }, hasKey) => {
      const table = await files.write(columns);
      const rows = allRows(columns).filter((row) => passes(columns, row, filter));
      const byValue = grouped(columns, rows);
      const expected = hasKey ? byValue : [rows];
      const measures = measuresOf(columns);
      const { groups, total } = await files.query(table, 'groups', {
        ...{ group: { by: hasKey ? [{ column: 0 }] : [], timeZone: 'UTC' }, measures, filter },
        ...{ having: [], orders: [], offset: 0, limit: 100 },
      });
      expect([groups.length, total]).toEqual([expected.length, expected.length]);
      for (const [index, group] of groups.entries())
        for (const [at, measure] of measures.entries())
          expectMeasure(group.measures[at] ?? null, measured(columns, expected[index] ?? [], measure), {
            what: JSON.stringify(measure),
            size: sizeOf(columns, expected[index] ?? [], measure),
          });
      const [facet] = await files.query(table, 'facets', { columns: [0], filter, limit: 2 });
      const counts = byValue.map(({ length }) => length).sort((a, b) => b - a);
      expect(facet?.buckets.map(({ count }) => count)).toEqual(counts.slice(0, 2));
      expect(facet?.otherCount).toBe(counts.slice(2).reduce((sum, count) => sum + count, 0));
    }),
    { numRuns: 40 },
  );
});
