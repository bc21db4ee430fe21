import { absentUint32 } from './growable.ts';
import { createNumberTable, type NumberTable, pairKey } from './number-table.ts';

/** A dimension as a column of codes: each row has a code, an integer from 0, below 2^26. */
export interface CodedDimension {
  codeOf(row: number): number;
  /** All codes are below this number; Infinity when that is not known. */
  readonly codes: number;
}

/** Assigns rows to groups by their codes in several dimensions; groups are numbered from 0 in the order of their first rows. */
export interface Grouper {
  readonly groups: number;
  groupOf(row: number): number;
  /** The group's code in each dimension. */
  codesOf(group: number): number[];
}

/** Up to this number of possible groups a flat table is used: it costs a tenth of hashing. */
const flatMax = 2 ** 20;

export const createGrouper = (dimensions: readonly CodedDimension[]): Grouper => {
  const possible = dimensions.reduce((product, { codes }) => product * codes, 1);
  const codesOfGroups: number[][] = [];
  const number = possible <= flatMax ? flatNumbering(dimensions, possible) : hashedNumbering(dimensions);

  return {
    get groups() {
      return codesOfGroups.length;
    },
    groupOf(row) {
      const group = number(row, codesOfGroups.length);
      if (group === codesOfGroups.length) codesOfGroups.push(dimensions.map(({ codeOf }) => codeOf(row)));
      return group;
    },
    codesOf: (group) => codesOfGroups[group] as number[],
  };
};

/** The group of a row; `next` when the row is the first of its group. */
type Numbering = (row: number, next: number) => number;

/** The codes are the digits of a number of mixed radix, which is the group's cell in a flat table. */
const flatNumbering = (dimensions: readonly CodedDimension[], possible: number): Numbering => {
  const groups = new Uint32Array(possible).fill(absentUint32);
  return (row, next) => {
    let cell = 0;
    for (let index = 0; index < dimensions.length; index++) {
      const { codeOf, codes } = dimensions[index] as CodedDimension;
      cell = cell * codes + codeOf(row);
    }
    const group = groups[cell] as number;
    if (group !== absentUint32) return group;
    groups[cell] = next;
    return next;
  };
};

/** Adds one dimension after another: the pair (group by the dimensions so far, code) is interned as the next group. */
const hashedNumbering = (dimensions: readonly CodedDimension[]): Numbering => {
  const tables = dimensions.map(createNumberTable);
  return (row) => {
    let group = 0;
    for (let index = 0; index < dimensions.length; index++) {
      const code = (dimensions[index] as CodedDimension).codeOf(row);
      group = (tables[index] as NumberTable).intern(pairKey(group, code));
    }
    return group;
  };
};
