import { rowsInKeyOrder } from '../../../indices/key-order.ts';
import { rowNumbers } from '../../../indices/row-numbers.ts';
import type { Yielder } from '../../../lib/yielding.ts';
import type { AsOf } from '../engine.ts';
import { type Chunk, filledRowsMax, type Join } from './join.ts';

const chunkBits = 14;
export const chunkRows = 1 << chunkBits;
const chunkMask = chunkRows - 1;

/** The code of a row in a column of chunks. */
export const codeOf = (chunks: readonly Chunk[], row: number): number =>
  (chunks[row >>> chunkBits] as Chunk)[row & chunkMask] as number;

/** Reads chunk by chunk: rows that follow each other are mostly in the same one. */
export const readChunks = (chunks: readonly Chunk[], rows: Uint32Array, codes: Uint32Array): void => {
  for (let index = 0; index < rows.length; ) {
    const number = (rows[index] as number) >>> chunkBits;
    const chunk = chunks[number] as Chunk;
    for (; index < rows.length && (rows[index] as number) >>> chunkBits === number; index++)
      codes[index] = chunk[(rows[index] as number) & chunkMask] as number;
  }
};

/** Fewer rows are joined in their own order: it takes less time than to order them. */
const orderedRowsMin = 16_384;
/** Rows that are ordered at once: each takes 8 bytes meanwhile. */
const orderedRowsMax = 2 ** 20;

interface WrittenColumn {
  readonly join: Join;
  readonly basis: unknown;
  readonly asOf: AsOf;
  readonly sequence: number;
  /** The chunks of an earlier state, which are replaced and never written to. */
  readonly shared?: readonly Chunk[];
}

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

  /** Joins rows, at most `filledRowsMax`, in any order. */
  fill(rows: Uint32Array): void {
    const { join, basis, asOf, sequence } = this.#column;
    const { chunks } = this;
    const shared = this.#shared;
    const codes = this.#codes.subarray(0, rows.length);
    join.fill({ rows, codes }, basis, asOf, sequence);
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index] as number;
      const number = row >>> chunkBits;
      let chunk = chunks[number];
      if (chunk === undefined || chunk === shared[number]) chunk = this.#replace(number);
      chunk[row & chunkMask] = codes[index] as number;
    }
  }

  /** Joins the rows from one up to another. */
  async fillBetween(from: number, to: number, maybeYield: Yielder): Promise<void> {
    for (let first = from; first < to; first += orderedRowsMax) {
      const rows = await this.#orderedRows(first, Math.min(first + orderedRowsMax, to), maybeYield);
      for (let index = 0; index < rows.length; index += filledRowsMax) {
        this.fill(rows.subarray(index, index + filledRowsMax));
        await maybeYield();
      }
    }
  }

  async #orderedRows(from: number, to: number, maybeYield: Yielder): Promise<Uint32Array> {
    const { readKeys } = this.#column.join;
    if (!readKeys || to - from < orderedRowsMin) return rowNumbers(from, to);
    const keys = new Uint32Array(to - from);
    readKeys(from, keys);
    return rowsInKeyOrder(keys, from, maybeYield);
  }

  #replace(number: number): Chunk {
    // A chunk that this state has allocated is not shared.
    const chunk = this.#shared[number]?.slice() ?? this.#column.join.allocate(chunkRows);
    this.chunks[number] = chunk;
    return chunk;
  }
}
