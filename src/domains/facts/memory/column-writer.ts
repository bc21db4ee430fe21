import { type KeyedRows, rowsInKeyOrder } from '../../../indices/key-order.ts';
import type { PositionPattern } from '../../../indices/number-column.ts';
import { rowNumbers } from '../../../indices/row-numbers.ts';
import type { Yielder } from '../../../lib/yielding.ts';
import type { AsOf } from '../engine.ts';
import { type Chunk, filledRowsMax, type Join } from './join.ts';

const chunkBits = 14;
export const chunkRows = 1 << chunkBits;
const chunkMask = chunkRows - 1;

/** A part of a column of codes. */
type CodeChunk = Chunk | Uint16Array;

/** The code of a row in a column of chunks. */
export const codeOf = (chunks: readonly CodeChunk[], row: number): number =>
  (chunks[row >>> chunkBits] as CodeChunk)[row & chunkMask] as number;

/** Reads chunk by chunk: rows are mostly in the same one as the row before. */
export const readChunks = (
  chunks: readonly CodeChunk[],
  rows: Uint32Array,
  codes: Uint32Array,
  pattern?: PositionPattern,
): void => {
  if (pattern === 'RUN') {
    readRun(chunks, rows[0] ?? 0, codes.subarray(0, rows.length));
    return;
  }
  for (let index = 0; index < rows.length; ) {
    const number = (rows[index] as number) >>> chunkBits;
    const chunk = chunks[number] as CodeChunk;
    const isToEnd = pattern === 'ASCENDING' && (rows.at(-1) as number) >>> chunkBits === number;
    const end = isToEnd ? rows.length : endOfChunk(number, rows, index + 1);
    const read = { rows, index, end };
    if (chunk instanceof Uint8Array) readBytes(chunk, read, codes);
    else if (chunk instanceof Uint16Array) readHalfWords(chunk, read, codes);
    else readWords(chunk, read, codes);
    index = end;
  }
};

/** The index of the first row from one on that is in another chunk. */
const endOfChunk = (number: number, rows: Uint32Array, from: number): number => {
  let end = from;
  while (end < rows.length && (rows[end] as number) >>> chunkBits === number) end++;
  return end;
};

/** Reads as many rows as there is room for, from one on. */
const readRun = (chunks: readonly CodeChunk[], first: number, codes: Uint32Array): void => {
  for (let read = 0; read < codes.length; ) {
    const from = (first + read) & chunkMask;
    const part = (chunks[(first + read) >>> chunkBits] as CodeChunk).subarray(from, from + codes.length - read);
    codes.set(part, read);
    read += part.length;
  }
};

/** Rows of one chunk: those from one index up to another. */
interface RowsOfChunk {
  readonly rows: Uint32Array;
  readonly index: number;
  readonly end: number;
}

// One for each type of arrays: a loop that meets both takes several times as long.
const readBytes = (chunk: Uint8Array, { rows, index, end }: RowsOfChunk, codes: Uint32Array): void => {
  for (let each = index; each < end; each++) codes[each] = chunk[(rows[each] as number) & chunkMask] as number;
};

const readHalfWords = (chunk: Uint16Array, { rows, index, end }: RowsOfChunk, codes: Uint32Array): void => {
  for (let each = index; each < end; each++) codes[each] = chunk[(rows[each] as number) & chunkMask] as number;
};

const readWords = (chunk: Uint32Array, { rows, index, end }: RowsOfChunk, codes: Uint32Array): void => {
  for (let each = index; each < end; each++) codes[each] = chunk[(rows[each] as number) & chunkMask] as number;
};

/** Fewer rows are joined in their own order: it takes less time than to order them. */
const orderedRowsMin = 16_384;
/** Rows that are ordered at once: each takes 12 bytes meanwhile, and with more rows what they look up is nearer to each other. */
const orderedRowsMax = 2 ** 22;

interface WrittenColumn {
  readonly join: Join;
  readonly basis: unknown;
  readonly asOf: AsOf;
  readonly sequence: number;
  /** The chunks of an earlier state, which are replaced and never written to. */
  readonly shared?: readonly Chunk[];
}

const keysPerYield = 65_536;

/** Rows that are joined between two looks at the clock: some tenths of a millisecond. */
const rowsPerLook = 4 * filledRowsMax;

/** Joins rows of one column, and shares the chunks that it does not write to with an earlier state. */
export class ColumnWriter {
  readonly chunks: Chunk[];
  readonly #column: WrittenColumn;
  readonly #shared: readonly Chunk[];
  readonly #codes: Chunk;

  constructor(column: WrittenColumn) {
    this.#column = column;
    this.#shared = column.shared ?? [];
    this.chunks = this.#shared.slice();
    this.#codes = column.join.allocate(filledRowsMax);
  }

  /** Joins rows, at most `filledRowsMax`, in any order; with their keys where these are at hand. */
  fill(rows: Uint32Array, keys?: Uint32Array): void {
    const { join, basis, asOf, sequence } = this.#column;
    const codes = this.#codes.subarray(0, rows.length);
    join.fill({ rows, codes, keys }, basis, asOf, sequence);
    for (let index = 0; index < rows.length; index++) this.#own((rows[index] as number) >>> chunkBits);
    if (codes instanceof Uint8Array) writeBytes(this.chunks as Uint8Array[], rows, codes);
    else writeWords(this.chunks as Uint32Array[], rows, codes);
  }

  /** Joins the rows from one up to another. */
  async fillBetween(from: number, to: number, maybeYield: Yielder): Promise<void> {
    const parts = Math.ceil((to - from) / orderedRowsMax);
    const rowsOfPart = Math.ceil((to - from) / parts);
    for (let first = from; first < to; first += rowsOfPart) {
      const { rows, keys } = await this.#orderedRows(first, Math.min(first + rowsOfPart, to), maybeYield);
      for (let index = 0; index < rows.length; index += filledRowsMax) {
        const end = index + filledRowsMax;
        this.fill(rows.subarray(index, end), keys?.subarray(index, end));
        if (index % rowsPerLook === 0) await maybeYield();
      }
    }
  }

  async #orderedRows(
    from: number,
    to: number,
    maybeYield: Yielder,
  ): Promise<Pick<KeyedRows, 'rows'> & Partial<KeyedRows>> {
    const { readKeys } = this.#column.join;
    if (!readKeys || to - from < orderedRowsMin) return { rows: rowNumbers(from, to) };
    const keys = new Uint32Array(to - from);
    for (let index = 0; index < keys.length; index += keysPerYield) {
      readKeys(from + index, keys.subarray(index, index + keysPerYield));
      await maybeYield();
    }
    return rowsInKeyOrder(keys, from, maybeYield);
  }

  /** Makes sure that no other state shares this chunk. */
  #own(number: number): void {
    const chunk = this.chunks[number];
    if (chunk === undefined || chunk === this.#shared[number]) this.#replace(number);
  }

  #replace(number: number): void {
    // A chunk that this state has allocated is not shared.
    this.chunks[number] = this.#shared[number]?.slice() ?? this.#column.join.allocate(chunkRows);
  }
}

// One for each type of arrays: a loop that meets both takes several times as long.
const writeBytes = (chunks: Uint8Array[], rows: Uint32Array, codes: Uint8Array): void => {
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] as number;
    (chunks[row >>> chunkBits] as Uint8Array)[row & chunkMask] = codes[index] as number;
  }
};

const writeWords = (chunks: Uint32Array[], rows: Uint32Array, codes: Uint32Array): void => {
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] as number;
    (chunks[row >>> chunkBits] as Uint32Array)[row & chunkMask] = codes[index] as number;
  }
};
