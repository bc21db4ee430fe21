import type { Context } from '../../src/context.ts';
import type { DatasetRow, RowsPage, RowsQuery } from '../../src/domains/datasets/rows.ts';
import type { Import } from '../../src/domains/imports/job.ts';
import { DomainError } from '../../src/errors.ts';
import { builder } from '../builder.ts';
import { connectionType, withErrors } from '../connection.ts';
import { ImportType } from '../imports/imports.ts';
import { type Counted, pageOf, selectPage, totalCountOf } from '../page.ts';
import { SortDirection } from '../time.ts';
import { RowFilterInput } from './filter.ts';

const RowProvenance = builder.objectRef<DatasetRow>('RowProvenance').implement({
  description: 'The origin of a row of a dataset.',
  fields: (t) => {
    const importOf = ({ importId }: DatasetRow, { load, imports }: Context): Promise<Import | null> =>
      load(imports.importsByIds, importId);
    return {
      import: t.field({
        type: ImportType,
        nullable: true,
        description: 'The import that added or last changed the row.',
        resolve: (row, _args, context) => importOf(row, context),
      }),
      source: t.string({
        description: 'The name of the file, or the link without its query.',
        resolve: async (row, _args, context) => (await importOf(row, context))?.source ?? 'unknown',
      }),
      line: t.int({
        description: 'The line of the file on which the row begins, from 1.',
        resolve: ({ line }) => line,
      }),
    };
  },
});

export const Misfit = builder.objectRef<{ column: string; text: string }>('Misfit').implement({
  description: 'A cell that does not fit the type of its column.',
  fields: (t) => ({
    column: t.exposeString('column', { description: 'The `name` of the column.' }),
    text: t.exposeString('text', { description: 'The text in the file.' }),
  }),
});

export const RowType = builder.objectRef<DatasetRow>('Row');

interface OfRows extends Counted {
  readonly excludedCount: number;
}

export const RowConnection = connectionType<DatasetRow, OfRows>(
  {
    type: RowType,
    name: 'RowConnection',
    description:
      'A page of rows. It may have fewer rows than requested where rows are long (setting datasetPageBytesMax).',
    fields: (t) => ({
      totalCount: t.int({ description: 'Number of rows on all pages.', resolve: totalCountOf }),
      excludedCount: t.field({
        type: 'BigInt',
        description:
          'Number of rows that the condition leaves out only because a cell that it compares does not fit the type of its column; `isMisfit` finds them.',
        resolve: ({ excludedCount }) => excludedCount,
      }),
    }),
  },
  { name: 'RowEdge', description: 'A row with its cursor.' },
);

/** Rows by their ids, which consist of the version and the row number. */
const rowsByIds = async (
  ids: readonly string[],
  { datasets, work }: Context,
): Promise<(DatasetRow | DomainError | null)[]> => {
  const keys = ids.map((id) => {
    const [, version = 0, row = 0] = /^(\d{1,15})\.(\d{1,15})$/.exec(id) ?? [];
    return { versionId: Number(version), row: Number(row) };
  });
  const versionIds = [...new Set(keys.map(({ versionId }) => versionId))];
  const versions = datasets.versionsByIds(versionIds);
  const existing = datasets.byIds(
    versions.map((version) => (version instanceof DomainError ? 0 : (version?.datasetId ?? 0))),
  );
  const found = new Map<string, DatasetRow>();
  const damages = new Map<number, DomainError>();
  // One query of each version after the other: many at once would leave no room for other requests.
  for (const [index, version] of versions.entries()) {
    if (version instanceof DomainError) damages.set(versionIds[index] ?? 0, version);
    if (!version || version instanceof DomainError || !existing[index]) continue;
    const numbers = keys.filter(({ versionId }) => versionId === version.id).map(({ row }) => row);
    const rows = await datasets.rowsAt(version, [...new Set(numbers)], work);
    for (const row of rows) found.set(`${version.id}.${row.row}`, row);
  }
  return keys.map(({ versionId, row }) => damages.get(versionId) ?? found.get(`${versionId}.${row}`) ?? null);
};

