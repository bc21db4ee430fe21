import type { DuckdbSession } from '../duckdb.ts';
import type { TableFilter } from '../engine.ts';
import { comparesMisfits, filterSql, lenientFilterSql } from './filter.ts';
import { Parameters, type Source } from './source.ts';

/**
 * Number of rows that a filter leaves out only because a cell that it compares does not fit the type of its column: those
 * that would pass if misfits passed every comparison. It costs nothing where the compared columns have no misfits.
 */
export const countsOf = async (
  session: DuckdbSession,
  source: Source,
  filter: TableFilter | null,
): Promise<{ readonly excludedCount: number }> => {
  if (!comparesMisfits(source, filter)) return { excludedCount: 0 };
  const parameters = new Parameters();
  const sql = `select count(*) from ${source.from}
    where (${lenientFilterSql(source, filter, parameters)}) and (${filterSql(source, filter, parameters)}) is not true`;
  const [[excludedCount] = []] = await session.rows(sql, parameters.values);
  return { excludedCount: Number(excludedCount) };
};
