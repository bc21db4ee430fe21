import type { CsvSyntax } from './csv-row.ts';
import { type Decode, decodeOf } from './encoding.ts';
import { unescapeCell } from './faulty-lines.ts';
import type { RowRules } from './row-rules.ts';

/** What a cell has besides printable ASCII; 0 for nothing. */
const notAscii = 1;
const doubledQuotes = 2;

/**
 * A row on one line whose cells were told apart in its bytes; a cell becomes text only when someone needs it. One object
 * serves all rows, one after another.
 */
export class PlainRow {
  /** Its line in the file, from 1. */
  line = 0;
  bytes: Buffer = Buffer.alloc(0);
  /** Where each cell begins and ends in the bytes, quotes around it aside. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** For each cell 0 when its bytes are its text in printable ASCII. */
  readonly marks: Uint8Array;
  start = 0;
  end = 0;
  readonly #syntax: Pick<CsvSyntax, 'quote' | 'escape'>;
  readonly #decode: Decode;

  constructor(columns: number, syntax: Pick<CsvSyntax, 'quote' | 'escape' | 'encoding'>) {
    this.starts = new Int32Array(columns);
    this.ends = new Int32Array(columns);
    this.marks = new Uint8Array(columns);
    this.#syntax = syntax;
    this.#decode = decodeOf(syntax.encoding);
  }

  /** The text of a cell. */
  cell(index: number): string {
    const text = this.#text(this.starts[index] as number, this.ends[index] as number, this.marks[index] as number);
    return (this.marks[index] as number) & doubledQuotes ? unescapeCell(text, this.#syntax) : text;
  }

  /** The row as written, without its line end. */
  get raw(): string {
    return this.#text(this.start, this.end, notAscii);
  }

  #text(start: number, end: number, mark: number): string {
    return mark & notAscii ? this.#decode(this.bytes.subarray(start, end)) : this.bytes.toString('latin1', start, end);
  }
}

/** Classes of bytes. */
const ordinary = 0;
const high = 1;
const delimiter = 2;
const lineFeed = 3;
const carriageReturn = 4;
/** A control character and, within quotes, what ends a row or escapes a character. */
const special = 5;
const quoteMark = 6;

const blank = 32;
const rowDoesNotFit = -1;

/** Finds rows whose quotes, line ends and characters leave nothing to decide; a `RowScanner` reads all others. */
export class PlainRowScanner {
  readonly row: PlainRow;
  readonly #classes = new Uint8Array(256);
  readonly #quotedClasses = new Uint8Array(256);
  /** Negative without quotes. */
  readonly #quote: number;
  readonly #columns: number;
  readonly #isBlankDelimiter: boolean;
  /** The byte that may begin a comment; negative when no lines are comments. */
  readonly #comment: number;
  readonly #rowBytesMax: number;
  /** What the last quoted cell has besides printable ASCII. */
  #mark = 0;

  constructor(syntax: CsvSyntax, { columns, recordBytesMax }: RowRules & { readonly columns: number }) {
    const { cellDelimiter, quote, comment } = syntax;
    this.row = new PlainRow(columns, syntax);
    this.#columns = columns;
    this.#quote = quote === null ? -1 : quote.charCodeAt(0);
    this.#isBlankDelimiter = cellDelimiter === ' ';
    this.#comment = comment === null ? -1 : comment.charCodeAt(0);
    // A byte of Windows-1252 is up to three bytes of UTF-8.
    this.#rowBytesMax = recordBytesMax / 3;
    for (const classes of [this.#classes, this.#quotedClasses]) {
      classes.fill(special, 0, blank);
      classes.fill(high, 127);
    }
    if (cellDelimiter !== null) {
      this.#classes[cellDelimiter.charCodeAt(0)] = delimiter;
      this.#quotedClasses[cellDelimiter.charCodeAt(0)] = cellDelimiter.charCodeAt(0) < blank ? special : ordinary;
    }
    this.#classes[10] = lineFeed;
    this.#classes[13] = carriageReturn;
    if (quote !== null) this.#quotedClasses[quote.charCodeAt(0)] = quoteMark;
    if (syntax.escapesCells) this.#classes['\\'.charCodeAt(0)] = special;
    if (syntax.escape === 'BACKSLASH') this.#quotedClasses['\\'.charCodeAt(0)] = special;
  }

  /**
   * Reads the row that starts here into `row` and returns the start of the next row; negative when the row is not plain. A
   * line feed must follow in the bytes; `isText` says that all bytes are valid in the encoding.
   */
  read(bytes: Buffer, start: number, isText: boolean): number {
    const { row } = this;
    const { starts, ends, marks } = row;
    const columns = this.#columns;
    const classes = this.#classes;
    const first = bytes[start] as number;
    if (first === this.#comment || (first <= blank && (columns === 1 || this.#comment >= 0))) return rowDoesNotFit;
    // A row of one cell may be nothing but blanks of another kind.
    if (columns === 1 && first > 126) return rowDoesNotFit;
    let at = start;
    for (let cell = 0; ; cell += 1) {
      let from = at;
      let end = at;
      let mark = 0;
      if (this.#opensQuote(bytes, at)) {
        end = this.#quotedEnd(bytes, at);
        if (end < 0) return rowDoesNotFit;
        mark = this.#mark;
        from += 1;
        at = end + 1;
      } else {
        let kind = classes[bytes[at] as number] as number;
        for (; kind <= high; kind = classes[bytes[at] as number] as number) {
          mark |= kind;
          at += 1;
        }
        end = at;
      }
      if (mark !== 0 && !isText) return rowDoesNotFit;
      if (cell < columns) {
        starts[cell] = from;
        ends[cell] = end;
        marks[cell] = mark;
      } else if (end > from) return rowDoesNotFit;
      const kind = classes[bytes[at] as number];
      if (kind === delimiter) {
        at += 1;
        continue;
      }
      const next =
        kind === lineFeed ? at + 1 : kind === carriageReturn && bytes[at + 1] === 10 ? at + 2 : rowDoesNotFit;
      if (cell < columns - 1 || next - start > this.#rowBytesMax) return rowDoesNotFit;
      row.bytes = bytes;
      row.start = start;
      row.end = at;
      return next;
    }
  }

  /** Whether a quote begins the cell, or may begin it after blanks. */
  #opensQuote(bytes: Buffer, start: number): boolean {
    if (bytes[start] === this.#quote) return true;
    if (bytes[start] !== blank || this.#isBlankDelimiter) return false;
    let at = start + 1;
    while (bytes[at] === blank) at += 1;
    return bytes[at] === this.#quote;
  }

  /** Where the cell whose quote opens here ends; negative when it does not end plainly. */
  #quotedEnd(bytes: Buffer, opened: number): number {
    if (bytes[opened] !== this.#quote) return rowDoesNotFit;
    const classes = this.#quotedClasses;
    let mark = 0;
    for (let at = opened + 1; ; at += 1) {
      const kind = classes[bytes[at] as number] as number;
      if (kind <= high) mark |= kind;
      else if (kind !== quoteMark) return rowDoesNotFit;
      else if (bytes[at + 1] === this.#quote) {
        mark |= doubledQuotes;
        at += 1;
      } else {
        this.#mark = mark;
        return at;
      }
    }
  }
}
