import { createNumberTable, type NumberTable, pairKey } from './number-table.ts';

/** A dimension as a column of codes: each row has a code, an integer from 0, below 2^26. */
export interface CodedRows {
  codeOf(row: number): number;
}

/** Assigns rows to groups by their codes in several dimensions; groups are numbered from 0 in the order of their first rows. */
export interface Grouper {
  readonly groups: number;
  groupOf(row: number): number;
  /** The group's code in each dimension. */
  codesOf(group: number): number[];
}

/** Numbers of groups that hold for all states of the rows, whose codes may differ from state to state. */
export class GroupNumbers {
  readonly #tables: readonly NumberTable[];
  readonly #codesOfGroups: number[][] = [];

  constructor(dimensions: number) {
    this.#tables = Array.from({ length: dimensions }, createNumberTable);
  }

  get groups(): number {
    return this.#codesOfGroups.length;
  }

  /** Groups the rows of one state by its codes in the dimensions that all states have. */
  in(dimensions: readonly CodedRows[]): Grouper {
    const codesOfGroups = this.#codesOfGroups;
    return {
      get groups() {
        return codesOfGroups.length;
      },
      groupOf: (row) => this.#groupOf(dimensions, row),
      codesOf: (group) => codesOfGroups[group] as number[],
    };
  }

  /** Adds one dimension after another: the pair (group by the dimensions so far, code) is interned as the next group. */
  #groupOf(dimensions: readonly CodedRows[], row: number): number {
    let group = 0;
    for (let index = 0; index < dimensions.length; index++) {
      const code = (dimensions[index] as CodedRows).codeOf(row);
      group = (this.#tables[index] as NumberTable).intern(pairKey(group, code));
    }
    if (group === this.#codesOfGroups.length) this.#codesOfGroups.push(dimensions.map(({ codeOf }) => codeOf(row)));
    return group;
  }
}
