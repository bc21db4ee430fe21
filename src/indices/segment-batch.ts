/** Segments of IPv4 with their jump table. */
interface SearchedSegments {
  /** The first address and the winner of each segment, behind a cell without a winner. */
  readonly cells: Uint32Array;
  /** By the leading bits of an address: how many segments start below it; one more at the end. */
  readonly jumps: Uint32Array;
  /** How many bits of an address are not among these. */
  readonly shift: number;
}

/** Addresses that are looked up together: what is known of them between the steps stays in the nearest cache. */
const addressesAtOnce = 256;

/**
 * Finds the winners of many IPv4 addresses. A step is taken for all of them before the next one, so that the processor waits for
 * the memory of many addresses at once.
 */
export class SegmentBatch {
  readonly #segments: SearchedSegments;
  /** How many cells are still to be searched for each address. */
  #rests = new Int32Array(0);

  constructor(segments: SearchedSegments) {
    this.#segments = segments;
  }

  find(values: Uint32Array, found: Int32Array): void {
    if (this.#rests.length === 0) this.#rests = new Int32Array(addressesAtOnce);
    const [segments, rests] = [this.#segments, this.#rests];
    for (let from = 0; from < values.length; from += addressesAtOnce) {
      const ofThese = values.subarray(from, from + addressesAtOnce);
      const positions = found.subarray(from, from + addressesAtOnce);
      readBlocks(segments, ofThese, positions, rests);
      readWinners(segments.cells, ofThese, positions, rests);
    }
  }
}

/** Writes from which cell on each address is to be searched, and in how many: the one before the block reaches into it. */
const readBlocks = (
  { jumps, shift }: SearchedSegments,
  values: Uint32Array,
  positions: Int32Array,
  rests: Int32Array,
): void => {
  for (let index = 0; index < values.length; index++) {
    const block = (values[index] as number) >>> shift;
    const low = jumps[block] as number;
    positions[index] = low;
    rests[index] = (jumps[block + 1] as number) - low + 1;
  }
};

/**
 * Searches, and writes the winners. Most blocks have up to four cells: two steps, which are without branches. A branch that
 * chose a half would be mispredicted every other time.
 */
const readWinners = (cells: Uint32Array, values: Uint32Array, positions: Int32Array, rests: Int32Array): void => {
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    let low = positions[index] as number;
    let rest = rests[index] as number;
    let half = rest >>> 1;
    low += half & -Number((cells[2 * (low + half)] as number) <= value);
    rest -= half;
    half = rest >>> 1;
    low += half & -Number((cells[2 * (low + half)] as number) <= value);
    rest -= half;
    while (rest > 1) {
      half = rest >>> 1;
      low += half & -Number((cells[2 * (low + half)] as number) <= value);
      rest -= half;
    }
    positions[index] = (cells[2 * low + 1] as number) | 0;
  }
};
