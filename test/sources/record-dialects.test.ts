import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileDialect } from '../../src/lib/import-options.ts';
import { type ReadOptions, rangeShape, recordsOf, statusShape } from './source-records.ts';

const shapes = {
  users: { columns: [['user_id', 'country', 'gender']] },
  events: { columns: [['user_id', 'account_type', 'date', 'event_type', 'order_value', 'version']] },
  'status changes': statusShape,
  transactions: { columns: [['click_id', 'created_at', 'product_id', 'product_price', 'user_id']] },
  'IP ranges': rangeShape,
};

const samples: Readonly<Record<keyof typeof shapes, readonly (readonly string[])[]>> = {
  users: [
    ['user_id', 'country', 'gender'],
    ['u1', 'SE', 'F'],
    ['u2', 'DE', 'M'],
    ['u3', 'D\u00e4', 'F'],
  ],
  events: [
    ['user_id', 'account_type', 'date', 'event_type', 'order_value', 'version'],
    ['u1', 'basic', '2024-01-01', 'purchase', '5.25', 'A'],
    ['u2', 'basic', '2024-01-02', 'visit', '0', '\u00c4'],
  ],
  'status changes': [
    ['user_id', 'created_at', 'status'],
    ['1', '2024-01-01', 'paying'],
    ['2', '2024-01-02', 'canc\u00e9l'],
  ],
  transactions: [
    ['click_id', 'created_at', 'product_id', 'product_price', 'user_id'],
    ['c1', '2024-01-01T10:00:00Z', 'p1', '5.25', '\u00e41'],
    ['c2', '2024-01-02T10:00:00Z', 'p2', '7.00', 'u2'],
  ],
  'IP ranges': [
    ['cidr', 'city'],
    ['1.0.0.0/24', 'M\u00fcnchen'],
    ['1.0.1.0/24', 'Bern'],
  ],
};

const joined = (rows: readonly (readonly string[])[], delimiter: string, end = '\n'): string =>
  rows.map((row) => row.join(delimiter) + end).join('');

type Rows = readonly (readonly string[])[];

const variants: Readonly<Record<string, (rows: Rows) => string | Uint8Array>> = {
  commas: (rows) => joined(rows, ','),
  semicolons: (rows) => joined(rows, ';'),
  tabs: (rows) => joined(rows, '\t'),
  pipes: (rows) => joined(rows, '|'),
  'blanks after commas': (rows) => joined(rows, ', '),
  CR: (rows) => joined(rows, ',', '\r'),
  CRLF: (rows) => joined(rows, ';', '\r\n'),
  'mixed line ends': (rows) => rows.map((row, index) => row.join(',') + ['\r\n', '\n', '\r'][index % 3]).join(''),
  'delimiters at the end of rows': ([header = [], ...rows]) =>
    joined([header, ...rows.map((row) => [...row, ''])], ','),
  'two byte order marks': (rows) => `\ufeff\ufeff${joined(rows, ',')}`,
  'quoted cells': (rows) =>
    joined(
      rows.map((row) => row.map((cell) => `"${cell}"`)),
      ',',
    ),
  'quoted cells after blanks': (rows) =>
    joined(
      rows.map((row) => row.map((cell) => ` "${cell}" `)),
      ',',
    ),
  'a separator line': (rows) => `sep=;\r\n${joined(rows, ';', '\r\n')}`,
  'a comment block': (rows) => `# made, by x\n# on Monday\n${joined(rows, ',')}`,
  'title lines': (rows) => `Export of x\n\n${joined(rows, ';')}`,
  'Windows-1252': (rows) => Buffer.from(joined(rows, ';'), 'latin1'),
  'UTF-16': (rows) => Buffer.from(`\ufeff${joined(rows, '\t')}`, 'utf16le'),
};

const valuesOf = async (content: string | Uint8Array, options: ReadOptions) =>
  (await recordsOf(content, options)).map(({ value, problems }) => (value ? { ...value } : problems?.[0]?.message));

