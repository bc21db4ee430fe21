import { type CodedRows, type Grouper, GroupNumbers, readCodesOf } from './group-numbers.ts';
import { absentUint32 } from './growable.ts';

export interface CodedDimension extends CodedRows {
  /** All codes are below this number; Infinity when that is not known. */
  readonly codes: number;
}

/** Up to this number of possible groups a flat table is used: it costs a tenth of hashing. */
const flatMax = 2 ** 20;

export const createGrouper = (dimensions: readonly CodedDimension[]): Grouper => {
  const possible = dimensions.reduce((product, { codes }) => product * codes, 1);
  return possible <= flatMax
    ? new FlatGrouper(dimensions, possible)
    : new GroupNumbers(dimensions.length).in(dimensions);
};

/** The codes are the digits of a number of mixed radix, which is the group's cell in a flat table. */
class FlatGrouper implements Grouper {
  readonly #dimensions: readonly CodedDimension[];
  readonly #groups: Uint32Array;
  readonly #codesOfGroups: number[][] = [];
  #codes = new Uint32Array(0);

  constructor(dimensions: readonly CodedDimension[], possible: number) {
    this.#dimensions = dimensions;
    this.#groups = new Uint32Array(possible).fill(absentUint32);
  }

  get groups(): number {
    return this.#codesOfGroups.length;
  }

  readonly groupOf = (row: number): number => {
    const dimensions = this.#dimensions;
    let cell = 0;
    for (let index = 0; index < dimensions.length; index++) {
      const { codeOf, codes } = dimensions[index] as CodedDimension;
      cell = cell * codes + codeOf(row);
    }
    const known = this.#groups[cell] as number;
    return known === absentUint32 ? this.#addGroup(cell, row) : known;
  };

  readonly readGroups = (rows: Uint32Array, groups: Uint32Array): void => {
    if (this.#codes.length < rows.length) this.#codes = new Uint32Array(rows.length);
    const [codesOfRows, groupsOfCells] = [this.#codes, this.#groups];
    groups.fill(0, 0, rows.length);
    for (const dimension of this.#dimensions) {
      readCodesOf(dimension, rows, codesOfRows);
      const { codes } = dimension;
      for (let index = 0; index < rows.length; index++)
        groups[index] = (groups[index] as number) * codes + (codesOfRows[index] as number);
    }
    for (let index = 0; index < rows.length; index++) {
      const cell = groups[index] as number;
      const known = groupsOfCells[cell] as number;
      groups[index] = known === absentUint32 ? this.#addGroup(cell, rows[index] as number) : known;
    }
  };

  readonly codesOf = (group: number): number[] => this.#codesOfGroups[group] as number[];

  #addGroup(cell: number, row: number): number {
    const group = this.#codesOfGroups.length;
    this.#groups[cell] = group;
    this.#codesOfGroups.push(this.#dimensions.map(({ codeOf }) => codeOf(row)));
    return group;
  }
}
