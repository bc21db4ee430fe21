/** Count, mean and central moments of independent values, one for each user. */
export interface Moments {
  readonly count: number;
  /** 0 without values. */
  readonly mean: number;
  /** The sample variance, divided by count − 1; 0 for fewer than two values. */
  readonly variance: number;
  /** The third and fourth moments about the mean, divided by count. */
  readonly third: number;
  readonly fourth: number;
}

/**
 * The moments of several groups of values in two passes: every value goes to `addValue`, then every value once more to
 * `addDeviation`. Means are sums with Neumaier's compensation (1974, Zeitschrift für angewandte Mathematik und Mechanik 54,
 * 39–51), and the second pass is the corrected two-pass algorithm (Chan, Golub & LeVeque 1983, The American Statistician
 * 37, 242–247): neither loses digits when one value is much greater than all others.
 */
export class GroupMoments {
  readonly #counts: Float64Array;
  readonly #sums: Float64Array;
  readonly #corrections: Float64Array;
  /** Sums of the first four powers of deviations from the mean, four numbers for each group. */
  readonly #powers: Float64Array;

  constructor(groups: number) {
    this.#counts = new Float64Array(groups);
    this.#sums = new Float64Array(groups);
    this.#corrections = new Float64Array(groups);
    this.#powers = new Float64Array(groups * 4);
  }

  addValue(group: number, value: number): void {
    const sum = this.#sums[group] as number;
    const total = sum + value;
    const lost = Math.abs(sum) >= Math.abs(value) ? sum - total + value : value - total + sum;
    this.#counts[group] = (this.#counts[group] as number) + 1;
    this.#sums[group] = total;
    this.#corrections[group] = (this.#corrections[group] as number) + lost;
  }

  addDeviation(group: number, value: number): void {
    const deviation = value - this.#meanOf(group);
    const square = deviation * deviation;
    const powers = this.#powers;
    const first = group * 4;
    powers[first] = (powers[first] as number) + deviation;
    powers[first + 1] = (powers[first + 1] as number) + square;
    powers[first + 2] = (powers[first + 2] as number) + square * deviation;
    powers[first + 3] = (powers[first + 3] as number) + square * square;
  }

  momentsOf(group: number): Moments {
    const count = this.#counts[group] as number;
    const [deviations, squares, cubes, fourths] = this.#powers.subarray(group * 4, group * 4 + 4) as unknown as Powers;
    // Rounding can leave slightly less than zero when all values are equal.
    const variance = count < 2 ? 0 : Math.max(0, squares - deviations ** 2 / count) / (count - 1);
    return {
      count,
      mean: this.#meanOf(group),
      variance,
      third: count === 0 ? 0 : cubes / count,
      fourth: count === 0 ? 0 : fourths / count,
    };
  }

  #meanOf(group: number): number {
    const count = this.#counts[group] as number;
    return count === 0 ? 0 : ((this.#sums[group] as number) + (this.#corrections[group] as number)) / count;
  }
}

type Powers = readonly [number, number, number, number];

/**
 * The moments of two groups together, by the formulas of Chan, Golub & LeVeque (1983) and of Pébay (2008, Sandia report
 * SAND2008-6212) for moments about another centre.
 */
export const pooledMoments = (one: Moments, other: Moments): Moments => {
  const count = one.count + other.count;
  const mean = count === 0 ? 0 : (one.count * one.mean + other.count * other.mean) / count;
  const [first, second] = [powersAbout(one, mean), powersAbout(other, mean)];
  return {
    count,
    mean,
    variance: count < 2 ? 0 : (first[0] + second[0]) / (count - 1),
    third: count === 0 ? 0 : (first[1] + second[1]) / count,
    fourth: count === 0 ? 0 : (first[2] + second[2]) / count,
  };
};

/** Sums of the second to fourth powers of the deviations from a centre. */
const powersAbout = ({ count, mean, variance, third, fourth }: Moments, centre: number) => {
  const shift = mean - centre;
  const squares = count < 2 ? 0 : variance * (count - 1);
  return [
    squares + count * shift ** 2,
    count * third + 3 * shift * squares + count * shift ** 3,
    count * fourth + 4 * shift * count * third + 6 * shift ** 2 * squares + count * shift ** 4,
  ] as const;
};