describe.each(Object.keys(shapes) as (keyof typeof shapes)[])('%s', (target) => {
  const rows = samples[target];
  const [header = [], ...body] = rows;
  const expected = body.map((row) => Object.fromEntries(row.map((cell, index) => [header[index], cell])));

  it.each(Object.entries(variants))('are read from CSV with %s', async (_name, write) => {
    for (const chunkBytes of [3, 65536])
      expect(await valuesOf(write(rows), { shape: shapes[target], chunkBytes })).toEqual(expected);
  });

  it('tell their dialect', async () => {
    const dialects: FileDialect[] = [];
    const onDialect = (dialect: FileDialect): void => void dialects.push(dialect);
    await recordsOf(`made by x\n${joined(rows, ';')}`, { shape: shapes[target], onDialect });
    expect(dialects).toMatchObject([{ encoding: 'UTF-8', delimiter: ';', headerLine: 2, skippedLines: 1 }]);
  });
});

it('a stray quote and a NUL cost only their own rows, for any target', async () => {
  const body = Array.from({ length: 200 }, (_each, index) => `${index === 1 ? '"' : ''}${index},2024-01-01,x\n`);
  const values = await valuesOf(`user_id,created_at,status\n${body.join('')}a,b\0,c\n`, { shape: statusShape });
  expect(values).toHaveLength(201);
  expect(values.filter((value) => typeof value === 'string')).toEqual([
    'a quote opens in this row and is never closed',
    'the row contains a NUL character',
  ]);
});

it('records without a header are read when their number of cells is that of the target, and IP ranges by their addresses', async () => {
  expect(await valuesOf('1,2024-01-01,x\n2,2024-01-02,y\n', { shape: statusShape })).toEqual([
    { user_id: '1', created_at: '2024-01-01', status: 'x' },
    { user_id: '2', created_at: '2024-01-02', status: 'y' },
  ]);
  expect(await valuesOf('1.0.0.0/24;Lima\n1.0.1.0/24;Bern\n', { shape: rangeShape })).toEqual([
    { cidr: '1.0.0.0/24', city: 'Lima' },
    { cidr: '1.0.1.0/24', city: 'Bern' },
  ]);
  await expect(recordsOf('1,2\n3,4\n', { shape: statusShape })).rejects.toMatchObject({
    code: 'NOT_A_TABLE',
    message: expect.stringContaining('the file has no header'),
  });
});

it('any text is read alike in chunks of any size, without a row lost', async () => {
  const piece = fc.constantFrom('a', '1', ',', ';', '"', '\n', '\r', '\r\n', ' ', '#', '\\', '\u00e9', '""', "'");
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), async (pieces, chunkBytes) => {
      const content = `a,b\n${pieces.join('')}`;
      const whole = await recordsOf(content).catch((error: Error) => error.message);
      expect(await recordsOf(content, { chunkBytes }).catch((error: Error) => error.message)).toEqual(whole);
    }),
    { numRuns: 200 },
  );
});

it('cells whose delimiters, line ends and backslashes have a backslash are read back in chunks of any size', async () => {
  const text = fc
    .array(fc.constantFrom('a', '1', ',', '\\', '\n', '\r\n', ' x'), { maxLength: 6 })
    .map((all) => `k${all.join('')}k`);
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 9 }),
      async (all, chunkBytes) => {
        const texts = ['k,\nk', ...all];
        const written = texts.map((each) => each.replaceAll('\\', '\\\\').replaceAll(/,|\r?\n/g, '\\$&'));
        const content = `user_id,country,gender\n${written.map((each, index) => `${index},${each},F\n`).join('')}`;
        const values = await valuesOf(content, { shape: shapes.users, chunkBytes });
        expect(values).toEqual(texts.map((country, index) => ({ user_id: `${index}`, country, gender: 'F' })));
      },
    ),
    { numRuns: 300 },
  );
});
