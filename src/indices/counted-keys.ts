import { growableUint32 } from './growable.ts';

/**
 * Keys that arrive in ascending order, each with a count that may grow at any time later and a mark set at the start.
 * Sums over the places [from, to) cost the same however many lie between. 8 bytes a key and 4 a mark.
 */
export interface CountedKeys {
  readonly length: number;
  /** Bytes held, spare capacity included. */
  readonly byteLength: number;
  /** Appends a key above all before it, below 2^32, and returns its place. */
  push(key: number, isMarked: boolean): number;
  /** Adds to the count of the key at a place. */
  add(place: number, count: number): void;
  keyAt(place: number): number;
  /** How many keys are at or below a bound: the place after the last of them. */
  upperBound(bound: number): number;
  countBetween(from: number, to: number): number;
  marksBetween(from: number, to: number): number;
  /** Gives spare capacity back. */
  trim(): void;
}

/**
 * Counts are in a binary indexed tree (Fenwick 1994, Software: Practice and Experience 24): `tree[i]` is the sum of the
 * `i & -i` counts that end with the i-th. At ten million keys in 26 of these an update took 0.33 µs and a sum 0.25 µs,
 * plain counts with a tree over blocks of 64 of them 0.25 and 0.32: not worth a second array.
 */
export const createCountedKeys = (): CountedKeys => {
  const keys = growableUint32();
  const tree = growableUint32();
  // Few keys are marked, so that their places are smaller than a sum a key.
  const marks = growableUint32();
  // From here on places count from one.
  tree.push(0);

  const sumUpTo = (place: number): number => {
    const { values } = tree;
    let sum = 0;
    for (let node = place; node > 0; node -= node & -node) sum += values[node] as number;
    return sum;
  };

  return {
    get length() {
      return keys.length;
    },
    get byteLength() {
      return keys.byteLength + tree.byteLength + marks.byteLength;
    },
    push(key, isMarked) {
      const place = keys.push(key);
      if (isMarked) marks.push(place);
      // The sum of its children; its own count is 0.
      const node = place + 1;
      const first = node - (node & -node);
      let sum = 0;
      for (let child = place; child > first; child -= child & -child) sum += tree.values[child] as number;
      tree.push(sum);
      return place;
    },
    add(place, count) {
      const { values, length } = tree;
      if (!(place >= 0 && place < keys.length)) throw new RangeError(`place ${place} is not below ${keys.length}`);
      for (let node = place + 1; node < length; node += node & -node) values[node] = (values[node] as number) + count;
    },
    keyAt: (place) => keys.values[place] as number,
    upperBound: (bound) => upTo(keys.values, keys.length, bound),
    countBetween: (from, to) => sumUpTo(to) - sumUpTo(from),
    marksBetween: (from, to) => upTo(marks.values, marks.length, to - 1) - upTo(marks.values, marks.length, from - 1),
    trim() {
      for (const column of [keys, tree, marks]) column.trim();
    },
  };
};

/** How many of the ascending values are at or below a bound. */
const upTo = (values: Uint32Array, length: number, bound: number): number => {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
};
