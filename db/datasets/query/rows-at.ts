import type { DuckDBValue } from '@duckdb/node-api';
import { isTextual } from '../../../src/lib/column.ts';
import { mapInSlices } from '../../../src/lib/yielding.ts';
import { type DuckdbSession, identifier } from '../duckdb.ts';
import type { TableRow } from '../engine.ts';
import { importField, lineField, misfitField } from '../parquet-layout.ts';
import { cellOf, cellSql } from './decode.ts';
import { rowNumber, type Source } from './source.ts';

/** Bytes of a cell that is not text, about. */
const cellBytes = 8;

/**
 * Reads rows by their numbers, in this order, until they exceed `bytesMax`, at least one. Row groups of the file that hold
 * none of them are not read.
 */
export const fetchRows = async (
  session: DuckdbSession,
  source: Source,
  numbers: readonly number[],
  bytesMax: number,
): Promise<{ readonly rows: TableRow[]; readonly bytes: number }> => {
  if (numbers.length === 0) return { rows: [], bytes: 0 };
  const withMisfits = source.columns.flatMap(({ misfits }, index) => (misfits > 0 ? [index] : []));
  // Aliases of its own keep the names of columns apart from those of the statement.
  const selected = [
    ...source.columns.map(({ field, type }) => cellSql(type, identifier(field))),
    ...withMisfits.map((index) => cellSql('STRING', identifier(misfitField(index)))),
    ...[lineField, importField].map(identifier),
    rowNumber,
  ].map((sql, index) => `${sql} as f${index}`);
  const sql = `with found as (
      select ${selected.join(', ')}, list_position([${numbers.join(', ')}], ${rowNumber}) as page_position,
        ${bytesOf(source, withMisfits)} as row_bytes
      from ${source.only(numbers)}),
    summed as (select *, sum(row_bytes) over (order by page_position) as bytes_so_far from found)
    select * exclude (page_position, row_bytes) from summed
    where bytes_so_far <= ${bytesMax} or page_position = 1 order by page_position`;
  const read = rowReader(source, withMisfits);
  const found = await session.rows(sql);
  return { rows: await mapInSlices(found, read), bytes: Number(found.at(-1)?.at(-1) ?? 0) };
};

const bytesOf = (source: Source, withMisfits: readonly number[]): string => {
  const texts = source.columns.flatMap((column) => {
    if (!isTextual(column)) return [];
    const sql = identifier(column.field);
    return [column.type === 'STRING' ? `coalesce(strlen(${sql}), 0)` : `coalesce(strlen(${sql}::VARCHAR), 0)`];
  });
  const misfits = withMisfits.map((index) => `coalesce(strlen(${identifier(misfitField(index))}), 0)`);
  return [String(cellBytes * source.columns.length), ...texts, ...misfits].join(' + ');
};

const rowReader = (source: Source, withMisfits: readonly number[]) => {
  const { columns } = source;
  const end = columns.length + withMisfits.length;
  return (values: readonly DuckDBValue[]): TableRow => ({
    row: Number(values[end + 2]),
    line: Number(values[end]),
    importId: Number(values[end + 1]),
    cells: columns.map(({ type }, index) => cellOf(type, values[index])),
    misfits: withMisfits.flatMap((column, at) => {
      const text = values[columns.length + at];
      return text === null || text === undefined ? [] : [{ column, text: text as string }];
    }),
  });
};

/** The rows with these numbers; null for a number that the version does not have. */
export const rowsAt = async (
  session: DuckdbSession,
  source: Source,
  numbers: readonly number[],
): Promise<{ readonly rows: (TableRow | null)[]; readonly bytes: number }> => {
  const existing = [...new Set(numbers)].filter(
    (row) => Number.isSafeInteger(row) && row >= 0 && row < source.rowCount,
  );
  const { rows, bytes } = await fetchRows(session, source, existing, Number.MAX_SAFE_INTEGER);
  const byNumber = new Map(rows.map((row) => [row.row, row]));
  return { rows: numbers.map((row) => byNumber.get(row) ?? null), bytes };
};
