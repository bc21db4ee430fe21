import { upperBound } from '../lib/upper-bound.ts';
import { GradualGrowth, grownCapacity, tightCapacity, trimmedCapacity } from './gradual-growth.ts';
import { SeqArray } from './seq-array.ts';
import { type StateColumns, withSpare } from './state-columns.ts';
import { type ArenaArrays, questionsAtOnce, readValues, TimelineBatch } from './timeline-batch.ts';
import type { TimelineIndex, TimelineQuestions } from './timeline-index.ts';
import type { TimelineEntries } from './timeline-spans.ts';

export const createTimelineIndex = (): TimelineIndex => new TimelineArena();

/**
 * All entries lie in one arena, each key's in a block of its own. A full block moves to one of the next power of two,
 * and the block it leaves is reused for that size: 13 bytes an entry and 12 a key after `compact`.
 */
class TimelineArena implements TimelineIndex {
  #times = new Float64Array(0);
  #values = new Uint8Array(0);
  #seqs = new SeqArray(0);
  readonly #timesGrowth = new GradualGrowth((capacity) => new Float64Array(capacity), this.#times);
  readonly #valuesGrowth = new GradualGrowth((capacity) => new Uint8Array(capacity), this.#values);
  #arenaUsed = 0;
  /** Three cells a key in one array, so that a lookup misses the cache once: offset, length, capacity. */
  #blocks = new Uint32Array(0);
  readonly #blocksGrowth = new GradualGrowth((cells) => new Uint32Array(cells), this.#blocks);
  #keysEnd = 0;
  #newestSeq = 0;
  /** After the rebuild the arena grows by a sixteenth only: from then on memory counts more than time. */
  #isTight = false;
  /**
   * By n: the offset of a free block that holds at least 2^n entries, `noBlock` without one. The first time of a free block is
   * the offset of the next one, so that millions of them need no list that would have to grow, or to be written to a file.
   */
  #freeBlocks = new Float64Array(33).fill(noBlock);
  #entries = 0;
  #keys = 0;
  readonly #batch = new TimelineBatch();
  readonly #positions = new Int32Array(questionsAtOnce);
  readonly #sameAtUs = new Float64Array(questionsAtOnce);
  #changes = 0;

  get entries(): number {
    return this.#entries;
  }

  get keys(): number {
    return this.#keys;
  }

  get changes(): number {
    return this.#changes;
  }

