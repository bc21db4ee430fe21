import { type DuckdbSession, identifier, literal } from '../duckdb.ts';
import type { ParquetRequest, StoredTable } from '../engine.ts';
import { copyOptions, rowBytesOf } from '../parquet-layout.ts';
import { filterSql } from './filter.ts';
import { Parameters, rowNumber, Source } from './source.ts';

/**
 * Writes the rows that pass a filter, in order, to a Parquet file of the requested columns. `file` of the table and `target`
 * are paths. Cells that do not fit the type of their column are null.
 */
export const writeParquet = async (
  session: DuckdbSession,
  table: StoredTable,
  { filter, orders, columns }: ParquetRequest,
  target: string,
): Promise<void> => {
  const source = new Source(table);
  const parameters = new Parameters();
  const fields = columns.map((index) => identifier(source.column(index).field)).join(', ');
  const keys = orders.map(
    ({ column, descending }) => `${source.expression(column).sql} ${descending ? 'desc' : 'asc'} nulls last`,
  );
  const order = orders.length === 0 ? '' : `order by ${[...keys, rowNumber].join(', ')}`;
  const rows = `select ${fields} from ${source.from} where ${filterSql(source, filter, parameters)} ${order}`;
  const options = copyOptions(await rowBytesOf(session, table.file));
  await session.run(`copy (${rows}) to ${literal(target)} (${options})`, parameters.values);
};
