import { DecimalSums, wholeSum } from '../../../indices/decimal-sums.ts';
import { type Grouper, GroupNumbers } from '../../../indices/group-numbers.ts';
import type { GroupSums } from '../../../indices/group-sums.ts';
import { microsOf } from '../../../lib/decimal.ts';
import type { GroupColumn } from './group-column.ts';
import type { CountsAndSums } from './measures.ts';

const microsPerUnit = 1_000_000n;

/**
 * Groups by some of the dimensions of finer groups, in any order of dimensions. They keep their numbers from answer to answer,
 * as the finer ones do.
 */
export class CoarseGroups {
  readonly #fine: GroupNumbers;
  readonly #numbers: GroupNumbers;
  readonly #ofFine: Grouper;
  /** By finer group. */
  #groups = new Uint32Array(0);

  /** `positions`: of each dimension, its index among those of the finer groups. */
  constructor(fine: GroupNumbers, positions: readonly number[]) {
    this.#fine = fine;
    this.#numbers = new GroupNumbers(positions.length);
    this.#ofFine = this.#numbers.in(positions.map((position) => fine.rowsBy(position)));
  }

  /** Groups the rows of a column of finer groups, which has all of these that there are now. */
  grouperOf({ groupOf, readGroups }: GroupColumn): Grouper {
    const groupsOfFine = this.#groupsOfFine();
    const { groups } = this.#numbers;
    const codeAt = (group: number, dimension: number): number => this.#numbers.codeAt(group, dimension);
    // Both are numbered in the order of their first rows.
    if (groups === this.#fine.groups) return { groups, codeAt, groupOf, readGroups };
    return {
      ...{ groups, codeAt },
      groupOf: (row) => groupsOfFine[groupOf(row)] as number,
      readGroups(rows, into, pattern) {
        readGroups(rows, into, pattern);
        for (let index = 0; index < rows.length; index++) into[index] = groupsOfFine[into[index] as number] as number;
      },
    };
  }

  /** The sums of those of the finer groups that are accepted: 1 by group; default: all. */
  sumsOf(fine: GroupSums, accepted?: Uint8Array): CountsAndSums {
    const groupsOfFine = this.#groupsOfFine();
    const { groups } = this.#numbers;
    if (!accepted && groups === groupsOfFine.length) return countsAndSums(fine, groups);
    const [counts, amounts] = [new Uint32Array(groups), new Uint32Array(groups)];
    const [units, micros] = [new DecimalSums(), new DecimalSums()];
    for (let each = 0; each < groupsOfFine.length; each++) {
      const count = fine.counts[each] as number;
      if (count === 0 || accepted?.[each] === 0) continue;
      const group = groupsOfFine[each] as number;
      counts[group] = (counts[group] as number) + count;
      amounts[group] = (amounts[group] as number) + (fine.amounts[each] as number);
      if (fine.units) units.add(group, fine.units[each] as number);
      micros.add(group, fine.micros[each] as number);
    }
    return {
      ...{ counts, amounts },
      sumOf: (group) => microsPerUnit * units.microsOf(group) + micros.microsOf(group),
      totalSum: microsPerUnit * units.total() + micros.total(),
    };
  }

  /** The group of each finer one that there is now. */
  #groupsOfFine(): Uint32Array {
    const { groups } = this.#fine;
    if (this.#groups.length === groups) return this.#groups;
    const before = this.#groups;
    // Who reads an earlier state may have the array of before.
    this.#groups = new Uint32Array(groups);
    this.#groups.set(before);
    for (let group = before.length; group < groups; group++) this.#groups[group] = this.#ofFine.groupOf(group);
    return this.#groups;
  }
}

const countsAndSums = ({ counts, amounts, units, micros }: GroupSums, groups: number): CountsAndSums => ({
  counts: counts.subarray(0, groups),
  amounts: amounts.subarray(0, groups),
  sumOf: units
    ? (group) => microsOf({ units: units[group] as number, micros: micros[group] as number })
    : (group) => BigInt(micros[group] as number),
  totalSum: microsPerUnit * (units ? wholeSum(units, groups) : 0n) + wholeSum(micros, groups),
});
