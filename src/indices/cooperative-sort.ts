type Turn = () => Promise<void> | undefined;

const runLength = 256;
const mergedPerTurn = 4096;

/**
 * Sorts numbers by `compare`, giving way to other work in between: a merge sort from the bottom up, stable. Native sort
 * holds the thread until it is done, which for a million items and a slow comparison takes seconds.
 */
export const cooperativeSort = async (
  items: Uint32Array<ArrayBuffer>,
  compare: (a: number, b: number) => number,
  maybeYield: Turn,
): Promise<Uint32Array> => {
  let from = items;
  let to = new Uint32Array(items.length);
  for (let start = 0; start < items.length; start += runLength) {
    const run = Array.from(items.subarray(start, start + runLength)).sort(compare);
    items.set(run, start);
    await maybeYield();
  }
  for (let width = runLength; width < items.length; width *= 2) {
    for (let start = 0; start < items.length; start += 2 * width)
      await merge(
        from,
        to,
        start,
        Math.min(start + width, items.length),
        Math.min(start + 2 * width, items.length),
        compare,
        maybeYield,
      );
    [from, to] = [to, from];
  }
  return from;
};

/** Merges `[start, middle)` and `[middle, end)` of `from` into `to`. */
const merge = async (
  from: Uint32Array,
  to: Uint32Array,
  start: number,
  middle: number,
  end: number,
  compare: (a: number, b: number) => number,
  maybeYield: Turn,
): Promise<void> => {
  let left = start;
  let right = middle;
  for (let place = start; place < end; place++) {
    const takeLeft = right >= end || (left < middle && compare(from[left] as number, from[right] as number) <= 0);
    to[place] = from[takeLeft ? left++ : right++] as number;
    if (place % mergedPerTurn === 0) await maybeYield();
  }
};
