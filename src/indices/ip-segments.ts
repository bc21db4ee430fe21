import type { IpWords } from '../lib/ip.ts';
import { growableInt32, growableUint32 } from './growable.ts';
import { type AddressWords, compareAddress, type IpBounds } from './ip-bounds.ts';
import { SegmentBatch } from './segment-batch.ts';

/** Disjoint runs of addresses, ascending; each ends where the next starts, the last one at the highest address. */
export interface IpSegments {
  /** Start addresses, flat. */
  readonly starts: Uint32Array;
  /** Position of the winning range of each segment, -1 where no range is. */
  readonly winners: Int32Array;
}

const hole = -1;

/** Ranges that are closed, and segments that are counted, in one step: less than a millisecond. */
const [rangesPerStep, segmentsPerStep] = [2048, 2 ** 16];

/** A binary heap of range positions whose top wins over all others. */
const createHeap = (winsOver: (a: number, b: number) => boolean) => {
  const items: number[] = [];
  return {
    top: (): number | undefined => items[0],
    push(item: number): void {
      let index = items.length;
      items.push(item);
      while (index > 0) {
        const parent = (index - 1) >>> 1;
        const above = items[parent] as number;
        if (!winsOver(item, above)) break;
        items[index] = above;
        index = parent;
      }
      items[index] = item;
    },
    pop(): void {
      const item = items.pop();
      if (item === undefined || items.length === 0) return;
      let index = 0;
      for (let child = 1; child < items.length; child = 2 * index + 1) {
        if (child + 1 < items.length && winsOver(items[child + 1] as number, items[child] as number)) child += 1;
        const below = items[child] as number;
        if (!winsOver(below, item)) break;
        items[index] = below;
        index = child;
      }
      items[index] = item;
    },
  };
};

/** Cuts overlapping ranges, opened in ascending order of their first address, into segments with one winner each. */
interface IpSweep {
  /** Opens the range at a position of the bounds; `first` is its first address. O(log n) amortised: each range is opened and closed once. */
  open(position: number, first: AddressWords): void;
  /** Closes the ranges that are still open, in short steps. */
  finish(): Generator<void, IpSegments>;
}

export const createIpSweep = (
  wordsPerAddress: 1 | 4,
  bounds: IpBounds,
  winsOver: (a: number, b: number) => boolean,
): IpSweep => {
  const starts = growableUint32();
  const winners = growableInt32();
  // Ranges that have ended stay in the heap until they reach its top.
  const opened = createHeap(winsOver);
  /** The lowest address that no segment covers yet. */
  const cursor = new Uint32Array(wordsPerAddress);
  let previousWinner = hole;

  const emit = (winner: number): void => {
    if (winner === previousWinner) return;
    for (let index = 0; index < wordsPerAddress; index += 1) starts.push(cursor[index] as number);
    winners.push(winner);
    previousWinner = winner;
  };

  const cursorIsBefore = (limit: AddressWords | null): boolean =>
    limit === null || compareAddress(cursor, 0, limit, wordsPerAddress) < 0;

  /** Moves the cursor behind the end of a range; false when the range ends at the highest address. */
  const movePast = (position: number): boolean => {
    bounds.copyLast(position, cursor);
    for (let index = wordsPerAddress - 1; index >= 0; index -= 1) {
      const word = ((cursor[index] as number) + 1) >>> 0;
      cursor[index] = word;
      if (word !== 0) return true;
    }
    return false;
  };

  /**
   * Emits the segments below an address, null for all remaining ones, while at most `rangesMax` ranges come to the top. False
   * when there are more.
   */
  const emitBelow = (limit: AddressWords | null, rangesMax: number): boolean => {
    let ranges = 0;
    for (let top = opened.top(); top !== undefined && cursorIsBefore(limit); top = opened.top()) {
      if (ranges++ === rangesMax) return false;
      if (bounds.compareLast(top, cursor) < 0) {
        opened.pop();
        continue;
      }
      emit(top);
      if (limit !== null && bounds.compareLast(top, limit) >= 0) break;
      if (!movePast(top)) return true;
      opened.pop();
    }
    if (opened.top() === undefined && cursorIsBefore(limit)) emit(hole);
    return true;
  };

  return {
    open(position, first) {
      emitBelow(first, Number.POSITIVE_INFINITY);
      for (let index = 0; index < wordsPerAddress; index += 1) cursor[index] = first[index] as number;
      opened.push(position);
    },
    *finish() {
      while (!emitBelow(null, rangesPerStep)) yield;
      yield* starts.trimInSteps();
      yield* winners.trimInSteps();
      return { starts: starts.values, winners: winners.values };
    },
  };
};

