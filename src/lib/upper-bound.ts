/** The position after the last value at or below `bound`, in `[low, high)` of ascending values. */
export const upperBound = (values: Uint32Array | Float64Array, bound: number, low: number, high: number): number => {
  let from = low;
  let to = high;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((values[middle] as number) <= bound) from = middle + 1;
    else to = middle;
  }
  return from;
};