  get byteLength(): number {
    const arrays = [this.#times, this.#values, this.#seqs, this.#blocks];
    const growing = [this.#timesGrowth, this.#valuesGrowth, this.#blocksGrowth];
    return [...arrays, ...growing].reduce((bytes, { byteLength }) => bytes + byteLength, 0);
  }

  add(key: number, atUs: number, value: number, seq: number): void {
    if (key >= this.#keysEnd) this.#addKey(key);
    const cell = key * 3;
    const length = this.#blocks[cell + 1] as number;
    let offset = this.#blocks[cell] as number;
    let position = this.#insertionPoint(offset, length, atUs, seq);
    if (position < offset + length && this.#times[position] === atUs && this.#seqs.at(position) === seq) return;

    if (length === this.#blocks[cell + 2]) {
      const rank = position - offset;
      offset = this.#enlargeBlock(cell, offset, length);
      position = offset + rank;
    }
    if (position < offset + length) this.#moveWithin(position + 1, position, offset + length);
    this.#setTime(position, atUs);
    this.#values[position] = value;
    if (position < this.#valuesGrowth.copied) this.#valuesGrowth.put(position, value);
    this.#seqs.set(position, seq);
    this.#setCell(cell + 1, length + 1);
    this.#entries += 1;
    this.#changes += 1;
    if (seq > this.#newestSeq) this.#newestSeq = seq;
    if (length === 0) this.#keys += 1;
  }

  positionAt(key: number, atUs: number, sequenceMax = Number.POSITIVE_INFINITY): number {
    if (!(key >= 0 && key < this.#keysEnd)) return -1;
    const offset = this.#blocks[key * 3] as number;
    const position = upperBound(this.#times, atUs, offset, offset + (this.#blocks[key * 3 + 1] as number)) - 1;
    if (position < offset) return -1;
    return sequenceMax < this.#newestSeq ? this.#knownPosition(position, key, sequenceMax) : position;
  }

  valueAt(key: number, atUs: number, absent: number): number {
    if (!(key >= 0 && key < this.#keysEnd)) return absent;
    const offset = this.#blocks[key * 3] as number;
    const after = upperBound(this.#times, atUs, offset, offset + (this.#blocks[key * 3 + 1] as number));
    return after > offset ? (this.#values[after - 1] as number) : absent;
  }

  valuesAt({ keys, atUs, values }: TimelineQuestions, sequenceMax: number): void {
    for (let from = 0; from < keys.length; from += questionsAtOnce) {
      const end = Math.min(from + questionsAtOnce, keys.length);
      const positions = this.#positions.subarray(0, end - from);
      this.#findAll(keys.subarray(from, end), atUs.subarray(from, end), positions, sequenceMax);
      readValues(this.#values, positions, values.subarray(from, end));
    }
  }

  positionsAt(keys: Uint32Array, atUs: number, sequenceMax: number): Int32Array {
    const found = new Int32Array(keys.length);
    this.#sameAtUs.fill(atUs);
    for (let from = 0; from < keys.length; from += questionsAtOnce) {
      const end = from + questionsAtOnce;
      this.#findAll(keys.subarray(from, end), this.#sameAtUs, found.subarray(from, end), sequenceMax);
    }
    return found;
  }

  entriesUpTo(sequenceMax: number): TimelineEntries {
    const arrays = { times: this.#times, values: this.#values, blocks: this.#blocks, keysEnd: this.#keysEnd };
    return { ...arrays, seqs: sequenceMax < this.#newestSeq ? this.#seqs : null, sequenceMax };
  }

  start(key: number): number {
    return key >= 0 && key < this.#keysEnd ? (this.#blocks[key * 3] as number) : 0;
  }

  end(key: number): number {
    if (!(key >= 0 && key < this.#keysEnd)) return 0;
    return (this.#blocks[key * 3] as number) + (this.#blocks[key * 3 + 1] as number);
  }

  atUsOf(position: number): number {
    return this.#times[position] as number;
  }

  valueOf(position: number): number {
    return this.#values[position] as number;
  }

  seqOf(position: number): number {
    return this.#seqs.at(position);
  }

  *compact(): Generator<void, void> {
    const entries = this.#entries;
    const times = new Float64Array(trimmedCapacity(entries, 8));
    const values = new Uint8Array(trimmedCapacity(entries, 1));
    const seqs = this.#seqs.emptied(trimmedCapacity(entries, this.#seqs.bytesPerSeq));
    const cells = this.#keysEnd * 3;
    const blocks = new Uint32Array(trimmedCapacity(cells, 4));
    let target = 0;
    for (let cell = 0; cell < cells; cell += 3) {
      const offset = this.#blocks[cell] as number;
      const length = this.#blocks[cell + 1] as number;
      blocks[cell] = target;
      blocks[cell + 1] = length;
      blocks[cell + 2] = length;
      for (let source = offset; source < offset + length; source += 1) {
        times[target] = this.#times[source] as number;
        values[target] = this.#values[source] as number;
        seqs.set(target, this.#seqs.at(source));
        target += 1;
      }
      if (cell % 3072 === 0) yield;
    }
    this.#seqs = seqs;
    this.#replaceBy({ times, values, blocks });
    this.#arenaUsed = entries;
    this.#isTight = true;
    this.#freeBlocks.fill(noBlock);
    this.#changes += 1;
  }

  exchange(columns: StateColumns): void {
    const used = this.#arenaUsed;
    const counts = columns.value('counts', {
      arenaUsed: used,
      keysEnd: this.#keysEnd,
      newestSeq: this.#newestSeq,
      entries: this.#entries,
      keys: this.#keys,
    });
    const times = columns.changing('times', [this.#times.subarray(0, used)]);
    const values = columns.changing('values', [this.#values.subarray(0, used)]);
    const blocks = columns.changing('blocks', [this.#blocks.subarray(0, 3 * this.#keysEnd)]);
    const free = columns.changing('freeBlocks', [this.#freeBlocks]);
    this.#seqs.exchange(columns.within('seqs'), { length: used, isChanging: true });
    if (!counts || !times || !values || !blocks || !free) return;
    this.#replaceBy({ times: withSpare(times), values: withSpare(values), blocks: withSpare(blocks) });
    this.#arenaUsed = counts.arenaUsed;
    this.#keysEnd = counts.keysEnd;
    this.#newestSeq = counts.newestSeq;
    this.#entries = counts.entries;
    this.#keys = counts.keys;
    this.#isTight = true;
    this.#freeBlocks = free.slice();
    this.#changes += 1;
  }

  /** Writes the positions of the deciding entries of up to `questionsAtOnce` questions. */
  #findAll(keys: Uint32Array, atUs: Float64Array, positions: Int32Array, sequenceMax: number): void {
    this.#batch.find(this.entriesUpTo(sequenceMax), keys, atUs, positions);
    if (sequenceMax >= this.#newestSeq) return;
    for (let index = 0; index < keys.length; index++)
      positions[index] = this.#knownPosition(positions[index] as number, keys[index] as number, sequenceMax);
  }

  /** The last entry of the key at or before a position with a seq <= sequenceMax; -1 when there is none. */
  #knownPosition(last: number, key: number, sequenceMax: number): number {
    if (last < 0) return -1;
    const offset = this.#blocks[key * 3] as number;
    let position = last;
    while (position >= offset && this.#seqs.at(position) > sequenceMax) position -= 1;
    return position >= offset ? position : -1;
  }

  #addKey(key: number): void {
    const cells = 3 * (key + 1);
    if (cells > this.#blocksGrowth.dueAt)
      this.#blocks = this.#blocksGrowth.advance(this.#blocks, 3 * this.#keysEnd, cells, grownCapacity);
    this.#keysEnd = key + 1;
  }

  #setCell(cell: number, value: number): void {
    this.#blocks[cell] = value;
    if (cell < this.#blocksGrowth.copied) this.#blocksGrowth.put(cell, value);
  }

  #replaceBy({ times, values, blocks }: ArenaArrays): void {
    this.#times = times;
    this.#values = values;
    this.#blocks = blocks;
    this.#timesGrowth.reset(times);
    this.#valuesGrowth.reset(values);
    this.#blocksGrowth.reset(blocks);
  }

  /** The position in a block at which (atUs, seq) is, or is to be inserted. */
  #insertionPoint(offset: number, length: number, atUs: number, seq: number): number {
    let position = upperBound(this.#times, atUs, offset, offset + length);
    while (position > offset && this.#times[position - 1] === atUs && this.#seqs.at(position - 1) >= seq) position -= 1;
    return position;
  }

  /** Moves a key's full block to one with room for another entry; returns the new offset. */
  #enlargeBlock(cell: number, offset: number, length: number): number {
    const size = 32 - Math.clz32(length);
    const target = this.#allocateBlock(size);
    if (length > 0) {
      this.#moveWithin(target, offset, offset + length);
      // A compacted block may be of any length: it is reused for the power of two below.
      this.#release(31 - Math.clz32(length), offset);
    }
    this.#setCell(cell, target);
    this.#setCell(cell + 2, 2 ** size);
    return target;
  }

  /** Notes a free block that holds at least 2^size entries. */
  #release(size: number, offset: number): void {
    this.#setTime(offset, this.#freeBlocks[size] as number);
    this.#freeBlocks[size] = offset;
  }

  #setTime(position: number, atUs: number): void {
    this.#times[position] = atUs;
    if (position < this.#timesGrowth.copied) this.#timesGrowth.put(position, atUs);
  }

  /** The offset of a free block for 2^size entries. */
  #allocateBlock(size: number): number {
    const free = this.#freeBlocks[size] as number;
    if (free !== noBlock) {
      this.#freeBlocks[size] = this.#times[free] as number;
      return free;
    }
    const offset = this.#arenaUsed;
    this.#arenaUsed += 2 ** size;
    const needed = this.#arenaUsed;
    const capacityOf = this.#isTight ? tightCapacity : grownCapacity;
    if (needed > this.#timesGrowth.dueAt)
      this.#times = this.#timesGrowth.advance(this.#times, offset, needed, capacityOf);
    if (needed > this.#valuesGrowth.dueAt)
      this.#values = this.#valuesGrowth.advance(this.#values, offset, needed, capacityOf);
    if (needed > this.#seqs.dueAt) this.#seqs.reserve(offset, needed, capacityOf);
    return offset;
  }

  #moveWithin(target: number, from: number, to: number): void {
    this.#times.copyWithin(target, from, to);
    this.#timesGrowth.changed(this.#times, target, target + to - from);
    this.#values.copyWithin(target, from, to);
    this.#valuesGrowth.changed(this.#values, target, target + to - from);
    this.#seqs.copyWithin(target, from, to);
  }
}

/** Stands for no free block. */
const noBlock = -1;
