import { CsvError, parse } from 'csv-parse/sync';
import type { ProblemCode } from '../errors.ts';
import { fileChunks } from './file-chunks.ts';
import type { RecordText } from './record-bytes.ts';
import { createRecordBytes } from './record-bytes.ts';
import type { SourceFile } from './source.ts';
import { notATable } from './source.ts';

/** A row as written with its cells, as many as the header has, or with the reason why it cannot be read. */
export type CsvRow = { line: number; raw: string } & (
  | { cells: string[]; fault?: never }
  | { cells?: never; fault: { code: ProblemCode; message: string } }
);

export interface CsvOptions {
  recordBytesMax: number;
  /** Trims white space around unquoted cells, and allows it before a quote. */
  trim?: boolean;
  /** The cell separator; a comma by default. */
  separator?: ',' | ';' | '\t';
  /** The end of a row; by default a line feed, which may follow a carriage return. */
  rowEnd?: '\n' | '\r';
  /**
   * Where a quote is not closed within `recordBytesMax` or before the end of the file, rejects only the line in which it
   * opens and reads the following lines again; otherwise all of it is one faulty row.
   */
  recoversOpenQuotes?: true;
  /** Receives the header before the first row is yielded, also when there are no rows; may throw. */
  onHeader(header: string[], line: number): void;
  /** Called after `onHeader`. Whether the first row is a record of a file without a header, and is yielded like the others. */
  isRow?(): boolean;
}

/** The options that decide where a row ends. */
type SplitterOptions = Omit<CsvOptions, 'onHeader' | 'isRow'>;

type Cells = { cells: string[] } | { fault: { code: ProblemCode; message: string } };

type CellRules = Required<Pick<CsvOptions, 'trim' | 'separator'>>;

/** The cells of a well-formed row with quotes, which most rows are; null for others, which the slower csv-parse reads. */
const splitQuotedCells = (raw: string, separator: string): string[] | null => {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    if (raw.charCodeAt(at) === quote) {
      let from = at + 1;
      let cell = '';
      let end = raw.indexOf('"', from);
      for (; end >= 0 && raw.charCodeAt(end + 1) === quote; end = raw.indexOf('"', from)) {
        cell += raw.slice(from, end + 1);
        from = end + 2;
      }
      if (end < 0) return null;
      cells.push(cell === '' ? raw.slice(from, end) : cell + raw.slice(from, end));
      at = end + 1;
      if (at === raw.length) return cells;
      if (raw[at] !== separator) return null;
      at += 1;
    } else {
      const end = raw.indexOf(separator, at);
      const cell = end < 0 ? raw.slice(at) : raw.slice(at, end);
      if (cell.includes('"')) return null;
      cells.push(cell);
      if (end < 0) return cells;
      at = end + 1;
    }
  }
};

/**
 * The cells of rows with quotes, in order. csv-parse stops at the first fault, so a batch with a fault is halved until the
 * faulty row is alone.
 */
