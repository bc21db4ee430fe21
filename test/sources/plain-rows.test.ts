import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CsvRow } from '../../src/sources/csv-row.ts';
import { type RowReceiver, readCsvRows, receiveCsvRows } from '../../src/sources/csv-rows.ts';
import type { TableDialect } from '../../src/sources/dialect.ts';
import type { PlainRow } from '../../src/sources/plain-row.ts';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'asof-rows-'));
  path = join(folder, 'rows.csv');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type RowData = Pick<CsvRow, 'line' | 'raw' | 'cells' | 'fault'>;

const dataOf = ({ line, raw, cells, fault }: CsvRow): RowData => ({ line, raw, cells, fault });

class Rows implements RowReceiver {
  readonly received: RowData[] = [];
  plain = 0;
  rows(rows: readonly CsvRow[]): void {
    this.received.push(...rows.map(dataOf));
  }
  plainRow(row: PlainRow): void {
    this.plain += 1;
    const cells = Array.from(row.starts, (_start, index) => row.cell(index));
    this.received.push({ line: row.line, raw: row.raw, cells, fault: undefined });
  }
  endChunk(): Promise<void> {
    return Promise.resolve();
  }
}

const dialectOf = (parts: Partial<TableDialect>): TableDialect => ({
  ...{
    encoding: 'UTF-8',
    delimiter: ',',
    quote: '"',
    escape: 'DOUBLED',
    escapesCells: false,
    headerLine: null,
    skippedLines: 0,
  },
  ...{ warnings: [], comment: null, names: [], firstCells: [], columns: 3, textStart: 0, firstLine: 1, firstOffset: 0 },
  cellDelimiter: parts.delimiter ?? ',',
  ...parts,
});

const piece = fc.constantFrom(
  ...[
    'a',
    'bc',
    '1',
    '12.5',
    ' ',
    '  ',
    '\t',
    "'",
    '"',
    '""',
    '#',
    '//',
    '\\',
    '\\"',
    'é',
    '\u20ac',
    '\u00a0',
    '\x1a',
    '\0',
  ],
);
const cell = fc.oneof(
  { weight: 3, arbitrary: fc.array(piece, { maxLength: 3 }).map((parts) => parts.join('')) },
  { weight: 12, arbitrary: fc.constantFrom('a', '', '12', '"a"', '"a, b"', '"a ""b"""', '""', ' x') },
  { weight: 1, arbitrary: fc.constantFrom('"a\nb"', '"a\r\nb"', '"a', 'a"', '"a" ', ' "a"', `"${'x'.repeat(40)}"`) },
);
const separator = fc.oneof({ weight: 12, arbitrary: fc.constant('own') }, fc.constantFrom(';', ',', '\t', ' '));
const lineEnd = fc.oneof({ weight: 12, arbitrary: fc.constant('\n') }, fc.constantFrom('\r\n', '\r', '\r\r\n', '\n\n'));
const line = fc
  .tuple(
    fc.array(fc.tuple(cell, separator), { minLength: 4, maxLength: 4 }),
    lineEnd,
    fc.constantFrom(0, 0, 0, 0, 1, -1),
  )
  .map(([cells, end, more]) => ({ cells, end, more }));

const delimiters = [',', ';', '\t', '|', ' ', '\x01', '~'] as const;
const dialect = fc.record({
  encoding: fc.constantFrom('UTF-8', 'UTF-8', 'WINDOWS-1252', 'UTF-16LE'),
  delimiter: fc.constantFrom(...delimiters),
  quote: fc.constantFrom('"', '"', "'", null),
  escape: fc.constantFrom('DOUBLED', 'DOUBLED', 'BACKSLASH'),
  escapesCells: fc.constantFrom(false, false, true),
  comment: fc.constantFrom(null, null, '#', '//'),
  columns: fc.integer({ min: 1, max: 3 }),
  chunkBytes: fc.oneof(fc.integer({ min: 1, max: 80 }), fc.constant(500)),
  isBroken: fc.boolean(),
});

it('are what the reader of text reads, in any dialect and in parts of any size', async () => {
  let plain = 0;
  const property = fc.asyncProperty(dialect, fc.array(line, { maxLength: 12 }), async (options, lines) => {
    const { chunkBytes, isBroken, ...parts } = options;
    const text = lines
      .map(({ cells: all, end, more }) => {
        const cells = all.slice(0, Math.max(1, parts.columns + more));
        const written = cells.slice(0, -1).map(([each, sign]) => each + (sign === 'own' ? parts.delimiter : sign));
        return written.join('') + (cells.at(-1)?.[0] ?? '') + end;
      })
      .join('');
    const bytes = Buffer.from(text, parts.encoding === 'UTF-16LE' ? 'utf16le' : 'utf8');
    // A byte that begins no character.
    if (isBroken && bytes.length > 0) bytes[bytes.length >> 1] = 0xff;
    writeFileSync(path, bytes);
    const recordBytesMax = 1000;
    const tableDialect = dialectOf(parts as Partial<TableDialect>);
    const expected: RowData[] = [];
    for await (const { rows } of readCsvRows({ path, recordBytesMax }, tableDialect))
      expected.push(...rows.map(dataOf));
    const rows = new Rows();
    await receiveCsvRows({ path, recordBytesMax, chunkBytes }, tableDialect, rows);
    expect(rows.received).toEqual(expected);
    plain += rows.plain;
  });
  await fc.assert(property, { numRuns: 800 });
  expect(plain).toBeGreaterThan(400);
});

it('are refused over the limit of bytes like those of text', async () => {
  for (const [encoding, letter] of [
    ['UTF-8', 'x'],
    ['UTF-8', 'é'],
    ['UTF-8', '雨'],
    ['WINDOWS-1252', '\x80'],
  ] as const) {
    const lines = Array.from({ length: 60 }, (_each, index) => `${letter.repeat(index)},1,2`);
    writeFileSync(path, Buffer.from(`${lines.join('\n')}\n`, encoding === 'UTF-8' ? 'utf8' : 'latin1'));
    const options = { path, recordBytesMax: 60 };
    const expected: RowData[] = [];
    for await (const { rows } of readCsvRows(options, dialectOf({ encoding }))) expected.push(...rows.map(dataOf));
    const rows = new Rows();
    await receiveCsvRows(options, dialectOf({ encoding }), rows);
    expect(rows.received).toEqual(expected);
    expect(expected.some(({ fault }) => fault !== undefined)).toBe(true);
  }
});

it('stay plain in most of a file with other rows in between', async () => {
  const lines = Array.from({ length: 2000 }, (_each, index) =>
    index % 50 === 7 ? `"a\nb",${index},x` : `a,${index},"x, ""y"""`,
  );
  writeFileSync(path, `${lines.join('\n')}\n`);
  const rows = new Rows();
  await receiveCsvRows({ path, recordBytesMax: 1000, chunkBytes: 4096 }, dialectOf({}), rows);
  expect(rows.received).toHaveLength(2000);
  expect(rows.received.at(-1)).toMatchObject({ line: 2040, cells: ['a', '1999', 'x, "y"'] });
  expect(rows.plain).toBeGreaterThan(1900);
});
