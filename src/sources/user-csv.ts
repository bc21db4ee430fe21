import { DomainError } from '../errors.ts';
import { csvRowsOf } from './csv-rows.ts';
import { dialectOf } from './dialect.ts';
import { decodeText, encodingOf } from './encoding.ts';

/** The row of a file that describes one user, by column name; or why the file is invalid. */
export type UserCsv =
  | { readonly record: Readonly<Record<string, string>>; readonly fault?: never }
  | { readonly record?: never; readonly fault: string };

/** The column that every user file has. */
const knownColumns = { columns: [['birthts']] };

/**
 * Reads CSV with a header and one row, in the dialects and encodings of all CSV files. White space around cells, empty cells
 * and rows without any text are ignored.
 */
export const readUserCsv = (bytes: Buffer, recordBytesMax: number): UserCsv => {
  try {
    return userRow(bytes, recordBytesMax);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { fault: `cannot be read: ${error.message}` };
  }
};

/** The text of such a file. */
export const userCsvText = (bytes: Buffer): string => {
  const { encoding, textStart } = encodingOf(bytes);
  return decodeText(bytes.subarray(textStart), encoding);
};

const userRow = (bytes: Buffer, recordBytesMax: number): UserCsv => {
  const dialect = dialectOf(bytes, knownColumns);
  if (dialect.headerLine === null) return { fault: 'must hold a header and one row' };
  const { names } = dialect;
  const rows = csvRowsOf(bytes, dialect, recordBytesMax).filter(
    ({ cells }) => cells === undefined || cells.some((cell) => cell.trim() !== ''),
  );
  const [row, ...more] = rows;
  if (!row) return { fault: 'must hold a header and one row' };
  if (more.length > 0) return { fault: `must hold one row, not ${rows.length}` };
  if (row.cells === undefined) return { fault: `is not valid CSV in line ${row.line}: ${row.fault.message}` };
  const named = names.filter((name) => name !== '');
  if (new Set(named).size < named.length) return { fault: 'names a column twice' };
  // Without a prototype, a column named __proto__ is a column like any other.
  const record = Object.create(null) as Record<string, string>;
  for (const [index, name] of names.entries()) record[name] = row.cells[index]?.trim() ?? '';
  return { record };
};
