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
  COUNT: 'The number of rows, or of rows with a value in the column.',
  COUNT_DISTINCT: 'The number of distinct values of the column.',
  SUM: 'The sum, exact for INTEGER and DECIMAL; null without values.',
  AVERAGE: 'The mean, a double.',
  MIN: 'The least value.',
  MAX: 'The greatest value.',
  MEDIAN: 'The middle value, or the mean of the two middle values for an even count.',
  P95: 'The 95th percentile (nearest rank).',
  STANDARD_DEVIATION: 'The standard deviation of a sample (divisor n − 1); null for fewer than two values.',
} as const;

const AggregateFunction = builder.enumType('AggregateFunction', {
  description: 'A measure of the values of a column; cells without a value do not count.',
  values: Object.fromEntries(measureFunctions.map((name) => [name, { value: name, description: meanings[name] }])) as {
    [Name in (typeof measureFunctions)[number]]: { value: Name; description: string };
  },
});

const GroupBy = builder.inputType('GroupBy', {
  description: 'A column to group by: by its values, or by its values rounded down.',
  fields: (t) => ({
    column: t.string({ required: true, description: 'The `name` of the column.' }),
    grain: t.field({
      type: TimeGrain,
      description: 'For dates and instants: the period to round down to, in `timeZone`.',
    }),
    binWidth: t.float({ description: 'For numbers: the width of a bin; bins start at its multiples.' }),
  }),
});

const ColumnMeasure = builder.inputType('ColumnMeasure', {
  description: 'A measure of each group.',
  fields: (t) => ({
    function: t.field({ type: AggregateFunction, required: true, description: 'The function.' }),
    column: t.string({ description: 'The column; only COUNT needs none.' }),
    as: t.string({ description: 'The name of the measure; by default such as `sum_Price` or `count`.' }),
  }),
});

const MeasureCondition = builder.inputType('MeasureCondition', {
  description: 'A condition on a measure or key column of a group.',
  fields: (t) => ({
    as: t.string({ required: true, description: 'The name of a measure or of a `groupBy` column.' }),
    test: t.field({ type: ColumnTestInput, required: true, description: 'The test of its value.' }),
  }),
});

const RowAggregate = builder.objectRef<DatasetGroup>('RowAggregate').implement({
  description: 'A group of rows.',
  fields: (t) => ({
    key: t.field({
      type: ['CellValue'],
      nullable: { list: false, items: true },
      description: 'Its values in the order of `groupBy`; null stands for a missing value.',
      resolve: ({ key }) => [...key],
    }),
    measures: t.field({
      type: ['CellValue'],
      nullable: { list: false, items: true },
      description: 'Its measures in the order of `measures`.',
      resolve: ({ measures }) => [...measures],
    }),
    excludedCounts: t.field({
      type: ['BigInt'],
      description:
        'For each measure, the number of cells of the group that it leaves out because they do not fit the type of the column.',
      resolve: ({ excludedCounts }) => [...excludedCounts],
    }),
    rows: t.field({
      type: RowConnection,
      args: t.arg.connectionArgs(),
      description: 'The rows of the group, in the order of the file.',
      resolve: (group, args, context) => {
        const parent = JSON.stringify([group.version.id, group.rows]);
        return rowsPage({ field: 'RowAggregate.rows', parent }, args, context, (page) =>
          context.datasetGroups.rowsOf(group, page, context.work),
        );
      },
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
      totalCount: t.int({ description: 'Number of groups on all pages.', resolve: totalCountOf }),
      excludedCount: t.field({
        type: 'BigInt',
        description:
          'Number of rows of which a cell is left out, by the condition or by a measure of any group, because it does not fit the type of its column.',
        resolve: ({ page }) => page.excludedCount,
      }),
      columns: t.stringList({
        description: 'The names of the values of `key`, followed by those of `measures`.',
        resolve: ({ page }) => [...page.columns],
      }),
      version: t.field({
        type: DatasetVersionType,
        description: 'The version of the measures; pass its `id` as `version` to get the same measures later.',
        resolve: ({ page }) => page.version,
      }),
    }),
  },
  { name: 'RowAggregateEdge', description: 'A group with its cursor.' },
);

builder.objectField(DatasetType, 'aggregate', (t) =>
  t.field({
    type: RowAggregateConnection,
    extensions: { goesThroughAllFacts: true },
    description: 'Groups of its rows with their measures, in the order of their keys by default.',
    args: {
      ...t.arg.connectionArgs(),
      groupBy: t.arg({
        type: [GroupBy],
        description:
          'The columns to group by, at most the setting datasetGroupColumnsMax (8); without them all rows form one group.',
      }),
      measures: t.arg({
        type: [ColumnMeasure],
        required: true,
        defaultValue: [{ function: 'COUNT' }],
        description: 'The measures of each group, at most the setting datasetMeasuresMax (50).',
      }),
      where: t.arg({ type: RowFilterInput, description: 'Groups only these rows.' }),
      search: t.arg.string({ description: 'Groups only rows with this text in any text column, ignoring case.' }),
      having: t.arg({ type: [MeasureCondition], description: 'Returns only groups that satisfy all conditions.' }),
      orderBy: t.arg({ type: [ColumnOrderInput], description: 'The order by key columns and measures.' }),
      timeZone: t.arg({
        type: 'TimeZone',
        required: true,
        defaultValue: 'UTC',
        description: 'The time zone of the periods of instants; dates have none.',
      }),
      ...versionArg,
    },
    async resolve(dataset, args, context) {
      const { groupBy, measures, where, search, having, orderBy, timeZone, version } = args;
      const list = { field: 'Dataset.groups', parent: dataset.id };
      const { limit, after, before, fromEnd, cursors } = selectPage(list, args, context.config);
      if (fromEnd || before !== undefined)
        throw new DomainError(
          'BAD_REQUEST',
          'groups can only be read forwards: use first and after instead of last and before',
        );
      const conditions = { groupBy, measures, where, search, having, orderBy, timeZone };
      const request = { ...conditions, versionId: versionIdOf(version), limit, after };
      const page = await context.datasetGroups.groups(dataset, request, context.work);
      return { ...pageOf(page.groups, page.cursorOf, { ...page, cursors }), totalCount: page.total, page };
    },
  }),
);
