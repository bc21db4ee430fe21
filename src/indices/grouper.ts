import { createNumberTable } from './number-table.ts';

/** A code a row has in one dimension: a whole number from 0, below 2^26. */
export type CodeOf = (row: number) => number;

/** Puts rows into groups by their codes in several dimensions; groups are numbered from 0 as they are first seen. */
export interface Grouper {
  readonly groups: number;
  groupOf(row: number): number;
  /** The group's code in each dimension. */
  codesOf(group: number): number[];
}

const codeLimit = 2 ** 26;

export const createGrouper = (dimensions: readonly CodeOf[]): Grouper => {
  const tables = dimensions.map(createNumberTable);
  const codes: number[][] = [];

  /** Joins dimension after dimension: (group so far, code) is one number, and its place the group from there on. */
  const groupOf = (row: number): number => {
    let group = 0;
    for (let dimension = 0; dimension < dimensions.length; dimension++) {
      const code = (dimensions[dimension] as CodeOf)(row);
      group = (tables[dimension] as ReturnType<typeof createNumberTable>).place(group * codeLimit + code);
    }
    if (group === codes.length) codes.push(dimensions.map((codeOf) => codeOf(row)));
    return group;
  };

  return {
    get groups() {
      return codes.length;
    },
    groupOf,
    codesOf: (group) => codes[group] as number[],
  };
};
