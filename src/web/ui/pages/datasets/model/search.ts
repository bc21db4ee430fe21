import * as z from 'zod/mini';
import type { ColumnTest, RowFilter } from '../../../generated/graphql.ts';

const optional = <Schema extends z.ZodMiniType>(schema: Schema) => z.catch(z.optional(schema), undefined);

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
  import: optional(z.string()),
  /** The dataset that the wizard imports into. */
  into: optional(z.coerce.string()),
  /** Whether the rejects of the import are open. */
  rejects: optional(z.boolean()),
});

export const grains = ['MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'] as const;

export const measureFunctions = [
  ...(['COUNT', 'SUM', 'AVERAGE', 'MIN', 'MAX', 'MEDIAN', 'P95'] as const),
  ...(['STANDARD_DEVIATION', 'COUNT_DISTINCT'] as const),
] as const;

export const datasetTabs = ['rows', 'groups', 'sql', 'versions', 'settings'] as const;

/** What the address holds. */
export const datasetSearch = z.object({
  tab: optional(z.enum(datasetTabs)),
  /** The number of a version; absent: the current one. */
  version: optional(z.coerce.number().check(z.int(), z.positive())),
  search: optional(z.coerce.string()),
  where: optional(rowFilter),
  sort: optional(sort),
  /** The columns whose values are counted beside the rows; absent: those with few values. */
  facets: optional(z.array(z.string())),
  /** Columns that the table of rows does not show. */
  hide: optional(z.array(z.string())),
  /** The id of the open row. */
  row: optional(z.string()),
  /** The column whose statistics are open. */
  column: optional(z.coerce.string()),
  groupBy: optional(
    z.array(
      z.object({
        column: z.string(),
        grain: z.optional(z.enum(grains)),
        binWidth: z.optional(z.number().check(z.positive())),
      }),
    ),
  ),
  measures: optional(z.array(z.object({ function: z.enum(measureFunctions), column: z.optional(z.string()) }))),
  having: optional(z.array(z.object({ as: z.string(), test: columnTest }))),
  groupSort: optional(sort),
  /** The key of the group whose rows are open. */
  group: optional(z.array(z.union([value, z.array(z.string()), z.null()]))),
  groupView: optional(z.enum(['chart'])),
  /** The statement of the tab SQL. */
  sql: optional(z.coerce.string()),
  /** The numbers of the versions to compare. */
  from: optional(z.coerce.number()),
  to: optional(z.coerce.number()),
});

export type DatasetSearch = z.infer<typeof datasetSearch>;
export type Sort = z.infer<typeof sort>;
export type Grouping = NonNullable<DatasetSearch['groupBy']>[number];
export type GroupMeasure = NonNullable<DatasetSearch['measures']>[number];