/** Bits of the longest jump table, which has 4 MB then. */
const jumpBitsMax = 20;

/** Leading bits of an address that a jump table for so many segments distinguishes. */
const jumpBitsOf = (segments: number): number => Math.min(jumpBitsMax, 32 - Math.clz32(segments | 1));

/** By the leading bits of an address: the number of segments of IPv4 that start below it; one more at the end. */
export function* jumpTableOf({ starts }: IpSegments): Generator<void, Uint32Array> {
  const bits = jumpBitsOf(starts.length);
  const jumps = new Uint32Array(2 ** bits + 1);
  // Starts ascend: each block begins where the one before ends.
  let block = 0;
  for (let from = 0; from < starts.length; from += segmentsPerStep) {
    block = noteBlocks(starts.subarray(from, from + segmentsPerStep), { first: from, shift: 32 - bits, block }, jumps);
    yield;
  }
  jumps.fill(starts.length, block + 1);
  return jumps;
}

interface JumpPosition {
  /** The position of the first start. */
  readonly first: number;
  readonly shift: number;
  /** The block of the start before. */
  readonly block: number;
}

/** Writes the number of segments below each block up to that of the last start, and returns this block. */
const noteBlocks = (starts: Uint32Array, { first, shift, block: last }: JumpPosition, jumps: Uint32Array): number => {
  let block = last;
  for (let index = 0; index < starts.length; index++) {
    const next = (starts[index] as number) >>> shift;
    while (block < next) jumps[++block] = first + index;
  }
  return block;
};

/** Finds the winner of an IPv4 address: a jump table on the leading bits, then a binary search. */
export const createFinder4 = ({ starts, winners }: IpSegments, jumps: Uint32Array) => {
  const shift = 32 - jumpBitsOf(starts.length);
  const batch = new SegmentBatch({ starts, winners, jumps, shift });

  return {
    byteLength: jumps.byteLength,
    find(value: number): number {
      const block = value >>> shift;
      // Not `upperBound`: this is the hottest search, and calls with other types of arrays would make it polymorphic.
      let low = jumps[block] as number;
      let high = jumps[block + 1] as number;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((starts[middle] as number) <= value) low = middle + 1;
        else high = middle;
      }
      return low === 0 ? hole : (winners[low - 1] as number);
    },
    /** Writes the winners of addresses. */
    findAll(values: Uint32Array, found: Int32Array): void {
      if (starts.length === 0) found.fill(hole);
      else batch.find(values, found);
    },
  };
};

/** Finds the winner of an IPv6 address by binary search. */
export const createFinder6 =
  ({ starts, winners }: IpSegments) =>
  ([a, b, c, d]: IpWords): number => {
    let low = 0;
    let high = winners.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const cell = middle * 4;
      // Most addresses differ in the first words.
      let difference = (starts[cell] as number) - a;
      if (difference === 0) difference = (starts[cell + 1] as number) - b;
      if (difference === 0) difference = (starts[cell + 2] as number) - c;
      if (difference === 0) difference = (starts[cell + 3] as number) - d;
      if (difference <= 0) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? hole : (winners[low - 1] as number);
  };
