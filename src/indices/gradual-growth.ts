import type { ColumnArray } from './state-columns.ts';

/** Arrays with fewer bytes are copied at once: in less than half a millisecond. */
const gradualBytesMin = 2 ** 19;

/** Elements that are added between two pieces, so that most additions copy nothing. */
const addedPerPiece = 64;

/** By the share of an array that is free: it begins to move between the first and twice as much. */
const reserveShare = 64;

const capacityMin = 16;

/** The capacity to move to when `needed` no longer fits into `capacity`. */
export const grownCapacity = (capacity: number, needed: number): number =>
  Math.max(capacityMin, needed, Math.ceil(capacity * 1.5));

/** The same where memory counts more than time. */
export const tightCapacity = (_capacity: number, needed: number): number => needed + (needed >>> 4);

/** The same as if each element up to `needed` were added alone, so that spare room does not depend on how many come at once. */
const capacityFor = (capacity: number, needed: number): number => {
  let grown = capacity;
  while (grown < needed) grown = grownCapacity(grown, grown + 1);
  return grown;
};

/** Copies `source` to the start of `target` and returns `target`. */
export const copyInto = <A extends ColumnArray>(target: A, source: A): A => {
  target.set(source);
  return target;
};

/**
 * Moves an array to a larger one while elements are added to it: to copy one of ten million elements at once would hold the
 * thread for 20 to 50 ms, and the columns of a table are full at the same time. The larger array gets a piece with every few
 * elements that are added, and takes the place of the other one when that is full. Until then all read the old array; who
 * changes one of its elements says so, and pieces that were copied follow.
 */
export class GradualGrowth<A extends ColumnArray> {
  /** `advance` is due for more elements than these. */
  dueAt: number;
  /** The elements below it are in the larger array, too: changes of these are to be reported. */
  copied = 0;
  readonly #allocate: (capacity: number) => A;
  #next: A | null = null;
  /** Elements to copy for each that is added. */
  #rate = 0;
  /** How many elements there were after the last piece. */
  #used = 0;

  constructor(allocate: (capacity: number) => A, array: A) {
    this.#allocate = allocate;
    this.dueAt = dueFor(array);
  }

  /** Of the larger array. */
  get byteLength(): number {
    return this.#next?.byteLength ?? 0;
  }

  /**
   * The array that has room for `needed` elements, of which the first `used` are in `array`: the same one or a larger one.
   * `capacityOf` is the capacity to move to when so many no longer fit.
   */
  advance(array: A, used: number, needed: number, capacityOf = capacityFor): A {
    if (!this.#next) this.#begin(array, used, capacityOf(array.length, Math.max(needed, array.length + 1)));
    const next = this.#next as A;
    if (needed <= array.length) {
      this.#copy(array, Math.min(used, this.copied + this.#rate * (needed - this.#used)));
      this.#used = needed;
      this.dueAt = Math.min(array.length, needed + addedPerPiece);
      return array;
    }
    this.#copy(array, used);
    this.reset(next);
    // More than a half was added at once.
    return needed > next.length ? this.advance(next, used, needed, capacityOf) : next;
  }

  /** An element below `copied` was changed. */
  put(position: number, value: number): void {
    if (this.#next) this.#next[position] = value;
  }

  /** The elements of `array` from one to another were changed. */
  changed(array: A, from: number, to: number): void {
    const end = Math.min(to, this.copied);
    if (from < end) this.#next?.set(array.subarray(from, end), from);
  }

  /** The array was replaced by another one. */
  reset(array: A): void {
    this.#next = null;
    this.copied = 0;
    this.dueAt = dueFor(array);
  }

  #begin(array: A, used: number, capacity: number): void {
    this.#next = this.#allocate(capacity);
    this.copied = 0;
    this.#used = used;
    // Half as fast again as it need be, and at least as fast as elements are added.
    this.#rate = Math.ceil((1.5 * used) / Math.max(1, array.length - used)) + 1;
  }

  #copy(array: A, end: number): void {
    if (end <= this.copied) return;
    this.#next?.set(array.subarray(this.copied, end), this.copied);
    this.copied = end;
  }
}

/** Room for `used` elements, with so much to spare that an array which is not small has moved before it is full. */
export const trimmedCapacity = (used: number, bytesPerElement: number): number =>
  used * bytesPerElement < gradualBytesMin ? used : used + Math.ceil((2 * used) / reserveShare);

/** Columns of a table are as long as each other: they begin to move at different times, which chance decides. */
const dueFor = ({ length, byteLength }: ColumnArray): number =>
  byteLength < gradualBytesMin ? length : length - Math.ceil(((1 + Math.random()) * length) / reserveShare);
