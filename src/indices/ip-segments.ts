import type { IpWords } from '../lib/ip.ts';
import { growableUint32 } from './growable.ts';
import { type AddressWords, compareAddress, type IpBounds } from './ip-bounds.ts';
import { SegmentBatch } from './segment-batch.ts';

/**
 * Disjoint runs of addresses, ascending; each ends where the next starts, the last one at the highest address. A cell each: the
 * words of the first address, and beside them the position of the winning range, so that a search misses the cache once. Before
 * all segments there is a cell of the lowest address without a range, so that every search finds one.
 */
export type IpSegments = Uint32Array;

/** Stands for no range; it is -1 as a signed number. */
const hole = 2 ** 32 - 1;

export const countSegments = (segments: IpSegments, wordsPerAddress: 1 | 4): number =>
  segments.length / (wordsPerAddress + 1) - 1;

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
  const cells = growableUint32();
  // Ranges that have ended stay in the heap until they reach its top.
  const opened = createHeap(winsOver);
  /** The lowest address that no segment covers yet. */
  const cursor = new Uint32Array(wordsPerAddress);
  let previousWinner = -1;

  const emit = (winner: number): void => {
    if (winner === previousWinner) return;
    for (let index = 0; index < wordsPerAddress; index += 1) cells.push(cursor[index] as number);
    cells.push(winner);
    previousWinner = winner;
  };
  emit(hole);

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
      yield* cells.trimInSteps();
      return cells.values.subarray(0, cells.length);
    },
  };
};

/** Bits of the longest jump table, which has 4 MB then. */
const jumpBitsMax = 20;

/** Leading bits of an address that a jump table for so many segments distinguishes. */
const jumpBitsOf = (segments: number): number => Math.min(jumpBitsMax, 32 - Math.clz32(segments | 1));

/** By the leading bits of an address: the number of segments of IPv4 that start below it; one more at the end. */
export function* jumpTableOf(cells: IpSegments): Generator<void, Uint32Array> {
  const segments = countSegments(cells, 1);
  const bits = jumpBitsOf(segments);
  const jumps = new Uint32Array(2 ** bits + 1);
  // Starts ascend: each block begins where the one before ends.
  let block = 0;
  for (let first = 0; first < segments; first += segmentsPerStep) {
    const ofStep = cells.subarray(2 * (first + 1), 2 * (first + 1 + segmentsPerStep));
    block = noteBlocks(ofStep, { first, shift: 32 - bits, block }, jumps);
    yield;
  }
  jumps.fill(segments, block + 1);
  return jumps;
}

interface JumpPosition {
  /** The position of the first segment. */
  readonly first: number;
  readonly shift: number;
  /** The block of the segment before. */
  readonly block: number;
}

/** Writes the number of segments below each block up to that of the last segment, and returns this block. */
const noteBlocks = (cells: IpSegments, { first, shift, block: last }: JumpPosition, jumps: Uint32Array): number => {
  let block = last;
  for (let cell = 0; cell < cells.length; cell += 2) {
    const next = (cells[cell] as number) >>> shift;
    while (block < next) jumps[++block] = first + (cell >>> 1);
  }
  return block;
};

/** Finds the winner of an IPv4 address, -1 for none: a jump table on the leading bits, then a binary search. */
export const createFinder4 = (cells: IpSegments, jumps: Uint32Array) => {
  const shift = 32 - jumpBitsOf(countSegments(cells, 1));
  const batch = new SegmentBatch({ cells, jumps, shift });

  return {
    byteLength: jumps.byteLength,
    find(value: number): number {
      const block = value >>> shift;
      // Not `upperBound`: this is the hottest search, and calls with other types of arrays would make it polymorphic.
      let low = jumps[block] as number;
      let rest = (jumps[block + 1] as number) - low + 1;
      while (rest > 1) {
        const half = rest >>> 1;
        low += half & -Number((cells[2 * (low + half)] as number) <= value);
        rest -= half;
      }
      return (cells[2 * low + 1] as number) | 0;
    },
    /** Writes the winners of addresses. */
    findAll: (values: Uint32Array, found: Int32Array): void => batch.find(values, found),
  };
};

/** Finds the winner of an IPv6 address, -1 for none, by binary search. */
export const createFinder6 =
  (cells: IpSegments) =>
  ([a, b, c, d]: IpWords): number => {
    let low = 0;
    let high = countSegments(cells, 4);
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      const cell = middle * 5;
      // Most addresses differ in the first words.
      let difference = (cells[cell] as number) - a;
      if (difference === 0) difference = (cells[cell + 1] as number) - b;
      if (difference === 0) difference = (cells[cell + 2] as number) - c;
      if (difference === 0) difference = (cells[cell + 3] as number) - d;
      if (difference <= 0) low = middle;
      else high = middle - 1;
    }
    return (cells[low * 5 + 4] as number) | 0;
  };
