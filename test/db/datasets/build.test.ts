import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BuildRequest } from '../../../db/datasets/engine.ts';
import { readConfig } from '../../../src/config.ts';
import { CellReader } from '../../../src/lib/cells/cell-reader.ts';
import type { DatasetColumn } from '../../../src/lib/dataset-column.ts';
import { type BuiltFile, DatasetFiles } from '../../support/dataset-files.ts';

let files: DatasetFiles;
beforeAll(async () => {
  files = await DatasetFiles.open(readConfig({ data: ':memory:' }));
});
afterAll(() => files.close());

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

const csvOf = (rows: readonly (readonly string[])[]): string => rows.map((row) => row.map(quoted).join()).join('\n');

/** The line on which each row of a file begins, if `csvOf` has written it. */
const linesOf = (rows: readonly (readonly string[])[]): number[] => {
  let line = 1;
  return rows.map((row) => {
    const start = line;
    for (const cell of row) line += cell.split(/\r\n|\r|\n/).length - 1;
    line += 1;
    return start;
  });
};

const text = fc.oneof(
  fc.constantFrom(
    'é',
    '雨',
    '\u{1f600}',
    'a\nb',
    'a\r\nb',
    '\x1e',
    '\x1e0',
    '\x1f',
    '\x1e\x1f\n',
    '\t',
    '"',
    "'",
    '\\N',
  ),
  fc.constantFrom('NULL', 'NA', '-', ' ', '0042', '1.10', '=1+1', '{"a": 1}', '[', '\ufeff', '\u2028', '\x7f'),
  fc.string({ unit: 'binary', maxLength: 8 }).filter((each) => each.isWellFormed() && !each.includes('\0')),
);

const digits = (max: number) => fc.stringMatching(new RegExp(`^-?[1-9][0-9]{0,${max}}$`));
const day = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());

const cellKinds = {
  integer: digits(14),
  wide: digits(40),
  decimal: fc.tuple(digits(12), fc.stringMatching(/^[0-9]{1,6}$/)).map((parts) => parts.join('.')),
  longDecimal: fc.tuple(digits(30), fc.stringMatching(/^[0-9]{1,12}$/)).map((parts) => parts.join('.')),
  float: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  boolean: fc.constantFrom('true', 'FALSE', 'True'),
  date: day.map((each) => each.slice(0, 10)),
  dateTime: fc.tuple(day, fc.constantFrom('Z', '.123456Z', '+01:00')).map(([each, end]) => each.slice(0, 19) + end),
  list: fc.array(text, { maxLength: 3 }).map((items) => JSON.stringify(items)),
  text,
};

/** The cells of a column: of one kind, with some missing ones and some that do not fit. */
const column = (rows: number) =>
  fc
    .constantFrom(...Object.values(cellKinds))
    .chain((kind) =>
      fc.array(
        fc.oneof(
          { arbitrary: kind, weight: 12 },
          { arbitrary: fc.constant(''), weight: 2 },
          { arbitrary: text, weight: 1 },
        ),
        { minLength: rows, maxLength: rows },
      ),
    );

const table = fc
  .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 5 }))
  .chain(([rows, columns]) => fc.tuple(...Array.from({ length: columns }, () => column(rows))))
  .map((columns) =>
    (columns[0] as string[]).map((_cell, row) => ['x', ...columns.map((cells) => cells[row] as string)]),
  );

/** A value in one notation, for comparison. */
const normalized = ({ type }: Pick<DatasetColumn, 'type'>, value: string | null): unknown => {
  if (value === null) return null;
  if (type === 'FLOAT') return Number(value);
  if (type === 'STRING_LIST') return JSON.parse(value);
  if (type === 'INTEGER' || type === 'DECIMAL') {
    const shortest = value.includes('.') ? value.replace(/\.?0+$/, '') : value;
    return /^-?0$/.test(shortest) ? '0' : shortest.replace(/^(-?)\./, '$10.');
  }
  if (type === 'DATE_TIME')
    return value
      .replace('T', ' ')
      .replace('Z', '')
      .replace(/\.0+$|(\.\d*?)0+$/, '$1');
  return value;
};

const expectRowsOf = async (built: BuiltFile, rows: readonly (readonly string[])[]): Promise<void> => {
  const stored = await files.rows(built.table);
  const readers = built.columns.map((each) => new CellReader(each));
  const lines = linesOf([['head'], ...rows]);
  expect(stored).toHaveLength(rows.length);
  rows.forEach((row, index) => {
    const found = stored[index];
    const read = row.map((cell, at) => readers[at]?.read(cell));
    const values = (cells: readonly (string | null | undefined)[]) =>
      cells.map((cell, at) => normalized(built.columns[at] as DatasetColumn, cell || null));
    expect({ cells: values(found?.cells ?? []), misfits: found?.misfits, line: found?.line }).toEqual({
      cells: values(read),
      misfits: row.map((cell, at) => (read[at] === undefined ? cell : null)),
      line: lines[index + 1],
    });
  });
};

it('every cell of a file is stored as its column reads it, with the line of its row', async () => {
  await fc.assert(
    fc.asyncProperty(table, async (rows) => {
      const header = (rows[0] as string[]).map((_cell, at) => `c${at}`);
      const built = await files.build(csvOf([header, ...rows]));
      expect(built).toMatchObject({ read: rows.length, accepted: rows.length, rejected: 0, rowCount: rows.length });
      await expectRowsOf(built, rows);
    }),
    { numRuns: 60 },
  );
});

interface ModelRow {
  readonly cells: readonly (string | null)[];
  readonly line: number;
  readonly importId: number;
}

