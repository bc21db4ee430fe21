type TypedArray = Float64Array | Int32Array | Uint32Array | Uint8Array;

/** A typed array that grows by half when it is full. */
export interface Growable<A> {
  /** The backing array, at least `length` long. Read it again after `push` or `trim`: both may replace it. */
  readonly values: A;
  readonly length: number;
  /** Bytes allocated, spare capacity included. */
  readonly byteLength: number;
  /** Appends a value and returns its position. */
  push(value: number): number;
  /** Overwrites a value; throws RangeError at or beyond `length`, where a typed array would ignore it. */
  set(position: number, value: number): void;
  /** Releases spare capacity. */
  trim(): void;
}

/** Marks an absent value in a column of unsigned integers: no row, code or position is as great. */
export const absentUint32 = 2 ** 32 - 1;

const capacityMin = 16;

/** The capacity to move to when `needed` no longer fits into `capacity`. */
export const grownCapacity = (capacity: number, needed: number): number =>
  Math.max(capacityMin, needed, Math.ceil(capacity * 1.5));

/** Copies `source` to the start of `target` and returns `target`. */
export const copyInto = <A extends TypedArray>(target: A, source: A): A => {
  target.set(source);
  return target;
};

const createGrowable = <A extends TypedArray>(allocate: (capacity: number) => A): Growable<A> => {
  let values = allocate(capacityMin);
  let length = 0;

  const resize = (capacity: number): void => {
    const next = allocate(capacity);
    next.set(values.subarray(0, length));
    values = next;
  };

  return {
    get values() {
      return values;
    },
    get length() {
      return length;
    },
    get byteLength() {
      return values.byteLength;
    },
    push(value) {
      if (length === values.length) resize(grownCapacity(length, length + 1));
      values[length] = value;
      length += 1;
      return length - 1;
    },
    set(position, value) {
      if (!(position >= 0 && position < length)) throw new RangeError(`position ${position} is not below ${length}`);
      values[position] = value;
    },
    trim() {
      if (length < values.length) resize(length);
    },
  };
};

export const growableFloat64 = (): Growable<Float64Array> => createGrowable((capacity) => new Float64Array(capacity));
export const growableInt32 = (): Growable<Int32Array> => createGrowable((capacity) => new Int32Array(capacity));
export const growableUint32 = (): Growable<Uint32Array> => createGrowable((capacity) => new Uint32Array(capacity));
export const growableUint8 = (): Growable<Uint8Array> => createGrowable((capacity) => new Uint8Array(capacity));
