import { stat } from 'node:fs/promises';
import type { FileDialect, TextOptions } from '../lib/import-options.ts';
import type { RecordTable } from '../lib/import-reading.ts';
import { readCsvRows } from './csv-rows.ts';
import { detectDialect, fileDialect, type TableDialect } from './dialect.ts';
import { recordOfRow } from './record-row.ts';
import type { SourceBatch, SourceShape } from './source.ts';
import { expectedColumns, nearestColumns, notATable } from './source.ts';

export interface CsvRecordOptions {
  readonly recordBytesMax: number;
  readonly chunkBytes?: number | undefined;
  readonly text?: TextOptions | undefined;
  /** Receives how the file is read, before the first record. */
  readonly onDialect?: ((dialect: FileDialect) => void) | undefined;
  /** Receives how rows are records, before the first record. */
  readonly onTable?: ((table: RecordTable) => void) | undefined;
}

const listColumns = (names: readonly string[]): string => {
  const text = names.map((name) => (name === '' ? '(empty)' : name)).join(', ');
  return text.length > 300 ? `${text.slice(0, 300).toWellFormed()}…` : text;
};

/** Throws NOT_A_TABLE unless the header has all columns of one column set, each once. */
const checkHeader = (names: readonly string[], line: number, shape: SourceShape): void => {
  const { missing, set } = nearestColumns(names, shape);
  if (missing.length > 0) {
    const header = `the header, line ${line}, has the columns ${listColumns(names)}`;
    throw notATable(`missing columns: ${missing.join(', ')}; ${header}; expected ${expectedColumns(shape)}`);
  }
  const repeated = set.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (repeated !== undefined) throw notATable(`the header, line ${line}, has the column ${repeated} twice`);
};

/** The names of the columns; of a file without a header by its first row, or the only column set of its length. */
const columnNames = (
  { names, headerLine, firstCells, columns, firstLine }: TableDialect,
  shape: SourceShape,
): readonly string[] => {
  if (headerLine !== null) {
    checkHeader(names, headerLine, shape);
    return names;
  }
  const known = shape.columnsOfRow?.(firstCells);
  if (known) return known;
  const [only, ...others] = shape.columns.filter((set) => set.length === columns);
  if (only && others.length === 0) return only;
  throw notATable(
    `the file has no header (its first row, line ${firstLine}, has ${columns} cells like the others; state headerLine if it has one); expected ${expectedColumns(shape)}`,
  );
};

const tableOf = (dialect: TableDialect, names: readonly string[]): RecordTable => ({
  names,
  columns: dialect.columns,
  quote: dialect.quote,
  escape: dialect.escape,
  encoding: dialect.encoding,
  cellDelimiter: dialect.cellDelimiter,
  escapesCells: dialect.escapesCells,
});

/**
 * Reads a CSV file whose header names the fields, case-sensitive. Names and cells are text without blanks around them; empty
 * cells are absent.
 */
export async function* readCsv(
  path: string,
  shape: SourceShape,
  { text, onDialect, onTable, ...options }: CsvRecordOptions,
): AsyncGenerator<SourceBatch> {
  const { size } = await stat(path);
  const dialect = await detectDialect(path, size, text, shape);
  const names = columnNames(dialect, shape);
  onDialect?.(fileDialect(dialect));
  onTable?.(tableOf(dialect, names));
  for await (const { rows, bytesRead } of readCsvRows({ path, ...options }, dialect)) {
    yield { records: rows.map((row) => recordOfRow(row, names)), bytesRead };
  }
}
