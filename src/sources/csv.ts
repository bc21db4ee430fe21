import type { CsvRow } from './csv-rows.ts';
import { readCsvRows } from './csv-rows.ts';
import type { SourceBatch, SourceFile, SourceRecord, SourceShape } from './source.ts';
import { expectedColumns, nearestColumns, notATable, refusedRecord } from './source.ts';

const listColumns = (names: readonly string[]): string => {
  const text = names.map((name) => (name === '' ? '(empty)' : name)).join(', ');
  return text.length > 300 ? `${text.slice(0, 300).toWellFormed()}…` : text;
};

/** Throws NOT_A_TABLE unless the header has all columns of one column set, each once. */
const checkHeader = (names: readonly string[], line: number, shape: SourceShape): void => {
  const { missing, set } = nearestColumns(names, shape);
  if (missing.length > 0) {
    const separatorHint =
      names.length === 1 && /[;\t|]/.test(names[0] ?? '') ? '; cells must be separated by commas' : '';
    const header = `the header, line ${line}, has the columns ${listColumns(names)}`;
    throw notATable(
      `missing columns: ${missing.join(', ')}; ${header}; expected ${expectedColumns(shape)}${separatorHint}`,
    );
  }
  const repeated = set.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (repeated !== undefined) throw notATable(`the header, line ${line}, has the column ${repeated} twice`);
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

/** Reads a CSV file whose header names the fields, trimmed and case-sensitive. Cells are text; empty cells are absent. */
export async function* readCsv(
  file: SourceFile,
  shape: SourceShape,
  recordBytesMax: number,
): AsyncGenerator<SourceBatch> {
  let names: readonly string[] = [];
  let isHeaderless = false;
  const onHeader = (header: string[], line: number): void => {
    names = header.map((name) => name.trim());
    const columns = nearestColumns(names, shape).missing.length > 0 ? shape.columnsOfRow?.(header) : null;
    isHeaderless = columns != null;
    if (columns) names = columns;
    else checkHeader(names, line, shape);
  };
  const isRow = (): boolean => isHeaderless;
  for await (const { rows, bytesRead } of readCsvRows(file, { recordBytesMax, onHeader, isRow })) {
    yield { records: rows.map((row) => recordOf(row, names)), bytesRead };
  }
}
