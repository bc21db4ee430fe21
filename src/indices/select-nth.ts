import type { Yielder } from '../lib/yielding.ts';

/**
 * The n-th smallest value, counted from 0. Moves it to its sorted position, smaller values before it and greater ones
 * behind (Hoare's FIND with the median of three as pivot), and yields to other work between passes.
 */
export const selectNth = async (values: Float64Array, nth: number, maybeYield: Yielder): Promise<number> => {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = medianOfThree(values[low] as number, values[(low + high) >>> 1] as number, values[high] as number);
    let left = low;
    let right = high;
    while (left <= right) {
      while ((values[left] as number) < pivot) left++;
      while ((values[right] as number) > pivot) right--;
      if (left > right) break;
      const swapped = values[left] as number;
      values[left] = values[right] as number;
      values[right] = swapped;
      left++;
      right--;
    }
    if (nth <= right) high = right;
    else if (nth >= left) low = left;
    else break;
    await maybeYield();
  }
  return values[nth] as number;
};

const medianOfThree = (a: number, b: number, c: number): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
