import { GradualGrowth, trimmedCapacity } from './gradual-growth.ts';
import type { BlockColumn, NumberArray } from './number-column.ts';
import { type ColumnArray, type StateColumns, withSpare } from './state-columns.ts';

/** A typed array that grows by half when it is full, and is copied piece by piece before. */
export interface Growable<A> extends BlockColumn {
  /** The backing array, at least `length` long, only to be read. Read it again after `push`, `set` or `trimInSteps`: they may replace it. */
  readonly values: A;
  /** Overwrites a value; throws RangeError at or beyond `length`, where a typed array would ignore it. */
  set(position: number, value: number): void;
  /** Releases spare capacity in short steps, but for what the next elements of a large array need; nothing may be added or set until the last one. */
  trimInSteps(): Generator<void, void>;
  /** Writes or loads the elements; `isChanging` when `set` changes old ones again and again. */
  exchange(columns: StateColumns, name: string, isChanging?: boolean): void;
}

/** Marks an absent value in a column of unsigned integers: no row, code or position is as great. */
export const absentUint32 = 2 ** 32 - 1;

const capacityMin = 16;

/** Elements that are copied in one step: less than a millisecond. */
const elementsPerStep = 2 ** 16;

/** Copies `source` to the start of `target` in short steps and returns `target`. */
export function* copyInSteps<A extends ColumnArray>(target: A, source: ColumnArray): Generator<void, A> {
  for (let start = 0; start < source.length; start += elementsPerStep) {
    target.set(source.subarray(start, start + elementsPerStep), start);
    yield;
  }
  return target;
}

/** Writes the numbers at some positions. */
type Gather<A> = (from: A, positions: Uint32Array, into: NumberArray) => void;

const createGrowable = <A extends ColumnArray>(allocate: (capacity: number) => A, gather: Gather<A>): Growable<A> => {
  let values = allocate(capacityMin);
  let length = 0;
  /** The elements below it are being written to a file. */
  let shared = 0;
  const growth = new GradualGrowth(allocate, values);
  /** Where the next element needs a look at the growth. */
  let dueAt = growth.dueAt;

  const replaceBy = (next: A): void => {
    values = next;
    shared = 0;
    growth.reset(next);
    dueAt = growth.dueAt;
  };
  const makeRoom = (needed: number): void => {
    const grown = growth.advance(values, length, needed);
    if (grown !== values) shared = 0;
    values = grown;
    dueAt = growth.dueAt;
  };

  return {
    get values() {
      return values;
    },
    get length() {
      return length;
    },
    get byteLength() {
      return values.byteLength + growth.byteLength;
    },
    at: (position) => values[position] as number,
    read: (from, into) => into.set(values.subarray(from, from + into.length)),
    readAt: (positions, into, pattern) => (pattern === 'RUN' ? copyRun : gather)(values, positions, into),
    push(value) {
      if (length >= dueAt) makeRoom(length + 1);
      values[length] = value;
      length += 1;
      return length - 1;
    },
    pushAll(added) {
      const end = length + added.length;
      if (end > dueAt) makeRoom(end);
      values.set(added, length);
      length = end;
    },
    set(position, value) {
      if (!(position >= 0 && position < length)) throw new RangeError(`position ${position} is not below ${length}`);
      if (position < shared) replaceBy(values.slice() as A);
      values[position] = value;
      if (position < growth.copied) growth.put(position, value);
    },
    *trimInSteps() {
      const capacity = trimmedCapacity(length, values.BYTES_PER_ELEMENT);
      if (capacity >= values.length) return;
      replaceBy(yield* copyInSteps(allocate(capacity), values.subarray(0, length)));
    },
    exchange(columns, name, isChanging = false) {
      const used = values.subarray(0, length) as A;
      const loaded = isChanging ? columns.changing(name, [used]) : columns.fixed(name, used);
      if (!loaded) {
        shared = isChanging ? 0 : length;
        return;
      }
      length = loaded.length;
      replaceBy(withSpare(loaded));
    },
  };
};

const copyRun = (from: ColumnArray, positions: Uint32Array, into: NumberArray): void => {
  const [first = 0] = positions;
  into.set(from.subarray(first, first + positions.length));
};

// One for each type of arrays: a loop that meets several takes several times as long.
const gatherFloat64: Gather<Float64Array> = (from, positions, into) => {
  for (let index = 0; index < positions.length; index++) into[index] = from[positions[index] as number] as number;
};
const gatherInt32: Gather<Int32Array> = (from, positions, into) => {
  for (let index = 0; index < positions.length; index++) into[index] = from[positions[index] as number] as number;
};
const gatherUint32: Gather<Uint32Array> = (from, positions, into) => {
  for (let index = 0; index < positions.length; index++) into[index] = from[positions[index] as number] as number;
};
const gatherUint8: Gather<Uint8Array> = (from, positions, into) => {
  for (let index = 0; index < positions.length; index++) into[index] = from[positions[index] as number] as number;
};

export const growableFloat64 = (): Growable<Float64Array> =>
  createGrowable((capacity) => new Float64Array(capacity), gatherFloat64);
export const growableInt32 = (): Growable<Int32Array> =>
  createGrowable((capacity) => new Int32Array(capacity), gatherInt32);
export const growableUint32 = (): Growable<Uint32Array> =>
  createGrowable((capacity) => new Uint32Array(capacity), gatherUint32);
export const growableUint8 = (): Growable<Uint8Array> =>
  createGrowable((capacity) => new Uint8Array(capacity), gatherUint8);
