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

type KeyOf = (row: number) => number;

/**
 * Sorts rows by a key, ties in the order in which they come, and yields after every few thousand of them, so that the
 * caller can let requests run in between. Bottom-up merge sort (Knuth, TAOCP 5.2.4); sorted input costs one pass.
 */
export function* sortInSlices(rows: Uint32Array, keyOf: KeyOf): Generator<void, Uint32Array> {
  let [source, target] = [rows.slice(), new Uint32Array(rows.length)];
  let isSorted = true;
  for (let start = 0; start < source.length; start += sliceRows) {
    source.subarray(start, start + sliceRows).sort((a, b) => keyOf(a) - keyOf(b));
    isSorted &&= start === 0 || keyOf(source[start - 1] as number) <= keyOf(source[start] as number);
    yield;
  }
  for (let width = sliceRows; width < source.length && !isSorted; width *= 2) {
    for (let start = 0; start < source.length; start += 2 * width) {
      const middle = Math.min(start + width, source.length);
      yield* merge({ source, target, start, middle, end: Math.min(middle + width, source.length) }, keyOf);
    }
    [source, target] = [target, source];
  }
  return source;
}

function* merge({ source, target, start, middle, end }: Runs, keyOf: KeyOf): Generator<void, void> {
  let [left, right] = [start, middle];
  for (let position = start; position < end; position++) {
    const takesLeft =
      right === end || (left < middle && keyOf(source[left] as number) <= keyOf(source[right] as number));
    target[position] = source[takesLeft ? left++ : right++] as number;
    if (position % sliceRows === 0) yield;
  }
}
