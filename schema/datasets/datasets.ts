import type { DatasetVersion } from '../../src/domains/datasets/columns.ts';
import type { Dataset } from '../../src/domains/datasets/datasets.ts';
import { builder } from '../builder.ts';
import { connectionType, withErrors } from '../connection.ts';
import { ImportType } from '../imports/imports.ts';
import { type Counted, limitOf, numericCursor, pageOf, selectPage, totalCountOf } from '../page.ts';
import { ColumnRef, FacetType } from './columns.ts';
import { DatasetDiff } from './differences.ts';
import { RowFilterInput } from './filter.ts';
import { ColumnOrderInput, RowConnection, rowsArgs, rowsPage, versionArg, versionIdOf } from './rows.ts';

export const DatasetVersionType = builder.objectRef<DatasetVersion>('DatasetVersion');

builder.node(DatasetVersionType, {
  description: 'The state of a dataset after one import; it never changes.',
  id: { resolve: ({ id }) => id },
  loadMany: (ids, { datasets }) => withErrors(datasets.versionsByIds(ids.map(Number))),
  fields: (t) => ({
    number: t.exposeInt('number', { description: 'The number of the version in its dataset, from 1.' }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was complete and became the current version.',
      resolve: ({ createdAtUs }) => createdAtUs,
    }),
    rowCount: t.field({ type: 'BigInt', description: 'Number of rows.', resolve: ({ rowCount }) => rowCount }),
    columns: t.field({
      type: [ColumnRef],
      description: 'Its columns in the order of the file.',
      resolve: (version, _args, { datasets }) => [...datasets.columns(version)],
    }),
    import: t.field({
      type: ImportType,
      nullable: true,
      description: 'The import that made it.',
      resolve: ({ importId }, _args, { load, imports }) => load(imports.importsByIds, importId),
    }),
  }),
});

const DatasetVersionConnection = connectionType<DatasetVersion, Counted>(
  {
    type: DatasetVersionType,
    name: 'DatasetVersionConnection',
    description: 'A page of versions.',
    fields: (t) => ({
      totalCount: t.int({ description: 'Number of items on all pages.', resolve: totalCountOf }),
    }),
  },
  { name: 'DatasetVersionEdge', description: 'A version with its cursor.' },
);

export const DatasetType = builder.objectRef<Dataset>('Dataset');

const DatasetConnection = connectionType<Dataset, Counted>(
  {
    type: DatasetType,
    name: 'DatasetConnection',
    description: 'A page of datasets. A damaged one is null, with the error DATA_DAMAGED.',
    hasItemErrors: true,
    fields: (t) => ({
      totalCount: t.int({ description: 'Number of items on all pages.', resolve: totalCountOf }),
    }),
  },
  { name: 'DatasetEdge', description: 'A dataset with its cursor.' },
);

builder.node(DatasetType, {
  description: 'A table imported from a CSV file, with typed columns.',
  id: { resolve: ({ id }) => id },
  loadMany: (ids, { datasets }) => withErrors(datasets.byIds(ids.map(Number))),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, which is also part of its REST paths.' }),
    rowCount: t.field({
      type: 'BigInt',
      description: 'Number of rows of the current version.',
      resolve: (dataset, _args, { datasets }) => datasets.current(dataset).rowCount,
    }),
    columns: t.field({
      type: [ColumnRef],
      description: 'Its columns in the order of the file.',
      args: versionArg,
      resolve: (dataset, { version }, { datasets }) => [
        ...datasets.columns(datasets.versionOf(dataset, versionIdOf(version))),
      ],
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When its first version was complete.',
      resolve: ({ createdAtUs }) => createdAtUs,
    }),
    updatedAt: t.field({
      type: 'DateTime',
      description: 'When its current version was complete.',
      resolve: (dataset, _args, { datasets }) => datasets.current(dataset).createdAtUs,
    }),
    currentVersion: t.field({
      type: DatasetVersionType,
      description: 'The current version.',
      resolve: (dataset, _args, { datasets }) => datasets.current(dataset),
    }),
  }),
});

