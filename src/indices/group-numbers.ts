import type { PositionPattern } from './number-column.ts';
import { createNumberTable, type NumberTable, pairKey } from './number-table.ts';

/** A dimension as a column of codes: each row has a code, an integer from 0, below 2^26. */
export interface CodedRows {
  codeOf(row: number): number;
  /** Writes the codes of many rows at once; without it, they are read one by one. */
  readonly readCodes?: ReadCodes | undefined;
}

/** Writes one code for each row; `codes` has room for them. */
export type ReadCodes = (rows: Uint32Array, codes: Uint32Array, pattern?: PositionPattern) => void;

export const readCodesOf = (
  coded: CodedRows,
  rows: Uint32Array,
  codes: Uint32Array,
  pattern?: PositionPattern,
): void => {
  if (coded.readCodes) coded.readCodes(rows, codes, pattern);
  else if (pattern === 'RUN') readCodesOfRun(coded, rows, codes);
  else for (let index = 0; index < rows.length; index++) codes[index] = coded.codeOf(rows[index] as number);
};

const readCodesOfRun = ({ codeOf }: CodedRows, rows: Uint32Array, codes: Uint32Array): void => {
  const [first = 0] = rows;
  for (let index = 0; index < rows.length; index++) codes[index] = codeOf(first + index);
};

/** Assigns rows to groups by their codes in several dimensions; groups are numbered from 0 in the order of their first rows. */
export interface Grouper {
  readonly groups: number;
  groupOf(row: number): number;
  /** Writes the groups of many rows. */
  readGroups(rows: Uint32Array, groups: Uint32Array, pattern?: PositionPattern): void;
  /** The group's code in each dimension. */
  codesOf(group: number): number[];
}

/** Numbers of groups that hold for all states of the rows, whose codes may differ from state to state. */
export class GroupNumbers {
  readonly #tables: readonly NumberTable[];
  readonly #codesOfGroups: number[][] = [];
  #codes = new Uint32Array(0);

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
      readGroups: (rows, groups) => this.#readGroups(dimensions, rows, groups),
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
      if (groups[each] === codesOfGroups.length)
        codesOfGroups.push(dimensions.map(({ codeOf }) => codeOf(rows[each] as number)));
  }
}
