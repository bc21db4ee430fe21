import type { Moments } from '../../src/lib/statistics/moments.ts';

/** Moments after each value, by the one-pass formulas of Pébay (2008, Sandia report SAND2008-6212). */
export const createRunningMoments = () => {
  let [count, mean, second, third, fourth] = [0, 0, 0, 0, 0];
  return {
    add(value: number): void {
      const before = count++;
      const shift = value - mean;
      const part = shift / count;
      const square = part * part;
      const term = shift * part * before;
      mean += part;
      fourth += term * square * (count * count - 3 * count + 3) + 6 * square * second - 4 * part * third;
      third += term * part * (count - 2) - 3 * part * second;
      second += term;
    },
    now: (): Moments => ({
      count,
      mean,
      variance: count > 1 ? second / (count - 1) : 0,
      third: count === 0 ? 0 : third / count,
      fourth: count === 0 ? 0 : fourth / count,
    }),
  };
};
