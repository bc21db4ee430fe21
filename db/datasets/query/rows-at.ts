import type { DuckDBValue } from '@duckdb/node-api';
import { mapInSlices } from '../../../src/lib/yielding.ts';
import { type DuckdbSession, identifier } from '../duckdb.ts';
import type { TableRow } from '../engine.ts';
import { importField, lineField, misfitField } from '../parquet-layout.ts';
import { cellOf, cellSql } from './decode.ts';
import { rowBytesSql } from './row-bytes.ts';
import { rowNumber, type Source } from './source.ts';

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
  const rows = `select ${selected.join(', ')}, ${rowBytesSql(source.columns)} as row_bytes from ${source.only(numbers)}`;
  const isBounded = source.rowBytesMax !== null && source.rowBytesMax * numbers.length <= bytesMax;
  const found = await session.rows(isBounded ? rows : upToBytes(rows, selected.length - 1, numbers, bytesMax));
  const read = await mapInSlices(found, rowReader(source, withMisfits));
  const bytes = found.reduce((sum, values) => sum + Number(values.at(-1)), 0);
  return { rows: isBounded ? inOrderOf(numbers, read) : read, bytes };
};

/** The rows of a statement in the order of the numbers in one of its columns, until they exceed `bytesMax`. */
const upToBytes = (rows: string, numberColumn: number, numbers: readonly number[], bytesMax: number): string =>
  `with found as (
      select *, list_position([${numbers.join(', ')}], f${numberColumn}) as page_position from (${rows})),
    summed as (select *, sum(row_bytes) over (order by page_position) as bytes_so_far from found)
    select * exclude (page_position, bytes_so_far) from summed
    where bytes_so_far <= ${bytesMax} or page_position = 1 order by page_position`;

const inOrderOf = (numbers: readonly number[], rows: readonly TableRow[]): TableRow[] => {
  const byNumber = new Map(rows.map((row) => [row.row, row]));
  return numbers.flatMap((number) => byNumber.get(number) ?? []);
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
