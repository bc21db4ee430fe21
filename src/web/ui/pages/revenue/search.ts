import * as z from 'zod/mini';
import { choice, json, number, text } from '../../data/search.ts';

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
  source: choice(['TRANSACTIONS', 'EXPERIMENT_EVENTS']),
  rows: choice(dimensionNames),
  columns: choice([...dimensionNames, 'none']),
  measure: choice(measureNames),
  grain: choice(['MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR']),
  tab: choice(['table', 'bars', 'time']),
  /** By what the rows are ordered: their names, or the measure of their totals. */
  sort: choice(['name', 'nameDown', 'value', 'valueDown']),
  filters: json(z.array(filter)),
  rowPage: number(z.number().check(z.int(), z.positive())),
  columnPage: number(z.number().check(z.int(), z.positive())),
  /** The figure whose rows are open: the value of each of its dimensions; none for the total of all. */
  cell: json(z.array(z.tuple([dimension, z.string()]))),
  /** The row whose explanation is open, by its `id`. */
  fact: text(),
});

export type RevenueSearch = z.infer<typeof revenueSearch>;
export type Dimension = (typeof dimensionNames)[number];
export type MeasureName = (typeof measureNames)[number];
export type Filter = z.infer<typeof filter>;
export type FilterField = (typeof filterFields)[number];
export type Cell = NonNullable<RevenueSearch['cell']>;
export type Grain = NonNullable<RevenueSearch['grain']>;
export type Source = NonNullable<RevenueSearch['source']>;
