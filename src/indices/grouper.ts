import { type CodedRows, type Grouper, GroupNumbers } from './group-numbers.ts';
import { absentUint32 } from './growable.ts';

export interface CodedDimension extends CodedRows {
  /** All codes are below this number; Infinity when that is not known. */
  readonly codes: number;
}

/** Up to this number of possible groups a flat table is used: it costs a tenth of hashing. */
const flatMax = 2 ** 20;

export const createGrouper = (dimensions: readonly CodedDimension[]): Grouper => {
  const possible = dimensions.reduce((product, { codes }) => product * codes, 1);
  return possible <= flatMax ? flatGrouper(dimensions, possible) : new GroupNumbers(dimensions.length).in(dimensions);
};

/** The codes are the digits of a number of mixed radix, which is the group's cell in a flat table. */
const flatGrouper = (dimensions: readonly CodedDimension[], possible: number): Grouper => {
  const groups = new Uint32Array(possible).fill(absentUint32);
  const codesOfGroups: number[][] = [];
  return {
    get groups() {
      return codesOfGroups.length;
    },
    groupOf(row) {
      let cell = 0;
      for (let index = 0; index < dimensions.length; index++) {
        const { codeOf, codes } = dimensions[index] as CodedDimension;
        cell = cell * codes + codeOf(row);
      }
      const known = groups[cell] as number;
      if (known !== absentUint32) return known;
      const group = codesOfGroups.length;
      groups[cell] = group;
      codesOfGroups.push(dimensions.map(({ codeOf }) => codeOf(row)));
      return group;
    },
    codesOf: (group) => codesOfGroups[group] as number[],
  };
};
