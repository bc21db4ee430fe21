import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fold } from '../../../src/lib/fold.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';

let opened: OpenApp;
beforeAll(async () => {
  opened = await openApp();
});
afterAll(() => opened.close());

interface Line {
  readonly n: number | null;
  readonly text: string | null;
}

const text = fc.oneof(
  fc.constantFrom('a', 'A', 'É', 'é', 'ß', 'Σας', '%', '_', '雨', 'K', 'İ', '\u212a', "it's", '"', ',', 'x\ny'),
  fc.string({ unit: 'binary', maxLength: 6 }).filter((each) => each.isWellFormed() && !each.includes('\0')),
);

const line = fc.record({
  n: fc.option(fc.integer({ min: -5, max: 5 }), { nil: null }),
  // A leading letter prevents that the column is inferred as numbers or lists.
  text: fc.option(
    text.map((each) => `q${each}`),
    { nil: null },
  ),
});

const csvOf = (lines: readonly Line[]): string =>
  [
    'row,n,text',
    ...lines.map(({ n, text: cell }, row) => `${row},${n ?? ''},"${(cell ?? '').replaceAll('"', '""')}"`),
  ].join('\n');

/** By code point, which is the order of UTF-8, while `>=` of this language compares halves of a character above U+FFFF. */
const compareTexts = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

type Test = readonly [test: object, passes: (line: Line) => boolean];

const test = fc.oneof(
  fc
    .integer({ min: -6, max: 6 })
    .chain(
      (value): fc.Arbitrary<Test> =>
        fc.constantFrom<Test>(
          [{ name: 'n', test: { eq: value } }, ({ n }) => n === value],
          [{ name: 'n', test: { ne: value } }, ({ n }) => n !== value],
          [{ name: 'n', test: { gt: value + 0.5 } }, ({ n }) => n !== null && n > value + 0.5],
          [{ name: 'n', test: { lte: value } }, ({ n }) => n !== null && n <= value],
          [{ name: 'n', test: { in: [value, value + 1] } }, ({ n }) => n === value || n === value + 1],
          [{ name: 'n', test: { isNull: true } }, ({ n }) => n === null],
        ),
    ),
  text.chain(
    (value): fc.Arbitrary<Test> =>
      fc.constantFrom<Test>(
        [
          { name: 'text', test: { contains: value } },
          (each) => each.text !== null && fold(each.text).includes(fold(value)),
        ],
        [
          { name: 'text', test: { startsWith: `q${value}` } },
          (each) => each.text !== null && fold(each.text).startsWith(fold(`q${value}`)),
        ],
        [{ name: 'text', test: { eq: `q${value}` } }, (each) => each.text === `q${value}`],
        [
          { name: 'text', test: { gte: `q${value}` } },
          (each) => each.text !== null && compareTexts(each.text, `q${value}`) >= 0,
        ],
      ),
  ),
);

const rowsAndGroups = `query ($where: RowFilter!, $order: [ColumnOrder!]) {
  dataset(name: "random") {
    rows(where: $where, orderBy: $order, first: 1000) { totalCount nodes { value(column: "row") } }
    aggregate(where: $where, groupBy: [{ column: "text" }], measures: [{ function: COUNT }, { function: SUM, column: "n" }, { function: MEDIAN, column: "n" }, { function: COUNT_DISTINCT, column: "n" }], first: 1000) {
      nodes { key measures }
    }
  }
}`;

const referenceGroups = (lines: readonly Line[]): Map<string | null, unknown[]> => {
  const groups = new Map<string | null, number[]>();
  const counts = new Map<string | null, number>();
  for (const { n, text: key } of lines) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    groups.set(key, [...(groups.get(key) ?? []), ...(n === null ? [] : [n])]);
  }
  return new Map(
    [...groups].map(([key, values]) => {
      const sorted = values.toSorted((a, b) => a - b);
      const middle = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]] as [number, number];
      const isEmpty = sorted.length === 0;
      return [
        key,
        [
          counts.get(key),
          isEmpty ? null : sorted.reduce((sum, each) => sum + each, 0),
          isEmpty ? null : (middle[0] + middle[1]) / 2,
          new Set(sorted).size,
        ],
      ];
    }),
  );
};

it('queries filter, sort and group rows like a loop over all rows', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 40 }),
      fc.array(fc.tuple(test, test, fc.boolean()), { minLength: 1, maxLength: 3 }),
      async (lines, tests) => {
        // One row always has a number, so that the column is inferred as numbers.
        const all = [...lines, { n: 1, text: 'qz' }];
        expect(await importCsv(opened, 'random', csvOf(all))).toMatchObject({ status: 200, rejected: 0 });
        for (const [[one, onePasses], [other, otherPasses], isOr] of tests) {
          const where = isOr
            ? { or: [{ column: one }, { not: { column: other } }] }
            : { and: [{ column: one }, { not: { column: other } }] };
          const passes = (each: Line): boolean =>
            isOr ? onePasses(each) || !otherPasses(each) : onePasses(each) && !otherPasses(each);
          const order = [{ column: 'n', direction: 'DESC' }, { column: 'text' }];
          const { data, errors } = await opened.query<{
            dataset: {
              rows: { totalCount: number; nodes: { value: number }[] };
              aggregate: { nodes: { key: [string | null]; measures: unknown[] }[] };
            };
          }>(rowsAndGroups, { where, order });
          expect(errors).toBeUndefined();
          const expected = all
            .map((each, row) => ({ ...each, row }))
            .filter(passes)
            .toSorted((a, b) => {
              if (a.n !== b.n) return a.n === null ? 1 : b.n === null ? -1 : b.n - a.n;
              if (a.text !== b.text) return a.text === null ? 1 : b.text === null ? -1 : compareTexts(a.text, b.text);
              return a.row - b.row;
            });
          expect(data?.dataset.rows.nodes.map(({ value }) => value)).toEqual(expected.map(({ row }) => row));
          const groups = new Map(data?.dataset.aggregate.nodes.map(({ key, measures }) => [key[0], measures]));
          expect(groups).toEqual(referenceGroups(expected));
        }
      },
    ),
    { numRuns: 25 },
  );
}, 120_000);
