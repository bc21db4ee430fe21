import { wholeMillionthsOf } from '../lib/millionths.ts';

/** Sums below it are whole, and so is what is added to one when the result is below it, too: both are below 2^53. */
const carryAt = 2 ** 52;

const isBelowCarry = (sum: number): boolean => sum < carryAt && sum > -carryAt;

/** Exact sums of amounts in millionths, one for each group. They are carried to a BigInt before a double would round them. */
export class DecimalSums {
  #sums = new Float64Array(64);
  readonly #carried = new Map<number, bigint>();

  /** An amount of `millionthsOf`, or a whole number below 2^53. */
  add(group: number, millionths: number): void {
    if (group >= this.#sums.length) this.#widen(group);
    const sum = (this.#sums[group] as number) + millionths;
    if (isBelowCarry(sum)) this.#sums[group] = sum;
    else this.#carry(group, millionths);
  }

  /** The sum in millionths. */
  microsOf(group: number): bigint {
    return (this.#carried.get(group) ?? 0n) + BigInt(this.#sums[group] ?? 0);
  }

  /** That of all groups. */
  total(): bigint {
    return [...this.#carried.values()].reduce((sum, each) => sum + each, wholeSum(this.#sums, this.#sums.length));
  }

  #widen(group: number): void {
    const before = this.#sums;
    this.#sums = new Float64Array(Math.max(group + 1, before.length * 2));
    this.#sums.set(before);
  }

  #carry(group: number, millionths: number): void {
    const sum = BigInt(this.#sums[group] as number) + wholeMillionthsOf(millionths);
    this.#carried.set(group, (this.#carried.get(group) ?? 0n) + sum);
    this.#sums[group] = 0;
  }
}

/** The sum of the first whole numbers of an array; each is below 2^52 in size, the sum may be greater. */
export const wholeSum = (numbers: Float64Array, length: number): bigint => {
  let carried = 0n;
  let sum = 0;
  for (let index = 0; index < length; index++) {
    sum += numbers[index] as number;
    if (isBelowCarry(sum)) continue;
    carried += BigInt(sum);
    sum = 0;
  }
  return carried + BigInt(sum);
};
