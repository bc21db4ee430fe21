import { CsvError, parse } from 'csv-parse/sync';
import type { ProblemCode } from '../errors.ts';
import { fileChunks } from './file-chunks.ts';
import type { RecordText } from './record-bytes.ts';
import { createRecordBytes } from './record-bytes.ts';
import type { SourceFile } from './source.ts';
import { notATable } from './source.ts';

/** One row as written and its cells, as many as the header has; or why it is no row. */
export type CsvRow = { line: number; raw: string } & (
  | { cells: string[]; fault?: never }
  | { cells?: never; fault: { code: ProblemCode; message: string } }
);

export interface CsvOptions {
  recordBytesMax: number;
  /** Drop white space around cells that are not quoted, and allow it before a quote. */
  trim?: boolean;
  /** What separates cells; a comma unless it says otherwise. */
  separator?: ',' | ';' | '\t';
  /** What ends a row; a line feed, perhaps after a carriage return, unless it says otherwise. */
  rowEnd?: '\n' | '\r';
  /**
   * Where a quote is not closed before the end or within `recordBytesMax`, only the line it opens in is faulty, and what
   * follows is read anew; else all of it is one faulty row.
   */
  recoversOpenQuotes?: true;
  /** Sees the header before any row is handed out, also when there are no rows; may throw. */
  onHeader(header: string[], line: number): void;
}

type Cells = { cells: string[] } | { fault: { code: ProblemCode; message: string } };

type CellRules = Required<Pick<CsvOptions, 'trim' | 'separator'>>;

/** Cells of a row with quotes where nothing is wrong with it, which most are; null leaves it to csv-parse, which is slower. */
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
 * Cells of rows with quotes, in order. csv-parse gives up a run of rows at the first fault, so a run with one is halved until
 * the faulty row is alone.
 */
const parseQuotedRows = (raws: string[], rules: CellRules): Cells[] => {
  const { trim, separator } = rules;
  let message = 'the quotes of the row are not in order';
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
    // The line it names is one of the run, not of the file.
    message = `the row is not valid CSV: ${error.message.replace(/ (?:at|on) line \d+/g, '')}`;
  }
  if (raws.length === 1) return [{ fault: { code: 'MALFORMED', message } }];
  const half = raws.length >> 1;
  return [...parseQuotedRows(raws.slice(0, half), rules), ...parseQuotedRows(raws.slice(half), rules)];
};

/** Cells of whole rows, in order. Without a quote a comma only ever separates, which is much faster to read. */
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
  const left = raws.filter((_raw, place) => read[place] === null);
  const parsed = left.length === 0 ? [] : parseQuotedRows(left, rules);
  let next = 0;
  return read.map((cells) => cells ?? (parsed[next++] as Cells));
};

interface RowText extends RecordText {
  line: number;
}

interface RowSplitter {
  /** The rows that end within the chunk, without blank ones. */
  push(chunk: Buffer): RowText[];
  finish(): RowText[];
}

const quote = 34;

