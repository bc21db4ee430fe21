import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import type { DuckDBDataChunk, DuckDBResult, DuckDBValue } from '@duckdb/node-api';
import { DomainError } from '../../../src/errors.ts';
import { csvLine } from '../../../src/lib/csv-line.ts';
import type { SqlFormat } from '../../../src/lib/sql-formats.ts';
import { type DuckdbSession, identifier, literal } from '../duckdb.ts';
import { duckdbLibrary } from '../duckdb-library.ts';
import { type CellReader, createCellReader } from './cells.ts';
import type { SqlCell, SqlFile, SqlResultColumn, SqlRows } from './engine.ts';

export interface ResultLimits {
  readonly rowsMax: number;
  readonly bytesMax: number;
}

/** Reads a result up to a number of rows. */
class LimitedResult {
  readonly columns: readonly SqlResultColumn[];
  rowCount = 0;
  isTruncated = false;
  readonly #result: DuckDBResult;
  readonly #rowsMax: number;

  constructor(result: DuckDBResult, rowsMax: number) {
    this.#result = result;
    this.#rowsMax = rowsMax;
    this.columns = columnsOf(result);
  }

  /** The chunks, each with the number of its rows that belong to the result. */
  async *chunks(): AsyncGenerator<readonly [chunk: DuckDBDataChunk, rows: number]> {
    for await (const chunk of this.#result) {
      const rows = Math.min(chunk.rowCount, this.#rowsMax - this.rowCount);
      this.rowCount += rows;
      if (rows > 0) yield [chunk, rows];
      if (rows < chunk.rowCount) {
        this.isTruncated = true;
        return;
      }
    }
  }

  async *rows(): AsyncGenerator<readonly DuckDBValue[]> {
    for await (const [chunk, rows] of this.chunks()) for (let row = 0; row < rows; row++) yield chunk.getRowValues(row);
  }

  get head() {
    const { columns, rowCount, isTruncated } = this;
    return { columns, rowCount, isTruncated };
  }
}

/** The columns with unique names, ignoring case: a second `a` is `a_1`, as in subqueries of DuckDB. */
const columnsOf = (result: DuckDBResult): SqlResultColumn[] => {
  const used = new Set<string>();
  return result.columnNames().map((name, index) => {
    let unique = name;
    for (let number = 1; used.has(unique.toLowerCase()); number++) unique = `${name}_${number}`;
    used.add(unique.toLowerCase());
    return { name: unique, type: String(result.columnType(index)) };
  });
};

const checkSize = (bytes: number, { bytesMax }: ResultLimits): void => {
  if (bytes <= bytesMax) return;
  const message = `the result is larger than ${bytesMax} bytes (setting sqlResultBytesMax)`;
  throw new DomainError('LIMIT_EXCEEDED', message);
};

/** Reads the rows of a result. Throws LIMIT_EXCEEDED when they are too large. */
export const readRows = async (result: DuckDBResult, limits: ResultLimits): Promise<SqlRows> => {
  const limited = new LimitedResult(result, limits.rowsMax);
  const { cell } = createCellReader(duckdbLibrary());
  const rows: SqlCell[][] = [];
  let bytes = 0;
  for await (const values of limited.rows()) {
    const cells = values.map(cell);
    for (const each of cells) bytes += sizeOf(each);
    checkSize(bytes, limits);
    rows.push(cells);
  }
  return { ...limited.head, rows };
};

const sizeOf = (cell: SqlCell): number => {
  if (typeof cell === 'string') return cell.length;
  return typeof cell === 'object' && cell !== null ? JSON.stringify(cell).length : 8;
};

type TextFormat = Exclude<SqlFormat, 'parquet'>;

interface TextWriter {
  readonly head: string;
  readonly separator: string;
  readonly end: string;
  line(values: readonly DuckDBValue[]): string;
}

const textWriters: Readonly<Record<TextFormat, (names: readonly string[], reader: CellReader) => TextWriter>> = {
  json: (names, reader) => ({ head: '[', separator: ',', end: ']', line: objectWriter(names, reader) }),
  ndjson(names, reader) {
    const write = objectWriter(names, reader);
    return { head: '', separator: '', end: '', line: (values) => `${write(values)}\n` };
  },
  csv: (names, reader) => ({
    head: `${csvLine(names)}\r\n`,
    separator: '',
    end: '',
    line(values) {
      const line = csvLine(values.map(reader.text));
      // A line without any character would be read as an empty line, not as a row of one empty cell.
      return `${line === '' ? '""' : line}\r\n`;
    },
  }),
};

/** Writes rows as JSON text: a JavaScript object would lose `__proto__` and reorder names such as `7`. */
const objectWriter = (names: readonly string[], { json }: CellReader) => {
  const keys = names.map((name) => `${JSON.stringify(name)}:`);
  return (values: readonly DuckDBValue[]): string =>
    `{${values.map((value, index) => `${keys[index]}${json(value)}`).join(',')}}`;
};

const partBytes = 1 << 16;

/** Writes a result to a new text file. Throws LIMIT_EXCEEDED when it is too large. */
export const writeText = async (
  result: DuckDBResult,
  path: string,
  format: TextFormat,
  limits: ResultLimits,
): Promise<SqlFile> => {
  const limited = new LimitedResult(result, limits.rowsMax);
  const reader = createCellReader(duckdbLibrary());
  const names = limited.columns.map(({ name }) => name);
  const { head, separator, end, line } = textWriters[format](names, reader);
  const file = openSync(path, 'wx');
  try {
    let bytes = 0;
    let part = head;
    const write = (): void => {
      bytes += writeSync(file, part);
      part = '';
      checkSize(bytes, limits);
    };
    let isFirst = true;
    for await (const values of limited.rows()) {
      part += isFirst ? line(values) : `${separator}${line(values)}`;
      isFirst = false;
      if (part.length >= partBytes) write();
    }
    part += end;
    write();
    return { ...limited.head, path };
  } finally {
    closeSync(file);
  }
};

const resultTable = 'rows of a result';

/** Parquet has no integers of 128 bits; DuckDB would write doubles. */
const parquetType = (type: string): string =>
  type.replace(/"(?:[^"]|"")*"|\bU?HUGEINT\b/g, (part) => (part.startsWith('"') ? part : 'DECIMAL(38,0)'));

