/** Where the entries of the keys lie in a timeline index. */
export interface TimelineArrays {
  readonly times: Float64Array;
  /** Three cells a key: offset, length, capacity. */
  readonly blocks: Uint32Array;
  /** Keys are below this number. */
  readonly keysEnd: number;
}

/** What is known of each entry, and where those of each key are. */
export interface ArenaArrays {
  readonly times: Float64Array<ArrayBuffer>;
  readonly values: Uint8Array<ArrayBuffer>;
  readonly blocks: Uint32Array<ArrayBuffer>;
}

/** Questions that are answered together: what is known of them between the steps stays in the nearest cache. */
export const questionsAtOnce = 256;

/** Of more entries than these a part is ruled out for all questions before the rest of them is searched for each. */
const entriesAtOnce = 16;

/**
 * Finds the last entries at or before some times, of one key each. A step is taken for all questions before the next one, so that
 * the processor waits for the memory of many questions at once.
 */
export class TimelineBatch {
  readonly #lengths = new Int32Array(questionsAtOnce);

  /** Writes the positions of these entries, -1 for none, for at most `questionsAtOnce` questions. */
  find(arrays: TimelineArrays, keys: Uint32Array, atUs: Float64Array, positions: Int32Array): void {
    const [lengths, { times }] = [this.#lengths, arrays];
    const longest = readBlocks(arrays, keys, positions, lengths);
    for (let entries = longest; entries > entriesAtOnce; entries = (entries + 3) >>> 2)
      quarter(times, atUs, positions, lengths);
    keepFound(times, atUs, positions, lengths);
  }
}

/** Writes the first position and the length of each key's block; returns a number not below the longest, nor twice as great. */
const readBlocks = (
  { blocks, keysEnd }: TimelineArrays,
  keys: Uint32Array,
  positions: Int32Array,
  lengths: Int32Array,
): number => {
  let bits = 0;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as number;
    const isKnown = key < keysEnd;
    const length = isKnown ? (blocks[key * 3 + 1] as number) : 0;
    positions[index] = isKnown ? (blocks[key * 3] as number) : 0;
    lengths[index] = length;
    bits |= length;
  }
  return bits;
};

/** Halves what each search has left twice; one that is over stays where it is. */
const quarter = (times: Float64Array, atUs: Float64Array, positions: Int32Array, lengths: Int32Array): void => {
  for (let index = 0; index < positions.length; index++) {
    const at = atUs[index] as number;
    let low = positions[index] as number;
    let rest = lengths[index] as number;
    let half = rest >>> 1;
    low += half & -Number((times[low + half] as number) <= at);
    rest -= half;
    half = rest >>> 1;
    positions[index] = low + (half & -Number((times[low + half] as number) <= at));
    lengths[index] = rest - half;
  }
};

/**
 * Ends each search, and turns the position of one that found nothing into -1: all entries are later, or there is none. The halves
 * are chosen without branches, which would be mispredicted every other time.
 */
const keepFound = (times: Float64Array, atUs: Float64Array, positions: Int32Array, lengths: Int32Array): void => {
  for (let index = 0; index < positions.length; index++) {
    const at = atUs[index] as number;
    let low = positions[index] as number;
    let rest = lengths[index] as number;
    while (rest > 1) {
      const half = rest >>> 1;
      low += half & -Number((times[low + half] as number) <= at);
      rest -= half;
    }
    // By now a length is 1, or 0 of a key without entries.
    const isFound = Number((times[low] as number) <= at) & rest;
    positions[index] = low | -(isFound ^ 1);
  }
};

/** Writes the values at positions, 0 for the position -1. */
export const readValues = (ofPositions: Uint8Array, positions: Int32Array, values: Uint8Array): void => {
  for (let index = 0; index < values.length; index++) {
    const position = positions[index] as number;
    // Without a branch, like the searches.
    const isFound = ~(position >> 31);
    values[index] = (ofPositions[position & isFound] as number) & isFound;
  }
};
