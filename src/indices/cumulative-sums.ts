import { partitionPoint } from '../lib/partition-point.ts';
import type { Yielder } from '../lib/yielding.ts';
import { BoundSearch } from './bound-search.ts';
import {
  AmountBlock,
  addSums,
  areExact,
  blockRows,
  copyOf,
  emptySums,
  type GroupSums,
  type SummedRows,
  type SumsLayout,
  sumBytes,
} from './group-sums.ts';

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

export interface CumulativeSumsOptions {
  readonly rows: SummedRows;
  readonly layout: SumsLayout;
  /** Ascending times, each once. */
  readonly boundsUs: readonly number[];
  readonly groups: number;
  /** Rows between two bounds, above which `divide` puts further bounds between them. */
  readonly rowsMax: number;
}

const rowsPerYield = 1024;

/**
 * Sums of rows by group up to each of some times ("checkpoints"). The sums of any span of time are the difference of two of
 * them and of the rows between its ends and the nearest checkpoints: the cost depends on the number of groups and on the
 * distance of checkpoints, not on the number of rows (a prefix sum with checkpoints).
 */
export class CumulativeSums {
  readonly #rows: SummedRows;
  readonly #layout: SumsLayout;
  readonly #rowsMax: number;
  /** Ascending; the last is infinite. */
  readonly #boundsUs: number[];
  /** Of the rows before each bound. */
  readonly #sums: GroupSums[];
  /** The number of rows since the bound before each one. */
  readonly #rowsOf: number[];
  /** That number above which further bounds are put between them: rows of one time cannot be divided. */
  readonly #dividedAt: number[];
  /** While rows are counted. */
  #firstBounds: BoundSearch | undefined;
  #capacity: number;
  #isExact = true;
  readonly #amounts: AmountBlock;
  readonly #groups = new Uint32Array(blockRows);
  readonly #times = new Float64Array(blockRows);
  readonly #row = new Uint32Array(1);

  constructor({ rows, layout, boundsUs, groups, rowsMax }: CumulativeSumsOptions) {
    this.#rows = rows;
    this.#layout = layout;
    this.#rowsMax = rowsMax;
    this.#capacity = groups;
    this.#amounts = new AmountBlock(rows);
    this.#boundsUs = [...boundsUs, Number.POSITIVE_INFINITY];
    this.#sums = this.#boundsUs.map(() => emptySums(groups, layout));
    this.#rowsOf = this.#boundsUs.map(() => 0);
    this.#dividedAt = this.#boundsUs.map(() => rowsMax);
  }

  /** What the sums take. */
  get byteLength(): number {
    return this.#boundsUs.length * this.#capacity * sumBytes[this.#layout];
  }

  /** False once the layout did not hold a row or a sum: what `between` has returned is not to be used then. */
  get isExact(): boolean {
    return this.#isExact;
  }

  /** Counts rows of the first state, at most `blockRows`, and their groups; `accumulate` follows once all are counted. */
  fill(rows: Uint32Array, groups: Uint32Array): void {
    const times = this.#times;
    this.#rows.readTimes(rows, times);
    this.#amounts.read(rows);
    this.#firstBounds ??= new BoundSearch(this.#boundsUs);
    for (let index = 0; index < rows.length; index++) {
      const bound = this.#firstBounds.boundAfter(times[index] as number);
      this.#rowsOf[bound] = (this.#rowsOf[bound] as number) + 1;
      this.#note(this.#amounts.addOne(index, this.#sums[bound] as GroupSums, groups[index] as number, 1));
    }
  }

  async accumulate(maybeYield: Yielder): Promise<void> {
    this.#firstBounds = undefined;
    for (let bound = 0; bound < this.#sums.length; bound++) {
      const sums = this.#sums[bound] as GroupSums;
      if (bound > 0) addSums(sums, this.#sums[bound - 1] as GroupSums, 1);
      this.#note(areExact(sums));
      await maybeYield();
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

  /** The sums of all rows. */
  all(): GroupSums {
    return copyOf(this.#sums.at(-1) as GroupSums, this.#capacity);
  }

  /** The sums of the rows of a half-open span. The source must have the counted rows, and only these. */
  between(fromUs: number, toUs: number, source: RowSource): GroupSums {
    const sums = emptySums(this.#capacity, this.#layout);
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
    this.#readOne(row);
    for (let bound = first; bound < this.#sums.length; bound++)
      this.#note(this.#amounts.addOne(0, this.#sums[bound] as GroupSums, group, sign));
  }

  #readOne(row: number): void {
    this.#row[0] = row;
    this.#amounts.read(this.#row);
  }

  #note(isExact: boolean): void {
    if (!isExact) this.#isExact = false;
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
    for (const rows of blocks) {
      source.readGroups(rows, this.#groups);
      this.#amounts.read(rows);
      this.#note(this.#amounts.addTo(sums, this.#groups, sign));
    }
  }

  /** A copy of the sums of the rows before a bound; empty ones for -1. */
  #upTo(bound: number): GroupSums {
    const sums = this.#sums[bound];
    return sums ? copyOf(sums, this.#capacity) : emptySums(this.#capacity, this.#layout);
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
      this.#readOne(row);
      this.#note(this.#amounts.addOne(0, current, groupOf(row), 1));
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
}
