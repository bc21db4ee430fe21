import type { CodedRows } from './coded-rows.ts';
import { type Growable, growableUint32 } from './growable.ts';

/** The codes of groups, which are numbered from 0, in each dimension. */
export class GroupCodes {
  /** One for each dimension. */
  readonly #columns: readonly Growable<Uint32Array>[];
  #groups = 0;

  constructor(dimensions: number) {
    this.#columns = Array.from({ length: dimensions }, growableUint32);
  }

  get groups(): number {
    return this.#groups;
  }

  /** Adds the group of a row, and returns its number. */
  add(dimensions: readonly CodedRows[], row: number): number {
    for (let index = 0; index < dimensions.length; index++)
      this.#columns[index]?.push((dimensions[index] as CodedRows).codeOf(row));
    return this.#groups++;
  }

  at(group: number, dimension: number): number {
    return (this.#columns[dimension] as Growable<Uint32Array>).at(group);
  }

  /** A dimension with the groups as its rows. */
  rowsBy(dimension: number): CodedRows {
    const { at, readAt } = this.#columns[dimension] as Growable<Uint32Array>;
    return { codeOf: at, readCodes: readAt };
  }
}
