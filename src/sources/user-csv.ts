import { isUtf8 } from 'node:buffer';
import { CsvError, parse } from 'csv-parse/sync';

/** The row of a file that describes one user, by column name; or why the file is invalid. */
export type UserCsv =
  | { readonly record: Readonly<Record<string, string>>; readonly fault?: never }
  | { readonly record?: never; readonly fault: string };

/** Reads CSV with a header and one row. White space around cells and empty lines are ignored. */
export const readUserCsv = (bytes: Buffer): UserCsv => {
  if (!isUtf8(bytes)) return { fault: 'is not valid UTF-8' };
  let rows: string[][];
  try {
    rows = parse(bytes, { bom: true, trim: true, skip_empty_lines: true, relax_column_count: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { fault: `is not valid CSV: ${error.message}` };
  }
  const [header, row, ...more] = rows;
  if (!header || !row) return { fault: 'must hold a header and one row' };
  if (more.length > 0) return { fault: `must hold one row, not ${more.length + 1}` };
  if (row.length !== header.length) return { fault: `has ${row.length} cells under ${header.length} columns` };
  if (new Set(header).size < header.length) return { fault: 'names a column twice' };
  return { record: Object.fromEntries(header.map((name, index) => [name, row[index] ?? ''])) };
};
