import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chunkRows, readChunks } from '../../../../src/domains/facts/memory/column-writer.ts';

const rowsMax = 4 * chunkRows;

/** Chunks of each type of arrays, with the same codes as a column. */
const column = Uint32Array.from({ length: rowsMax }, (_, row) => (row * 7919) % 251);
const chunks = [Uint8Array, Uint16Array, Uint32Array, Uint8Array].map((type, index) =>
  type.from(column.subarray(index * chunkRows, (index + 1) * chunkRows)),
);

const near = fc.record({ from: fc.integer({ min: 0, max: rowsMax - 1 }), length: fc.integer({ min: 0, max: 1024 }) });

it('reads the codes of rows of one chunk and of several, in any order, ascending and in a run', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: rowsMax - 1 }), { maxLength: 60 }),
      // Runs across the border of two chunks.
      fc.oneof(near, fc.record({ from: fc.constantFrom(chunkRows - 5, 2 * chunkRows - 1), length: fc.constant(20) })),
      (picked, { from, length }) => {
        const read = (rows: Uint32Array, pattern?: 'RUN' | 'ASCENDING'): number[] => {
          const codes = new Uint32Array(rows.length + 1).fill(9999);
          readChunks(chunks, rows, codes, pattern);
          expect(codes.at(-1)).toBe(9999);
          return [...codes.subarray(0, -1)];
        };
        const expected = (rows: Iterable<number>) => Array.from(rows, (row) => column[row]);
        const rows = Uint32Array.from(picked);
        expect(read(rows)).toEqual(expected(rows));
        const ascending = Uint32Array.from(rows).sort();
        expect(read(ascending, 'ASCENDING')).toEqual(expected(ascending));
        const run = Uint32Array.from({ length: Math.min(length, rowsMax - from) }, (_, index) => from + index);
        expect(read(run)).toEqual(expected(run));
        // Of a run the first row is enough.
        const unwritten = new Uint32Array(run.length).fill(1).subarray(0, run.length);
        if (run.length > 0) unwritten[0] = from;
        expect(read(unwritten, 'RUN')).toEqual(expected(run));
      },
    ),
  );
});
