import { partitionPoint } from '../lib/partition-point.ts';
import type { Yielder } from '../lib/yielding.ts';

/** What is summed of rows: their number, how many have an amount, and the amounts. */
export interface SummedRows {
  atUsOf(row: number): number;
  /** Whole units; NaN without an amount. */
  unitsOf(row: number): number;
  /** Millionths. */
  microsOf(row: number): number;
}

/** Sums by group. */
export interface GroupSums {
  readonly counts: Uint32Array;
  readonly amounts: Uint32Array;
  readonly units: Float64Array;
  readonly micros: Float64Array;
}

/** The counted rows, as they are found by their time, and their groups. */
export interface RowSource {
  /** The rows from a time on, in the order of time. */
  rowsFrom(fromUs: number): Iterable<number>;
  /** The rows of a half-open span, in blocks of at most `blockRows` and in any order. A block is valid until the next one. */
  blocksBetween(fromUs: number, toUs: number): Iterable<Uint32Array>;
  groupOf(row: number): number;
  /** Writes the groups of the rows of a block. */
  readGroups(rows: Uint32Array, groups: Uint32Array): void;
}

/** The rows of a block at most. */
export const blockRows = 1024;

export interface CumulativeSumsOptions {
  readonly rows: SummedRows;
  /** Ascending times, each once. */
  readonly boundsUs: readonly number[];
  readonly groups: number;
  /** Rows between two bounds, above which `divide` puts further bounds between them. */
  readonly rowsMax: number;
}

/** Sums of whole units up to this number, and their differences, are exact as doubles; millionths are for 2^32 rows. */
const exactMax = 2 ** 52;

const rowsPerYield = 1024;

/**
 * Sums of rows by group up to each of some times ("checkpoints"). The sums of any span of time are the difference of two of
 * them and of the rows between its ends and the nearest checkpoints: the cost depends on the number of groups and on the
 * distance of checkpoints, not on the number of rows (a prefix sum with checkpoints).
 */
export class CumulativeSums {
  readonly #rows: SummedRows;
  readonly #rowsMax: number;
  /** Ascending; the last is infinite. */
  readonly #boundsUs: number[];
  /** Of the rows before each bound. */
  readonly #sums: GroupSums[];
  /** The number of rows since the bound before each one. */
  readonly #rowsOf: number[];
  /** That number above which further bounds are put between them: rows of one time cannot be divided. */
  readonly #dividedAt: number[];
  #capacity: number;
  #isExact = true;
  readonly #groups = new Uint32Array(blockRows);

  constructor({ rows, boundsUs, groups, rowsMax }: CumulativeSumsOptions) {
    this.#rows = rows;
    this.#rowsMax = rowsMax;
    this.#capacity = groups;
    this.#boundsUs = [...boundsUs, Number.POSITIVE_INFINITY];
    this.#sums = this.#boundsUs.map(() => emptySums(groups));
    this.#rowsOf = this.#boundsUs.map(() => 0);
    this.#dividedAt = this.#boundsUs.map(() => rowsMax);
  }

  /** Sums that are kept: each takes 24 bytes. */
  get cells(): number {
    return this.#boundsUs.length * this.#capacity;
  }

  /** False once a sum was too large for exact differences: what `between` has returned is not to be used then. */
  get isExact(): boolean {
    return this.#isExact;
  }

  /** Counts a row of the first state; `accumulate` follows once all are counted. */
  fill(row: number, group: number): void {
    const bound = this.#boundAfter(this.#rows.atUsOf(row));
    this.#addRow(this.#sums[bound] as GroupSums, row, group, 1);
    this.#rowsOf[bound] = (this.#rowsOf[bound] as number) + 1;
  }

