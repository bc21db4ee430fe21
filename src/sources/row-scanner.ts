import { isCommentLine } from './comment-lines.ts';
import { type CsvRow, type CsvSyntax, type RowFault, readableRow, type TextSpan } from './csv-row.ts';
import { endOfEscaped, unescapeUnquoted } from './escaped-cells.ts';
import { countBreaks, looksLikeRows, splitFaultyLine, unescapeCell } from './faulty-lines.ts';
import { faultOf, isBlank, type RowRules, refuse, tooLong } from './row-rules.ts';
import { afterLineEnd, find, lineEndAfter, TextMarks } from './text-marks.ts';

export interface ScannerOptions extends CsvSyntax, RowRules {
  /** The number of the first line of the text. */
  readonly line: number;
  /** Receives what the cells of rows look like, to judge a dialect. */
  readonly observer?: ScanObserver;
}

export interface ScanObserver {
  quoted(): void;
  /** A quote opens a cell and does not close it properly. */
  improper(text: string): void;
}

const lineFeed = 10;
const carriageReturn = 13;
const blank = 32;
const tab = 9;

/** Results of reading a quoted cell that are no position. */
const incomplete = -1;
const improper = -2;
const unquoted = -3;

/**
 * Splits text into rows and cells. CR, LF and CRLF end a row unless a quote is open. A quote opens only at the start of a
 * cell, blanks aside, and closes only before a delimiter or a line end; a cell that breaks this is given up at its own line.
 */
export class RowScanner {
  readonly #options: ScannerOptions;
  /** An empty text for lines that are one cell each. */
  readonly #delimiter: string;
  readonly #quote: number;
  readonly #escapes: boolean;
  readonly #escapesCells: boolean;
  readonly #columns: number | null;
  readonly #recordBytesMax: number;
  #line: number;
  /** How many cells the last row had whose quotes are not faulty. */
  #lastCells: number | null = null;
  #parts: string[] = [];
  #length = 0;
  /** A row that is longer than this is looked at again only when it has grown to twice its length. */
  #lengthToScan = 0;
  #text = '';
  #marks = new TextMarks('', '');
  #isFinal = false;
  /** Whether the text may hold undecodable bytes or NULs. */
  #isSuspect = false;
  /** The start of a row over the limit, whose end is not read yet. */
  #overlong: { raw: string; bytes: number } | null = null;
  /** Blank lines of a file with one column: rows, unless nothing follows them. */
  #blankRows: CsvRow[] = [];
  #cells: string[] = [];
  /** Line ends within the quoted cells of the row. */
  #breaks = 0;
  /** The text of the last quoted cell, and where it began. */
  #cell = '';
  #openedAt = 0;
  #hasEscapes = false;

  constructor(options: ScannerOptions) {
    this.#options = options;
    this.#delimiter = options.cellDelimiter ?? '';
    this.#quote = options.quote === null ? unquoted : options.quote.charCodeAt(0);
    this.#escapes = options.escape === 'BACKSLASH';
    this.#escapesCells = options.escapesCells;
    this.#columns = options.columns;
    this.#recordBytesMax = options.recordBytesMax;
    this.#line = options.line;
  }

  /** The rows that end within the text. */
  push(text: string): CsvRow[] {
    this.#parts.push(text);
    this.#length += text.length;
    return this.#length < this.#lengthToScan ? [] : this.#scanParts();
  }

  finish(): CsvRow[] {
    this.#isFinal = true;
    return this.#scanParts();
  }

  /** The line on which the next row begins. */
  get line(): number {
    return this.#line;
  }

  /** Whether all rows of the text so far are complete. */
  get isBetweenRows(): boolean {
    return this.#length === 0 && this.#overlong === null && this.#blankRows.length === 0;
  }

  /** Passes over rows of one line each, which another reader has read; only between rows. */
  skipRows(rows: number, cells: number): void {
    this.#line += rows;
    if (rows > 0) this.#lastCells = cells;
  }

