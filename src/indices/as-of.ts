import { copyInto, grownCapacity } from './growable.ts';

/**
 * Timelines of small values, one a key: what held at a time is the entry with the greatest (atUs, seq) whose atUs is
 * not after it. Keys are dense codes from 0, values 0–255, times microseconds, seqs integers below 2^32.
 *
 * Positions are good until the next `add` or `compact`.
 */
export interface TimelineIndex {
  readonly entries: number;
  /** Keys that have an entry. */
  readonly keys: number;
  /** Bytes held, spare capacity included. */
  readonly byteLength: number;
  /** Adds an entry, in any order of time; a (key, atUs, seq) already there is left as it is, so that replays are harmless. */
  add(key: number, atUs: number, value: number, seq: number): void;
  /**
   * The deciding entry: the greatest (atUs, seq) with atUs at or before the one given and seq <= sequenceMax; -1 when
   * there is none. Binary search, then one step back for each entry recorded after sequenceMax.
   */
  positionAt(key: number, atUs: number, sequenceMax?: number): number;
  /** Value of the deciding entry, `absent` when there is none. */
  valueAt(key: number, atUs: number, absent: number): number;
  /** First position of a key's entries, oldest first. */
  start(key: number): number;
  /** The position after a key's last entry; equal to `start` for a key without entries. */
  end(key: number): number;
  atUsOf(position: number): number;
  valueOf(position: number): number;
  seqOf(position: number): number;
  /**
   * Gives all spare capacity back; worth it after a rebuild. Iterate to the end, each step is short: reads may come in
   * between, `add` may not.
   */
  compact(): Iterable<undefined>;
}

/**
 * All entries lie in one arena, each key's in a block of its own. A full block moves to one of the next power of two,
 * and the place it leaves is kept for blocks of that size: 13 bytes an entry and 12 a key after `compact`.
 */
