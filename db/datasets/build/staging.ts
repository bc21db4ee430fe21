import { closeSync, openSync, writeSync } from 'node:fs';

/**
 * The staging file: one line for each row, its cells in canonical text, which DuckDB casts to the types of the columns. Cells
 * are separated by U+001F and never quoted, so that DuckDB reads the file in parallel. A missing value is an empty cell.
 */
export const cellEnd = '\x1f';
const lineEnd = '\n';
/** Begins the two characters that stand for a control character of a cell. */
const escapeStart = '\x1e';

/** Each character that a cell cannot hold as it is, with the two that stand for it; the escape itself comes first. */
export const stagedEscapes: readonly (readonly [character: string, escaped: string])[] = [
  [escapeStart, `${escapeStart}0`],
  ['\n', `${escapeStart}1`],
  ['\r', `${escapeStart}2`],
  [cellEnd, `${escapeStart}3`],
];
const escapes = new Map(stagedEscapes);
const needsEscape = new RegExp(`[${[...escapes.keys()].join('')}]`, 'g');
const isNotAscii = /[\x80-\uffff]/;

/** A fuller buffer is written to the file. */
const flushBytes = 512 * 1024;

/** A character of a string has at most this many bytes in UTF-8. */
const bytesPerCharacter = 3;

/** Digits of a safe integer. */
const numberLengthMax = 16;

const cellEndByte = cellEnd.charCodeAt(0);
const lineEndByte = lineEnd.charCodeAt(0);

export interface StagedRow {
  /** The canonical text of each cell, empty where it is missing. */
  readonly cells: readonly string[];
  readonly line: number;
  readonly importId: number;
  /** The texts that do not fit, as a JSON object by column index; empty when all fit. */
  readonly misfits: string;
}

/** Writes the staging file. A line holds the line and import of a row, its cells, and its misfits. */
export class StagingWriter {
  readonly #file: number;
  readonly #isAscii: boolean[];
  readonly #hasEscapes: boolean[];
  #rows = 0;
  #buffer = Buffer.allocUnsafeSlow(flushBytes * 2);
  #length = 0;
  #rowStart = 0;
  #lineBytesMax = 0;
  /** The room that the cells of bytes and the missing cells of a row may need. */
  #cellBytes = 0;

  constructor(path: string, columns: number) {
    this.#file = openSync(path, 'wx');
    this.#isAscii = new Array<boolean>(columns).fill(true);
    this.#hasEscapes = new Array<boolean>(columns).fill(false);
  }

  get rows(): number {
    return this.#rows;
  }

  /** The length of the longest line, with its end. */
  get lineBytesMax(): number {
    return this.#lineBytesMax;
  }

  /** For each column, whether all its texts are ASCII. */
  get isAscii(): readonly boolean[] {
    return this.#isAscii;
  }

  /** For each column, whether some of its cells are escaped. */
  get hasEscapes(): readonly boolean[] {
    return this.#hasEscapes;
  }

  add({ cells, line, importId, misfits }: StagedRow): void {
    this.beginRow(line, importId);
    for (let column = 0; column < cells.length; column += 1) this.addText(cells[column] as string, column);
    this.endRow(misfits);
  }

  /** Begins a row, whose cells follow in the order of their columns; makes room for `bytes` of cells of bytes. */
  beginRow(line: number, importId: number, bytes = 0): void {
    this.#cellBytes = bytes + this.#isAscii.length;
    this.#rowStart = this.#length;
    this.#reserve(2 * numberLengthMax);
    this.#writeNumber(line);
    this.#writeByte(cellEndByte);
    this.#writeNumber(importId);
  }

  addText(cell: string, column: number): void {
    this.#reserve(cell.length);
    this.#writeByte(cellEndByte);
    const written = this.#writePrintable(cell);
    if (written < cell.length) this.#writeOther(cell.slice(written), column);
  }

  addMissing(): void {
    this.#writeByte(cellEndByte);
  }

  /** Adds a cell that is the printable ASCII from `start` to `end`; `bits` are set in each byte. */
  addBytes(bytes: Uint8Array, start: number, end: number, bits = 0): void {
    const buffer = this.#buffer;
    let to = this.#length;
    buffer[to] = cellEndByte;
    to += 1;
    // A loop, because a copy by the engine costs more for short cells.
    for (let at = start; at < end; at += 1, to += 1) buffer[to] = (bytes[at] as number) | bits;
    this.#length = to;
  }

  /** Writes a byte over one of the last cell, `back` bytes before its end. */
  replaceByte(back: number, byte: number): void {
    this.#buffer[this.#length - back] = byte;
  }

  endRow(misfits: string): void {
    this.#reserve(misfits.length);
    this.#writeByte(cellEndByte);
    this.#write(misfits);
    this.#writeByte(lineEndByte);
    this.#rows += 1;
    this.#lineBytesMax = Math.max(this.#lineBytesMax, this.#length - this.#rowStart);
    if (this.#length >= flushBytes) this.#flush();
  }

  finish(): void {
    this.#flush();
    this.close();
  }

  close(): void {
    closeSync(this.#file);
  }

  /**
   * Writes the text up to its first character that is not printable ASCII, and returns that length. A loop, because a call of
   * the encoder for each of millions of short cells would cost several times more.
   */
  #writePrintable(text: string): number {
    const buffer = this.#buffer;
    const start = this.#length;
    let at = 0;
    for (; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code < 32 || code > 126) break;
      buffer[start + at] = code;
    }
    this.#length = start + at;
    return at;
  }

  #writeOther(text: string, column: number): void {
    if (this.#isAscii[column] && isNotAscii.test(text)) this.#isAscii[column] = false;
    const escaped = text.replace(needsEscape, (character) => escapes.get(character) as string);
    if (escaped.length > text.length) this.#hasEscapes[column] = true;
    this.#write(escaped);
  }

  #write(text: string): void {
    this.#reserve(text.length);
    const written = this.#writePrintable(text);
    if (written < text.length) this.#length += this.#buffer.write(text.slice(written), this.#length);
  }

  /** A whole number, not negative. */
  #writeNumber(value: number): void {
    let length = 1;
    for (let power = 10; power <= value; power *= 10) length += 1;
    const end = this.#length + length;
    let rest = value;
    for (let at = end - 1; at >= this.#length; at -= 1) {
      const tenth = Math.floor(rest / 10);
      this.#buffer[at] = 48 + rest - tenth * 10;
      rest = tenth;
    }
    this.#length = end;
  }

  /** `#reserve` leaves room for it. */
  #writeByte(byte: number): void {
    this.#buffer[this.#length] = byte;
    this.#length += 1;
  }

  /** Makes room for a text of this length and the bytes around it. */
  #reserve(length: number): void {
    const needed = this.#length + this.#cellBytes + length * bytesPerCharacter + 4;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(needed * 2);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }

  #flush(): void {
    for (let start = 0; start < this.#length; )
      start += writeSync(this.#file, this.#buffer, start, this.#length - start);
    this.#length = 0;
  }
}