/** Finds the ends of rows (RFC 4180): a line feed ends one unless a quote is open, which only begins at a cell's start. */
const createRowSplitter = ({
  recordBytesMax,
  trim = false,
  separator = ',',
  rowEnd = '\n',
  recoversOpenQuotes,
}: CsvOptions): RowSplitter => {
  const comma = separator.charCodeAt(0);
  const newline = rowEnd.charCodeAt(0);
  const pending = createRecordBytes(recordBytesMax);
  let at: 'CELL_START' | 'PLAIN' | 'QUOTED' | 'AFTER_QUOTE' = 'CELL_START';
  let line = 1;
  let rowLine = 1;

  const takeRow = (rows: RowText[]): void => {
    const text = pending.take();
    const raw = text.raw.endsWith('\r') ? text.raw.slice(0, -1) : text.raw;
    if (raw.trim() !== '') {
      rows.push(text.fault === undefined ? { line: rowLine, raw } : { line: rowLine, raw, fault: text.fault });
    }
    rowLine = line;
  };

  const unclosed = { code: 'MALFORMED', message: 'a quote opens in this row and is never closed' } as const;

  /** Gives up the line that the open quote is in, and reads on behind it; null where there is but one line. */
  const mended = (rest: Buffer): RowText[] | null => {
    const bytes = Buffer.concat([pending.takeBytes(), rest]);
    const lineEnd = bytes.indexOf(newline);
    if (lineEnd < 0) {
      // Kept again, all but what was handed in.
      pending.add(bytes, 0, bytes.length - rest.length);
      return null;
    }
    const raw = bytes.toString('utf8', 0, lineEnd).replace(/\r$/, '');
    const faulty = { line: rowLine, raw, fault: unclosed };
    at = 'CELL_START';
    rowLine += 1;
    line = rowLine;
    return [faulty, ...push(bytes.subarray(lineEnd + 1))];
  };

  const push = (chunk: Buffer): RowText[] => {
    const rows: RowText[] = [];
    let start = 0;
    // Of their own in this loop, because it sees every byte: what a closure shares costs several times as much.
    let state = at;
    let lines = line;
    const { length } = chunk;
    for (let index = 0; index < length; index += 1) {
      const byte = chunk[index] as number;
      if (state === 'PLAIN' && byte !== comma && byte !== newline) continue;
      if (byte === newline) lines += 1;
      if (state === 'QUOTED') {
        if (byte === quote) state = 'AFTER_QUOTE';
      } else if (byte === newline) {
        state = 'CELL_START';
        pending.add(chunk, start, index);
        start = index + 1;
        line = lines;
        takeRow(rows);
      } else if (byte === comma) state = 'CELL_START';
      else if (byte === quote && (state === 'CELL_START' || state === 'AFTER_QUOTE')) state = 'QUOTED';
      else if (!(trim && state === 'CELL_START' && byte === 32)) state = 'PLAIN';
    }
    at = state;
    line = lines;
    const isLong = pending.length <= recordBytesMax && pending.length + chunk.length - start > recordBytesMax;
    const further = recoversOpenQuotes && at === 'QUOTED' && isLong ? mended(chunk.subarray(start)) : null;
    if (further) return rows.concat(further);
    pending.add(chunk, start, chunk.length);
    return rows;
  };

  const finish = (): RowText[] => {
    const isWhole = pending.length <= recordBytesMax;
    const further = recoversOpenQuotes && at === 'QUOTED' && isWhole ? mended(Buffer.alloc(0)) : null;
    if (further) return [...further, ...finish()];
    const rows: RowText[] = [];
    takeRow(rows);
    const [last] = rows;
    if (at !== 'QUOTED' || last === undefined) return rows;
    return [{ ...last, fault: unclosed }];
  };

  return { push, finish };
};

const toCsvRows = (texts: RowText[], columns: number, rules: CellRules): CsvRow[] => {
  const sound = texts.filter(({ fault }) => fault === undefined);
  const parsed =
    sound.length === 0
      ? []
      : parseRows(
          sound.map(({ raw }) => raw),
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
 * Streams the rows of a CSV file in UTF-8. A faulty row is handed out as such and the rest goes
 * on; a header that cannot be read throws NOT_A_TABLE before anything is handed out.
 */
export async function* readCsvRows(
  file: SourceFile,
  options: CsvOptions,
): AsyncGenerator<{ rows: CsvRow[]; bytesRead: number }> {
  const splitter = createRowSplitter(options);
  const rules = { trim: options.trim ?? false, separator: options.separator ?? ',' };
  let columns = 0;

  const take = (texts: RowText[]): CsvRow[] => {
    if (columns > 0 || texts.length === 0) return toCsvRows(texts, columns, rules);
    const header = texts[0] as RowText;
    const result = header.fault === undefined ? (parseRows([header.raw], rules)[0] as Cells) : { fault: header.fault };
    if ('fault' in result) throw notATable(`the header, line ${header.line}, cannot be read: ${result.fault.message}`);
    columns = result.cells.length;
    options.onHeader(result.cells, header.line);
    return toCsvRows(texts.slice(1), columns, rules);
  };

  let bytesRead = file.textStart;
  for await (const chunk of fileChunks(file)) {
    const rows = take(splitter.push(chunk));
    bytesRead += chunk.length;
    if (rows.length > 0) yield { rows, bytesRead };
  }
  const rows = take(splitter.finish());
  if (columns === 0) throw notATable('the file is empty');
  if (rows.length > 0) yield { rows, bytesRead };
}
