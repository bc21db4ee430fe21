import { type Growable, growableUint32 } from './growable.ts';

/**
 * An address as unsigned 32-bit words, the most significant first: one for IPv4, four for IPv6. Always of this one
 * class: comparisons are several times slower when plain arrays come along.
 */
export type AddressWords = Uint32Array;

/** First and last addresses of the ranges of one family, ascending by first, without an object per range. */
export interface IpBounds {
  readonly length: number;
  readonly byteLength: number;
  push(first: AddressWords, last: AddressWords): void;
  firstOf(position: number): number[];
  lastOf(position: number): number[];
  copyLast(position: number, target: AddressWords): void;
  /** Negative, zero or positive as the first address is below, at or above the one given. */
  compareFirst(position: number, address: AddressWords): number;
  compareLast(position: number, address: AddressWords): number;
  /** Negative, zero or positive as the first range is narrower than, as wide as or wider than the second. */
  compareWidths(a: number, b: number): number;
  /** Positions of the ranges that hold an address, ascending; logarithmic but for the count of them. */
  holding(address: AddressWords): number[];
  trim(): void;
}

/** Compares the address at a position of a flat array with another. */
export const compareAddress = (
  flat: Uint32Array,
  position: number,
  address: AddressWords,
  wordsPerAddress: number,
): number => {
  const start = position * wordsPerAddress;
  for (let index = 0; index < wordsPerAddress; index += 1) {
    const difference = (flat[start + index] as number) - (address[index] as number);
    if (difference !== 0) return difference;
  }
  return 0;
};

const pushWords = (target: Growable<Uint32Array>, words: AddressWords, wordsPerAddress: number): void => {
  for (let index = 0; index < wordsPerAddress; index += 1) target.push(words[index] as number);
};

const fanout = 64;
const maximaLevels = 3;

/** Bounds of addresses of 1 (IPv4) or 4 (IPv6) words. */
export const createIpBounds = (wordsPerAddress: 1 | 4): IpBounds => {
  const firsts = growableUint32();
  const lasts = growableUint32();
  // lasts, then the greatest last of each 64 nodes of the level before: a search skips what ends too early.
  const levels = [lasts, ...Array.from({ length: maximaLevels }, growableUint32)];
  let length = 0;

  const addressOf = (flat: Uint32Array, position: number): number[] =>
    Array.from(flat.subarray(position * wordsPerAddress, (position + 1) * wordsPerAddress));

  const raiseMaximum = (level: Growable<Uint32Array>, node: number, last: AddressWords): void => {
    const start = node * wordsPerAddress;
    if (start === level.length) pushWords(level, last, wordsPerAddress);
    else if (compareAddress(level.values, node, last, wordsPerAddress) < 0) {
      for (let index = 0; index < wordsPerAddress; index += 1) level.set(start + index, last[index] as number);
    }
  };

  /** How many ranges start at or below an address. */
  const startedBy = (address: AddressWords): number => {
    let low = 0;
    let high = length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareAddress(firsts.values, middle, address, wordsPerAddress) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    get length() {
      return length;
    },
    get byteLength() {
      return levels.reduce((sum, level) => sum + level.byteLength, firsts.byteLength);
    },
    push(first, last) {
      pushWords(firsts, first, wordsPerAddress);
      let node = length;
      for (const level of levels) {
        raiseMaximum(level, node, last);
        node = Math.floor(node / fanout);
      }
      length += 1;
    },
    firstOf: (position) => addressOf(firsts.values, position),
    lastOf: (position) => addressOf(lasts.values, position),
    copyLast(position, target) {
      const flat = lasts.values;
      for (let index = 0; index < wordsPerAddress; index += 1) {
        target[index] = flat[position * wordsPerAddress + index] as number;
      }
    },
    compareFirst: (position, address) => compareAddress(firsts.values, position, address, wordsPerAddress),
    compareLast: (position, address) => compareAddress(lasts.values, position, address, wordsPerAddress),

    compareWidths(a, b) {
      const first = firsts.values;
      const last = lasts.values;
      let order = 0;
      let borrowA = 0;
      let borrowB = 0;
      // Subtraction from the least significant word up: the last word that differs decides.
      for (let index = wordsPerAddress - 1; index >= 0; index -= 1) {
        const cellA = a * wordsPerAddress + index;
        const cellB = b * wordsPerAddress + index;
        const widthA = (last[cellA] as number) - (first[cellA] as number) - borrowA;
        const widthB = (last[cellB] as number) - (first[cellB] as number) - borrowB;
        borrowA = widthA < 0 ? 1 : 0;
        borrowB = widthB < 0 ? 1 : 0;
        const difference = (widthA >>> 0) - (widthB >>> 0);
        if (difference !== 0) order = difference;
      }
      return order;
    },

    holding(address) {
      const started = startedBy(address);
      const found: number[] = [];
      const visit = (depth: number, from: number, to: number): void => {
        const level = levels[depth];
        if (level === undefined) return;
        const maxima = level.values;
        const nodesStarted = Math.ceil(started / fanout ** depth);
        for (let node = from; node < Math.min(to, nodesStarted); node += 1) {
          if (compareAddress(maxima, node, address, wordsPerAddress) < 0) continue;
          if (depth === 0) found.push(node);
          else visit(depth - 1, node * fanout, (node + 1) * fanout);
        }
      };
      visit(maximaLevels, 0, Number.POSITIVE_INFINITY);
      return found;
    },

    trim() {
      firsts.trim();
      for (const level of levels) level.trim();
    },
  };
};
