import { type CodedRows, readCodesOf } from './coded-rows.ts';
import { GroupCodes } from './group-codes.ts';
import { type Grouper, GroupNumbers } from './group-numbers.ts';
import { absentUint32 } from './growable.ts';
import { createNumberTable } from './number-table.ts';

export interface CodedDimension extends CodedRows {
  /** All codes are below this number; Infinity when that is not known. */
  readonly codes: number;
}

/** Up to this number of possible groups a flat table is used: it costs a tenth of hashing. */
const flatMax = 2 ** 20;

export const createGrouper = (dimensions: readonly CodedDimension[]): Grouper => {
  const possible = dimensions.reduce((product, { codes }) => product * codes, 1);
  if (possible <= flatMax) return new FlatGrouper(dimensions, possible);
  const open = dimensions.filter(({ codes }) => codes === Number.POSITIVE_INFINITY);
  const closed = dimensions.filter((each) => !open.includes(each));
  const rest = closed.reduce((product, { codes }) => product * codes, 1);
  // Periods are such a dimension: there may be any number of them, and mostly are few.
  return open.length === 1 && rest <= flatMax
    ? new GrowingGrouper(dimensions, [...open, ...closed], rest)
    : new GroupNumbers(dimensions.length).in(dimensions);
};

/** The same of dimensions of which the first one has any number of codes: the table grows, and cells beyond it are hashed. */
class GrowingGrouper implements Grouper {
  readonly #dimensions: readonly CodedDimension[];
  /** The same, in the order of their digits: the first one is not bounded. */
  readonly #digits: readonly CodedDimension[];
  /** By cell, absent for none. */
  #groups: Uint32Array;
  /** Cells from `flatMax` on, and their groups. */
  readonly #others = createNumberTable();
  readonly #groupsOfOthers: number[] = [];
  readonly #codesOfGroups: GroupCodes;
  #codes = new Uint32Array(0);
  #cells = new Float64Array(0);

  /** `rest`: the product of the codes of all digits but the first one. */
  constructor(dimensions: readonly CodedDimension[], digits: readonly CodedDimension[], rest: number) {
    this.#dimensions = dimensions;
    this.#codesOfGroups = new GroupCodes(dimensions.length);
    this.#digits = digits;
    this.#groups = new Uint32Array(rest).fill(absentUint32);
  }

  get groups(): number {
    return this.#codesOfGroups.groups;
  }

  readonly groupOf = (row: number): number => {
    let cell = 0;
    for (const [index, { codeOf, codes }] of this.#digits.entries())
      cell = cell * (index === 0 ? 1 : codes) + codeOf(row);
    return this.#groupAt(cell, row);
  };

  readonly readGroups: Grouper['readGroups'] = (rows, groups, pattern) => {
    if (this.#codes.length < rows.length) {
      this.#codes = new Uint32Array(rows.length);
      this.#cells = new Float64Array(rows.length);
    }
    const [codesOfRows, cells] = [this.#codes, this.#cells];
    for (const [digit, dimension] of this.#digits.entries()) {
      readCodesOf(dimension, rows, codesOfRows, pattern);
      if (digit === 0) for (let index = 0; index < rows.length; index++) cells[index] = codesOfRows[index] as number;
      else addDigit(cells, codesOfRows, dimension.codes, rows.length);
    }
    for (let index = 0; index < rows.length; index++) {
      const cell = cells[index] as number;
      const known = cell < this.#groups.length ? (this.#groups[cell] as number) : absentUint32;
      groups[index] = known === absentUint32 ? this.#groupAt(cell, rows[index] as number) : known;
    }
  };

  readonly codeAt: Grouper['codeAt'] = (group, dimension) => this.#codesOfGroups.at(group, dimension);

  #groupAt(cell: number, row: number): number {
    if (cell >= flatMax) return this.#otherGroupAt(cell, row);
    if (cell >= this.#groups.length) {
      const grown = new Uint32Array(Math.min(flatMax, Math.max(cell + 1, 2 * this.#groups.length))).fill(absentUint32);
      grown.set(this.#groups);
      this.#groups = grown;
    }
    const known = this.#groups[cell] as number;
    if (known !== absentUint32) return known;
    const group = this.#codesOfGroups.add(this.#dimensions, row);
    this.#groups[cell] = group;
    return group;
  }

  #otherGroupAt(cell: number, row: number): number {
    const number = this.#others.intern(cell);
    if (number === this.#groupsOfOthers.length)
      this.#groupsOfOthers.push(this.#codesOfGroups.add(this.#dimensions, row));
    return this.#groupsOfOthers[number] as number;
  }
}

const addDigit = (cells: Float64Array, digits: Uint32Array, radix: number, length: number): void => {
  for (let index = 0; index < length; index++)
    cells[index] = (cells[index] as number) * radix + (digits[index] as number);
};

/** The codes are the digits of a number of mixed radix, which is the group's cell in a flat table. */
class FlatGrouper implements Grouper {
  readonly #dimensions: readonly CodedDimension[];
  readonly #groups: Uint32Array;
  readonly #codesOfGroups: GroupCodes;
  #codes = new Uint32Array(0);

  constructor(dimensions: readonly CodedDimension[], possible: number) {
    this.#dimensions = dimensions;
    this.#codesOfGroups = new GroupCodes(dimensions.length);
    this.#groups = new Uint32Array(possible).fill(absentUint32);
  }

  get groups(): number {
    return this.#codesOfGroups.groups;
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

  readonly readGroups: Grouper['readGroups'] = (rows, groups, pattern) => {
    if (this.#codes.length < rows.length) this.#codes = new Uint32Array(rows.length);
    const [codesOfRows, groupsOfCells] = [this.#codes, this.#groups];
    groups.fill(0, 0, rows.length);
    for (const dimension of this.#dimensions) {
      readCodesOf(dimension, rows, codesOfRows, pattern);
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

  readonly codeAt: Grouper['codeAt'] = (group, dimension) => this.#codesOfGroups.at(group, dimension);

  #addGroup(cell: number, row: number): number {
    const group = this.#codesOfGroups.add(this.#dimensions, row);
    this.#groups[cell] = group;
    return group;
  }
}
