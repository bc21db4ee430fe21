import { type Growable, growableFloat64, growableUint32 } from './growable.ts';

/** Numbers that never fall, appended at the end and found by value. */
export interface Ascending {
  readonly length: number;
  /** Bytes held, spare capacity included. */
  readonly byteLength: number;
  /** Appends a value that is not below the last one and returns its place. */
  push(value: number): number;
  at(place: number): number;
  /** How many values are at or below a bound: the place after the last of them. */
  upTo(bound: number): number;
  /** Gives spare capacity back. */
  trim(): void;
}

/**
 * The first value of each block of 128 is kept aside as well: a search among millions goes through these few, which stay
 * in the processor's cache, and then through one block, where a plain one would miss the cache at nearly every step.
 */
const blockBits = 7;

const createAscending = (allocate: () => Growable<Uint32Array | Float64Array>): Ascending => {
  const all = allocate();
  const firsts = allocate();
  return {
    get length() {
      return all.length;
    },
    get byteLength() {
      return all.byteLength + firsts.byteLength;
    },
    push(value) {
      const place = all.push(value);
      if (place >>> blockBits === firsts.length) firsts.push(value);
      return place;
    },
    at: (place) => all.values[place] as number,
    upTo(bound) {
      const blocks = firstAbove(firsts.values, 0, firsts.length, bound);
      if (blocks === 0) return 0;
      const start = (blocks - 1) << blockBits;
      return firstAbove(all.values, start + 1, Math.min(start + 2 ** blockBits, all.length), bound);
    },
    trim() {
      all.trim();
      firsts.trim();
    },
  };
};

/** Of whole numbers below 2^32: four bytes each. */
export const ascendingUint32 = (): Ascending => createAscending(growableUint32);

/** Eight bytes each. */
export const ascendingFloat64 = (): Ascending => createAscending(growableFloat64);

/** The first place from `low` on and below `high` whose value is above the bound; `high` when there is none. */
const firstAbove = (values: Uint32Array | Float64Array, low: number, high: number, bound: number): number => {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) > bound) high = middle;
    else low = middle + 1;
  }
  return low;
};
