import * as z from 'zod/mini';

/** Every dimension that the schema offers; `dimensions.ts` says which source has it. */
export const dimensionNames = [
  'USER_STATUS',
  'CITY',
  'COUNTRY',
  'GENDER',
  'AGE_BAND',
  'HAS_IMAGE',
  'PRODUCT',
  'USER',
  'PERIOD',
  'EXPERIMENT',
  'VARIANT',
  'ACCOUNT_TYPE',
  'EVENT_TYPE',
] as const;

export const measureNames = ['sum', 'count', 'distinctUsers', 'average', 'median', 'min', 'max', 'share'] as const;

export const filterFields = [
  'userStatus',
  'cities',
  'countries',
  'genders',
  'ageBands',
  'hasImage',
  'productIds',
  'userIds',
  'experiments',
  'variants',
  'accountTypes',
  'eventTypes',
  'days',
  'last',
  'since',
  'between',
  'amountAtLeast',
  'amountAtMost',
] as const;

const dimension = z.enum(dimensionNames);

/** A condition: the field, its values, and whether they are the ones that must not match. */
const filter = z.object({
  field: z.enum(filterFields),
  values: z.array(z.string()),
  not: z.optional(z.boolean()),
});

/** What the address holds. Defaults are not written. */
export const revenueSearch = z.object({
  source: z.catch(z.optional(z.enum(['TRANSACTIONS', 'EXPERIMENT_EVENTS'])), undefined),
  rows: z.catch(z.optional(dimension), undefined),
  columns: z.catch(z.optional(z.union([dimension, z.literal('none')])), undefined),
  measure: z.catch(z.optional(z.enum(measureNames)), undefined),
  grain: z.catch(z.optional(z.enum(['MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'])), undefined),
  tab: z.catch(z.optional(z.enum(['table', 'bars', 'time'])), undefined),
  /** By what the rows are ordered: their names, or the measure of their totals. */
  sort: z.catch(z.optional(z.enum(['name', 'nameDown', 'value', 'valueDown'])), undefined),
  filters: z.catch(z.optional(z.array(filter)), undefined),
  rowPage: z.catch(z.optional(z.number().check(z.int(), z.positive())), undefined),
  columnPage: z.catch(z.optional(z.number().check(z.int(), z.positive())), undefined),
  /** The figure whose rows are open: the value of each of its dimensions; none for the total of all. */
  cell: z.catch(z.optional(z.array(z.tuple([dimension, z.string()]))), undefined),
  /** The row whose explanation is open, by its `id`. */
  fact: z.catch(z.optional(z.string()), undefined),
});

export type RevenueSearch = z.infer<typeof revenueSearch>;
export type Dimension = (typeof dimensionNames)[number];
export type MeasureName = (typeof measureNames)[number];
export type Filter = z.infer<typeof filter>;
export type FilterField = (typeof filterFields)[number];
export type Cell = NonNullable<RevenueSearch['cell']>;
export type Grain = NonNullable<RevenueSearch['grain']>;
export type Source = NonNullable<RevenueSearch['source']>;
