import type { Context } from '../../src/context.ts';
import type { DatasetRow, RowsPage, RowsQuery } from '../../src/domains/datasets/datasets.ts';
import type { Import } from '../../src/domains/imports/job.ts';
import { DomainError } from '../../src/errors.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { ImportType } from '../imports/imports.ts';
import { type Counted, pageOf, selectPage, totalCountOf } from '../page.ts';
import { SortDirection } from '../time.ts';
import { RowFilterInput } from './filter.ts';

const RowProvenance = builder.objectRef<DatasetRow>('RowProvenance').implement({
  description: 'Where a row of a dataset came from.',
  fields: (t) => {
    const importOf = ({ importId }: DatasetRow, { load, imports }: Context): Promise<Import | null> =>
      load(imports.importsByIds, importId);
    return {
      import: t.field({
        type: ImportType,
        nullable: true,
        description: 'The import that brought it, or last changed it.',
        resolve: (row, _args, context) => importOf(row, context),
      }),
      source: t.string({
        description: 'Name of the file, or the link without its query.',
        resolve: async (row, _args, context) => (await importOf(row, context))?.source ?? 'unknown',
      }),
      line: t.int({ description: 'The line of the file it begins on, from 1.', resolve: ({ line }) => line }),
    };
  },
});

const Misfit = builder.objectRef<{ column: string; text: string }>('Misfit').implement({
  description: 'A cell that does not fit its column’s type.',
  fields: (t) => ({
    column: t.exposeString('column', { description: 'The column’s `name`.' }),
    text: t.exposeString('text', { description: 'What the file says.' }),
  }),
});

export const RowType = builder.objectRef<DatasetRow>('Row');

export const RowConnection = connectionType<DatasetRow, Counted>(
  {
    type: RowType,
    name: 'RowConnection',
    description: 'A page of rows. It may be shorter than asked for where rows are long (setting datasetPageBytesMax).',
    fields: (t) => ({
      totalCount: t.int({ description: 'How many there are on all pages.', resolve: totalCountOf }),
    }),
  },
  { name: 'RowEdge', description: 'A row with its place in the list.' },
);

/** The rows of one version, by their places in it. */
const rowsByIds = async (ids: readonly string[], { datasets }: Context): Promise<(DatasetRow | null)[]> =>
  Promise.all(
    ids.map(async (id) => {
      const [, versionId, row] = /^(\d{1,15})\.(\d{1,15})$/.exec(id) ?? [];
      const [version] = datasets.versionsByIds([Number(versionId ?? 0)]);
      const [dataset] = version ? datasets.byIds([version.datasetId]) : [];
      return version && dataset ? datasets.rowAt(version, Number(row)) : null;
    }),
  );

builder.node(RowType, {
  description: 'A row of a version of a dataset.',
  id: { resolve: ({ version, row }) => `${version.id}.${row}` },
  loadMany: (ids, context) => rowsByIds(ids, context),
  fields: (t) => ({
    values: t.field({
      type: ['CellValue'],
      nullable: { list: false, items: true },
      description: 'Its cells in the order of `columns`.',
      resolve: ({ cells }) => [...cells],
    }),
    value: t.field({
      type: 'CellValue',
      nullable: true,
      description: 'One cell; null when it has no value.',
      args: { column: t.arg.string({ required: true, description: 'The column’s `name`.' }) },
      resolve({ cells, version }, { column }) {
        const place = version.columns.findIndex(({ name }) => name === column);
        if (place >= 0) return cells[place] ?? null;
        throw new DomainError('BAD_REQUEST', `there is no column ${JSON.stringify(column.slice(0, 80))}`);
      },
    }),
    misfits: t.field({
      type: [Misfit],
      description: 'The cells whose text does not fit their column; as values they are null.',
      resolve: ({ misfits, version }) =>
        misfits.map(({ column, text }) => ({ column: version.columns[column]?.name ?? '', text })),
    }),
    provenance: t.field({ type: RowProvenance, description: 'Where it came from.', resolve: (row) => row }),
  }),
});

const ColumnMatch = builder.inputType('ColumnMatch', {
  description: 'A column and what its cells are to match.',
  fields: (t) => ({
    column: t.string({ required: true, description: 'The column’s `name`.' }),
    value: t.field({
      type: 'CellValue',
      required: true,
      description: 'Numbers and dates equal it, text has it as a part, in any case.',
    }),
  }),
});

export const ColumnOrderInput = builder.inputType('ColumnOrder', {
  description: 'An order by one column.',
  fields: (t) => ({
    column: t.string({ required: true, description: 'The column’s `name`; of groups also the `as` of a measure.' }),
    direction: t.field({
      type: SortDirection,
      required: true,
      defaultValue: 'ASC',
      description: 'Cells without a value come last in both directions.',
    }),
  }),
});

/** Which rows, in the words every list of rows takes. */
export const rowsArgs = builder.args((t) => ({
  match: t.field({
    type: [ColumnMatch],
    description: 'Numbers and dates match exactly, text as a part; all of these.',
  }),
  where: t.field({ type: RowFilterInput, description: 'Anything else.' }),
  search: t.string({ description: 'A text that occurs in any column of text, in any case.' }),
}));

/** A version by the global id of a `DatasetVersion`. */
export const versionArg = builder.args((t) => ({
  version: t.id({ description: 'The `id` of a version; without it the one that answers.' }),
}));

/** The number in the global id of a version. Throws BAD_REQUEST for that of something else. */
export const versionIdOf = (id: string | number | null | undefined): number | undefined => {
  if (id == null) return undefined;
  const [, number] = /^DatasetVersion:(\d{1,15})$/.exec(Buffer.from(String(id), 'base64url').toString()) ?? [];
  if (number === undefined) throw new DomainError('BAD_REQUEST', 'version is not the id of a DatasetVersion');
  return Number(number);
};

type PageArgs = Parameters<typeof selectPage>[0];

/** A page of rows as a connection. */
export const rowsPage = async (
  args: PageArgs,
  context: Context,
  find: (wanted: Pick<RowsQuery, 'limit' | 'fromEnd' | 'after' | 'before'>) => Promise<RowsPage>,
) => {
  const page = await find(selectPage(args, context.config));
  await context.pace(page.rows.length);
  return { ...pageOf(page.rows, page.cursorOf, page), totalCount: page.total };
};
