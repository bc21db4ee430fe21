import type { ChangesRequest, DifferenceResult, TableRow } from '../../db/datasets/engine.ts';
import type { Context } from '../../src/context.ts';
import type { DatasetVersion } from '../../src/domains/datasets/columns.ts';
import type { VersionChange, VersionPair } from '../../src/domains/datasets/differences.ts';
import type { DatasetRow } from '../../src/domains/datasets/rows.ts';
import type { Cell } from '../../src/lib/cell-text.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { type Counted, numericCursor, pageOf, selectPage, totalCountOf } from '../page.ts';
import { RowType } from './rows.ts';

interface Difference extends DifferenceResult, VersionPair {}

interface ChangedCell {
  readonly column: string;
  readonly from: WrittenCell;
  readonly to: WrittenCell;
}

interface WrittenCell {
  readonly value: Cell;
  readonly misfit: string | null;
}

const writtenCell = (version: DatasetVersion, row: TableRow | null, name: string): WrittenCell => {
  const index = version.columns.findIndex((column) => column.name === name);
  const misfit = row?.misfits.find(({ column }) => column === index)?.text ?? null;
  return { value: row?.cells[index] ?? null, misfit };
};

const CellChange = builder.objectRef<ChangedCell>('CellChange').implement({
  description: 'A cell that differs between two versions of a row.',
  fields: (t) => ({
    column: t.exposeString('column', { description: 'The `name` of the column.' }),
    from: t.field({
      type: 'CellValue',
      nullable: true,
      description: 'The value in the earlier version.',
      resolve: ({ from }) => from.value,
    }),
    to: t.field({
      type: 'CellValue',
      nullable: true,
      description: 'The value in the later version.',
      resolve: ({ to }) => to.value,
    }),
    fromMisfit: t.string({
      nullable: true,
      description: 'The text in the earlier version where it does not fit the type of the column; otherwise null.',
      resolve: ({ from }) => from.misfit,
    }),
    toMisfit: t.string({
      nullable: true,
      description: 'The text in the later version where it does not fit the type of the column; otherwise null.',
      resolve: ({ to }) => to.misfit,
    }),
  }),
});

const rowOf = (version: DatasetVersion, row: TableRow | null): DatasetRow => {
  if (row === null) throw new Error('the change has no row in this version');
  return { ...row, version };
};

const RowChange = builder.objectRef<VersionChange>('RowChange').implement({
  description: 'A row that both versions have, with different cells.',
  fields: (t) => ({
    key: t.field({
      type: ['CellValue'],
      nullable: { list: false, items: true },
      description: 'Its values in the key columns of the later version.',
      resolve: ({ to, later }) => to.keyColumns.map((name) => writtenCell(to, later, name).value),
    }),
    from: t.field({
      type: RowType,
      description: 'The row in the earlier version.',
      resolve: ({ from, earlier }) => rowOf(from, earlier),
    }),
    to: t.field({
      type: RowType,
      description: 'The row in the later version.',
      resolve: ({ to, later }) => rowOf(to, later),
    }),
    cells: t.field({
      type: [CellChange],
      description: 'The cells that differ, in the order of the columns of the later version.',
      resolve: ({ from, to, earlier, later, columns }) =>
        columns.map((column) => ({
          column,
          from: writtenCell(from, earlier, column),
          to: writtenCell(to, later, column),
        })),
    }),
  }),
});

const totalCount = { description: 'Number of rows on all pages.', resolve: totalCountOf };

const RowChangeConnection = connectionType<VersionChange, Counted>(
  {
    type: RowChange,
    name: 'RowChangeConnection',
    description: 'A page of changed rows. It may have fewer rows than requested where rows are long.',
    fields: (t) => ({ totalCount: t.int(totalCount) }),
  },
  { name: 'RowChangeEdge', description: 'A changed row with its cursor.' },
);

