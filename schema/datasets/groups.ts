import { measureFunctions } from '../../db/datasets/engine.ts';
import type { DatasetGroup, GroupsPage } from '../../src/domains/datasets/groups.ts';
import { DomainError } from '../../src/errors.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { type Counted, pageOf, selectPage, totalCountOf } from '../page.ts';
import { TimeGrain } from '../time.ts';
import { DatasetType, DatasetVersionType } from './datasets.ts';
import { ColumnTestInput, RowFilterInput } from './filter.ts';
import { ColumnOrderInput, RowConnection, rowsPage, versionArg, versionIdOf } from './rows.ts';

const meanings = {
  COUNT: 'Rows, or those with a value in the column.',
  COUNT_DISTINCT: 'Different values of the column.',
  SUM: 'Exact for INTEGER and DECIMAL; null without any value.',
  AVERAGE: 'The mean, a double.',
  MIN: 'The least value.',
  MAX: 'The greatest value.',
  MEDIAN: 'The value in the middle, of an even number the mean of both.',
  P95: 'The least value that at least 95 of 100 values are not above (nearest rank).',
  STANDARD_DEVIATION: 'Of a sample (divided by one less than the number of values); null for fewer than two.',
} as const;

const AggregateFunction = builder.enumType('AggregateFunction', {
  description: 'What is worked out of the values of a column; cells without a value do not count.',
  values: Object.fromEntries(measureFunctions.map((name) => [name, { value: name, description: meanings[name] }])) as {
    [Name in (typeof measureFunctions)[number]]: { value: Name; description: string };
  },
});

const GroupBy = builder.inputType('GroupBy', {
  description: 'A column to group by: by its values, or rounded down.',
  fields: (t) => ({
    column: t.string({ required: true, description: 'The column’s `name`.' }),
    grain: t.field({ type: TimeGrain, description: 'For dates: the period to round down to, in `timeZone`.' }),
    binWidth: t.float({ description: 'For numbers: the width of a bin; bins begin at its multiples.' }),
  }),
});

const ColumnMeasure = builder.inputType('ColumnMeasure', {
  description: 'A figure of each group.',
  fields: (t) => ({
    function: t.field({ type: AggregateFunction, required: true, description: 'What is worked out.' }),
    column: t.string({ description: 'Of which column; only COUNT needs none.' }),
    as: t.string({ description: 'What it is called; without it like `sum_Price`, or `count`.' }),
  }),
});

const MeasureCondition = builder.inputType('MeasureCondition', {
  description: 'Which groups, by one of their figures or columns.',
  fields: (t) => ({
    as: t.string({ required: true, description: 'The name of a measure or of a column that is grouped by.' }),
    test: t.field({ type: ColumnTestInput, required: true, description: 'What is asked of it.' }),
  }),
});

const RowAggregate = builder.objectRef<DatasetGroup>('RowAggregate').implement({
  description: 'A group of rows.',
  fields: (t) => ({
    key: t.field({
      type: ['CellValue'],
      nullable: { list: false, items: true },
      description: 'Its values in the order of `groupBy`; null stands for no value.',
      resolve: ({ key }) => [...key],
    }),
    measures: t.field({
      type: ['CellValue'],
      nullable: { list: false, items: true },
      description: 'Its figures in the order of `measures`.',
      resolve: ({ measures }) => [...measures],
    }),
    rows: t.field({
      type: RowConnection,
      args: t.arg.connectionArgs(),
      description: 'Exactly its rows, in the order of the file.',
      resolve: (group, args, context) => rowsPage(args, context, (page) => context.datasetGroups.rowsOf(group, page)),
    }),
  }),
});

interface WithPage {
  readonly page: GroupsPage;
}

const RowAggregateConnection = connectionType<DatasetGroup, Counted & WithPage>(
  {
    type: RowAggregate,
    name: 'RowAggregateConnection',
    description: 'A page of groups.',
    fields: (t) => ({
      totalCount: t.int({ description: 'How many there are on all pages.', resolve: totalCountOf }),
      columns: t.stringList({
        description: 'Names of what `key` and then `measures` hold.',
        resolve: ({ page }) => [...page.columns],
      }),
      version: t.field({
        type: DatasetVersionType,
        description: 'What the figures rest on; give its `id` back to get the same figures later.',
        resolve: ({ page }) => page.version,
      }),
    }),
  },
  { name: 'RowAggregateEdge', description: 'A group with its place in the list.' },
);

builder.objectField(DatasetType, 'aggregate', (t) =>
  t.field({
    type: RowAggregateConnection,
    extensions: { goesThroughAllFacts: true },
    description: 'Groups of its rows with their figures, in the order of their keys unless another is asked for.',
    args: {
      ...t.arg.connectionArgs(),
      groupBy: t.arg({ type: [GroupBy], description: 'What makes a group, at most 8; without it all rows are one.' }),
      measures: t.arg({
        type: [ColumnMeasure],
        required: true,
        defaultValue: [{ function: 'COUNT' }],
        description: 'The figures of each group, at most 50.',
      }),
      where: t.arg({ type: RowFilterInput, description: 'Only of these rows.' }),
      having: t.arg({ type: [MeasureCondition], description: 'Only these groups; all conditions hold.' }),
      orderBy: t.arg({ type: [ColumnOrderInput], description: 'By keys and measures.' }),
      timeZone: t.arg({
        type: 'TimeZone',
        required: true,
        defaultValue: 'UTC',
        description: 'Where the periods of instants begin; dates have none.',
      }),
      ...versionArg,
    },
    async resolve(dataset, { groupBy, measures, where, having, orderBy, timeZone, version, ...args }, context) {
      const { limit, after, before, fromEnd } = selectPage(args, context.config);
      if (fromEnd || before !== undefined)
        throw new DomainError('BAD_REQUEST', 'groups are read from the first on: give first and after');
      const page = await context.datasetGroups.groups(dataset, {
        groupBy,
        measures,
        where,
        having,
        orderBy,
        timeZone,
        versionId: versionIdOf(version),
        limit,
        after,
      });
      return { ...pageOf(page.groups, page.cursorOf, page), totalCount: page.total, page };
    },
  }),
);