export const createTimelineIndex = (): TimelineIndex => {
  let times = new Float64Array(0);
  let values = new Uint8Array(0);
  let seqs = new Uint32Array(0);
  let arenaUsed = 0;
  // Three cells a key in one array, so that a lookup misses the cache once: offset, length, capacity.
  let blocks = new Uint32Array(0);
  let keysEnd = 0;
  let entries = 0;
  let keys = 0;
  let newestSeq = 0;
  // After the rebuild a sixteenth is enough to grow by: it is memory that counts then.
  let isTight = false;
  // Offsets of free blocks that hold at least 2^n entries, by n.
  const freeBySize: number[][] = Array.from({ length: 33 }, () => []);

  const upperBound = (offset: number, length: number, atUs: number): number => {
    // A local is read without a look into the closure on every step.
    const column = times;
    let low = offset;
    let high = offset + length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((column[middle] as number) <= atUs) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const resizeArena = (capacity: number): void => {
    times = copyInto(new Float64Array(capacity), times);
    values = copyInto(new Uint8Array(capacity), values);
    seqs = copyInto(new Uint32Array(capacity), seqs);
  };

  const makeRoomForKey = (key: number): void => {
    if (key * 3 >= blocks.length) {
      blocks = copyInto(new Uint32Array(3 * grownCapacity(blocks.length / 3, key + 1)), blocks);
    }
    keysEnd = key + 1;
  };

  const takeBlock = (size: number): number => {
    const free = freeBySize[size]?.pop();
    if (free !== undefined) return free;
    const offset = arenaUsed;
    arenaUsed += 2 ** size;
    if (arenaUsed > times.length)
      resizeArena(isTight ? arenaUsed + (arenaUsed >>> 4) : grownCapacity(times.length, arenaUsed));
    return offset;
  };

  const moveWithin = (target: number, from: number, to: number): void => {
    times.copyWithin(target, from, to);
    values.copyWithin(target, from, to);
    seqs.copyWithin(target, from, to);
  };

  /** Moves a key's full block to one with room for another entry; returns the new offset. */
  const enlargeBlock = (cell: number, offset: number, length: number): number => {
    const size = 32 - Math.clz32(length);
    const target = takeBlock(size);
    if (length > 0) {
      moveWithin(target, offset, offset + length);
      // A compacted block may be of any length: it serves the power of two below.
      freeBySize[31 - Math.clz32(length)]?.push(offset);
    }
    blocks[cell] = target;
    blocks[cell + 2] = 2 ** size;
    return target;
  };

  /** Where (atUs, seq) stands or belongs in a block. */
  const placeOf = (offset: number, length: number, atUs: number, seq: number): number => {
    let place = upperBound(offset, length, atUs);
    while (place > offset && times[place - 1] === atUs && (seqs[place - 1] as number) >= seq) place -= 1;
    return place;
  };

  return {
    get entries() {
      return entries;
    },
    get keys() {
      return keys;
    },
    get byteLength() {
      const free = freeBySize.reduce((count, offsets) => count + offsets.length, 0);
      return times.byteLength + values.byteLength + seqs.byteLength + blocks.byteLength + 8 * free;
    },

    add(key, atUs, value, seq) {
      if (key >= keysEnd) makeRoomForKey(key);
      const cell = key * 3;
      const length = blocks[cell + 1] as number;
      let offset = blocks[cell] as number;
      let place = placeOf(offset, length, atUs, seq);
      if (place < offset + length && times[place] === atUs && seqs[place] === seq) return;

      if (length === blocks[cell + 2]) {
        const rank = place - offset;
        offset = enlargeBlock(cell, offset, length);
        place = offset + rank;
      }
      if (place < offset + length) moveWithin(place + 1, place, offset + length);
      times[place] = atUs;
      values[place] = value;
      seqs[place] = seq;
      blocks[cell + 1] = length + 1;
      entries += 1;
      if (seq > newestSeq) newestSeq = seq;
      if (length === 0) keys += 1;
    },

    positionAt(key, atUs, sequenceMax = Number.POSITIVE_INFINITY) {
      if (!(key >= 0 && key < keysEnd)) return -1;
      const offset = blocks[key * 3] as number;
      let position = upperBound(offset, blocks[key * 3 + 1] as number, atUs) - 1;
      if (sequenceMax < newestSeq) while (position >= offset && (seqs[position] as number) > sequenceMax) position -= 1;
      return position >= offset ? position : -1;
    },

    valueAt(key, atUs, absent) {
      if (!(key >= 0 && key < keysEnd)) return absent;
      const offset = blocks[key * 3] as number;
      const after = upperBound(offset, blocks[key * 3 + 1] as number, atUs);
      return after > offset ? (values[after - 1] as number) : absent;
    },

    start: (key) => (key >= 0 && key < keysEnd ? (blocks[key * 3] as number) : 0),
    end: (key) => (key >= 0 && key < keysEnd ? (blocks[key * 3] as number) + (blocks[key * 3 + 1] as number) : 0),
    atUsOf: (position) => times[position] as number,
    valueOf: (position) => values[position] as number,
    seqOf: (position) => seqs[position] as number,

    *compact() {
      const tightTimes = new Float64Array(entries);
      const tightValues = new Uint8Array(entries);
      const tightSeqs = new Uint32Array(entries);
      const tightBlocks = new Uint32Array(keysEnd * 3);
      let target = 0;
      for (let cell = 0; cell < tightBlocks.length; cell += 3) {
        const offset = blocks[cell] as number;
        const length = blocks[cell + 1] as number;
        tightBlocks[cell] = target;
        tightBlocks[cell + 1] = length;
        tightBlocks[cell + 2] = length;
        for (let source = offset; source < offset + length; source += 1) {
          tightTimes[target] = times[source] as number;
          tightValues[target] = values[source] as number;
          tightSeqs[target] = seqs[source] as number;
          target += 1;
        }
        if (cell % 3072 === 0) yield undefined;
      }
      blocks = tightBlocks;
      times = tightTimes;
      values = tightValues;
      seqs = tightSeqs;
      arenaUsed = entries;
      isTight = true;
      for (const offsets of freeBySize) offsets.length = 0;
    },
  };
};
