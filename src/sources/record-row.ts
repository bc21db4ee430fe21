import type { RecordTable } from '../lib/import-reading.ts';
import type { ReadResult } from '../lib/problems.ts';
import type { CsvRow } from './csv-row.ts';
import { RowScanner } from './row-scanner.ts';
import { refusedRecord, type SourceRecord } from './source.ts';

/**
 * An object without inherited properties: a column named __proto__ is a column like any other. `Object.create(null)` makes the
 * same, but as a hash table, which takes several times as long.
 */
const RowValue = function RowValue() {} as unknown as new () => object;
RowValue.prototype = Object.create(null);

/** The record of a row; cells are text without blanks around them, and empty cells are absent. */
export const recordOfRow = ({ line, raw, cells, fault }: CsvRow, names: readonly string[]): SourceRecord => {
  if (cells === undefined) return refusedRecord(line, raw, fault.code, fault.message);
  const value = new RowValue() as Record<string, unknown>;
  for (let index = 0; index < names.length; index += 1) {
    const cell = cells[index]?.trim();
    if (cell !== undefined && cell !== '') value[names[index] as string] = cell;
  }
  return { line, raw, value };
};

/** Reads a text that is one row of a file, as a row in the middle of the file is read. */
export const readRecordRow = (
  text: string,
  table: RecordTable,
  recordBytesMax: number,
): ReadResult<Readonly<Record<string, unknown>>> => {
  const scanner = new RowScanner({ ...table, comment: null, recordBytesMax, line: 1 });
  const [row, ...others] = [...scanner.push(text), ...scanner.finish()];
  if (!row || others.length > 0) {
    const message = `the record must be one row of its file: ${table.names.join(', ')}`;
    return { problems: [{ path: '', code: 'MALFORMED', message }] };
  }
  const { value, problems } = recordOfRow(row, table.names);
  return problems ? { problems } : { value };
};