  accumulate(): void {
    for (let bound = 0; bound < this.#sums.length; bound++) {
      const sums = this.#sums[bound] as GroupSums;
      if (bound > 0) addSums(sums, this.#sums[bound - 1] as GroupSums, 1);
      for (const units of sums.units) this.#note(units);
    }
  }

  /** Adds a row that was not counted. */
  add(row: number, group: number): void {
    this.#change(row, group, 1);
  }

  /** Takes away a row that was counted in this group. */
  remove(row: number, group: number): void {
    this.#change(row, group, -1);
  }

  /** The sums of the rows of a half-open span. The source must have the counted rows, and only these. */
  between(fromUs: number, toUs: number, source: RowSource): GroupSums {
    const sums = emptySums(this.#capacity);
    this.#addBefore(toUs, sums, source, 1);
    this.#addBefore(fromUs, sums, source, -1);
    return sums;
  }

  /** Puts further bounds where many rows were added. The sums must not change meanwhile. */
  async divide(source: RowSource, maybeYield: Yielder): Promise<void> {
    for (let bound = this.#boundsUs.length - 1; bound >= 0; bound--)
      if ((this.#rowsOf[bound] as number) > (this.#dividedAt[bound] as number))
        await this.#divideBefore(bound, source, maybeYield);
  }

  #change(row: number, group: number, sign: 1 | -1): void {
    if (group >= this.#capacity) this.#widen(group + 1);
    const first = this.#boundAfter(this.#rows.atUsOf(row));
    this.#rowsOf[first] = (this.#rowsOf[first] as number) + sign;
    for (let bound = first; bound < this.#sums.length; bound++)
      this.#addRow(this.#sums[bound] as GroupSums, row, group, sign);
  }

  #note(units: number): void {
    if (units > exactMax || units < -exactMax) this.#isExact = false;
  }

  #widen(groups: number): void {
    this.#capacity = Math.max(groups, Math.ceil(this.#capacity * 1.25));
    for (const [bound, sums] of this.#sums.entries()) this.#sums[bound] = copyOf(sums, this.#capacity);
  }

  /** The index of the first bound after a time. */
  #boundAfter(atUs: number): number {
    return partitionPoint(this.#boundsUs.length, (bound) => (this.#boundsUs[bound] as number) <= atUs);
  }

  /** Adds the sums of the rows before a time, or takes them away: those of the nearer bound, and the rows between. */
  #addBefore(atUs: number, sums: GroupSums, source: RowSource, sign: 1 | -1): void {
    const after = this.#boundAfter(atUs);
    const lowerUs = this.#boundsUs[after - 1] ?? Number.NEGATIVE_INFINITY;
    const upperUs = this.#boundsUs[after] ?? Number.POSITIVE_INFINITY;
    const isFromLower = atUs === lowerUs || upperUs === Number.POSITIVE_INFINITY || atUs - lowerUs <= upperUs - atUs;
    const known = this.#sums[isFromLower ? after - 1 : after];
    if (known) addSums(sums, known, sign);
    if (atUs === lowerUs) return;
    const blocks = isFromLower ? source.blocksBetween(lowerUs, atUs) : source.blocksBetween(atUs, upperUs);
    this.#addBlocks(blocks, sums, source, isFromLower ? sign : sign === 1 ? -1 : 1);
  }

  #addBlocks(blocks: Iterable<Uint32Array>, sums: GroupSums, source: RowSource, sign: 1 | -1): void {
    const groups = this.#groups;
    for (const rows of blocks) {
      source.readGroups(rows, groups);
      for (let index = 0; index < rows.length; index++)
        this.#addRow(sums, rows[index] as number, groups[index] as number, sign);
    }
  }

  /** A copy of the sums of the rows before a bound; empty ones for -1. */
  #upTo(bound: number): GroupSums {
    const sums = this.#sums[bound];
    return sums ? copyOf(sums, this.#capacity) : emptySums(this.#capacity);
  }

  /** Puts bounds between the rows before a bound, so that half of `rowsMax` are between two, or all of one time. */
  async #divideBefore(bound: number, { rowsFrom, groupOf }: RowSource, maybeYield: Yielder): Promise<void> {
    const { atUsOf } = this.#rows;
    const [fromUs, endUs] = [this.#boundsUs[bound - 1] ?? Number.NEGATIVE_INFINITY, this.#boundsUs[bound] as number];
    const boundsUs: number[] = [];
    const sums: GroupSums[] = [];
    const rowsOf: number[] = [];
    const current = this.#upTo(bound - 1);
    let rows = 0;
    let lastUs = fromUs;
    for (const row of rowsFrom(fromUs)) {
      const atUs = atUsOf(row);
      if (atUs >= endUs) break;
      if (rows >= this.#rowsMax / 2 && atUs > lastUs) {
        boundsUs.push(atUs);
        sums.push(copyOf(current, this.#capacity));
        rowsOf.push(rows);
        rows = 0;
      }
      this.#addRow(current, row, groupOf(row), 1);
      rows++;
      lastUs = atUs;
      if (rows % rowsPerYield === 0) await maybeYield();
    }
    rowsOf.push(rows);
    this.#boundsUs.splice(bound, 0, ...boundsUs);
    this.#sums.splice(bound, 0, ...sums);
    this.#rowsOf.splice(bound, 1, ...rowsOf);
    this.#dividedAt.splice(bound, 1, ...rowsOf.map((count) => Math.max(this.#rowsMax, 2 * count)));
  }

  #addRow({ counts, amounts, units, micros }: GroupSums, row: number, group: number, sign: 1 | -1): void {
    counts[group] = (counts[group] as number) + sign;
    const rowUnits = this.#rows.unitsOf(row);
    if (Number.isNaN(rowUnits)) return;
    amounts[group] = (amounts[group] as number) + sign;
    const sum = (units[group] as number) + sign * rowUnits;
    units[group] = sum;
    this.#note(sum);
    micros[group] = (micros[group] as number) + sign * this.#rows.microsOf(row);
  }
}

const emptySums = (groups: number): GroupSums => ({
  counts: new Uint32Array(groups),
  amounts: new Uint32Array(groups),
  units: new Float64Array(groups),
  micros: new Float64Array(groups),
});

const copyOf = ({ counts, amounts, units, micros }: GroupSums, groups: number): GroupSums => {
  const copy = emptySums(groups);
  copy.counts.set(counts);
  copy.amounts.set(amounts);
  copy.units.set(units);
  copy.micros.set(micros);
  return copy;
};

const addSums = (sums: GroupSums, added: GroupSums, sign: 1 | -1): void => {
  addColumn(sums.counts, added.counts, sign);
  addColumn(sums.amounts, added.amounts, sign);
  addColumn(sums.units, added.units, sign);
  addColumn(sums.micros, added.micros, sign);
};

const addColumn = <A extends Float64Array | Uint32Array>(sums: A, added: A, sign: 1 | -1): void => {
  for (let group = 0; group < added.length; group++)
    sums[group] = (sums[group] as number) + sign * (added[group] as number);
};
