/** Where the entries of the keys lie in a timeline index. */
export interface TimelineArrays {
  readonly times: Float64Array;
  /** Three cells a key: offset, length, capacity. */
  readonly blocks: Uint32Array;
  /** Keys are below this number. */
  readonly keysEnd: number;
}

/** Questions that are answered together: what is known of them between the steps stays in the nearest cache. */
export const questionsAtOnce = 256;

/**
 * Finds the last entries at or before some times, of one key each. A step is taken for all questions before the next one,
 * and without branches, so that the processor waits for the memory of many questions at once and mispredicts nothing.
 */
export class TimelineBatch {
  #lengths = new Uint32Array(0);
  #positions = new Int32Array(0);

  /** The positions of these entries, -1 for none, for up to `questionsAtOnce` questions from one on; valid until the next call. */
  find(arrays: TimelineArrays, keys: Uint32Array, atUs: Float64Array, from: number): Int32Array {
    if (this.#positions.length === 0) {
      this.#positions = new Int32Array(questionsAtOnce);
      this.#lengths = new Uint32Array(questionsAtOnce);
    }
    const [positions, lengths, { times }] = [this.#positions, this.#lengths, arrays];
    const ofThese = atUs.subarray(from, from + questionsAtOnce);
    const longest = readBlocks(arrays, keys.subarray(from, from + questionsAtOnce), positions, lengths);
    for (let entries = longest; entries > 1; entries = (entries + 3) >>> 2) quarter(times, ofThese, positions, lengths);
    keepFound(times, ofThese, positions, lengths);
    return positions;
  }
}

/** Writes the first position and the length of each key's block; returns a number not below the longest, nor twice as great. */
const readBlocks = (
  { blocks, keysEnd }: TimelineArrays,
  keys: Uint32Array,
  positions: Int32Array,
  lengths: Uint32Array,
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
const quarter = (times: Float64Array, atUs: Float64Array, positions: Int32Array, lengths: Uint32Array): void => {
  for (let index = 0; index < atUs.length; index++) {
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

/** Turns the position of a search that found nothing into -1: all entries are later, or there is none. */
const keepFound = (times: Float64Array, atUs: Float64Array, positions: Int32Array, lengths: Uint32Array): void => {
  for (let index = 0; index < atUs.length; index++) {
    const position = positions[index] as number;
    // By now a length is 1, or 0 of a key without entries.
    const isFound = Number((times[position] as number) <= (atUs[index] as number)) & (lengths[index] as number);
    positions[index] = position | -(isFound ^ 1);
  }
};

/** Writes the values at positions, from one place on; 0 for the position -1. */
export const readValues = (ofPositions: Uint8Array, positions: Int32Array, values: Uint8Array, from: number): void => {
  const end = Math.min(from + questionsAtOnce, values.length);
  for (let index = from; index < end; index++) {
    const position = positions[index - from] as number;
    // Without a branch, like the searches.
    const isFound = ~(position >> 31);
    values[index] = (ofPositions[position & isFound] as number) & isFound;
  }
};
