import { identifier } from '../duckdb.ts';
import type { StoredTable } from '../engine.ts';
import { fileColumns, rowField, tableOf } from '../parquet-layout.ts';

/** The column of a copy with the row numbers. The others are numbered, so that none has the name of what DuckDB adds. */
export const copiedRowNumber = 'r';

/** The rows of a version as a copy holds them: its columns in order, and the row number. `file` is a path. */
export const copySource = ({ file, columns }: StoredTable): string => {
  const values = fileColumns(columns).map(({ field }, index) => `${identifier(field)} as c${index}`);
  return `select ${[...values, `${identifier(rowField)} as ${copiedRowNumber}`].join(', ')} from ${tableOf(file)}`;
};

/** The table expression that reads a copy as if it were the file of the version; `rows` is SQL that selects some rows. */
export const copiedTable = (copy: string, columns: StoredTable['columns'], rows = ''): string => {
  const values = fileColumns(columns).map(({ field }, index) => `c${index} as ${identifier(field)}`);
  return `(select ${[...values, `${copiedRowNumber} as ${identifier(rowField)}`].join(', ')} from ${copy} ${rows})`;
};
