import type { DifferenceResult } from '../../db/datasets/engine.ts';
import type { DatasetVersion } from '../../src/domains/datasets/columns.ts';
import type { Dataset } from '../../src/domains/datasets/datasets.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { ImportType } from '../imports/imports.ts';
import { type Counted, numericCursor, pageOf, selectPage, totalCountOf } from '../page.ts';
import { ColumnRef, FacetType } from './columns.ts';
import { RowFilterInput } from './filter.ts';
import { ColumnOrderInput, RowConnection, rowsArgs, rowsPage, versionArg, versionIdOf } from './rows.ts';

export const DatasetVersionType = builder.objectRef<DatasetVersion>('DatasetVersion');

builder.node(DatasetVersionType, {
  description: 'A dataset as one import left it; it never changes.',
  id: { resolve: ({ id }) => id },
  loadMany: (ids, { datasets }) => datasets.versionsByIds(ids.map(Number)),
  fields: (t) => ({
    number: t.exposeInt('number', { description: 'From 1, one after the other.' }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was whole, and from then on the one that answers.',
      resolve: ({ createdAtUs }) => createdAtUs,
    }),
    rowCount: t.field({ type: 'BigInt', description: 'Its rows.', resolve: ({ rowCount }) => rowCount }),
    columns: t.field({
      type: [ColumnRef],
      description: 'Its columns, in order.',
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
      totalCount: t.int({ description: 'How many there are on all pages.', resolve: totalCountOf }),
    }),
  },
  { name: 'DatasetVersionEdge', description: 'A version with its place in the list.' },
);

interface Difference extends DifferenceResult {
  readonly from: DatasetVersion;
  readonly to: DatasetVersion;
}

const namesOnlyIn = (version: DatasetVersion, other: DatasetVersion): string[] =>
  version.columns.map(({ name }) => name).filter((name) => !other.columns.some((column) => column.name === name));

const DatasetDiff = builder.objectRef<Difference>('DatasetDiff').implement({
  description:
    'How two versions differ, over the columns that both have: matched on the later one’s key columns, without any by the whole content, and then nothing is changed, only added and removed.',
  fields: (t) => ({
    added: t.field({ type: 'BigInt', description: 'Rows that are new.', resolve: ({ added }) => added }),
    removed: t.field({ type: 'BigInt', description: 'Rows that are gone.', resolve: ({ removed }) => removed }),
    changed: t.field({
      type: 'BigInt',
      description: 'Rows whose key is in both, with other content.',
      resolve: ({ changed }) => changed,
    }),
    columnsAdded: t.stringList({
      description: 'Names of the columns that only the later one has.',
      resolve: ({ from, to }) => namesOnlyIn(to, from),
    }),
    columnsRemoved: t.stringList({
      description: 'Names of the columns that only the earlier one has.',
      resolve: ({ from, to }) => namesOnlyIn(from, to),
    }),
  }),
});

export const DatasetType = builder.objectRef<Dataset>('Dataset');

const DatasetConnection = connectionType<Dataset, Counted>(
  {
    type: DatasetType,
    name: 'DatasetConnection',
    description: 'A page of datasets.',
    fields: (t) => ({
      totalCount: t.int({ description: 'How many there are on all pages.', resolve: totalCountOf }),
    }),
  },
  { name: 'DatasetEdge', description: 'A dataset with its place in the list.' },
);

builder.node(DatasetType, {
  description: 'An uploaded CSV file as a table that knows its types.',
  id: { resolve: ({ id }) => id },
  loadMany: (ids, { datasets }) => datasets.byIds(ids.map(Number)),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, also in the addresses of REST.' }),
    rowCount: t.field({
      type: 'BigInt',
      description: 'Rows of the version that answers.',
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
      description: 'When its first version was whole.',
      resolve: ({ createdAtUs }) => createdAtUs,
    }),
    updatedAt: t.field({
      type: 'DateTime',
      description: 'When the version that answers was whole.',
      resolve: (dataset, _args, { datasets }) => datasets.current(dataset).createdAtUs,
    }),
    currentVersion: t.field({
      type: DatasetVersionType,
      description: 'The version that answers.',
      resolve: (dataset, _args, { datasets }) => datasets.current(dataset),
    }),
    rows: t.field({
      type: RowConnection,
      extensions: { goesThroughAllFacts: true },
      description:
        'Its rows, in the order of the file unless another is asked for. A list goes on in the version it was begun in.',
      args: {
        ...t.arg.connectionArgs(),
        ...rowsArgs,
        ...versionArg,
        orderBy: t.arg({ type: [ColumnOrderInput], description: 'The order; what is equal stays as in the file.' }),
      },
      resolve: (dataset, { match, where, search, orderBy, version, ...args }, context) =>
        rowsPage(args, context, (page) =>
          context.datasets.rows(dataset, {
            match,
            where,
            search,
            orderBy,
            versionId: versionIdOf(version),
            ...page,
          }),
        ),
    }),
    facets: t.field({
      type: [FacetType],
      extensions: { goesThroughAllFacts: true },
      description: 'How often each value of some columns occurs.',
      args: {
        columns: t.arg.stringList({ description: 'Names of columns; without it the first ten.' }),
        where: t.arg({ type: RowFilterInput, description: 'Only among these rows.' }),
        first: t.arg.int({
          required: true,
          defaultValue: 20,
          description: 'How many values of each; at most the setting pageSizeMax (1000).',
        }),
        ...versionArg,
      },
      async resolve(dataset, { columns, where, first, version: id }, { datasets, config }) {
        const version = datasets.versionOf(dataset, versionIdOf(id));
        const placed = datasets.columns(version);
        const names = columns ?? placed.slice(0, 10).map(({ column }) => column.name);
        const { limit } = selectPage({ first }, config);
        const found = await datasets.facets(version, names, { where }, limit);
        return found.map((facet) => ({ ...facet, placed: placed[facet.column] as (typeof placed)[number] }));
      },
    }),
    versions: t.field({
      type: DatasetVersionConnection,
      args: t.arg.connectionArgs(),
      description: 'All versions, the newest first.',
      resolve(dataset, args, { datasets, config }) {
        const { limit, fromEnd, after, before } = selectPage(args, config);
        const request = { limit, fromEnd, after: numericCursor(after), before: numericCursor(before) };
        const page = datasets.versionsPage(dataset, request);
        return { ...pageOf(page.rows, ({ id }) => id, page), totalCount: page.totalCount };
      },
    }),
    diff: t.field({
      type: DatasetDiff,
      extensions: { goesThroughAllFacts: true },
      description: 'What changed between two versions.',
      args: {
        from: t.arg.id({ required: true, description: 'The `id` of the earlier version.' }),
        to: t.arg.id({ description: 'The `id` of the later one; without it the one that answers.' }),
      },
      async resolve(dataset, args, { datasets }) {
        const from = datasets.versionOf(dataset, versionIdOf(args.from));
        const to = datasets.versionOf(dataset, versionIdOf(args.to));
        return { ...(await datasets.difference(from, to)), from, to };
      },
    }),
  }),
});

builder.queryFields((t) => ({
  dataset: t.field({
    type: DatasetType,
    nullable: true,
    description: 'A dataset by its name; null when there is none.',
    args: { name: t.arg.string({ required: true, description: 'Its name.' }) },
    resolve: (_root, { name }, { datasets }) => datasets.findByName(name) ?? null,
  }),
  datasets: t.field({
    type: DatasetConnection,
    args: t.arg.connectionArgs(),
    description: 'All datasets, the oldest first.',
    resolve(_root, args, { datasets, config }) {
      const { limit, fromEnd, after, before } = selectPage(args, config);
      const request = { limit, fromEnd, after: numericCursor(after), before: numericCursor(before) };
      const page = datasets.page(request);
      return { ...pageOf(page.rows, ({ id }) => id, page), totalCount: page.totalCount };
    },
  }),
}));
