import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvText, fileNameOf } from '../../../src/web/ui/format/csv.ts';

describe('CSV of the web UI', () => {
  it('is read by a parser as what was written', () => {
    const cell = fc.oneof(fc.string(), fc.constantFrom('', '"', ',', '\n', '\r\n', ' a ', 'ä,"b"\n'));
    const table = fc
      .integer({ min: 1, max: 4 })
      .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1 }));
    fc.assert(
      fc.property(table, ([header = [], ...rows]) => {
        expect(parse(csvText(header, rows), { record_delimiter: '\r\n' })).toEqual([header, ...rows]);
      }),
    );
  });

  it('has a name that file systems accept', () => {
    expect(fileNameOf('Revenue by city: «München», 2025/10', 'csv')).toBe('revenue-by-city-münchen-2025-10.csv');
    expect(fileNameOf('???', 'csv')).toBe('table.csv');
  });
});
