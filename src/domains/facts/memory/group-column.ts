import type { ReadCodes } from '../../../indices/coded-rows.ts';
import { GroupNumbers } from '../../../indices/group-numbers.ts';
import { type CodedDimension, createGrouper } from '../../../indices/grouper.ts';
import { rowNumbers } from '../../../indices/row-numbers.ts';
import type { Yielder } from '../../../lib/yielding.ts';
import { chunkRows, codeOf, readChunks } from './column-writer.ts';
import { blockRows } from './row-filter.ts';

type GroupChunk = Uint16Array | Uint32Array;

/** Groups from here on do not fit in two bytes. */
const narrowGroups = 2 ** 16;

const bytesOf = (chunks: readonly GroupChunk[]): number => chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);

/**
 * The group of each row of one state of facts: to find it from the codes of the dimensions takes several times as long. It is
 * in parts, which states share as far as their groups are the same, as joined columns are (`EnrichedFacts`).
 */
export class GroupColumn {
  readonly numbers: GroupNumbers;
  readonly #chunks: readonly GroupChunk[];

  constructor(numbers: GroupNumbers, chunks: readonly GroupChunk[]) {
    this.numbers = numbers;
    this.#chunks = chunks;
  }

  /** Numbers the groups of the first rows; undefined once there are more groups than `groupsMax`. */
  static async of(
    dimensions: readonly CodedDimension[],
    rows: number,
    groupsMax: number,
    maybeYield: Yielder,
  ): Promise<GroupColumn | undefined> {
    const numbers = new GroupNumbers(dimensions.length);
    const { groupOf } = numbers.in(dimensions);
    // It numbers in the same order, the one of first rows, and takes a tenth of the time.
    const grouper = createGrouper(dimensions);
    const change = new GroupColumnChange(numbers, [], 0);
    const block = new Uint32Array(blockRows);
    for (let row = 0; row < rows; row += blockRows) {
      const groups = block.subarray(0, Math.min(blockRows, rows - row));
      grouper.readGroups(rowNumbers(row, row + groups.length), groups, 'RUN');
      for (let index = 0; grouper.groups > numbers.groups; index++)
        if (groups[index] === numbers.groups) groupOf(row + index);
      change.pushAll(groups);
      if (numbers.groups > groupsMax) return undefined;
      await maybeYield();
    }
    return change.column;
  }

  readonly groupOf = (row: number): number => codeOf(this.#chunks, row);

  readonly readGroups: ReadCodes = (rows, groups, pattern) => readChunks(this.#chunks, rows, groups, pattern);

  get byteLength(): number {
    return bytesOf(this.#chunks);
  }

  /** Begins a later state of this one, which has so many rows. Only one may have more rows than this. */
  change(rows: number): GroupColumnChange {
    return new GroupColumnChange(this.numbers, this.#chunks, rows);
  }
}

/** A later state of a column: with more rows, and other groups of some rows. */
export class GroupColumnChange {
  readonly #numbers: GroupNumbers;
  readonly #shared: readonly GroupChunk[];
  readonly #chunks: GroupChunk[];
  #rows: number;

  constructor(numbers: GroupNumbers, shared: readonly GroupChunk[], rows: number) {
    this.#numbers = numbers;
    this.#shared = shared;
    this.#chunks = shared.slice();
    this.#rows = rows;
  }

  get column(): GroupColumn {
    return new GroupColumn(this.#numbers, this.#chunks);
  }

  set(row: number, group: number): void {
    const number = Math.floor(row / chunkRows);
    const chunk = this.#chunks[number] as GroupChunk;
    // An earlier state has this chunk, too.
    if (chunk === this.#shared[number]) this.#chunks[number] = chunk.slice();
    this.#write(number, row, group);
  }

  push(group: number): void {
    const number = Math.floor(this.#rows / chunkRows);
    if (number === this.#chunks.length) this.#chunks.push(new Uint16Array(chunkRows));
    // Who has this chunk of an earlier state does not read the rows that this one has beside it.
    this.#write(number, this.#rows, group);
    this.#rows++;
  }

  pushAll(groups: Uint32Array): void {
    for (let from = 0; from < groups.length; ) {
      const number = Math.floor(this.#rows / chunkRows);
      const start = this.#rows % chunkRows;
      const part = groups.subarray(from, from + chunkRows - start);
      if (number === this.#chunks.length) this.#chunks.push(new Uint16Array(chunkRows));
      if (this.#numbers.groups > narrowGroups) this.#widen(number);
      (this.#chunks[number] as GroupChunk).set(part, start);
      this.#rows += part.length;
      from += part.length;
    }
  }

  #widen(number: number): void {
    const chunk = this.#chunks[number] as GroupChunk;
    if (chunk instanceof Uint16Array) this.#chunks[number] = Uint32Array.from(chunk);
  }

  #write(number: number, row: number, group: number): void {
    if (group >= narrowGroups) this.#widen(number);
    (this.#chunks[number] as GroupChunk)[row % chunkRows] = group;
  }
}