const record = fc.record({
  // A letter before each keeps the columns textual.
  key: fc
    .tuple(fc.constantFrom('a', 'A', 'é', '\n', ' ', 'b'), fc.integer({ min: 0, max: 4 }))
    .map(([a, b]) => `k${a}${b}`),
  count: fc.oneof(fc.constant(''), fc.integer({ min: -3, max: 3 }).map(String), digits(25)),
  note: fc.oneof(
    fc.constant(''),
    text.map((each) => `q${each}`),
  ),
});
const records = fc.uniqueArray(record, { selector: ({ key }) => key, maxLength: 12 });

it('upserts end in the same rows, in the same order, as a map of rows by key', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(records, { minLength: 1, maxLength: 4 }), async (uploads) => {
      const model = new Map<string, ModelRow>();
      let earlier: BuildRequest['earlier'] = null;
      for (const upload of [[{ key: 'kept', count: '7', note: 'q' }], ...uploads]) {
        const rows = upload.map(({ key, count, note }) => [note, key, count]);
        const lines = linesOf([['head'], ...rows]);
        const built: BuiltFile = await files.build(csvOf([['note', 'key', 'count'], ...rows]), {
          ...{ mode: 'UPSERT', keyColumns: ['key'], earlier },
          types: earlier ? [] : [{ column: 'count', type: 'INTEGER' }],
        });
        let unchanged = 0;
        upload.forEach(({ key, count, note }, at) => {
          const cells = [note || null, key, count || null];
          if (JSON.stringify(model.get(key)?.cells) === JSON.stringify(cells)) unchanged += 1;
          else model.set(key, { cells, line: lines[at + 1] as number, importId: built.importId });
        });
        const { read, accepted, rejected } = built;
        expect({ read, accepted, rejected, unchanged: built.unchanged }).toEqual({
          ...{ read: upload.length, accepted: upload.length - unchanged, rejected: 0, unchanged },
        });
        const stored = await files.rows(built.table);
        expect(stored.map(({ cells, line, importId }) => ({ cells, line, importId }))).toEqual([...model.values()]);
        earlier = built.table;
      }
    }),
    { numRuns: 25 },
  );
});

it('a build that is cancelled or fails leaves no file', async () => {
  const before = await files.names();
  const abort = new AbortController();
  const rows = Array.from({ length: 200_000 }, (_each, at) => [`${at}`, 'text']);
  const cancelled = files.build(csvOf([['a', 'b'], ...rows]), {}, abort.signal);
  while (!(await files.names()).some((name) => name.endsWith('.rows'))) await delay(1);
  abort.abort();
  await expect(cancelled).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(files.build('a,b\n1\n')).rejects.toMatchObject({ code: 'NOT_A_TABLE' });
  await expect(files.build('a,b\n1,2\n1,3\n', { keyColumns: ['a'] })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  expect((await files.names()).filter((name) => !name.startsWith('temp')).sort()).toEqual(
    before.filter((name) => !name.startsWith('temp')).sort(),
  );
});

/** Rows of many kinds beyond the first part of a file, which is read as text. */
const longFile = (): string => {
  const notes = [
    'plain',
    '"a, ""b"" c"',
    '"two\nlines"',
    'caf\u00e9',
    ' blank',
    'NULL',
    '\x1fx',
    '"\x1e\n"',
    "it's",
    '"é""雨"',
  ];
  const times = [
    '2024-02-29T10:00:00Z',
    '2024-02-29 10:00:00.1234567',
    '2024-02-29T10:00:00+02:00',
    '2024-02-29',
    'soon',
  ];
  const flags = ['TRUE', 'false', '', 'True', 'maybe'];
  const amounts = ['1.5', '-12.25', '0.5', '7', '1,234.50', '', '123456789012345678.125'];
  const pick = (list: readonly string[], index: number): string =>
    list[index % 97 === 0 ? Math.floor(index / 97) % list.length : index % 3] as string;
  const lines = Array.from({ length: 6000 }, (_each, index) =>
    index % 1999 === 1998
      ? `${index},short`
      : [
          index % 2500 === 2499 ? '' : `k${index}`,
          index,
          pick(amounts, index),
          index % 4999 === 4998 ? 'n/a?' : `2024-01-${String((index % 28) + 1).padStart(2, '0')}`,
          pick(times, index),
          pick(flags, index),
          pick(notes, index),
          index > 4500 ? 'x1' : index,
          `00${index}`,
        ].join(),
  );
  return `key,number,amount,day,at,flag,note,late,code\n${lines.join('\n')}\n`;
};

it('a file whose cells are read in their bytes is stored like one in UTF-16, whose cells are all texts', async () => {
  const csv = longFile();
  for (const options of [{}, { keyColumns: ['key'] }, { types: [{ column: 'amount', type: 'DECIMAL' as const }] }]) {
    const [byBytes, byText] = [
      await files.build(csv, options),
      await files.build(Buffer.from(`\ufeff${csv}`, 'utf16le'), options),
    ];
    const { read, accepted, rejected, columns, rejects } = byText;
    expect(byBytes).toMatchObject({ read, accepted, rejected, columns, rejects });
    const [rows, expected] = [await files.rows(byBytes.table), await files.rows(byText.table)];
    expect(rows.map(({ cells, misfits, line }) => ({ cells, misfits, line }))).toEqual(
      expected.map(({ cells, misfits, line }) => ({ cells, misfits, line })),
    );
    expect(columns.map(({ type }) => type).join()).toBe(
      'STRING,INTEGER,DECIMAL,DATE,DATE_TIME,BOOLEAN,STRING,STRING,STRING',
    );
    expect(rejected).toBeGreaterThan(2);
  }
});
