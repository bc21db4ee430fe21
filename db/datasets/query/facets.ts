import { type DuckdbSession, identifier } from '../duckdb.ts';
import type { FacetResult, TableFilter, ValueCount } from '../engine.ts';
import { countsOf } from './counts.ts';
import { cellOf, cellSql } from './decode.ts';
import { filterSql } from './filter.ts';
import { Parameters, type Source } from './source.ts';

/** The most frequent values of columns with their counts, and the numbers of cells with other values. */
export const facetsOf = async (
  session: DuckdbSession,
  source: Source,
  {
    columns,
    filter,
    limit,
  }: { readonly columns: readonly number[]; readonly filter: TableFilter | null; readonly limit: number },
): Promise<FacetResult[]> => {
  const { excludedCount } = await countsOf(session, source, filter);
  const found: FacetResult[] = [];
  for (const column of columns) {
    const { buckets, total } = await mostFrequent(session, source, { column, filter, limit });
    const otherCount = buckets.reduce((rest, { count }) => rest - count, total);
    found.push({ column, buckets, otherCount, excludedCount });
  }
  return found;
};

/** Values by count, descending, then by value, a missing one last. An item of a list counts once for each row. */
const mostFrequent = async (
  session: DuckdbSession,
  source: Source,
  { column: index, filter, limit }: { column: number; filter: TableFilter | null; limit: number },
): Promise<{ readonly buckets: ValueCount[]; readonly total: number }> => {
  const { field, type } = source.column(index);
  const parameters = new Parameters();
  const isList = type === 'STRING_LIST';
  const rows = `select ${identifier(field)} as v from ${source.from} where ${filterSql(source, filter, parameters)}`;
  const values = isList
    ? `select unnest(list_distinct(v)) as v from (${rows}) union all select null as v from (${rows}) where v is null`
    : rows;
  const counted = `select v, count(*) as n from (${values}) group by v`;
  const bucketType = isList ? 'STRING' : type;
  const order = `order by n desc, v asc nulls last limit ${limit}`;
  const value = cellSql(bucketType, 'v');
  // Without a filter each row has one value, so that the counts of all values need not be kept to be summed.
  const sql =
    filter === null && !isList
      ? `select ${value}, n, ${source.rowCount} from (${counted}) ${order}`
      : `with counted as materialized (${counted}) select ${value}, n, (select sum(n) from counted) from counted ${order}`;
  const found = await session.rows(sql, parameters.values);
  return {
    buckets: found.map(([value, count]) => ({ value: cellOf(bucketType, value), count: Number(count) })),
    total: Number(found[0]?.[2] ?? 0),
  };
};

/** The most frequent values of a column over all rows. */
export const mostCommonOf = async (
  session: DuckdbSession,
  source: Source,
  column: number,
  limit: number,
): Promise<ValueCount[]> => (await mostFrequent(session, source, { column, filter: null, limit })).buckets;
