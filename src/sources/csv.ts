import type { CsvRow } from './csv-rows.ts';
import { readCsvRows } from './csv-rows.ts';
import type { SourceBatch, SourceFile, SourceRecord, SourceShape } from './source.ts';
import { expectedColumns, nearestColumns, notATable, refusedRecord } from './source.ts';

const listColumns = (names: readonly string[]): string => {
  const text = names.map((name) => (name === '' ? '(empty)' : name)).join(', ');
  return text.length > 300 ? `${text.slice(0, 300).toWellFormed()}…` : text;
};

/** Throws NOT_A_TABLE unless one of the column sets is there, each of its columns once. */
const checkHeader = (names: readonly string[], line: number, shape: SourceShape): void => {
  const { missing, set } = nearestColumns(names, shape);
  if (missing.length > 0) {
    const alone = names.length === 1 && /[;\t|]/.test(names[0] ?? '') ? '; cells must be separated by commas' : '';
    const found = `the header, line ${line}, has the columns ${listColumns(names)}`;
    throw notATable(`missing columns: ${missing.join(', ')}; ${found}; expected ${expectedColumns(shape)}${alone}`);
  }
  const twice = set.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice !== undefined) throw notATable(`the header, line ${line}, has the column ${twice} twice`);
};

const recordOf = ({ line, raw, cells, fault }: CsvRow, names: readonly string[]): SourceRecord => {
  if (cells === undefined) return refusedRecord(line, raw, fault.code, fault.message);
  // Without a prototype, a column named __proto__ is a column like any other.
  const value = Object.create(null) as Record<string, unknown>;
  for (let index = 0; index < names.length; index += 1) {
    const cell = cells[index];
    if (cell !== undefined && cell !== '') value[names[index] as string] = cell;
  }
  return { line, raw, value };
};

/** A CSV file whose header names the fields, trimmed and case-sensitive. Cells stay text, empty ones are absent. */
export async function* readCsv(
  file: SourceFile,
  shape: SourceShape,
  recordBytesMax: number,
): AsyncGenerator<SourceBatch> {
  let names: string[] = [];
  const onHeader = (header: string[], line: number): void => {
    names = header.map((name) => name.trim());
    checkHeader(names, line, shape);
  };
  for await (const { rows, bytesRead } of readCsvRows(file, { recordBytesMax, onHeader })) {
    yield { records: rows.map((row) => recordOf(row, names)), bytesRead };
  }
}
