import type { Yielder } from '../lib/yielding.ts';

/** Positions from one up to another one. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Items, and the key of each: a number. */
interface KeyedItems {
  readonly items: Uint32Array;
  readonly keys: Float64Array;
}

/** Items that are distributed or sorted between two looks at the clock. */
const itemsPerLook = 16_384;

/** To distribute fewer items takes longer than to insert each of them. */
const insertedMax = 24;

const bucketsMax = 2 ** 16;

/**
 * Sorts items by their keys, equal ones in the order in which they come: distributes them over buckets by the part of the
 * distance from the least to the greatest key, and sorts each bucket in the same way (Neubert, The Flashsort algorithm,
 * Dr. Dobb's Journal 1998). Only buckets that touch `needed` are sorted: the items of other positions are those that belong
 * before or behind, in any order. Keys are finite, and so are their differences.
 */
export class KeySort {
  readonly #sorted: KeyedItems;
  readonly #needed: Span;
  readonly #maybeYield: Yielder;
  /** Room for what is distributed. */
  #spare: KeyedItems | undefined;
  /** Items since the last look at the clock. */
  #steps = 0;

  constructor(sorted: KeyedItems, needed: Span, maybeYield: Yielder) {
    this.#sorted = sorted;
    this.#needed = needed;
    this.#maybeYield = maybeYield;
  }

  async sort(span: Span): Promise<void> {
    if (span.to - span.from <= insertedMax) {
      insertEach(this.#sorted, span);
      return;
    }
    const spans = [span];
    for (let next = spans.pop(); next; next = spans.pop()) {
      const ends = await this.#distribute(next);
      if (ends) await this.#sortBuckets(ends, next, spans);
    }
  }

  /** Moves the items into their buckets, and returns where each bucket ends; undefined when all keys are equal. */
  async #distribute({ from, to }: Span): Promise<Uint32Array | undefined> {
    const { items, keys } = this.#sorted;
    const bounds = { least: keys[from] as number, greatest: keys[from] as number };
    for (const part of partsOf({ from, to })) {
      widen(bounds, keys, part);
      await this.#count(part.to - part.from);
    }
    if (bounds.least === bounds.greatest) return undefined;
    const buckets = Math.min(bucketsMax, Math.max(4, (to - from) >>> 1));
    const scale = { least: bounds.least, perBucket: (buckets - 1) / (bounds.greatest - bounds.least) };
    this.#spare ??= { items: new Uint32Array(items.length), keys: new Float64Array(items.length) };
    const next = new Uint32Array(buckets + 1);
    for (const part of partsOf({ from, to })) {
      countItems(keys, part, { ...scale, next });
      await this.#count(part.to - part.from);
    }
    next[0] = from;
    for (let bucket = 1; bucket <= buckets; bucket++)
      next[bucket] = (next[bucket] as number) + (next[bucket - 1] as number);
    for (const part of partsOf({ from, to })) {
      moveItems(this.#sorted, part, { ...scale, next, into: this.#spare });
      await this.#count(part.to - part.from);
    }
    items.set(this.#spare.items.subarray(from, to), from);
    keys.set(this.#spare.keys.subarray(from, to), from);
    return next.subarray(0, buckets);
  }

  /** Sorts the small buckets, and adds the others to `large`. */
  async #sortBuckets(ends: Uint32Array, { from: start }: Span, large: Span[]): Promise<void> {
    const { from: first, to: last } = this.#needed;
    let from = start;
    for (let bucket = 0; bucket < ends.length && from < last; bucket++) {
      const to = ends[bucket] as number;
      if (to - from > 1 && to > first) {
        if (to - from > insertedMax) large.push({ from, to });
        else insertEach(this.#sorted, { from, to });
      }
      this.#steps += to - from;
      if (this.#steps >= itemsPerLook) await this.#count(0);
      from = to;
    }
  }

  async #count(items: number): Promise<void> {
    this.#steps += items;
    if (this.#steps < itemsPerLook) return;
    this.#steps = 0;
    await this.#maybeYield();
  }
}

/** The parts of a span of which each takes a fraction of a millisecond. */
export function* partsOf({ from, to }: Span): Generator<Span> {
  for (let start = from; start < to; start += itemsPerLook)
    yield { from: start, to: Math.min(start + itemsPerLook, to) };
}

/** Insertion sort. */
const insertEach = ({ items, keys }: KeyedItems, { from, to }: Span): void => {
  for (let index = from + 1; index < to; index++) {
    const [item, key] = [items[index] as number, keys[index] as number];
    let position = index;
    for (; position > from && (keys[position - 1] as number) > key; position--) {
      keys[position] = keys[position - 1] as number;
      items[position] = items[position - 1] as number;
    }
    keys[position] = key;
    items[position] = item;
  }
};

interface Bounds {
  least: number;
  greatest: number;
}

const widen = (bounds: Bounds, keys: Float64Array, { from, to }: Span): void => {
  let { least, greatest } = bounds;
  for (let index = from; index < to; index++) {
    const key = keys[index] as number;
    if (key < least) least = key;
    if (key > greatest) greatest = key;
  }
  bounds.least = least;
  bounds.greatest = greatest;
};

interface Buckets {
  readonly least: number;
  /** A greater key is never in a lower bucket: differences and products of doubles are rounded in the same direction. */
  readonly perBucket: number;
  /** Where the next item of each bucket belongs, or their numbers. */
  readonly next: Uint32Array;
}

/** Counts the items of each bucket in the cell after its own. */
const countItems = (keys: Float64Array, { from, to }: Span, { least, perBucket, next }: Buckets): void => {
  for (let index = from; index < to; index++) {
    const cell = Math.floor(((keys[index] as number) - least) * perBucket) + 1;
    next[cell] = (next[cell] as number) + 1;
  }
};

const moveItems = (
  { items, keys }: KeyedItems,
  { from, to }: Span,
  { least, perBucket, next, into }: Buckets & { readonly into: KeyedItems },
): void => {
  const { items: intoItems, keys: intoKeys } = into;
  for (let index = from; index < to; index++) {
    const key = keys[index] as number;
    const bucket = Math.floor((key - least) * perBucket);
    const position = next[bucket] as number;
    next[bucket] = position + 1;
    intoItems[position] = items[index] as number;
    intoKeys[position] = key;
  }
};
