import type { Yielder } from '../lib/yielding.ts';

/** Leading bits of keys that decide on the order. */
const orderedBits = 11;
const keysPerYield = 65_536;

/** Rows, and the key of each. */
export interface KeyedRows {
  readonly rows: Uint32Array<ArrayBuffer>;
  readonly keys: Uint32Array<ArrayBuffer>;
}

/**
 * The rows from `first` on, one for each key, in the order of the leading bits of their keys: what is looked up by key is then
 * looked up near the last one, where the processor has it at hand (a pass of a radix sort, as in partitioned hash joins:
 * Manegold, Boncz and Kersten, Optimizing main-memory join on modern hardware, 2002).
 */
export const rowsInKeyOrder = async (keys: Uint32Array, first: number, maybeYield: Yielder): Promise<KeyedRows> => {
  let bits = 0;
  for (let from = 0; from < keys.length; from += keysPerYield) {
    bits = Math.max(bits, bitsOf(keys.subarray(from, from + keysPerYield)));
    await maybeYield();
  }
  const shift = Math.max(0, bits - orderedBits);
  // Where the next row of each bucket belongs.
  const next = new Uint32Array(2 ** orderedBits + 1);
  for (let from = 0; from < keys.length; from += keysPerYield) {
    countKeys(keys.subarray(from, from + keysPerYield), shift, next);
    await maybeYield();
  }
  for (let bucket = 1; bucket < next.length; bucket++)
    next[bucket] = (next[bucket] as number) + (next[bucket - 1] as number);
  const ordered = { rows: new Uint32Array(keys.length), keys: new Uint32Array(keys.length) };
  for (let from = 0; from < keys.length; from += keysPerYield) {
    placeRows({ keys: keys.subarray(from, from + keysPerYield), first: first + from, shift }, next, ordered);
    await maybeYield();
  }
  return ordered;
};

const bitsOf = (keys: Uint32Array): number => {
  let bits = 0;
  for (let index = 0; index < keys.length; index++) bits |= keys[index] as number;
  return 32 - Math.clz32(bits);
};

/** Counts the keys of each bucket in the cell after its own. */
const countKeys = (keys: Uint32Array, shift: number, counts: Uint32Array): void => {
  for (let index = 0; index < keys.length; index++) {
    const cell = ((keys[index] as number) >>> shift) + 1;
    counts[cell] = (counts[cell] as number) + 1;
  }
};

interface UnorderedKeys {
  readonly keys: Uint32Array;
  /** The row of the first one. */
  readonly first: number;
  readonly shift: number;
}

const placeRows = ({ keys, first, shift }: UnorderedKeys, next: Uint32Array, ordered: KeyedRows): void => {
  const { rows, keys: keysOfRows } = ordered;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as number;
    const bucket = key >>> shift;
    const position = next[bucket] as number;
    rows[position] = first + index;
    keysOfRows[position] = key;
    next[bucket] = position + 1;
  }
};