/**
 * Writes a result to a new Parquet file. Rows go to a temporary table first, so that no text of the query becomes part of
 * COPY; `target` is another session than the one of the result, whose statements would end the result.
 */
export const writeParquet = async (
  result: DuckDBResult,
  path: string,
  target: DuckdbSession,
  limits: ResultLimits,
): Promise<SqlFile> => {
  const limited = new LimitedResult(result, limits.rowsMax);
  const { columns } = limited;
  const table = identifier(resultTable);
  await target.run(
    `create temp table ${table} (${columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ')})`,
  );
  await appendChunks(limited, target);
  const list = columns.map(({ name, type }) => {
    const written = parquetType(type);
    return written === type ? identifier(name) : `${identifier(name)}::${written} as ${identifier(name)}`;
  });
  await target.run(
    `copy (select ${list.join(', ')} from temp.main.${table}) to ${literal(path)} (format parquet, compression zstd)`,
  );
  checkSize(statSync(path).size, limits);
  return { ...limited.head, path };
};

const appendChunks = async (limited: LimitedResult, { connection }: DuckdbSession): Promise<void> => {
  const { DuckDBDataChunk: Chunk } = duckdbLibrary();
  const appender = await connection.createAppender(resultTable, 'main', 'temp');
  const types = limited.columns.map((_column, index) => appender.columnType(index));
  for await (const [chunk, rows] of limited.chunks()) {
    if (rows === chunk.rowCount) appender.appendDataChunk(chunk);
    else {
      const part = Chunk.create(types, rows);
      part.setRows(chunk.getRows().slice(0, rows));
      appender.appendDataChunk(part);
    }
  }
  appender.closeSync();
};

/** Runs `write` and removes the file when it fails. */
export const orRemove = async (path: string, write: () => Promise<SqlFile>): Promise<SqlFile> => {
  try {
    return await write();
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
};
