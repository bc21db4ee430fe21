import { type CodedRows, readCodesOf } from './coded-rows.ts';
import { GroupCodes } from './group-codes.ts';
import type { PositionPattern } from './number-column.ts';
import { createNumberTable, type NumberTable, pairKey } from './number-table.ts';

/** Assigns rows to groups by their codes in several dimensions; groups are numbered from 0 in the order of their first rows. */
export interface Grouper {
  readonly groups: number;
  groupOf(row: number): number;
  /** Writes the groups of many rows. */
  readGroups(rows: Uint32Array, groups: Uint32Array, pattern?: PositionPattern): void;
  /** The group's code in a dimension. */
  codeAt(group: number, dimension: number): number;
}

/** Numbers of groups that hold for all states of the rows, whose codes may differ from state to state. */
export class GroupNumbers {
  readonly #tables: readonly NumberTable[];
  readonly #codesOfGroups: GroupCodes;
  #codes = new Uint32Array(0);

  constructor(dimensions: number) {
    this.#tables = Array.from({ length: dimensions }, createNumberTable);
    this.#codesOfGroups = new GroupCodes(dimensions);
  }

  get groups(): number {
    return this.#codesOfGroups.groups;
  }

  codeAt(group: number, dimension: number): number {
    return this.#codesOfGroups.at(group, dimension);
  }

  /** A dimension with the groups as its rows. */
  rowsBy(dimension: number): CodedRows {
    return this.#codesOfGroups.rowsBy(dimension);
  }

  /** Groups the rows of one state by its codes in the dimensions that all states have. */
  in(dimensions: readonly CodedRows[]): Grouper {
    const codesOfGroups = this.#codesOfGroups;
    return {
      get groups() {
        return codesOfGroups.groups;
      },
      groupOf: (row) => this.#groupOf(dimensions, row),
      readGroups: (rows, groups) => this.#readGroups(dimensions, rows, groups),
      codeAt: (group, dimension) => codesOfGroups.at(group, dimension),
    };
  }

  /** Adds one dimension after another: the pair (group by the dimensions so far, code) is interned as the next group. */
  #groupOf(dimensions: readonly CodedRows[], row: number): number {
    let group = 0;
    for (let index = 0; index < dimensions.length; index++) {
      const code = (dimensions[index] as CodedRows).codeOf(row);
      group = (this.#tables[index] as NumberTable).intern(pairKey(group, code));
    }
    if (group === this.groups) this.#codesOfGroups.add(dimensions, row);
    return group;
  }

  #readGroups(dimensions: readonly CodedRows[], rows: Uint32Array, groups: Uint32Array): void {
    if (this.#codes.length < rows.length) this.#codes = new Uint32Array(rows.length);
    const codes = this.#codes;
    groups.fill(0, 0, rows.length);
    for (const [index, dimension] of dimensions.entries()) {
      readCodesOf(dimension, rows, codes);
      const table = this.#tables[index] as NumberTable;
      for (let each = 0; each < rows.length; each++)
        groups[each] = table.intern(pairKey(groups[each] as number, codes[each] as number));
    }
    const codesOfGroups = this.#codesOfGroups;
    for (let each = 0; each < rows.length; each++)
      if (groups[each] === codesOfGroups.groups) codesOfGroups.add(dimensions, rows[each] as number);
  }
}
