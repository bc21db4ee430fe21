import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Grouper } from '../../src/indices/group-numbers.ts';
import { type CodedDimension, createGrouper } from '../../src/indices/grouper.ts';

const code = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom(2 ** 26 - 1, 2 ** 25));

const readingAtOnce = (dimension: CodedDimension): CodedDimension => ({
  ...dimension,
  readCodes: (rows, codes) => codes.set(Array.from(rows, dimension.codeOf)),
});

describe('a grouper', () => {
  it('puts two rows into one group exactly when all their codes are equal', () => {
    const rowsOf = fc
      .integer({ min: 0, max: 5 })
      .chain((dimensions) =>
        fc.array(fc.array(code, { minLength: dimensions, maxLength: dimensions }), { maxLength: 200 }),
      );
    fc.assert(
      fc.property(rowsOf, (rows) => {
        const dimensions = (rows[0] ?? []).map((_, index) => ({
          codeOf: (row: number) => rows[row]?.[index] as number,
          // Known bounds take the flat table, unknown ones are hashed.
          codes: rows.every((codes) => (codes[index] as number) < 4) ? 4 : Number.POSITIVE_INFINITY,
        }));
        const grouper = createGrouper(dimensions);
        const groups = new Map<string, number>();
        const codesOf = ({ codeAt }: Grouper, group: number) =>
          dimensions.map((_dimension, index) => codeAt(group, index));
        for (const [row, codes] of rows.entries()) {
          const key = codes.join();
          if (!groups.has(key)) groups.set(key, groups.size);
          expect(grouper.groupOf(row)).toBe(groups.get(key));
        }
        expect(grouper.groups).toBe(groups.size);
        // Many rows at once, in blocks, are numbered likewise.
        const inBlocks = createGrouper(dimensions.map((each, index) => (index % 2 === 0 ? each : readingAtOnce(each))));
        const found: number[] = [];
        for (let from = 0; from < rows.length; from += 7) {
          const block = Uint32Array.from(rows.slice(from, from + 7).keys(), (row) => from + row);
          const numbers = new Uint32Array(7).fill(99);
          inBlocks.readGroups(block, numbers);
          found.push(...numbers.subarray(0, block.length));
        }
        expect(found).toEqual(rows.map((codes) => groups.get(codes.join())));
        for (const [key, group] of groups) expect(codesOf(inBlocks, group).join()).toBe(key);
        for (const [key, group] of groups) expect(codesOf(grouper, group).join()).toBe(key);
      }),
    );
  });

  it('puts all rows into one group when there is no dimension', () => {
    const grouper = createGrouper([]);
    expect(grouper.groups).toBe(0);
    expect([grouper.groupOf(7), grouper.groupOf(8)]).toEqual([0, 0]);
    expect(grouper.groups).toBe(1);
  });
});
