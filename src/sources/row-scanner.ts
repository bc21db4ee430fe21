import { isAscii } from 'node:buffer';
import { type CsvRow, type CsvSyntax, type RowFault, readableRow, type TextSpan } from './csv-row.ts';
import { countBreaks, looksLikeRows, splitFaultyLine, unescapeCell } from './faulty-lines.ts';
import { faultOf, isBlank, type RowRules, refuse, tooLong } from './row-rules.ts';

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
const backslash = 92;

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
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escapes: boolean;
  readonly #columns: number | null;
  readonly #recordBytesMax: number;
  #line: number;
  #parts: string[] = [];
  #length = 0;
  #isAscii = true;
  /** A row that is longer than this is looked at again only when it has grown to twice its length. */
  #lengthToScan = 0;
  #text = '';
  #codes: Uint8Array | Uint16Array = new Uint8Array();
  #isFinal = false;
  #isWellFormed = true;
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

  constructor(options: ScannerOptions) {
    this.#options = options;
    this.#delimiter = options.cellDelimiter === null ? lineFeed : options.cellDelimiter.charCodeAt(0);
    this.#quote = options.quote === null ? unquoted : options.quote.charCodeAt(0);
    this.#escapes = options.escape === 'BACKSLASH';
    this.#columns = options.columns;
    this.#recordBytesMax = options.recordBytesMax;
    this.#line = options.line;
  }

  /** The rows that end within the text; `isAscii` may be false for ASCII text. */
  push(text: string, isAscii: boolean): CsvRow[] {
    this.#parts.push(text);
    this.#length += text.length;
    this.#isAscii &&= isAscii;
    return this.#length < this.#lengthToScan ? [] : this.#scanParts();
  }

  finish(): CsvRow[] {
    this.#isFinal = true;
    return this.#scanParts();
  }

  #scanParts(): CsvRow[] {
    const text = this.#parts.length === 1 ? (this.#parts[0] as string) : this.#parts.join('');
    this.#text = text;
    if (this.#isAscii) this.#codes = Buffer.from(text, 'latin1');
    else {
      const bytes = Buffer.from(text, 'utf16le');
      this.#codes = new Uint16Array(bytes.buffer, bytes.byteOffset, text.length);
    }
    this.#isWellFormed = this.#isAscii || text.isWellFormed();
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
    this.#isAscii ||= isAscii(Buffer.from(rest));
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
    // Local variables, because this loop sees every character.
    const codes = this.#codes;
    const text = this.#text;
    const { length } = text;
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    const codeMax = Math.max(delimiter, carriageReturn);
    const cells: string[] = [];
    this.#cells = cells;
    this.#breaks = 0;
    for (let at = start; ; at += 1) {
      const first = codes[at];
      let end = unquoted;
      if (first === quote || first === blank || first === tab) end = this.#readQuoted(at, start);
      if (end >= 0) {
        cells.push(this.#cell);
        at = end;
      } else if (end === unquoted) {
        const cellStart = at;
        for (; at < length; at += 1) {
          const code = codes[at] as number;
          if (code <= codeMax && (code === delimiter || code === lineFeed || code === carriageReturn)) break;
        }
        if (at >= length && !this.#isFinal) return incomplete;
        cells.push(text.slice(cellStart, at));
      } else return end;
      if (at >= length || codes[at] !== delimiter || delimiter === lineFeed) return at;
    }
  }

  /** Reads a quoted cell, blanks around it aside, into `#cell`; returns its end, or why there is none. */
  #readQuoted(from: number, rowStart: number): number {
    const codes = this.#codes;
    const { length } = this.#text;
    const quote = this.#quote;
    let at = this.#skipBlanks(from);
    if (at === length && !this.#isFinal) return incomplete;
    if (codes[at] !== quote) return unquoted;
    this.#openedAt = at;
    const start = at + 1;
    const limit = rowStart + this.#recordBytesMax;
    let breaks = 0;
    let hasEscapes = false;
    for (at = start; at < length; at += 1) {
      const code = codes[at];
      if (code === lineFeed || (code === carriageReturn && codes[at + 1] !== lineFeed)) {
        breaks += 1;
        if (at > limit) return improper;
      } else if (code === backslash && this.#escapes) {
        hasEscapes = true;
        at += 1;
      } else if (code === quote) {
        if (codes[at + 1] !== quote) break;
        hasEscapes = true;
        at += 1;
      }
    }
    if (at >= length) return this.#isFinal || at > limit ? improper : incomplete;
    const end = this.#skipBlanks(at + 1);
    if (end === length && !this.#isFinal) return incomplete;
    const next = codes[end];
    if (end < length && next !== this.#delimiter && next !== lineFeed && next !== carriageReturn) return improper;
    const text = this.#text.slice(start, at);
    this.#cell = hasEscapes ? unescapeCell(text, this.#options) : text;
    this.#breaks += breaks;
    this.#options.observer?.quoted();
    return end;
  }

  #skipBlanks(from: number): number {
    let at = from;
    for (;;) {
      const code = this.#codes[at];
      if ((code !== blank && code !== tab) || code === this.#delimiter) return at;
      at += 1;
    }
  }

  /** Adds the row to `rows` and returns the start of the next; negative when that is not read yet. */
  #endRow(start: number, end: number, rows: CsvRow[]): number {
    const next = this.#afterLineEnd(end);
    if (next < 0) return incomplete;
    const cells = this.#cells;
    const columns = this.#columns;
    const breaks = this.#breaks;
    const line = this.#line;
    const span = { text: this.#text, start, end };
    if (breaks > 0 && looksLikeRows(span, this.#options, cells.length)) return this.#giveUp(start, start, rows);
    this.#line = line + breaks + 1;
    if (cells.length === 1 && isBlank(span)) {
      if (columns === null || columns === 1) this.#blankRows.push(readableRow(line, cells, span));
    } else this.#add(rows, line, span, cells);
    return next;
  }

  /** The start of the next row; negative when more text decides it. */
  #afterLineEnd(end: number): number {
    const codes = this.#codes;
    const { length } = this.#text;
    let at = end;
    // A text that was converted to CRLF twice has two CRs.
    for (let count = 0; codes[at] === carriageReturn && count < 2; count += 1) {
      if (at + 1 === length) return this.#isFinal ? length : incomplete;
      if (codes[at + 1] === lineFeed) return at + 2;
      if (codes[at + 1] !== carriageReturn) break;
      at += 1;
    }
    if (this.#isFinal || end + 1 < length || codes[end] !== carriageReturn) return Math.min(end + 1, length);
    return incomplete;
  }

  #lineEndAfter(from: number): number {
    const codes = this.#codes;
    let at = from;
    while (at < codes.length && codes[at] !== lineFeed && codes[at] !== carriageReturn) at += 1;
    return at;
  }

  /** Ends the row at the line end after `from`, with cells when the line can be read by itself; negative when that is not read. */
  #giveUp(start: number, from: number, rows: CsvRow[]): number {
    const { length } = this.#text;
    const end = this.#lineEndAfter(from);
    if (end === length && !this.#isFinal) {
      if (length - start > this.#recordBytesMax) this.#overlong = { raw: this.#text.slice(start), bytes: 0 };
      return incomplete;
    }
    const next = this.#afterLineEnd(end);
    if (next < 0) return incomplete;
    const span = { text: this.#text, start, end };
    this.#options.observer?.improper(this.#text.slice(from, end));
    this.#add(rows, this.#line, span, splitFaultyLine(span, from, this.#options));
    this.#line += 1 + countBreaks(this.#text.slice(start, end));
    return next;
  }

  #add(rows: CsvRow[], line: number, span: TextSpan, result: string[] | RowFault): void {
    if (this.#blankRows.length > 0) rows.push(...this.#blankRows.splice(0));
    const fault = faultOf(span, result, this.#options, this.#isWellFormed);
    rows.push(fault === null ? readableRow(line, result as string[], span) : refuse(line, span, fault, this.#options));
  }

  /** Passes over the rest of a row that is over the limit. */
  #skipOverlong(overlong: { raw: string; bytes: number }, rows: CsvRow[]): number {
    const text = this.#text;
    const end = this.#lineEndAfter(0);
    overlong.bytes += Buffer.byteLength(text.slice(0, end));
    const next = this.#isFinal || end < text.length ? this.#afterLineEnd(end) : incomplete;
    if (next < 0) return end;
    this.#overlong = null;
    const { raw } = overlong;
    const fault = tooLong(Buffer.byteLength(raw) + overlong.bytes, this.#options);
    rows.push(
      ...this.#blankRows.splice(0),
      refuse(this.#line, { text: raw, start: 0, end: raw.length }, fault, this.#options),
    );
    this.#line += 1;
    return next;
  }
}
