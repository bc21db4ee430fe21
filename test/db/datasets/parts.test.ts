import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BuildRequest } from '../../../db/datasets/engine.ts';
import { readConfig } from '../../../src/config.ts';
import { DatasetFiles } from '../../support/dataset-files.ts';

let whole: DatasetFiles;
let parts: DatasetFiles;
beforeAll(async () => {
  whole = await DatasetFiles.open(readConfig({ data: ':memory:', datasetThreads: '1' }));
  parts = await DatasetFiles.open(readConfig({ data: ':memory:', datasetThreads: '3', datasetPartBytesMin: '30' }));
});
afterAll(() => Promise.all([whole.close(), parts.close()]));

/** All that is known of a built file, or the code of its error. */
const resultOf = async (files: DatasetFiles, csv: string | Buffer, options: Partial<BuildRequest>) => {
  try {
    const {
      table,
      rejects,
      importId: _,
      fileBytes: _bytes,
      fileSha256: _digest,
      ...built
    } = await files.build(csv, options);
    const rows = await files.rows(table);
    return { built, rejects, rows: rows.map(({ cells, misfits, line }) => ({ cells, misfits, line })) };
  } catch (error) {
    return (error as { code?: string }).code ?? error;
  }
};

const expectSame = async (csv: string | Buffer, options: Partial<BuildRequest> = {}) => {
  const found = await resultOf(parts, csv, options);
  expect(found).toEqual(await resultOf(whole, csv, options));
  return found;
};

const cell = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('1', '22', '1.5', '2024-01-31', 'text', '', 'TRUE', '01/02/2024') },
  { weight: 3, arbitrary: fc.constantFrom('"a, b"', '"two\nlines"', '"x\r\n1,2,3\n4,5,6\n"', '"é ""q"""', 'é') },
  { weight: 1, arbitrary: fc.constantFrom('"open', 'clo"se', '"a"b', '1,5', 'NULL', 'NA', '12345678901234567', '1e5') },
);
const row = fc
  .tuple(cell, cell, cell, fc.constantFrom('\n', '\n', '\n', '\n', '\r\n', '\n\n', ',\n', '\r'))
  .map(([a, b, c, end]) => `${a},${b},${c}${end}`);
/** Rows of one kind, then rows of another: the guess from the first rows is wrong then. */
const rows = fc
  .tuple(fc.array(row, { maxLength: 12 }), fc.array(row, { maxLength: 12 }), fc.integer({ min: 1, max: 8 }))
  .map(([first, last, times]) => [...Array.from({ length: times }, () => first).flat(), ...last].join(''));

it('a file that is read in parts is stored like one that is read from its start to its end', async () => {
  const options = fc.constantFrom<Partial<BuildRequest>>({}, {}, { keyColumns: ['a'] }, { encoding: 'WINDOWS-1252' });
  await fc.assert(
    fc.asyncProperty(rows, options, async (text, request) => {
      await expectSame(`a,b,c\n${text}`, request);
    }),
    { numRuns: 30 },
  );
});

it('rows within a quoted cell that is longer than a part are no rows', async () => {
  const inner = Array.from({ length: 60 }, (_each, index) => `${index},x,y`).join('\n');
  const csv = `a,b,c\n1,"${inner}",2\n${'3,d,4\n'.repeat(40)}5,"${inner}",6\n7,e,8\n`;
  const found = await expectSame(csv);
  expect(found).toMatchObject({ built: { read: 43, accepted: 43, rejected: 0 } });
});

it('a file whose later rows change what is read is read in parts again', async () => {
  const early = '7,01/02/2024,5\n'.repeat(2000);
  const csv = `key,day,amount\n${early}8,25/02/2024,1.75\n,26/02/2024,2\n9,27/02/2024,"x\n1,01/01/2024,5\n"\n${early}`;
  const found = await expectSame(csv, { types: [{ column: 'key', type: 'INTEGER' }] });
  expect(found).toMatchObject({
    built: { read: 4003, columns: [{ type: 'INTEGER' }, { type: 'DATE' }, { type: 'DECIMAL', misfits: 1 }] },
  });
});

it('keeps lines and texts of rejects in order, also of more than are kept in memory', async () => {
  const long = `1,${'z'.repeat(50_000)}\n`;
  const csv = `a,b,c\n${'1,2,3\n'.repeat(50_000)}${long.repeat(190)}${'4,5,6\n'.repeat(50_000)}7,8\n`;
  const found = await expectSame(csv);
  expect(found).toMatchObject({ built: { read: 100_191, accepted: 100_000, rejected: 191 } });
  const { rejects } = found as { rejects: { line: number }[] };
  expect(rejects.map(({ line }) => line)).toEqual([
    ...Array.from({ length: 190 }, (_each, at) => 50_002 + at),
    100_192,
  ]);
});

it('fails with too many rejects in all parts together', async () => {
  const few = { data: ':memory:', datasetRejectsMax: '5' };
  const files = await DatasetFiles.open(readConfig({ ...few, datasetThreads: '2', datasetPartBytesMin: '30' }));
  try {
    await expect(files.build(`a,b\n${`${'1,2\n'.repeat(20)}3\n`.repeat(6)}`)).rejects.toMatchObject({
      code: 'NOT_A_TABLE',
    });
    await expect(files.build(`a,b\n${'1,2\n'.repeat(50)}${'3\n'.repeat(6)}`)).rejects.toMatchObject({
      code: 'NOT_A_TABLE',
    });
    expect(await files.build(`a,b\n${`${'1,2\n'.repeat(20)}3\n`.repeat(5)}`)).toMatchObject({ rejected: 5 });
    expect((await files.names()).filter((name) => name.includes('rows'))).toEqual([]);
  } finally {
    await files.close();
  }
});