  #scanParts(): CsvRow[] {
    const text = this.#parts.length === 1 ? (this.#parts[0] as string) : this.#parts.join('');
    this.#text = text;
    this.#marks = new TextMarks(text, this.#delimiter);
    this.#isSuspect = !text.isWellFormed() || text.includes('\0');
    const rows: CsvRow[] = [];
    let at = this.#overlong ? this.#skipOverlong(this.#overlong, rows) : 0;
    for (let next = at; next >= 0; ) {
      at = this.#scan(next, rows);
      // What is left is no row of its own; over the limit, its end is not waited for.
      next = this.#isFinal || text.length - at <= this.#recordBytesMax ? incomplete : this.#giveUp(at, at, rows);
    }
    const rest = this.#overlong && text[text.length - 1] !== '\r' ? '' : text.slice(at);
    this.#parts = rest === '' ? [] : [rest];
    this.#length = rest.length;
    this.#lengthToScan = rest.length * 2;
    return rows;
  }

  /** Adds the complete rows to `rows` and returns the start of the first incomplete one. */
  #scan(from: number, rows: CsvRow[]): number {
    const { length } = this.#text;
    let at = from;
    while (at < length) {
      const end = this.#readRow(at);
      const next =
        end >= 0 ? this.#endRow(at, end, rows) : end === improper ? this.#giveUp(at, this.#openedAt, rows) : incomplete;
      if (next < 0) return at;
      at = next;
    }
    return at;
  }

  /** Reads the cells of the row that starts here; returns its end, or why it has none. */
  #readRow(start: number): number {
    // Searches of the engine are faster than a loop over the characters.
    const text = this.#text;
    const quote = this.#quote;
    const cells: string[] = [];
    this.#cells = cells;
    this.#breaks = 0;
    const marks = this.#marks;
    let lineEnd = marks.lineEnd(start);
    marks.save();
    for (let at = start; ; at += 1) {
      const first = text.charCodeAt(at);
      let end = first === quote || first === blank || first === tab ? this.#readQuoted(at, start) : unquoted;
      if (end === unquoted && this.#escapesCells && marks.backslash(at) < Math.min(marks.delimiter(at), lineEnd))
        end = this.#readEscaped(at);
      if (end >= 0) {
        cells.push(this.#cell);
        if (end > lineEnd) lineEnd = marks.lineEnd(end);
        if (end === text.length || text[end] !== this.#delimiter) return end;
        at = end;
      } else if (end === unquoted) {
        if (lineEnd === text.length && !this.#isFinal) return incomplete;
        const cellEnd = Math.min(marks.delimiter(at), lineEnd);
        cells.push(text.slice(at, cellEnd));
        if (cellEnd === lineEnd) return lineEnd;
        at = cellEnd;
      } else return end;
    }
  }

  /** Reads a quoted cell, blanks around it aside, into `#cell`; returns its end, or why there is none. */
  #readQuoted(from: number, rowStart: number): number {
    const text = this.#text;
    const { length } = text;
    const opened = this.#skipBlanks(from);
    if (opened === length && !this.#isFinal) return incomplete;
    if (text.charCodeAt(opened) !== this.#quote) return unquoted;
    this.#openedAt = opened;
    const start = opened + 1;
    const limit = rowStart + this.#recordBytesMax;
    const close = this.#closingQuote(start);
    if (close > limit && lineEndAfter(text, limit + 1) < close) return improper;
    if (close >= length) return this.#isFinal ? improper : incomplete;
    const end = this.#skipBlanks(close + 1);
    if (end === length && !this.#isFinal) return incomplete;
    const next = text.charCodeAt(end);
    if (end < length && text[end] !== this.#delimiter && next !== lineFeed && next !== carriageReturn) return improper;
    const cell = text.slice(start, close);
    this.#cell = this.#hasEscapes ? unescapeCell(cell, this.#options) : cell;
    if (this.#marks.lineEnd(start) < close) this.#breaks += countBreaks(cell);
    this.#options.observer?.quoted();
    return end;
  }

  /** Reads a cell with backslashes into `#cell`; returns its end, or that there is none. */
  #readEscaped(from: number): number {
    const text = this.#text;
    const { end, breaks } = endOfEscaped(text, from, this.#marks, this.#isFinal);
    if (end === null || (end === text.length && !this.#isFinal)) return incomplete;
    this.#breaks += breaks;
    this.#cell = unescapeUnquoted(text.slice(from, end), this.#options);
    return end;
  }

  /** The quote that ends a cell, which begins at `from`; not less than the length of the text when it is not read yet. */
  #closingQuote(from: number): number {
    const text = this.#text;
    const mark = this.#options.quote as string;
    this.#hasEscapes = false;
    let backslash = this.#escapes ? find(text, '\\', from) : text.length;
    for (let at = from; ; ) {
      const close = find(text, mark, at);
      if (backslash < close) {
        at = backslash + 2;
        backslash = find(text, '\\', at);
      } else if (text.charCodeAt(close + 1) === this.#quote) at = close + 2;
      else return close;
      this.#hasEscapes = true;
    }
  }

  #skipBlanks(from: number): number {
    const text = this.#text;
    let at = from;
    for (;;) {
      const code = text.charCodeAt(at);
      if ((code !== blank && code !== tab) || text[at] === this.#delimiter) return at;
      at += 1;
    }
  }

  /** Adds the row to `rows` and returns the start of the next; negative when that is not read yet. */
  #endRow(start: number, end: number, rows: CsvRow[]): number {
    const next = afterLineEnd(this.#text, end, this.#isFinal);
    if (next < 0) return incomplete;
    const cells = this.#cells;
    const columns = this.#columns;
    const breaks = this.#breaks;
    const line = this.#line;
    const span = { text: this.#text, start, end };
    if (breaks > 0 && looksLikeRows(span, this.#options, cells)) return this.#giveUp(start, start, rows);
    this.#line = line + breaks + 1;
    if (cells.length === 1 && isBlank(span)) {
      if (columns === null || columns === 1) this.#blankRows.push(readableRow(line, cells, span));
    } else {
      this.#lastCells = cells.length;
      this.#add(rows, line, span, cells);
    }
    return next;
  }

  /** Ends the row at the line end after `from`, with cells when the line can be read by itself; negative when that is not read. */
  #giveUp(start: number, from: number, rows: CsvRow[]): number {
    const { length } = this.#text;
    this.#marks.restore();
    const end = lineEndAfter(this.#text, from);
    if (end === length && !this.#isFinal) {
      if (length - start > this.#recordBytesMax) this.#overlong = { raw: this.#text.slice(start), bytes: 0 };
      return incomplete;
    }
    const next = afterLineEnd(this.#text, end, this.#isFinal);
    if (next < 0) return incomplete;
    const span = { text: this.#text, start, end };
    this.#options.observer?.improper(this.#text.slice(from, end));
    this.#add(rows, this.#line, span, splitFaultyLine(span, from, { ...this.#options, usual: this.#lastCells }));
    this.#line += 1 + countBreaks(this.#text.slice(start, end));
    return next;
  }

  #add(rows: CsvRow[], line: number, span: TextSpan, result: string[] | RowFault): void {
    const { comment } = this.#options;
    if (comment !== null && isCommentLine(span, comment, Array.isArray(result) && result.length > 1)) return;
    for (const row of this.#blankRows.splice(0)) rows.push(row);
    const fault = faultOf(span, result, this.#options, this.#isSuspect);
    rows.push(fault === null ? readableRow(line, result as string[], span) : refuse(line, span, fault, this.#options));
  }

  /** Passes over the rest of a row that is over the limit. */
  #skipOverlong(overlong: { raw: string; bytes: number }, rows: CsvRow[]): number {
    const text = this.#text;
    const end = lineEndAfter(text, 0);
    overlong.bytes += Buffer.byteLength(text.slice(0, end));
    const next = this.#isFinal || end < text.length ? afterLineEnd(this.#text, end, this.#isFinal) : incomplete;
    if (next < 0) return end;
    this.#overlong = null;
    const { raw } = overlong;
    const fault = tooLong(Buffer.byteLength(raw) + overlong.bytes, this.#options);
    const span = { text: raw, start: 0, end: raw.length };
    for (const row of this.#blankRows.splice(0)) rows.push(row);
    rows.push(refuse(this.#line, span, fault, this.#options));
    this.#line += 1;
    return next;
  }
}