const DiffRowConnection = connectionType<DatasetRow, Counted>(
  {
    type: RowType,
    name: 'DiffRowConnection',
    description:
      'A page of rows that only one of two versions has. It may have fewer rows than requested where rows are long.',
    fields: (t) => ({ totalCount: t.int(totalCount) }),
  },
  { name: 'DiffRowEdge', description: 'A row with its cursor.' },
);

type Kind = ChangesRequest['kind'];

const changesPage = async (
  { from, to, ...counts }: Difference,
  kind: Kind,
  args: Parameters<typeof selectPage>[1],
  context: Context,
) => {
  const name = kind.toLowerCase() as Lowercase<Kind>;
  const list = { field: `DatasetDiff.${name}Rows`, parent: `${from.id} ${to.id}` };
  const { limit, fromEnd, after, before, cursors } = selectPage(list, args, context.config);
  const request = { kind, limit, fromEnd, after: numericCursor(after) ?? null, before: numericCursor(before) ?? null };
  const page = await context.datasetDifferences.changes({ from, to }, request, context.work);
  await context.yieldAfter(page.changes.length);
  return { ...page, cursors, totalCount: counts[name] };
};

const rowsPageOf = async (
  difference: Difference,
  kind: 'ADDED' | 'REMOVED',
  args: Parameters<typeof selectPage>[1],
  context: Context,
) => {
  const { changes, totalCount: total, ...page } = await changesPage(difference, kind, args, context);
  const rows = changes.map(({ from, to, earlier, later }) =>
    kind === 'ADDED' ? rowOf(to, later) : rowOf(from, earlier),
  );
  return { ...pageOf(rows, ({ row }) => row, page), totalCount: total };
};

export const DatasetDiff = builder.objectRef<Difference>('DatasetDiff').implement({
  description:
    'The difference between two versions over the columns that both have. Rows are matched on the key columns of the later version; without key columns by their content, where a changed row counts as one removed and one added row.',
  fields: (t) => ({
    added: t.field({ type: 'BigInt', description: 'Number of added rows.', resolve: ({ added }) => added }),
    removed: t.field({ type: 'BigInt', description: 'Number of removed rows.', resolve: ({ removed }) => removed }),
    changed: t.field({
      type: 'BigInt',
      description: 'Number of rows with the same key and different content.',
      resolve: ({ changed }) => changed,
    }),
    addedRows: t.field({
      type: DiffRowConnection,
      extensions: { goesThroughAllFacts: true },
      args: t.arg.connectionArgs(),
      description: 'The added rows, in the order of the later version.',
      resolve: (difference, args, context) => rowsPageOf(difference, 'ADDED', args, context),
    }),
    removedRows: t.field({
      type: DiffRowConnection,
      extensions: { goesThroughAllFacts: true },
      args: t.arg.connectionArgs(),
      description: 'The removed rows, in the order of the earlier version.',
      resolve: (difference, args, context) => rowsPageOf(difference, 'REMOVED', args, context),
    }),
    changedRows: t.field({
      type: RowChangeConnection,
      extensions: { goesThroughAllFacts: true },
      args: t.arg.connectionArgs(),
      description: 'The changed rows, in the order of the later version.',
      resolve: async (difference, args, context) => {
        const { changes, totalCount: total, ...page } = await changesPage(difference, 'CHANGED', args, context);
        return { ...pageOf(changes, ({ later }) => later?.row ?? 0, page), totalCount: total };
      },
    }),
    columnsAdded: t.stringList({
      description: 'Names of the columns that only the later version has.',
      resolve: ({ from, to }) => namesOnlyIn(to, from),
    }),
    columnsRemoved: t.stringList({
      description: 'Names of the columns that only the earlier version has.',
      resolve: ({ from, to }) => namesOnlyIn(from, to),
    }),
  }),
});

const namesOnlyIn = (version: DatasetVersion, other: DatasetVersion): string[] =>
  version.columns.map(({ name }) => name).filter((name) => !other.columns.some((column) => column.name === name));
