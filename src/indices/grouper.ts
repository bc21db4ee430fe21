import { createNumberTable } from './number-table.ts';

/** One way to tell rows apart: each row has a code, a whole number from 0, below 2^26. */
export interface CodedDimension {
  codeOf(row: number): number;
  /** All codes are below this number; Infinity when that is not known. */
  readonly codes: number;
}

/** Puts rows into groups by their codes in several dimensions; groups are numbered from 0 as they are first seen. */
export interface Grouper {
  readonly groups: number;
  groupOf(row: number): number;
  /** The group's code in each dimension. */
  codesOf(group: number): number[];
}

const codeLimit = 2 ** 26;
/** Up to so many possible groups a flat table is used: it costs a tenth of hashing. */
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

/** The group of a row; `next` when it is the first of its group. */
type Numbering = (row: number, next: number) => number;

/** The codes are the digits of a number of mixed radix: the place of the group in a flat table. */
const flatNumbering = (dimensions: readonly CodedDimension[], possible: number): Numbering => {
  const unseen = 0xffffffff;
  const groups = new Uint32Array(possible).fill(unseen);
  return (row, next) => {
    let place = 0;
    for (let index = 0; index < dimensions.length; index++) {
      const { codeOf, codes } = dimensions[index] as CodedDimension;
      place = place * codes + codeOf(row);
    }
    const group = groups[place] as number;
    if (group !== unseen) return group;
    groups[place] = next;
    return next;
  };
};

/** Joins dimension after dimension: (group so far, code) is one number, and its place the group from there on. */
const hashedNumbering = (dimensions: readonly CodedDimension[]): Numbering => {
  const tables = dimensions.map(createNumberTable);
  return (row) => {
    let group = 0;
    for (let index = 0; index < dimensions.length; index++) {
      const code = (dimensions[index] as CodedDimension).codeOf(row);
      group = (tables[index] as ReturnType<typeof createNumberTable>).intern(group * codeLimit + code);
    }
    return group;
  };
};
