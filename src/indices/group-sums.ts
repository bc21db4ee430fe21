import { decimalOf } from '../lib/millionths.ts';

/** What is summed of rows: their number, how many have an amount, and the amounts. */
export interface SummedRows {
  atUsOf(row: number): number;
  /** Writes the times of rows. */
  readTimes(rows: Uint32Array, into: Float64Array): void;
  /** Writes the amounts of rows in millionths (`millionthsOf`), NaN for none. */
  readAmounts(rows: Uint32Array, into: Float64Array): void;
}

/** The rows of a block at most. */
export const blockRows = 1024;

/** Sums by group. */
export interface GroupSums {
  readonly counts: Uint32Array;
  /** How many rows have an amount; the counts themselves when all rows have one. */
  readonly amounts: Uint32Array;
  /** Whole units; undefined when `micros` has the whole amounts. */
  readonly units: Float64Array | undefined;
  readonly micros: Float64Array;
}

/**
 * How sums are kept. `COMPACT`: in half of the memory, when every row has an amount and no sum is too large in millionths.
 * `WIDE`: whole units apart from millionths, and the rows without an amount.
 */
export type SumsLayout = 'COMPACT' | 'WIDE';

/** The bytes of a sum. */
export const sumBytes: Readonly<Record<SumsLayout, number>> = { COMPACT: 12, WIDE: 24 };

/** Sums up to this number, and their differences, are exact as doubles; millionths apart from units are for 2^32 rows. */
const exactMax = 2 ** 52;

const microsPerUnit = 1_000_000;

export const emptySums = (groups: number, layout: SumsLayout): GroupSums => {
  const counts = new Uint32Array(groups);
  const isWide = layout === 'WIDE';
  return {
    counts,
    amounts: isWide ? new Uint32Array(groups) : counts,
    units: isWide ? new Float64Array(groups) : undefined,
    micros: new Float64Array(groups),
  };
};

/** A copy with room for more groups. */
export const copyOf = (sums: GroupSums, groups: number): GroupSums => {
  const copy = emptySums(groups, sums.units ? 'WIDE' : 'COMPACT');
  copy.counts.set(sums.counts);
  if (sums.units) {
    copy.amounts.set(sums.amounts);
    copy.units?.set(sums.units);
  }
  copy.micros.set(sums.micros);
  return copy;
};

/** Adds sums of the same layout, or takes them away. */
export const addSums = (sums: GroupSums, added: GroupSums, sign: 1 | -1): void => {
  addCounts(sums.counts, added.counts, sign);
  if (sums.units && added.units) {
    addCounts(sums.amounts, added.amounts, sign);
    addNumbers(sums.units, added.units, sign);
  }
  addNumbers(sums.micros, added.micros, sign);
};

// One for each type of arrays: a loop that meets both takes several times as long.
const addCounts = (sums: Uint32Array, added: Uint32Array, sign: 1 | -1): void => {
  for (let group = 0; group < added.length; group++)
    sums[group] = (sums[group] as number) + sign * (added[group] as number);
};

const addNumbers = (sums: Float64Array, added: Float64Array, sign: 1 | -1): void => {
  for (let group = 0; group < added.length; group++)
    sums[group] = (sums[group] as number) + sign * (added[group] as number);
};

/** Whether every sum, and every difference of two, is exact. */
export const areExact = ({ units, micros }: GroupSums): boolean => {
  const sums = units ?? micros;
  for (let group = 0; group < sums.length; group++) if (!isExact(sums[group] as number)) return false;
  return true;
};

const isExact = (sum: number): boolean => sum < exactMax && sum > -exactMax;

/** Up to this number, an amount in millionths can be split without an error. */
const splitMax = 2 ** 52;

/** The amounts of a block of rows that are added to sums. */
export class AmountBlock {
  readonly #rows: SummedRows;
  readonly #amounts = new Float64Array(blockRows);
  #length = 0;

  constructor(rows: SummedRows) {
    this.#rows = rows;
  }

  /** At most `blockRows` rows. */
  read(rows: Uint32Array): void {
    this.#length = rows.length;
    this.#rows.readAmounts(rows, this.#amounts);
  }

  /** Adds all rows to the sums of their groups, or takes them away; false when the layout does not hold the result. */
  addTo(sums: GroupSums, groups: Uint32Array, sign: 1 | -1): boolean {
    return sums.units ? this.#addWide(sums, groups, sign) : this.#addCompact(sums, groups, sign);
  }

  /** The same for one row. */
  addOne(index: number, sums: GroupSums, group: number, sign: 1 | -1): boolean {
    const amount = this.#amounts[index] as number;
    sums.counts[group] = (sums.counts[group] as number) + sign;
    if (!sums.units) {
      const sum = (sums.micros[group] as number) + sign * amount;
      sums.micros[group] = sum;
      // False for NaN, too.
      return isExact(sum);
    }
    if (Number.isNaN(amount)) return true;
    sums.amounts[group] = (sums.amounts[group] as number) + sign;
    let units = Math.round(amount / microsPerUnit);
    let micros = amount - units * microsPerUnit;
    if (!(amount < splitMax && amount > -splitMax)) ({ units, micros } = decimalOf(amount));
    sums.micros[group] = (sums.micros[group] as number) + sign * micros;
    const sum = (sums.units[group] as number) + sign * units;
    sums.units[group] = sum;
    return isExact(sum);
  }

  #addCompact({ counts, micros: sums }: GroupSums, groups: Uint32Array, sign: 1 | -1): boolean {
    const [amounts, length] = [this.#amounts, this.#length];
    let isHeld = true;
    for (let index = 0; index < length; index++) {
      const group = groups[index] as number;
      counts[group] = (counts[group] as number) + sign;
      const sum = (sums[group] as number) + sign * (amounts[index] as number);
      sums[group] = sum;
      if (!(sum < exactMax && sum > -exactMax)) isHeld = false;
    }
    return isHeld;
  }

  #addWide(sums: GroupSums, groups: Uint32Array, sign: 1 | -1): boolean {
    let isHeld = true;
    for (let index = 0; index < this.#length; index++)
      if (!this.addOne(index, sums, groups[index] as number, sign)) isHeld = false;
    return isHeld;
  }
}
