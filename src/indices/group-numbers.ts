import type { CodedDimension, Grouper } from './grouper.ts';
import { createNumberTable, type NumberTable, pairKey } from './number-table.ts';

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
  in(dimensions: readonly Pick<CodedDimension, 'codeOf'>[]): Grouper {
    const { groups } = this;
    return {
      groups,
      groupOf: (row) => this.#groupOf(dimensions, row),
      codesOf: (group) => this.#codesOfGroups[group] as number[],
    };
  }

  #groupOf(dimensions: readonly Pick<CodedDimension, 'codeOf'>[], row: number): number {
    let group = 0;
    for (let index = 0; index < dimensions.length; index++) {
      const code = (dimensions[index] as CodedDimension).codeOf(row);
      group = (this.#tables[index] as NumberTable).intern(pairKey(group, code));
    }
    if (group === this.#codesOfGroups.length) this.#codesOfGroups.push(dimensions.map(({ codeOf }) => codeOf(row)));
    return group;
  }
}
