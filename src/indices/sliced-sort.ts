/** Rows that are sorted or merged between two yields. */
const sliceRows = 4096;

/** Two neighbouring runs of a sort, the second from `middle` on. */
interface Runs {
  readonly source: Uint32Array;
  readonly target: Uint32Array;
  readonly start: number;
  readonly middle: number;
  readonly end: number;
}

/** The order of two rows, as for `Array.sort`. */
export type RowComparison = (a: number, b: number) => number;

/**
 * Sorts rows, equal ones in the order in which they come, and yields after every few thousand of them, so that the caller can
 * let requests run in between. Bottom-up merge sort (Knuth, TAOCP 5.2.4); sorted input costs one pass.
 */
export function* sortInSlices(rows: Uint32Array, compare: RowComparison): Generator<void, Uint32Array> {
  let [source, target] = [rows.slice(), new Uint32Array(rows.length)];
  let isSorted = true;
  for (let start = 0; start < source.length; start += sliceRows) {
    const slice = source.subarray(start, start + sliceRows);
    if (!isInOrder(slice, compare)) slice.sort(compare);
    isSorted &&= start === 0 || compare(source[start - 1] as number, source[start] as number) <= 0;
    yield;
  }
  for (let width = sliceRows; width < source.length && !isSorted; width *= 2) {
    for (let start = 0; start < source.length; start += 2 * width) {
      const middle = Math.min(start + width, source.length);
      yield* mergeRuns({ source, target, start, middle, end: Math.min(middle + width, source.length) }, compare);
    }
    [source, target] = [target, source];
  }
  return source;
}

/** Merges two sorted arrays of rows; of equal rows, those of `first` come first. */
export function* mergeInSlices(
  first: Uint32Array,
  second: Uint32Array,
  compare: RowComparison,
): Generator<void, Uint32Array> {
  const source = new Uint32Array(first.length + second.length);
  source.set(first);
  source.set(second, first.length);
  if (first.length === 0 || second.length === 0) return source;
  if (compare(first[first.length - 1] as number, second[0] as number) <= 0) return source;
  const target = new Uint32Array(source.length);
  yield* mergeRuns({ source, target, start: 0, middle: first.length, end: source.length }, compare);
  return target;
}

const isInOrder = (rows: Uint32Array, compare: RowComparison): boolean => {
  for (let index = 1; index < rows.length; index++)
    if (compare(rows[index - 1] as number, rows[index] as number) > 0) return false;
  return true;
};

function* mergeRuns({ source, target, start, middle, end }: Runs, compare: RowComparison): Generator<void, void> {
  let [left, right] = [start, middle];
  for (let position = start; position < end; position++) {
    const takesLeft = right === end || (left < middle && compare(source[left] as number, source[right] as number) <= 0);
    target[position] = source[takesLeft ? left++ : right++] as number;
    if (position % sliceRows === 0) yield;
  }
}
