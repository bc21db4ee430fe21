import { upperBound } from '../lib/upper-bound.ts';
import { copyInto, GradualGrowth, grownCapacity } from './gradual-growth.ts';
import type { AscendingColumn, BlockColumn, NumberArray, PositionPattern } from './number-column.ts';
import { blockSize, distanceAt, packBlock, unpackedBits } from './packed-block.ts';
import { type StateColumns, withSpare } from './state-columns.ts';

const blockBits = Math.log2(blockSize);
const indexMask = blockSize - 1;

/**
 * An append-only column of numbers that takes as little memory as they differ: each block is stored as a straight line and the
 * distances from it, in as many bits as the largest distance needs, none when all numbers are on the line (frame of reference
 * with a slope, see Lemire and Boytsov, Decoding billions of integers per second through vectorization, 2015). Times, sequence
 * numbers and codes take 0 to 4 bytes each. Numbers that are no integers are stored as they are.
 */
export class PackedColumn implements AscendingColumn, BlockColumn {
  // Arrays of its own, because reading them through another object would take most of the time of `at`.
  #blocks = 0;
  /** By block: base, unit and slope. */
  #lines: Float64Array = new Float64Array(0);
  /** By block: bits of each distance, and the first of its words. */
  #runs: Uint32Array = new Uint32Array(0);
  /** The distances of all blocks. */
  #words: Uint32Array = new Uint32Array(0);
  #usedWords = 0;
  // An even number of words, for `#doubles`.
  readonly #growth = new GradualGrowth((words) => new Uint32Array(2 * Math.ceil(words / 2)), this.#words);
  /** The same memory, for the numbers that are stored as they are. */
  #doubles: Float64Array = new Float64Array(0);
  /** The numbers after the last block. */
  #last: Float64Array = new Float64Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get byteLength(): number {
    const words = this.#words.byteLength + this.#growth.byteLength;
    return this.#lines.byteLength + this.#runs.byteLength + words + this.#last.byteLength;
  }

  push(value: number): number {
    const position = this.#length;
    const index = position & indexMask;
    if (index === this.#last.length) this.#growLast(index, index + 1);
    this.#last[index] = value;
    this.#length = position + 1;
    if (index === indexMask) this.#pack();
    return position;
  }

  pushAll(values: NumberArray): void {
    for (let from = 0; from < values.length; ) {
      const index = this.#length & indexMask;
      const count = Math.min(blockSize - index, values.length - from);
      if (index + count > this.#last.length) this.#growLast(index, index + count);
      this.#last.set(values.subarray(from, from + count), index);
      this.#length += count;
      from += count;
      if (index + count === blockSize) this.#pack();
    }
  }

  at(position: number): number {
    const block = position >>> blockBits;
    const index = position & indexMask;
    if (block === this.#blocks) return this.#last[index] as number;
    const bits = this.#runs[2 * block] as number;
    const start = this.#runs[2 * block + 1] as number;
    if (bits === unpackedBits) return this.#doubles[(start >>> 1) + index] as number;
    const lines = this.#lines;
    const onLine = (lines[3 * block] as number) + (lines[3 * block + 2] as number) * index;
    if (bits === 0) return onLine;
    return onLine + (lines[3 * block + 1] as number) * distanceAt(this.#words, start, bits, index);
  }

  read(from: number, into: NumberArray): void {
    for (let index = 0; index < into.length; index++) into[index] = this.at(from + index);
  }

  readAt(positions: Uint32Array, into: NumberArray, pattern?: PositionPattern): void {
    if (pattern === 'RUN') this.read(positions[0] ?? 0, into.subarray(0, positions.length));
    else for (let index = 0; index < positions.length; index++) into[index] = this.at(positions[index] as number);
  }

  upperBound(bound: number): number {
    const packed = this.#blocks * blockSize;
    // The newest numbers are searched most, and are not packed.
    if (this.#length > packed && (this.#last[0] as number) <= bound)
      return packed + upperBound(this.#last, bound, 1, this.#length - packed);
    let from = 0;
    let to = packed;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.at(middle) <= bound) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  exchange(columns: StateColumns, name: string): void {
    const state = columns.within(name);
    const lines = state.fixed('lines', this.#lines.subarray(0, 3 * this.#blocks));
    const runs = state.fixed('runs', this.#runs.subarray(0, 2 * this.#blocks));
    const words = state.fixed('words', this.#words.subarray(0, this.#usedWords));
    const last = state.changing('last', [this.#last.subarray(0, this.#length & indexMask)]);
    if (!lines || !runs || !words || !last) return;
    this.#blocks = runs.length / 2;
    this.#lines = withSpare(lines);
    this.#runs = withSpare(runs);
    this.#usedWords = words.length;
    this.#store(withSpare(words));
    this.#growth.reset(this.#words);
    this.#last = last.slice();
    this.#length = this.#blocks * blockSize + last.length;
  }

  #growLast(used: number, needed: number): void {
    this.#last = copyInto(new Float64Array(Math.min(blockSize, grownCapacity(used, needed))), this.#last);
  }

  #pack(): void {
    const { base, unit, slope, bits, words } = packBlock(this.#last);
    this.#growBlocks();
    this.#lines.set([base, unit, slope], 3 * this.#blocks);
    this.#runs.set([bits, this.#usedWords], 2 * this.#blocks);
    this.#blocks++;
    const end = this.#usedWords + words.length;
    if (end > this.#growth.dueAt) this.#reserve(end);
    this.#words.set(words, this.#usedWords);
    this.#usedWords = end;
  }

  /** Makes room for one more block. */
  #growBlocks(): void {
    const capacity = grownCapacity(this.#blocks, this.#blocks + 1);
    if (3 * this.#blocks + 3 > this.#lines.length) this.#lines = copyInto(new Float64Array(3 * capacity), this.#lines);
    if (2 * this.#blocks + 2 > this.#runs.length) this.#runs = copyInto(new Uint32Array(2 * capacity), this.#runs);
  }

  #reserve(end: number): void {
    const grown = this.#growth.advance(this.#words, this.#usedWords, end, grownCapacity);
    if (grown !== this.#words) this.#store(grown);
  }

  #store(words: Uint32Array): void {
    this.#words = words;
    this.#doubles = new Float64Array(words.buffer);
  }
}
