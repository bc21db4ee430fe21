import type { ColumnType } from '../../src/lib/column.ts';
import { type DuckdbSession, literal } from './duckdb.ts';

/** What the layout of a version's file depends on. */
export interface StoredColumn {
  /** The name of the column in the file: unique without regard to case, because DuckDB ignores case. */
  readonly field: string;
  readonly type: ColumnType;
  /** INTEGER and DECIMAL: the number of digits of the longest value, at most 38. */
  readonly precision: number;
  /** DECIMAL: digits after the point. */
  readonly scale: number;
  /** Number of cells whose text does not fit the type. */
  readonly misfits: number;
}

/** The column with the line on which each row begins in its source file. */
export const lineField = '_line';
/** The column with the id of the import that each row comes from. */
export const importField = '_import';
/** The column with the texts that do not fit the type of the column with this index; it exists if the column has misfits. */
export const misfitField = (index: number): string => `_misfit_${index}`;
/** The name that queries give to the row number, from 0, in the order of the source file. */
export const rowField = 'file_row_number';

/** Whether a name is one of the layout's own. */
const isReservedField = (name: string): boolean => /^(?:_line|_import|_misfit_\d+|file_row_number)$/i.test(name);

/** A field for each column name, in order: the name itself unless it is empty, reserved or used by an earlier column. */
export const fieldNames = (names: readonly string[]): string[] => {
  const used = new Set<string>();
  const isFree = (field: string): boolean =>
    !used.has(field.toLowerCase()) && !isReservedField(field) && field.trim() !== '';
  return names.map((name, index) => {
    const base = name.replaceAll('\0', '\uFFFD').toWellFormed();
    const stem = base.trim() === '' ? `column${index + 1}` : base;
    let field = stem;
    for (let number = 2; !isFree(field); number += 1) field = `${stem}_${number}`;
    used.add(field.toLowerCase());
    return field;
  });
};

const integerDigits = 18;

/** The type of a column in DuckDB and in the Parquet file. DATE_TIME is in microseconds, UTC. */
export const storedType = ({ type, precision, scale }: Pick<StoredColumn, 'type' | 'precision' | 'scale'>): string => {
  switch (type) {
    case 'STRING':
      return 'VARCHAR';
    case 'INTEGER':
      return precision <= integerDigits ? 'BIGINT' : `DECIMAL(${precision}, 0)`;
    case 'DECIMAL':
      return `DECIMAL(${precision}, ${scale})`;
    case 'FLOAT':
      return 'DOUBLE';
    case 'BOOLEAN':
      return 'BOOLEAN';
    case 'DATE':
      return 'DATE';
    case 'DATE_TIME':
      return 'TIMESTAMP';
    case 'STRING_LIST':
      return 'VARCHAR[]';
  }
};

/** The columns of the file in order, with their types. */
export const fileColumns = (columns: readonly StoredColumn[]): { readonly field: string; readonly type: string }[] => [
  ...columns.map((column) => ({ field: column.field, type: storedType(column) })),
  { field: lineField, type: 'BIGINT' },
  { field: importField, type: 'BIGINT' },
  ...columns.flatMap(({ misfits }, index) => (misfits > 0 ? [{ field: misfitField(index), type: 'VARCHAR' }] : [])),
];

/** The table expression that reads a version's file, with the row number. */
export const tableOf = (path: string): string => `read_parquet(${literal(path)}, file_row_number = true)`;

const vectorRows = 2048;
const groupRowsMax = 12 * vectorRows;
/** Row groups are built in memory, one for each thread. */
const groupBytesMax = 16_000_000;

/**
 * How a file is written whose rows have about so many bytes each before compression. Larger row groups are faster to scan;
 * a page of rows from all over the file reads one row group for each of them, which costs the same up to this size, because
 * each group costs something besides its rows. The encodings of version 2 are smaller and faster to read.
 */
export const copyOptions = (rowBytes: number): string => {
  const vectors = Math.floor(groupBytesMax / Math.max(1, rowBytes) / vectorRows);
  const groupRows = Math.min(groupRowsMax, Math.max(1, vectors) * vectorRows);
  return `format parquet, compression zstd, parquet_version 'v2', row_group_size ${groupRows}`;
};

/** How many bytes a row of a Parquet file has before compression, on average; 0 without rows. */
export const rowBytesOf = async (session: Pick<DuckdbSession, 'rows'>, path: string): Promise<number> => {
  const file = literal(path);
  const [row] = await session.rows(
    `select (select sum(total_uncompressed_size) from parquet_metadata(${file})) / (select nullif(num_rows, 0) from parquet_file_metadata(${file}))`,
  );
  return Number(row?.[0] ?? 0);
};
