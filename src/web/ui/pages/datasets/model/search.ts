import * as z from 'zod/mini';
import { choice, flag, json, list, number, text } from '../../../data/search.ts';
import type { ColumnTest, RowFilter } from '../../../generated/graphql.ts';

const value = z.union([z.string(), z.number(), z.boolean()]);

const columnTest: z.ZodMiniType<ColumnTest> = z.union([
  ...(['eq', 'ne', 'gt', 'gte', 'lt', 'lte'] as const).map((op) => z.strictObject({ [op]: value })),
  ...(['contains', 'startsWith'] as const).map((op) => z.strictObject({ [op]: z.string() })),
  ...(['isNull', 'isMisfit'] as const).map((op) => z.strictObject({ [op]: z.boolean() })),
  z.strictObject({ in: z.array(value) }),
  z.strictObject({ hasAny: z.array(z.string()) }),
]) as unknown as z.ZodMiniType<ColumnTest>;

const rowFilter: z.ZodMiniType<RowFilter> = z.lazy(() =>
  z.union([
    z.strictObject({ and: z.array(rowFilter) }),
    z.strictObject({ or: z.array(rowFilter) }),
    z.strictObject({ not: rowFilter }),
    z.strictObject({ column: z.strictObject({ name: z.string(), test: columnTest }) }),
  ]),
) as unknown as z.ZodMiniType<RowFilter>;

const sort = z.object({ id: z.string(), direction: z.enum(['asc', 'desc']) });

/** What the address holds. */
export const datasetsSearch = z.object({
  /** `new` for the wizard, or the id of an import. */
  import: text(),
  /** The dataset that the wizard imports into. */
  into: text(),
  /** Whether the rejects of the import are open. */
  rejects: flag(),
});

export const grains = ['MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'] as const;

export const measureFunctions = [
  ...(['COUNT', 'SUM', 'AVERAGE', 'MIN', 'MAX', 'MEDIAN', 'P95'] as const),
  ...(['STANDARD_DEVIATION', 'COUNT_DISTINCT'] as const),
] as const;

export const changeKinds = ['changed', 'added', 'removed'] as const;

export type ChangeKind = (typeof changeKinds)[number];

export const datasetTabs = ['rows', 'groups', 'sql', 'versions', 'settings'] as const;

/** What the address holds. */
export const datasetSearch = z.object({
  tab: choice(datasetTabs),
  /** The number of a version; absent: the current one. */
  version: number(z.number().check(z.int(), z.positive())),
  search: text(),
  where: json(rowFilter),
  sort: json(sort),
  /** The columns whose values are counted beside the rows; absent: those with few values. */
  facets: list(z.string()),
  /** Columns that the table of rows does not show. */
  hide: list(z.string()),
  /** The id of the open row. */
  row: text(),
  /** The column whose statistics are open. */
  column: text(),
  groupBy: json(
    z.array(
      z.object({
        column: z.string(),
        grain: z.optional(z.enum(grains)),
        binWidth: z.optional(z.number().check(z.positive())),
      }),
    ),
  ),
  measures: json(z.array(z.object({ function: z.enum(measureFunctions), column: z.optional(z.string()) }))),
  having: json(z.array(z.object({ as: z.string(), test: columnTest }))),
  groupSort: json(sort),
  /** The key of the group whose rows are open. */
  group: json(z.array(z.union([value, z.array(z.string()), z.null()]))),
  groupView: choice(['chart']),
  /** The statement of the tab SQL. */
  sql: text(),
  /** The numbers of the versions to compare. */
  from: number(),
  to: number(),
  /** Which rows of the difference are listed; absent: the first kind that has some. */
  changes: choice(changeKinds),
});

export type DatasetSearch = z.infer<typeof datasetSearch>;
export type Sort = z.infer<typeof sort>;
export type Grouping = NonNullable<DatasetSearch['groupBy']>[number];
export type GroupMeasure = NonNullable<DatasetSearch['measures']>[number];
