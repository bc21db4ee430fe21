import { type Growable, growableUint32 } from './growable.ts';
import type { HasState, StateColumns } from './state-columns.ts';

/**
 * An address as unsigned 32-bit words, the most significant first: one for IPv4, four for IPv6. Always of this one
 * class: comparisons are several times slower when plain arrays are also used.
 */
export type AddressWords = Uint32Array;

/** First and last addresses of the ranges of one family, ascending by first, without an object per range. */
export interface IpBounds extends HasState {
  readonly length: number;
  readonly byteLength: number;
  push(first: AddressWords, last: AddressWords): void;
  firstOf(position: number): number[];
  lastOf(position: number): number[];
  copyLast(position: number, target: AddressWords): void;
  /** Negative, zero or positive as the first address is below, equal to or above `address`. */
  compareFirst(position: number, address: AddressWords): number;
  compareLast(position: number, address: AddressWords): number;
  /** Negative, zero or positive as the first range is narrower than, as wide as or wider than the second. */
  compareWidths(a: number, b: number): number;
  /** Positions of the ranges that contain an address, ascending. Costs logarithmic time and the number of them. */
  containing(address: AddressWords): number[];
  /** Releases spare capacity in short steps. */
  trimInSteps(): Generator<void, void>;
}

/** Compares the address at a position of a flat array with another address. */
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

export const createIpBounds = (wordsPerAddress: 1 | 4): IpBounds => new FlatIpBounds(wordsPerAddress);

/** Bounds of addresses of 1 (IPv4) or 4 (IPv6) words. */
class FlatIpBounds implements IpBounds {
  readonly #wordsPerAddress: number;
  readonly #firsts = growableUint32();
  readonly #lasts = growableUint32();
  /** The lasts, then the greatest last of each 64 nodes of the level before: a search skips the nodes that end too early. */
  readonly #levels = [this.#lasts, ...Array.from({ length: maximaLevels }, growableUint32)];
  #length = 0;

  constructor(wordsPerAddress: 1 | 4) {
    this.#wordsPerAddress = wordsPerAddress;
  }

  get length(): number {
    return this.#length;
  }

  get byteLength(): number {
    return this.#levels.reduce((sum, level) => sum + level.byteLength, this.#firsts.byteLength);
  }

  push(first: AddressWords, last: AddressWords): void {
    pushWords(this.#firsts, first, this.#wordsPerAddress);
    let node = this.#length;
    for (const level of this.#levels) {
      this.#raiseMaximum(level, node, last);
      node = Math.floor(node / fanout);
    }
    this.#length += 1;
  }

  firstOf(position: number): number[] {
    return this.#addressOf(this.#firsts.values, position);
  }

  lastOf(position: number): number[] {
    return this.#addressOf(this.#lasts.values, position);
  }

  copyLast(position: number, target: AddressWords): void {
    const flat = this.#lasts.values;
    const words = this.#wordsPerAddress;
    for (let index = 0; index < words; index += 1) target[index] = flat[position * words + index] as number;
  }

  compareFirst(position: number, address: AddressWords): number {
    return compareAddress(this.#firsts.values, position, address, this.#wordsPerAddress);
  }

  compareLast(position: number, address: AddressWords): number {
    return compareAddress(this.#lasts.values, position, address, this.#wordsPerAddress);
  }

  compareWidths(a: number, b: number): number {
    const words = this.#wordsPerAddress;
    const first = this.#firsts.values;
    const last = this.#lasts.values;
    let order = 0;
    let borrowA = 0;
    let borrowB = 0;
    // Subtraction from the least significant word up: the last word that differs decides.
    for (let index = words - 1; index >= 0; index -= 1) {
      const cellA = a * words + index;
      const cellB = b * words + index;
      const widthA = (last[cellA] as number) - (first[cellA] as number) - borrowA;
      const widthB = (last[cellB] as number) - (first[cellB] as number) - borrowB;
      borrowA = widthA < 0 ? 1 : 0;
      borrowB = widthB < 0 ? 1 : 0;
      const difference = (widthA >>> 0) - (widthB >>> 0);
      if (difference !== 0) order = difference;
    }
    return order;
  }

  containing(address: AddressWords): number[] {
    const words = this.#wordsPerAddress;
    const levels = this.#levels;
    const startedCount = this.#countStarted(address);
    const found: number[] = [];
    const visit = (depth: number, from: number, to: number): void => {
      const level = levels[depth];
      if (level === undefined) return;
      const maxima = level.values;
      const nodesStarted = Math.ceil(startedCount / fanout ** depth);
      for (let node = from; node < Math.min(to, nodesStarted); node += 1) {
        if (compareAddress(maxima, node, address, words) < 0) continue;
        if (depth === 0) found.push(node);
        else visit(depth - 1, node * fanout, (node + 1) * fanout);
      }
    };
    visit(maximaLevels, 0, Number.POSITIVE_INFINITY);
    return found;
  }

  exchange(columns: StateColumns): void {
    this.#firsts.exchange(columns, 'firsts');
    for (const [depth, level] of this.#levels.entries()) level.exchange(columns, `lasts ${depth}`);
    this.#length = this.#firsts.length / this.#wordsPerAddress;
  }

  *trimInSteps(): Generator<void, void> {
    yield* this.#firsts.trimInSteps();
    for (const level of this.#levels) yield* level.trimInSteps();
  }

  #addressOf(flat: Uint32Array, position: number): number[] {
    const words = this.#wordsPerAddress;
    const address: number[] = [];
    for (let index = 0; index < words; index += 1) address.push(flat[position * words + index] as number);
    return address;
  }

  #raiseMaximum(level: Growable<Uint32Array>, node: number, last: AddressWords): void {
    const words = this.#wordsPerAddress;
    const start = node * words;
    if (start === level.length) pushWords(level, last, words);
    else if (compareAddress(level.values, node, last, words) < 0) {
      for (let index = 0; index < words; index += 1) level.set(start + index, last[index] as number);
    }
  }

  /** Number of ranges that start at or below an address. */
  #countStarted(address: AddressWords): number {
    const words = this.#wordsPerAddress;
    const firsts = this.#firsts.values;
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareAddress(firsts, middle, address, words) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
