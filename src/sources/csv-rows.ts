import type { CsvRow } from './csv-row.ts';
import type { TableDialect } from './dialect.ts';
import { createDecoding, extendsAscii, isTextOf, type TextDecoding } from './encoding.ts';
import { fileChunks, fileChunksInTurn } from './file-chunks.ts';
import { type PlainRow, PlainRowScanner } from './plain-row.ts';
import { RowScanner } from './row-scanner.ts';

export interface CsvReadOptions {
  readonly path: string;
  readonly recordBytesMax: number;
  readonly chunkBytes?: number | undefined;
}

/** Rows in file order, and how many bytes of the file are read with them. */
export interface CsvBatch {
  readonly rows: readonly CsvRow[];
  readonly bytesRead: number;
}

/** What receives the rows of a file in their order. */
export interface RowReceiver {
  rows(rows: readonly CsvRow[]): void;
  /** The row is only valid during the call. */
  plainRow(row: PlainRow): void;
  /** Called after the rows of each chunk of the file; reading goes on once the promise has resolved. */
  endChunk(bytesRead: number): Promise<void>;
}

/** Where the reading of rows has ended. */
export interface RowsEnd {
  /** The position in bytes at which the next row begins; null at the end of the file. */
  readonly position: number | null;
  /** The line of the next row. */
  readonly line: number;
}

/** Large enough that splitting rows dominates, small enough that a batch of rows is collected young. */
const chunkBytesDefault = 256 * 1024;

/** Rows with all their cells as texts live until the last of their chunk is done: in a larger one they would be collected old. */
const textChunkBytes = 64 * 1024;

/**
 * Streams the rows of a CSV file after its header. Every row is yielded, with its cells or with its fault; blank lines are
 * rows only in a file with one column.
 */
export async function* readCsvRows(
  { path, recordBytesMax, chunkBytes = textChunkBytes }: CsvReadOptions,
  dialect: TableDialect,
): AsyncGenerator<CsvBatch> {
  const { textStart } = dialect;
  const text = new RowsOfText(dialect, recordBytesMax);
  let bytesRead = textStart;
  for await (const chunk of fileChunks({ path, textStart, chunkBytes })) {
    bytesRead += chunk.length;
    const rows = text.push(chunk);
    if (rows.length > 0) yield { rows, bytesRead };
  }
  const rows = text.finish();
  if (rows.length > 0) yield { rows, bytesRead };
}

/** The rows of a text in memory after its header, read like those of a file. */
export const csvRowsOf = (bytes: Buffer, dialect: TableDialect, recordBytesMax: number): readonly CsvRow[] => {
  const text = new RowsOfText(dialect, recordBytesMax);
  const rows = text.push(bytes.subarray(dialect.textStart));
  return rows.concat(text.finish());
};

/**
 * Reads the same rows, those that are plain without making texts of all their cells, which is several times faster. Ends at
 * the first of the positions `ends`, ascending, at which a row begins, else at the end of the file.
 */
export const receiveCsvRows = async (
  { path, recordBytesMax, chunkBytes = chunkBytesDefault, ends = [] }: CsvReadOptions & { ends?: readonly number[] },
  dialect: TableDialect,
  receiver: RowReceiver,
): Promise<RowsEnd> => {
  const rows = new RowsOfBytes(dialect, recordBytesMax, receiver);
  let position = dialect.textStart;
  for (const end of [...ends, Number.POSITIVE_INFINITY]) {
    for await (const chunk of fileChunksInTurn({ path, textStart: position, chunkBytes, end })) {
      position += chunk.length;
      rows.push(chunk);
      await receiver.endChunk(position);
    }
    if (position === end && rows.isBetweenRows) return { position, line: rows.line };
  }
  rows.finish();
  await receiver.endChunk(position);
  return { position: null, line: rows.line };
};

/** Decodes the bytes after the header and splits their text into rows. */
class RowsOfText {
  readonly scanner: RowScanner;
  readonly #decoding: TextDecoding;
  /** Characters before the first row that are yet to come. */
  #toSkip: number;