builder.node(RowType, {
  description: 'A row of a version of a dataset.',
  id: { resolve: ({ version, row }) => `${version.id}.${row}` },
  loadMany: async (ids, context) => withErrors(await rowsByIds(ids, context)),
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
      description: 'The value of one column; null when it has none.',
      args: { column: t.arg.string({ required: true, description: 'The `name` of the column.' }) },
      resolve({ cells, version }, { column }) {
        const index = version.columns.findIndex(({ name }) => name === column);
        if (index >= 0) return cells[index] ?? null;
        throw new DomainError('BAD_REQUEST', `there is no column ${JSON.stringify(column.slice(0, 80))}`);
      },
    }),
    misfits: t.field({
      type: [Misfit],
      description: 'The cells whose text does not fit the type of their column; their values are null.',
      resolve: ({ misfits, version }) =>
        misfits.map(({ column, text }) => ({ column: version.columns[column]?.name ?? '', text })),
    }),
    provenance: t.field({ type: RowProvenance, description: 'The origin of the row.', resolve: (row) => row }),
  }),
});

const ColumnMatch = builder.inputType('ColumnMatch', {
  description: 'A column and the value that its cells must match.',
  fields: (t) => ({
    column: t.string({ required: true, description: 'The `name` of the column.' }),
    value: t.field({
      type: 'CellValue',
      required: true,
      description: 'Numbers and dates must be equal; text must contain the value, ignoring case.',
    }),
  }),
});

export const ColumnOrderInput = builder.inputType('ColumnOrder', {
  description: 'An order by one column.',
  fields: (t) => ({
    column: t.string({
      required: true,
      description: 'The `name` of the column; for groups also the `as` of a measure.',
    }),
    direction: t.field({
      type: SortDirection,
      required: true,
      defaultValue: 'ASC',
      description: 'The direction; cells without a value come last in both directions.',
    }),
  }),
});

/** The arguments that filter rows. */
export const rowsArgs = builder.args((t) => ({
  match: t.field({
    type: [ColumnMatch],
    description: 'Conditions that must all match: numbers and dates exactly, text in part.',
  }),
  where: t.field({ type: RowFilterInput, description: 'A condition on rows.' }),
  search: t.string({ description: 'A text that occurs in any text column, ignoring case.' }),
}));

/** The argument that selects a version. */
export const versionArg = builder.args((t) => ({
  version: t.id({ description: 'The `id` of a version; by default the current version.' }),
}));

/** The database id in the global id of a version. Throws BAD_REQUEST for the id of another type. */
export const versionIdOf = (id: string | number | null | undefined): number | undefined => {
  if (id == null) return undefined;
  const [, number] = /^DatasetVersion:(\d{1,15})$/.exec(Buffer.from(String(id), 'base64url').toString()) ?? [];
  if (number === undefined) throw new DomainError('BAD_REQUEST', 'version must be the id of a DatasetVersion');
  return Number(number);
};

type List = Parameters<typeof selectPage>[0];
type PageArgs = Parameters<typeof selectPage>[1];

/** A page of rows as a connection. */
export const rowsPage = async (
  list: List,
  args: PageArgs,
  context: Context,
  find: (page: Pick<RowsQuery, 'limit' | 'fromEnd' | 'after' | 'before'>) => Promise<RowsPage>,
) => {
  const { limit, fromEnd, after, before, cursors } = selectPage(list, args, context.config);
  const page = await find({ limit, fromEnd, after, before });
  await context.yieldAfter(page.rows.length);
  const connection = pageOf(page.rows, page.cursorOf, { ...page, cursors });
  return { ...connection, totalCount: page.total, excludedCount: page.excludedCount };
};
