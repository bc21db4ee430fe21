import { DecimalSums } from './decimal-sums.ts';
import { copyInto, grownCapacity } from './gradual-growth.ts';

/** Sums below it are exact (`DecimalSums`). */
const carryAt = 2 ** 52;

/** How many rows each group has, how many of them have an amount, and the exact sums of these. */
export class GroupTotals {
  /** Of each group the number of rows and the sum of amounts since it was carried, beside each other: they are read together. */
  #totals = new Float64Array(128);
  readonly #carried = new DecimalSums();
  /** By group, the number of rows without an amount; of the groups that were known at the last one. */
  #missing = new Uint32Array(0);

  /** Adds the first rows of a block, with the group of each, which is below `groups`, and its amount in millionths, NaN for none. */
  addBlock({ groups: ofRows, amounts }: CountedBlock, length: number, groups: number): void {
    if (2 * groups > this.#totals.length)
      this.#totals = copyInto(new Float64Array(grownCapacity(this.#totals.length, 2 * groups)), this.#totals);
    const totals = this.#totals;
    for (let index = 0; index < length; index++) {
      const amount = amounts[index] as number;
      const position = 2 * (ofRows[index] as number);
      totals[position] = (totals[position] as number) + 1;
      const sum = (totals[position + 1] as number) + amount;
      // False for NaN, too.
      if (Math.abs(sum) < carryAt) totals[position + 1] = sum;
      else this.#addUnusual(position / 2, amount);
    }
  }

  #addUnusual(group: number, amount: number): void {
    if (Number.isNaN(amount)) {
      if (group >= this.#missing.length)
        this.#missing = copyInto(new Uint32Array(this.#totals.length / 2), this.#missing);
      this.#missing[group] = (this.#missing[group] as number) + 1;
      return;
    }
    this.#carried.add(group, this.#totals[2 * group + 1] as number);
    this.#carried.add(group, amount);
    this.#totals[2 * group + 1] = 0;
  }

  /** The numbers of rows of the first groups. */
  countsOf(groups: number): Uint32Array {
    const counts = new Uint32Array(groups);
    for (let group = 0; group < groups; group++) counts[group] = this.#totals[2 * group] as number;
    return counts;
  }

  /** How many rows of each of the first groups have an amount. */
  amountsOf(groups: number): Uint32Array {
    const amounts = this.countsOf(groups);
    for (let group = 0; group < Math.min(groups, this.#missing.length); group++)
      amounts[group] = (amounts[group] as number) - (this.#missing[group] as number);
    return amounts;
  }

  /** The sum of a group in millionths. */
  microsOf(group: number): bigint {
    return BigInt(this.#totals[2 * group + 1] ?? 0) + this.#carried.microsOf(group);
  }

  /** That of all groups. */
  total(): bigint {
    const all = new DecimalSums();
    for (let position = 1; position < this.#totals.length; position += 2) all.add(0, this.#totals[position] as number);
    return this.#carried.total() + all.microsOf(0);
  }
}

/** Rows of a block: the group of each, and its amount. */
export interface CountedBlock {
  readonly groups: Uint32Array;
  readonly amounts: Float64Array;
}
