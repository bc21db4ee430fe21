/** Segments of IPv4, at least one, with their jump table. */
interface SearchedSegments {
  /** First addresses, ascending. */
  readonly starts: Uint32Array;
  /** Position of the winning range of each segment, -1 where no range is. */
  readonly winners: Int32Array;
  /** By the leading bits of an address: how many segments start below it; one more at the end. */
  readonly jumps: Uint32Array;
  /** How many bits of an address are not among these. */
  readonly shift: number;
}

/** Addresses that are looked up together: what is known of them between the steps stays in the nearest cache. */
const addressesAtOnce = 256;

/**
 * Finds the winners of many IPv4 addresses. A step is taken for all of them before the next one, and without branches, so that
 * the processor waits for the memory of many addresses at once and mispredicts nothing.
 */
export class SegmentBatch {
  readonly #segments: SearchedSegments;
  /** How many segments are still to be searched for each address. */
  #rests = new Uint32Array(0);

  constructor(segments: SearchedSegments) {
    this.#segments = segments;
  }

  find(values: Uint32Array, found: Int32Array): void {
    if (this.#rests.length === 0) this.#rests = new Uint32Array(addressesAtOnce);
    const [segments, rests] = [this.#segments, this.#rests];
    for (let from = 0; from < values.length; from += addressesAtOnce) {
      const ofThese = values.subarray(from, from + addressesAtOnce);
      const positions = found.subarray(from, from + addressesAtOnce);
      const longest = readBlocks(segments, ofThese, positions, rests);
      for (let left = longest; left > 1; left = (left + 3) >>> 2) quarter(segments.starts, ofThese, positions, rests);
      readWinners(segments.winners, positions);
    }
  }
}

/**
 * Writes from which segment on each address is to be searched, and in how many; returns a number not below the greatest of
 * these, nor twice as great.
 */
const readBlocks = (
  { jumps, shift }: SearchedSegments,
  values: Uint32Array,
  positions: Int32Array,
  rests: Uint32Array,
): number => {
  let bits = 0;
  for (let index = 0; index < values.length; index++) {
    const block = (values[index] as number) >>> shift;
    // The segment before the block reaches into it; before the first one there is none, and -1.
    const low = (jumps[block] as number) - 1;
    const rest = (jumps[block + 1] as number) - low;
    positions[index] = low;
    rests[index] = rest;
    bits |= rest;
  }
  return bits;
};

/** Halves what each search has left twice; one that is over stays where it is. */
const quarter = (starts: Uint32Array, values: Uint32Array, positions: Int32Array, rests: Uint32Array): void => {
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    let low = positions[index] as number;
    let rest = rests[index] as number;
    let half = rest >>> 1;
    low += half & -Number((starts[orFirst(low + half)] as number) <= value);
    rest -= half;
    half = rest >>> 1;
    positions[index] = low + (half & -Number((starts[orFirst(low + half)] as number) <= value));
    rests[index] = rest - half;
  }
};

const readWinners = (winners: Int32Array, positions: Int32Array): void => {
  for (let index = 0; index < positions.length; index++) {
    const segment = positions[index] as number;
    // Before the first segment there is a hole, too.
    positions[index] = (winners[orFirst(segment)] as number) | (segment >> 31);
  }
};

/** 0 instead of -1. */
const orFirst = (position: number): number => position & ~(position >> 31);
