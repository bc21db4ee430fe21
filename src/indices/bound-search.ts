/** Cells for each bound: then most have none or one. */
const cellsPerBound = 8;

/**
 * Finds bounds after numbers, as a binary search does, in a fraction of its time where bounds are about as dense everywhere: the
 * numbers between the least and the greatest bound are divided into cells of one size, and each knows its first bound.
 */
export class BoundSearch {
  readonly #bounds: Float64Array;
  readonly #least: number;
  readonly #cellsPerUnit: number;
  /** By cell, the first bound that is not before the cell; after the last cell, the last bound. */
  readonly #first: Uint32Array;

  /** `bounds`: ascending, each once, the last one infinite. */
  constructor(bounds: readonly number[]) {
    this.#bounds = Float64Array.from(bounds);
    const [last, cells] = [bounds.length - 1, bounds.length * cellsPerBound];
    const [least = 0, greatest = 0] = last > 0 ? [bounds[0], bounds[last - 1]] : [];
    this.#least = least;
    this.#cellsPerUnit = greatest > least ? cells / (greatest - least) : 0;
    this.#first = new Uint32Array(cells + 2).fill(last);
    // From the last one on, so that the first one of a cell stays.
    for (let bound = last - 1; bound >= 0; bound--) this.#first[this.#cellOf(bounds[bound] as number)] = bound;
    for (let cell = cells; cell >= 0; cell--)
      this.#first[cell] = Math.min(this.#first[cell] as number, this.#first[cell + 1] as number);
  }

  /** The index of the first bound that is greater than a number. */
  boundAfter(value: number): number {
    const bounds = this.#bounds;
    if (!(value >= this.#least)) return 0;
    const cell = Math.min(this.#cellOf(value), this.#first.length - 2);
    let [from, to] = [this.#first[cell] as number, this.#first[cell + 1] as number];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((bounds[middle] as number) <= value) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #cellOf(value: number): number {
    return Math.floor((value - this.#least) * this.#cellsPerUnit);
  }
}