builder.objectFields(DatasetType, (t) => ({
  rows: t.field({
    type: RowConnection,
    extensions: { goesThroughAllFacts: true },
    description: 'Its rows, in the order of the file by default. Later pages come from the version of the first page.',
    args: {
      ...t.arg.connectionArgs(),
      ...rowsArgs,
      ...versionArg,
      orderBy: t.arg({
        type: [ColumnOrderInput],
        description: 'The order; equal rows stay in the order of the file.',
      }),
    },
    resolve: (dataset, args, context) => {
      const { match, where, search, orderBy } = args;
      const versionId = versionIdOf(args.version);
      return rowsPage({ field: 'Dataset.rows', parent: dataset.id }, args, context, (page) =>
        context.datasets.rows(dataset, { match, where, search, orderBy, versionId, ...page }, context.work),
      );
    },
  }),
  facets: t.field({
    type: [FacetType],
    extensions: { goesThroughAllFacts: true },
    description: 'The most frequent values of some columns.',
    args: {
      columns: t.arg.stringList({
        description:
          'Names of columns, at most the setting datasetStatisticsColumnsMax (50); by default the first ten.',
      }),
      where: t.arg({ type: RowFilterInput, description: 'Counts only these rows.' }),
      search: t.arg.string({ description: 'Counts only rows with this text in any text column, ignoring case.' }),
      first: t.arg.int({
        required: true,
        defaultValue: 20,
        description: 'Maximum number of values of each column; at most the setting pageSizeMax (1000).',
      }),
      ...versionArg,
    },
    async resolve(dataset, { columns, where, search, first, version: id }, { datasets, config, work }) {
      const version = datasets.versionOf(dataset, versionIdOf(id));
      const columnsOfVersion = datasets.columns(version);
      const names =
        columns ??
        columnsOfVersion.slice(0, Math.min(10, config.datasetStatisticsColumnsMax)).map(({ column }) => column.name);
      const limit = limitOf('first', first, config);
      const found = await datasets.facets(version, { columns: names, where, search, limit }, work);
      return found.map((facet) => ({
        ...facet,
        indexedColumn: columnsOfVersion[facet.column] as (typeof columnsOfVersion)[number],
      }));
    },
  }),
}));

builder.objectFields(DatasetType, (t) => ({
  version: t.field({
    type: DatasetVersionType,
    nullable: true,
    description: 'One of its versions; null when there is none with this number, or it is no longer kept.',
    args: { number: t.arg.int({ required: true, description: 'The number of the version, from 1.' }) },
    resolve: (dataset, { number }, { datasets }) => datasets.findVersion(dataset, number),
  }),
  versions: t.field({
    type: DatasetVersionConnection,
    args: t.arg.connectionArgs(),
    description: 'All versions, newest first.',
    resolve(dataset, args, { datasets, config }) {
      const list = { field: 'Dataset.versions', parent: dataset.id };
      const { limit, fromEnd, after, before, cursors } = selectPage(list, args, config);
      const request = { limit, fromEnd, after: numericCursor(after), before: numericCursor(before) };
      const page = datasets.versionsPage(dataset, request);
      return { ...pageOf(page.rows, ({ id }) => id, { ...page, cursors }), totalCount: page.totalCount };
    },
  }),
  diff: t.field({
    type: DatasetDiff,
    extensions: { goesThroughAllFacts: true },
    description: 'The difference between two versions.',
    args: {
      from: t.arg.id({ required: true, description: 'The `id` of the earlier version.' }),
      to: t.arg.id({ description: 'The `id` of the later version; by default the current version.' }),
    },
    async resolve(dataset, args, { datasets, datasetDifferences, work }) {
      const from = datasets.versionOf(dataset, versionIdOf(args.from));
      const to = datasets.versionOf(dataset, versionIdOf(args.to));
      return { ...(await datasetDifferences.counts({ from, to }, work)), from, to };
    },
  }),
}));

builder.queryFields((t) => ({
  dataset: t.field({
    type: DatasetType,
    nullable: true,
    description: 'A dataset by its name; null when it does not exist.',
    args: { name: t.arg.string({ required: true, description: 'Its name.' }) },
    resolve: (_root, { name }, { datasets }) => datasets.findByName(name) ?? null,
  }),
  datasets: t.field({
    type: DatasetConnection,
    args: t.arg.connectionArgs(),
    description: 'All datasets, oldest first.',
    resolve(_root, args, { datasets, config }) {
      const { limit, fromEnd, after, before, cursors } = selectPage({ field: 'Query.datasets' }, args, config);
      const request = { limit, fromEnd, after: numericCursor(after), before: numericCursor(before) };
      const page = datasets.page(request);
      const items = withErrors(page.rows.map((dataset) => datasets.damages.of(dataset.id) ?? dataset));
      const idOf = (_item: Dataset, index: number) => page.rows[index]?.id ?? 0;
      return { ...pageOf(items, idOf, { ...page, cursors }), totalCount: page.totalCount };
    },
  }),
}));
