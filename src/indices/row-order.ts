import { partitionPoint } from '../lib/partition-point.ts';
import { inSlices, type Yielder } from '../lib/yielding.ts';
import { rowNumbers } from './row-numbers.ts';
import { mergeInSlices, type RowComparison, sortInSlices } from './sliced-sort.ts';

/** Where a walk through rows begins, and in which direction it goes. */
export interface WalkStart {
  readonly descending: boolean;
  /**
   * True for rows that come before the start in ascending order. A descending walk begins with the last of these rows, an
   * ascending one with the first of the others.
   */
  isBefore(row: number): boolean;
}

/**
 * The rows of an append-only table in the order of their values: 4 bytes a row. New rows form sorted runs, and a run is merged
 * with the one before when that is at most twice as long, so that there are few of them, and a row is moved about log2(n) times
 * (a logarithmic method: Bentley and Saxe 1980, J. Algorithms 1).
 */
export class RowOrder {
  readonly #compare: RowComparison;
  /** Replaced as a whole: a walk goes on in those that it began with. */
  #runs: readonly Uint32Array[] = [];
  #rows = 0;

  /** `compare` must decide between any two rows, so ties by their number. */
  constructor(compare: RowComparison) {
    this.#compare = compare;
  }

  /** Rows below this one are in order. */
  get rows(): number {
    return this.#rows;
  }

  get byteLength(): number {
    return this.#runs.reduce((bytes, run) => bytes + run.byteLength, 0);
  }

  /** Puts the rows below `rows` in order. One call at a time. */
  async extendTo(rows: number, maybeYield: Yielder): Promise<void> {
    if (rows <= this.#rows) return;
    const runs = this.#runs.slice();
    const added = rowNumbers(this.#rows, rows);
    let last = await inSlices(sortInSlices(added, this.#compare), maybeYield);
    for (let before = runs.at(-1); before && before.length <= 2 * last.length; before = runs.at(-1)) {
      last = await inSlices(mergeInSlices(before, last, this.#compare), maybeYield);
      runs.pop();
    }
    this.#runs = [...runs, last];
    this.#rows = rows;
  }

  /** The rows from a start up to an end, each given by the rows before it: in parts, of which each is in order. */
  between(isBeforeStart: (row: number) => boolean, isBeforeEnd: (row: number) => boolean): Uint32Array[] {
    return this.#runs.map((run) => {
      const from = partitionPoint(run.length, (position) => isBeforeStart(run[position] as number));
      const to = partitionPoint(run.length, (position) => isBeforeEnd(run[position] as number));
      return run.subarray(from, Math.max(from, to));
    });
  }

  /** The rows in order from a start on; each costs a step for each run. */
  *walk({ descending, isBefore }: WalkStart): Generator<number> {
    const runs = this.#runs;
    const compare = this.#compare;
    const next = runs.map(
      (run) => partitionPoint(run.length, (position) => isBefore(run[position] as number)) - Number(descending),
    );
    for (;;) {
      let best = -1;
      let found = 0;
      for (let index = 0; index < runs.length; index++) {
        const row = (runs[index] as Uint32Array)[next[index] as number];
        if (row === undefined) continue;
        if (best >= 0 && compare(row, found) > 0 !== descending) continue;
        best = index;
        found = row;
      }
      if (best < 0) return;
      next[best] = (next[best] as number) + (descending ? -1 : 1);
      yield found;
    }
  }
}
