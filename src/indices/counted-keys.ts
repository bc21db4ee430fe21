import { upperBound } from '../lib/upper-bound.ts';
import { growableUint32 } from './growable.ts';
import { SeqColumn } from './seq-column.ts';
import type { HasState } from './state-columns.ts';

/**
 * Sequence numbers as keys, which are appended in ascending order, each with a count that may grow at any time and a mark set at the start.
 * The cost of a sum over the positions [from, to) does not depend on their number. 8 bytes a key and 4 a mark.
 */
export interface CountedKeys extends HasState {
  readonly length: number;
  /** Bytes allocated, spare capacity included. */
  readonly byteLength: number;
  /** Appends a key, greater than all before it, and returns its position. */
  push(key: number, isMarked: boolean): number;
  /** Adds to the count of the key at a position. */
  add(position: number, count: number): void;
  keyAt(position: number): number;
  /** Number of keys at or below a bound: the position after the last of them. */
  upperBound(bound: number): number;
  countBetween(from: number, to: number): number;
  marksBetween(from: number, to: number): number;
  /** Releases spare capacity in short steps; nothing may be added until the last one. */
  trimInSteps(): Generator<void, void>;
}

/**
 * Counts are in a binary indexed tree (Fenwick 1994, Software: Practice and Experience 24): `tree[i]` is the sum of the
 * `i & -i` counts that end with the i-th. At ten million keys in 26 of these an update took 0.33 µs and a sum 0.25 µs,
 * plain counts with a tree over blocks of 64 of them 0.25 and 0.32: not worth a second array.
 */
export const createCountedKeys = (): CountedKeys => {
  const keys = new SeqColumn();
  const tree = growableUint32();
  // Few keys are marked: a list of their positions is smaller than a sum for each key.
  const marks = growableUint32();
  // The tree counts positions from one.
  tree.push(0);

  const sumUpTo = (position: number): number => {
    const { values } = tree;
    let sum = 0;
    for (let node = position; node > 0; node -= node & -node) sum += values[node] as number;
    return sum;
  };
  const marksBelow = (position: number): number => upperBound(marks.values, position - 1, 0, marks.length);

  return {
    get length() {
      return keys.length;
    },
    get byteLength() {
      return keys.byteLength + tree.byteLength + marks.byteLength;
    },
    push(key, isMarked) {
      const position = keys.push(key);
      if (isMarked) marks.push(position);
      // The sum of the node's children; its own count is 0.
      const node = position + 1;
      const first = node - (node & -node);
      let sum = 0;
      for (let child = position; child > first; child -= child & -child) sum += tree.values[child] as number;
      tree.push(sum);
      return position;
    },
    add(position, count) {
      const { values, length } = tree;
      if (!(position >= 0 && position < keys.length))
        throw new RangeError(`position ${position} is not below ${keys.length}`);
      for (let node = position + 1; node < length; node += node & -node)
        tree.set(node, (values[node] as number) + count);
    },
    keyAt: (position) => keys.at(position),
    upperBound: (bound) => keys.upperBound(bound),
    countBetween: (from, to) => sumUpTo(to) - sumUpTo(from),
    marksBetween: (from, to) => marksBelow(to) - marksBelow(from),
    exchange(columns) {
      keys.exchange(columns, 'keys');
      tree.exchange(columns, 'tree', true);
      marks.exchange(columns, 'marks');
    },
    *trimInSteps() {
      for (const column of [keys, tree, marks]) yield* column.trimInSteps();
    },
  };
};
