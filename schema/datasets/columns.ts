import type { FacetResult, ValueCount } from '../../db/datasets/engine.ts';
import type { IndexedColumn } from '../../src/domains/datasets/columns.ts';
import { type ColumnType, columnTypes } from '../../src/lib/cells.ts';
import { builder } from '../builder.ts';

const typeMeanings: Readonly<Record<ColumnType, string>> = {
  STRING: 'Text.',
  INTEGER: 'Whole numbers of 64 bits; those beyond 2^53 are told as text.',
  DECIMAL: 'Exact decimals of at most 18 digits, told as text.',
  FLOAT: 'Double-precision numbers.',
  BOOLEAN: 'True or false.',
  DATE: 'Calendar dates, told as `YYYY-MM-DD`.',
  DATE_TIME: 'Instants, told in UTC with `Z`.',
  STRING_LIST: 'Lists of text.',
};

export const ColumnTypeEnum = builder.enumType('ColumnType', {
  description: 'What the cells of a column hold.',
  values: Object.fromEntries(columnTypes.map((type) => [type, { value: type, description: typeMeanings[type] }])) as {
    [Type in ColumnType]: { value: Type; description: string };
  },
});

const FacetBucket = builder.objectRef<ValueCount>('FacetBucket').implement({
  description: 'A value and how often it occurs.',
  fields: (t) => ({
    value: t.field({
      type: 'CellValue',
      nullable: true,
      description: 'The value, of a list one of its items; null stands for cells without a value.',
      resolve: ({ value }) => value,
    }),
    count: t.field({ type: 'BigInt', description: 'In how many rows.', resolve: ({ count }) => count }),
  }),
});

const HistogramBucket = builder
  .objectRef<{ from: ValueCount['value']; to: ValueCount['value']; count: number }>('HistogramBucket')
  .implement({
    description: 'How many values lie in a span.',
    fields: (t) => ({
      from: t.field({
        type: 'CellValue',
        description: 'The least value inside.',
        resolve: ({ from }) => from as never,
      }),
      to: t.field({
        type: 'CellValue',
        description: 'The first value no longer inside; of the last span the greatest value, which is inside.',
        resolve: ({ to }) => to as never,
      }),
      count: t.field({ type: 'BigInt', description: 'How many.', resolve: ({ count }) => count }),
    }),
  });

const ColumnProfile = builder.objectRef<IndexedColumn>('ColumnProfile').implement({
  description: 'What a column holds, as a whole. What takes a look at its cells is worked out once a version.',
  fields: (t) => ({
    nullCount: t.field({
      type: 'BigInt',
      description: 'Cells without a value, those that do not fit the type included.',
      resolve: ({ column }) => column.nulls,
    }),
    misfitCount: t.field({
      type: 'BigInt',
      description:
        'Cells whose text does not fit the type; `isMisfit` finds them, and `contains` looks at their texts.',
      resolve: ({ column }) => column.misfits,
    }),
    distinctCount: t.field({
      type: 'BigInt',
      description: 'How many different values there are.',
      resolve: async (of, _args, { datasets }) => (await datasets.profile(of)).distinct,
    }),
    min: t.field({
      type: 'CellValue',
      nullable: true,
      description: 'The least value; text by code unit. Null without any, and of lists.',
      resolve: async (of, _args, { datasets }) => (await datasets.profile(of)).min,
    }),
    max: t.field({
      type: 'CellValue',
      nullable: true,
      description: 'The greatest value.',
      resolve: async (of, _args, { datasets }) => (await datasets.profile(of)).max,
    }),
    mean: t.float({
      nullable: true,
      description: 'Of numbers their mean; null otherwise.',
      resolve: async (of, _args, { datasets }) => (await datasets.profile(of)).mean,
    }),
    median: t.float({
      nullable: true,
      description: 'Of numbers their median, the mean of the two in the middle of an even number; null otherwise.',
      resolve: async (of, _args, { datasets }) => (await datasets.profile(of)).median,
    }),
    histogram: t.field({
      type: [HistogramBucket],
      description: 'Of numbers and dates at most 20 spans of one width that hold all values; empty otherwise.',
      resolve: async (of, _args, { datasets }) => [...(await datasets.profile(of)).histogram],
    }),
    mostCommon: t.field({
      type: [FacetBucket],
      description: 'The ten most frequent values, cells without a value among them.',
      resolve: async (of, _args, { datasets }) => [...(await datasets.profile(of)).mostCommon],
    }),
  }),
});

export const ColumnRef = builder.objectRef<IndexedColumn>('Column').implement({
  description: 'A column of a dataset.',
  fields: (t) => ({
    name: t.string({
      description: 'Its header; where another column has the same, with a number behind it. It may be empty.',
      resolve: ({ column }) => column.name,
    }),
    header: t.string({ description: 'Its header as the file writes it.', resolve: ({ column }) => column.header }),
    fieldName: t.string({
      description: 'Its name in the letters that GraphQL takes, unique in its dataset.',
      resolve: ({ fieldName }) => fieldName,
    }),
    type: t.field({
      type: ColumnTypeEnum,
      description: 'The narrowest type that at least nine in ten of its cells fit, or the one that was asked for.',
      resolve: ({ column }) => column.type,
    }),
    isNullable: t.boolean({
      description: 'Whether there are cells without a value.',
      resolve: ({ column }) => column.nulls > 0,
    }),
    isKey: t.boolean({
      description: 'Whether it is one of the columns that name a row.',
      resolve: ({ version, column }) => version.keyColumns.includes(column.name),
    }),
    profile: t.field({
      type: ColumnProfile,
      extensions: { goesThroughAllFacts: true },
      description: 'What it holds, as a whole.',
      resolve: (of) => of,
    }),
  }),
});

export const FacetType = builder.objectRef<FacetResult & { placed: IndexedColumn }>('Facet').implement({
  description: 'The values of a column and how often each occurs.',
  fields: (t) => ({
    column: t.field({ type: ColumnRef, description: 'The column.', resolve: ({ placed }) => placed }),
    buckets: t.field({
      type: [FacetBucket],
      description: 'The most frequent values, of equals in order; the items of lists count one by one.',
      resolve: ({ buckets }) => [...buckets],
    }),
    otherCount: t.field({
      type: 'BigInt',
      description: 'The sum of the counts of all further values.',
      resolve: ({ otherCount }) => otherCount,
    }),
  }),
});
