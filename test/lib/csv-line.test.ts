import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { csvLine } from '../../src/lib/csv-line.ts';

const cell = fc.oneof(fc.string(), fc.constantFrom('a,b', '"', 'line\nbreak', '\r', ''), fc.integer(), fc.boolean());

it('a parser of CSV reads back what csvLine writes', () => {
  fc.assert(
    fc.property(fc.array(cell, { minLength: 2, maxLength: 5 }), (cells) => {
      expect(parse(`${csvLine(cells)}\r\n`, { record_delimiter: '\r\n' })).toEqual([cells.map(String)]);
    }),
  );
});

it('csvLine writes null as an empty cell and quotes only where it must', () => {
  expect(csvLine([1, null, 'a b', true])).toBe('1,,a b,true');
});