  constructor(dialect: TableDialect, recordBytesMax: number) {
    this.scanner = new RowScanner({ ...dialect, recordBytesMax, line: dialect.firstLine });
    this.#decoding = createDecoding(dialect.encoding);
    this.#toSkip = dialect.firstOffset;
  }

  push(bytes: Buffer): CsvRow[] {
    return this.#pushText(this.#decoding.decode(bytes));
  }

  finish(): CsvRow[] {
    return [...this.#pushText(this.#decoding.finish()), ...this.scanner.finish()];
  }

  /** Whether a row begins at the next byte. */
  get isBetweenRows(): boolean {
    return this.#toSkip === 0 && this.#decoding.isWhole && this.scanner.isBetweenRows;
  }

  #pushText(text: string): CsvRow[] {
    const skip = Math.min(this.#toSkip, text.length);
    this.#toSkip -= skip;
    return this.scanner.push(skip === 0 ? text : text.slice(skip));
  }
}

const lineFeed = 10;

/** Reads the rows of bytes that are plain, and leaves the others to the reader of text. */
class RowsOfBytes {
  readonly #text: RowsOfText;
  readonly #plain: PlainRowScanner | null;
  readonly #dialect: TableDialect;
  readonly #receiver: RowReceiver;
  /** At least so many bytes are read as text from a row on that is not plain: more where there are few plain ones. */
  #textBytes = 1;

  constructor(dialect: TableDialect, recordBytesMax: number, receiver: RowReceiver) {
    this.#text = new RowsOfText(dialect, recordBytesMax);
    this.#plain = extendsAscii(dialect.encoding) ? new PlainRowScanner(dialect, { ...dialect, recordBytesMax }) : null;
    this.#dialect = dialect;
    this.#receiver = receiver;
  }

  push(chunk: Buffer): void {
    const plain = this.#plain;
    if (plain === null) {
      this.#send(this.#text.push(chunk));
      return;
    }
    const linesEnd = chunk.lastIndexOf(lineFeed) + 1;
    const lines = { chunk, linesEnd, isText: isTextOf(chunk.subarray(0, linesEnd), this.#dialect.encoding) };
    let textBytes = 1;
    for (let at = 0; at < chunk.length; ) {
      if (this.#text.isBetweenRows) {
        const start = at;
        at = this.#readPlain(plain, lines, start);
        textBytes = at < linesEnd ? this.#textBytesAfter(at - start) : 1;
      } else {
        // Within a row of several lines, or of several such rows.
        textBytes *= 2;
      }
      at = this.#readText(chunk, at, textBytes);
    }
  }

  finish(): void {
    this.#send(this.#text.finish());
  }

  get isBetweenRows(): boolean {
    return this.#text.isBetweenRows;
  }

  /** The line on which the next row begins. */
  get line(): number {
    return this.#text.scanner.line;
  }

  /** Reads rows until one is not plain, and returns its start. */
  #readPlain(
    plain: PlainRowScanner,
    { chunk, linesEnd, isText }: { chunk: Buffer; linesEnd: number; isText: boolean },
    start: number,
  ): number {
    const receiver = this.#receiver;
    const { scanner } = this.#text;
    const { row } = plain;
    const firstLine = scanner.line;
    let at = start;
    row.line = firstLine;
    while (at < linesEnd) {
      const next = plain.read(chunk, at, isText);
      if (next < 0) break;
      receiver.plainRow(row);
      row.line += 1;
      at = next;
    }
    scanner.skipRows(row.line - firstLine, this.#dialect.columns);
    return at;
  }

  #textBytesAfter(plainBytes: number): number {
    this.#textBytes = plainBytes >= this.#textBytes ? 1 : this.#textBytes * 2;
    return this.#textBytes;
  }

  /** Reads lines as text, and returns where they end. */
  #readText(chunk: Buffer, start: number, bytesMin: number): number {
    if (start === chunk.length) return start;
    const feed = chunk.indexOf(lineFeed, start + bytesMin - 1);
    const end = feed < 0 ? chunk.length : feed + 1;
    this.#send(this.#text.push(chunk.subarray(start, end)));
    return end;
  }

  #send(rows: readonly CsvRow[]): void {
    if (rows.length > 0) this.#receiver.rows(rows);
  }
}