const parseQuotedRows = (raws: string[], rules: CellRules): Cells[] => {
  const { trim, separator } = rules;
  let message = 'the quotes of the row are not balanced';
  try {
    const rows = parse(raws.join('\n'), {
      bom: false,
      delimiter: separator,
      record_delimiter: '\n',
      relax_column_count: true,
      trim,
    });
    if (rows.length === raws.length) return rows.map((cells) => ({ cells }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // csv-parse names the line of the batch, not of the file.
    message = `the row is not valid CSV: ${error.message.replace(/ (?:at|on) line \d+/g, '')}`;
  }
  if (raws.length === 1) return [{ fault: { code: 'MALFORMED', message } }];
  const half = raws.length >> 1;
  return [...parseQuotedRows(raws.slice(0, half), rules), ...parseQuotedRows(raws.slice(half), rules)];
};

/** The cells of complete rows, in order. Splitting rows without quotes is much faster than parsing them. */
const parseRows = (raws: string[], rules: CellRules): Cells[] => {
  const { trim, separator } = rules;
  const read = raws.map((raw): Cells | null => {
    if (raw.includes('"')) {
      const cells = trim ? null : splitQuotedCells(raw, separator);
      return cells && { cells };
    }
    const cells = raw.split(separator);
    return { cells: trim ? cells.map((cell) => cell.trim()) : cells };
  });
  const unread = raws.filter((_raw, index) => read[index] === null);
  const parsed = unread.length === 0 ? [] : parseQuotedRows(unread, rules);
  let next = 0;
  return read.map((cells) => cells ?? (parsed[next++] as Cells));
};

interface RowText extends RecordText {
  line: number;
}

const quote = 34;

const openQuoteFault = { code: 'MALFORMED', message: 'a quote opens in this row and is never closed' } as const;

type SplitterState = 'CELL_START' | 'PLAIN' | 'QUOTED' | 'AFTER_QUOTE';

/** Finds the ends of rows (RFC 4180): a line feed ends a row unless a quote is open; a quote opens only at the start of a cell. */
class RowSplitter {
  readonly #pending: ReturnType<typeof createRecordBytes>;
  readonly #recordBytesMax: number;
  readonly #trims: boolean;
  readonly #separator: number;
  readonly #rowEnd: number;
  readonly #recoversOpenQuotes: boolean;
  #state: SplitterState = 'CELL_START';
  #line = 1;
  #rowLine = 1;

  constructor({ recordBytesMax, trim = false, separator = ',', rowEnd = '\n', recoversOpenQuotes }: SplitterOptions) {
    this.#pending = createRecordBytes(recordBytesMax);
    this.#recordBytesMax = recordBytesMax;
    this.#trims = trim;
    this.#separator = separator.charCodeAt(0);
    this.#rowEnd = rowEnd.charCodeAt(0);
    this.#recoversOpenQuotes = recoversOpenQuotes === true;
  }

  /** The rows that end within the chunk, without blank rows. */
  push(chunk: Buffer): RowText[] {
    const rows: RowText[] = [];
    const start = this.#scan(chunk, rows);
    const { length } = this.#pending;
    const isTooLong = length <= this.#recordBytesMax && length + chunk.length - start > this.#recordBytesMax;
    const recovered = isTooLong ? this.#recoverFromOpenQuote(chunk.subarray(start)) : null;
    if (recovered) return rows.concat(recovered);
    this.#pending.add(chunk, start, chunk.length);
    return rows;
  }

  finish(): RowText[] {
    const isWhole = this.#pending.length <= this.#recordBytesMax;
    const recovered = isWhole ? this.#recoverFromOpenQuote(Buffer.alloc(0)) : null;
    if (recovered) return [...recovered, ...this.finish()];
    const rows: RowText[] = [];
    this.#endRow(rows);
    const [last] = rows;
    if (this.#state !== 'QUOTED' || last === undefined) return rows;
    return [{ ...last, fault: openQuoteFault }];
  }

  /** Adds the rows that end within the chunk to `rows` and returns the start of the next row. */
  #scan(chunk: Buffer, rows: RowText[]): number {
    // Local variables, because this loop sees every byte.
    const separator = this.#separator;
    const rowEnd = this.#rowEnd;
    const trims = this.#trims;
    const { length } = chunk;
    let start = 0;
    let state = this.#state;
    let line = this.#line;
    for (let index = 0; index < length; index += 1) {
      const byte = chunk[index] as number;
      if (state === 'PLAIN' && byte !== separator && byte !== rowEnd) continue;
      if (byte === rowEnd) line += 1;
      if (state === 'QUOTED') {
        if (byte === quote) state = 'AFTER_QUOTE';
      } else if (byte === rowEnd) {
        state = 'CELL_START';
        this.#pending.add(chunk, start, index);
        start = index + 1;
        this.#line = line;
        this.#endRow(rows);
      } else if (byte === separator) state = 'CELL_START';
      else if (byte === quote && (state === 'CELL_START' || state === 'AFTER_QUOTE')) state = 'QUOTED';
      else if (!(trims && state === 'CELL_START' && byte === 32)) state = 'PLAIN';
    }
    this.#state = state;
    this.#line = line;
    return start;
  }

  #endRow(rows: RowText[]): void {
    const text = this.#pending.drain();
    const raw = text.raw.endsWith('\r') ? text.raw.slice(0, -1) : text.raw;
    const line = this.#rowLine;
    if (raw.trim() !== '') rows.push(text.fault === undefined ? { line, raw } : { line, raw, fault: text.fault });
    this.#rowLine = this.#line;
  }

  /** Rejects the line in which the open quote stands and reads the following lines again; null when it does not apply. */
  #recoverFromOpenQuote(rest: Buffer): RowText[] | null {
    if (!this.#recoversOpenQuotes || this.#state !== 'QUOTED') return null;
    const bytes = Buffer.concat([this.#pending.drainBytes(), rest]);
    const lineEnd = bytes.indexOf(this.#rowEnd);
    if (lineEnd < 0) {
      // Restore the pending bytes; the caller adds the rest.
      this.#pending.add(bytes, 0, bytes.length - rest.length);
      return null;
    }
    const raw = bytes.toString('utf8', 0, lineEnd).replace(/\r$/, '');
    const faulty = { line: this.#rowLine, raw, fault: openQuoteFault };
    this.#state = 'CELL_START';
    this.#rowLine += 1;
    this.#line = this.#rowLine;
    return [faulty, ...this.push(bytes.subarray(lineEnd + 1))];
  }
}

const toCsvRows = (texts: RowText[], columns: number, rules: CellRules): CsvRow[] => {
  const readable = texts.filter(({ fault }) => fault === undefined);
  const parsed =
    readable.length === 0
      ? []
      : parseRows(
          readable.map(({ raw }) => raw),
          rules,
        );
  let next = 0;
  return texts.map(({ line, raw, fault }): CsvRow => {
    if (fault !== undefined) return { line, raw, fault };
    const result = parsed[next] as Cells;
    next += 1;
    if ('fault' in result) return { line, raw, fault: result.fault };
    if (result.cells.length === columns) return { line, raw, cells: result.cells };
    const message = `the row has ${result.cells.length} cells, the header ${columns}`;
    return { line, raw, fault: { code: 'MALFORMED', message } };
  });
};

/**
 * Streams the rows of a CSV file in UTF-8. A faulty row is yielded with its fault and reading continues; a header that
 * cannot be read throws NOT_A_TABLE before any row is yielded.
 */
export async function* readCsvRows(
  file: SourceFile,
  options: CsvOptions,
): AsyncGenerator<{ rows: CsvRow[]; bytesRead: number }> {
  const splitter = new RowSplitter(options);
  const rules = { trim: options.trim ?? false, separator: options.separator ?? ',' };
  let columns = 0;

  const parse = (texts: RowText[]): CsvRow[] => {
    if (columns > 0 || texts.length === 0) return toCsvRows(texts, columns, rules);
    const header = texts[0] as RowText;
    const result = header.fault === undefined ? (parseRows([header.raw], rules)[0] as Cells) : { fault: header.fault };
    if ('fault' in result) throw notATable(`the header, line ${header.line}, cannot be read: ${result.fault.message}`);
    columns = result.cells.length;
    options.onHeader(result.cells, header.line);
    return toCsvRows(options.isRow?.() ? texts : texts.slice(1), columns, rules);
  };

  let bytesRead = file.textStart;
  for await (const chunk of fileChunks(file)) {
    const rows = parse(splitter.push(chunk));
    bytesRead += chunk.length;
    if (rows.length > 0) yield { rows, bytesRead };
  }
  const rows = parse(splitter.finish());
  if (columns === 0) throw notATable('the file is empty');
  if (rows.length > 0) yield { rows, bytesRead };
}

/** The header of a CSV file. Throws NOT_A_TABLE when it cannot be read. */
export const readCsvHeader = async (
  file: SourceFile,
  options: Omit<CsvOptions, 'onHeader'>,
): Promise<readonly string[]> => {
  let header: readonly string[] = [];
  const onHeader = (cells: string[]): void => {
    header = cells;
  };
  for await (const _rows of readCsvRows(file, { ...options, onHeader })) break;
  return header;
};
