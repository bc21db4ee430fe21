import type { Yielder } from '../lib/yielding.ts';

type Compare = (a: number, b: number) => number;

const runLength = 256;
const mergedPerSlice = 4096;

/**
 * Sorts numbers by `compare`, stably, and yields to other work in between: a bottom-up merge sort. The native sort
 * blocks the event loop until it is done, which for a million items and a slow comparison takes seconds.
 */
export const cooperativeSort = async (
  items: Uint32Array<ArrayBuffer>,
  compare: Compare,
  maybeYield: Yielder,
): Promise<Uint32Array> => {
  let source = items;
  let target = new Uint32Array(items.length);
  for (let start = 0; start < items.length; start += runLength) {
    const run = Array.from(items.subarray(start, start + runLength)).sort(compare);
    items.set(run, start);
    await maybeYield();
  }
  for (let width = runLength; width < items.length; width *= 2) {
    for (let start = 0; start < items.length; start += 2 * width) {
      const runs = [source.subarray(start, start + width), source.subarray(start + width, start + 2 * width)] as const;
      await mergeInto(target.subarray(start, start + 2 * width), runs, compare, maybeYield);
    }
    [source, target] = [target, source];
  }
  return source;
};

/** Merges two sorted runs into `target`, which has the length of both; of equal items the left one comes first. */
export const mergeInto = async (
  target: Uint32Array,
  [left, right]: readonly [Uint32Array, Uint32Array],
  compare: Compare,
  maybeYield: Yielder,
): Promise<void> => {
  let leftIndex = 0;
  let rightIndex = 0;
  for (let index = 0; index < target.length; index++) {
    const isLeftNext =
      rightIndex >= right.length ||
      (leftIndex < left.length && compare(left[leftIndex] as number, right[rightIndex] as number) <= 0);
    target[index] = (isLeftNext ? left[leftIndex++] : right[rightIndex++]) as number;
    if (index % mergedPerSlice === 0) await maybeYield();
  }
};
