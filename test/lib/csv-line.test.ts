import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { csvLine } from '../../src/lib/csv-line.ts';

const cell = fc.oneof(fc.string(), fc.constantFrom('a,b', '"', 'line\nbreak', '\r', ''), fc.integer(), fc.boolean());

it('is read back as it was by a parser of CSV', () => {
  fc.assert(
    fc.property(fc.array(cell, { minLength: 2, maxLength: 5 }), (cells) => {
      expect(parse(`${csvLine(cells)}\r\n`, { record_delimiter: '\r\n' })).toEqual([cells.map(String)]);
    }),
  );
});

it('leaves null empty and quotes nothing that need not be', () => {
  expect(csvLine([1, null, 'a b', true])).toBe('1,,a b,true');
});
