import type { FacetResult, ValueCount } from '../../db/datasets/engine.ts';
import type { IndexedColumn } from '../../src/domains/datasets/columns.ts';
import { type ColumnType, columnTypes } from '../../src/lib/column.ts';
import { builder } from '../builder.ts';

const typeMeanings: Readonly<Record<ColumnType, string>> = {
  STRING: 'Text.',
  INTEGER: '64-bit integers; those beyond 2^53 are returned as text.',
  DECIMAL: 'Exact decimals of at most 18 digits, returned as text.',
  FLOAT: 'Double-precision numbers.',
  BOOLEAN: 'True or false.',
  DATE: 'Calendar dates, returned as `YYYY-MM-DD`.',
  DATE_TIME: 'Instants, returned in UTC with `Z`.',
  STRING_LIST: 'Lists of text.',
};

export const ColumnTypeEnum = builder.enumType('ColumnType', {
  description: 'The type of the cells of a column.',
  values: Object.fromEntries(columnTypes.map((type) => [type, { value: type, description: typeMeanings[type] }])) as {
    [Type in ColumnType]: { value: Type; description: string };
  },
});

const FacetBucket = builder.objectRef<ValueCount>('FacetBucket').implement({
  description: 'A value and its number of occurrences.',
  fields: (t) => ({
    value: t.field({
      type: 'CellValue',
      nullable: true,
      description: 'The value, or an item of a list; null stands for cells without a value.',
      resolve: ({ value }) => value,
    }),
    count: t.field({
      type: 'BigInt',
      description: 'The number of rows with the value.',
      resolve: ({ count }) => count,
    }),
  }),
});

const HistogramBucket = builder
  .objectRef<{ from: ValueCount['value']; to: ValueCount['value']; count: number }>('HistogramBucket')
  .implement({
    description: 'The number of values in an interval.',
    fields: (t) => ({
      from: t.field({
        type: 'CellValue',
        description: 'The lower bound, inclusive.',
        resolve: ({ from }) => from as never,
      }),
      to: t.field({
        type: 'CellValue',
        description: 'The upper bound, exclusive; in the last bucket the greatest value, inclusive.',
        resolve: ({ to }) => to as never,
      }),
      count: t.field({ type: 'BigInt', description: 'The number of values.', resolve: ({ count }) => count }),
    }),
  });

const ColumnProfile = builder.objectRef<IndexedColumn>('ColumnProfile').implement({
  description: 'Statistics of a column. Those that need its cells are computed once per version.',
  fields: (t) => ({
    nullCount: t.field({
      type: 'BigInt',
      description: 'Number of cells without a value, including those that do not fit the type.',
      resolve: ({ column }) => column.nulls,
    }),
    misfitCount: t.field({
      type: 'BigInt',
      description:
        'Number of cells whose text does not fit the type; `isMisfit` finds them, and `contains` searches their texts.',
      resolve: ({ column }) => column.misfits,
    }),
    distinctCount: t.field({
      type: 'BigInt',
      description: 'Number of distinct values.',
      resolve: async (of, _args, { datasets, work }) => (await datasets.profile(of, work)).distinct,
    }),
    min: t.field({
      type: 'CellValue',
      nullable: true,
      description: 'The least value; text is compared by code point. Null without values and for lists.',
      resolve: async (of, _args, { datasets, work }) => (await datasets.profile(of, work)).min,
    }),
    max: t.field({
      type: 'CellValue',
      nullable: true,
      description: 'The greatest value; null like `min`.',
      resolve: async (of, _args, { datasets, work }) => (await datasets.profile(of, work)).max,
    }),
    mean: t.float({
      nullable: true,
      description: 'The mean of numbers; null for other types.',
      resolve: async (of, _args, { datasets, work }) => (await datasets.profile(of, work)).mean,
    }),
    median: t.float({
      nullable: true,
      description: 'The median of numbers, the mean of the two middle values for an even count; null for other types.',
      resolve: async (of, _args, { datasets, work }) => (await datasets.profile(of, work)).median,
    }),
    histogram: t.field({
      type: [HistogramBucket],
      description:
        'For numbers and dates at most 20 intervals of equal width that cover all values; empty for other types.',
      resolve: async (of, _args, { datasets, work }) => [...(await datasets.profile(of, work)).histogram],
    }),
    mostCommon: t.field({
      type: [FacetBucket],
      description: 'The ten most frequent values; cells without a value count as one value.',
      resolve: async (of, _args, { datasets, work }) => [...(await datasets.profile(of, work)).mostCommon],
    }),
  }),
});

export const ColumnRef = builder.objectRef<IndexedColumn>('Column').implement({
  description: 'A column of a dataset.',
  fields: (t) => ({
    name: t.string({
      description: 'The header, with a number appended where another column has the same header. It may be empty.',
      resolve: ({ column }) => column.name,
    }),
    header: t.string({ description: 'The header as written in the file.', resolve: ({ column }) => column.header }),
    fieldName: t.string({
      description: 'The name as a valid GraphQL name, unique in its dataset.',
      resolve: ({ fieldName }) => fieldName,
    }),
    sqlName: t.string({
      description: 'The name in SQL: `name`, unless that is empty or differs from another one in case only.',
      resolve: ({ sqlName }) => sqlName,
    }),
    type: t.field({
      type: ColumnTypeEnum,
      description: 'The narrowest type that at least 90 % of its cells fit, or the type that the import stated.',
      resolve: ({ column }) => column.type,
    }),
    isNullable: t.boolean({
      description: 'Whether it has cells without a value.',
      resolve: ({ column }) => column.nulls > 0,
    }),
    isKey: t.boolean({
      description: 'Whether it is one of the columns that identify a row.',
      resolve: ({ version, column }) => version.keyColumns.includes(column.name),
    }),
    profile: t.field({
      type: ColumnProfile,
      extensions: { goesThroughAllFacts: true },
      description: 'Its statistics.',
      resolve: (of) => of,
    }),
  }),
});

export const FacetType = builder.objectRef<FacetResult & { indexedColumn: IndexedColumn }>('Facet').implement({
  description: 'The values of a column with their counts.',
  fields: (t) => ({
    column: t.field({ type: ColumnRef, description: 'The column.', resolve: ({ indexedColumn }) => indexedColumn }),
    buckets: t.field({
      type: [FacetBucket],
      description:
        'The most frequent values; values with equal counts are in ascending order. Items of lists count individually.',
      resolve: ({ buckets }) => [...buckets],
    }),
    otherCount: t.field({
      type: 'BigInt',
      description: 'The sum of the counts of all other values.',
      resolve: ({ otherCount }) => otherCount,
    }),
    excludedCount: t.field({
      type: 'BigInt',
      description:
        'Number of rows that the condition leaves out only because a cell that it compares does not fit the type of its column.',
      resolve: ({ excludedCount }) => excludedCount,
    }),
  }),
});
