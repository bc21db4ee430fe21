import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSource } from '../../src/sources/read-source.ts';
import { limits, rangeShape, recordsOf, statusShape, withFile } from './source-records.ts';

const names = ['user_id', 'created_at', 'status'];

const csvCell = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

describe('readSource', () => {
  it('reads back any list of records in every format, at any chunk size', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
    const awkward = fc.constantFrom('"', '\\', ']', '}', ',', '\r\n', '\\"', '{"a":[', '\u2028', '😀', '1e5', ' x ');
    const cell = fc.oneof(text, awkward);
    const rows = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 64 }), fc.boolean(), async (cells, chunkBytes, crlf) => {
        const newline = crlf ? '\r\n' : '\n';
        const valuesOf = (read: (cell: string) => string | undefined) =>
          cells.map((row) =>
            Object.fromEntries(row.flatMap((cell, index) => (read(cell) ? [[names[index], read(cell)]] : []))),
          );
        const values = valuesOf((text) => text);
        const csv = [names, ...cells].map((row) => row.map(csvCell).join(','));
        const contents = [
          JSON.stringify(values),
          JSON.stringify(values, null, 2).replaceAll('\n', newline),
          values.map((value) => JSON.stringify(value) + newline).join(''),
          values.map((value) => JSON.stringify(value)).join(newline),
          csv.join(newline),
          csv.map((row) => row + newline).join(''),
        ];
        for (const [index, content] of contents.entries()) {
          const records = await recordsOf(content, { chunkBytes, limits: { batchRecords: 3 } });
          // Cells of CSV are read without blanks around them.
          const expected = index < 4 ? values : valuesOf((text) => text.trim());
          expect(records.map(({ value }) => ({ ...value }))).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('counts lines as an editor does, in every format', async () => {
    const row = fc.constantFrom('', 'a,b,c', 'x,"y\n\nz",w');
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 10 }), fc.integer({ min: 1, max: 20 }), async (rows, chunkBytes) => {
        const content = [names.join(','), ...rows].join('\n');
        for (const { line, raw } of await recordsOf(content, { chunkBytes })) {
          expect(
            content
              .split('\n')
              .slice(line - 1)
              .join('\n')
              .startsWith(raw),
          ).toBe(true);
        }
      }),
    );
  });

  it('returns batches with the bytes read so far', async () => {
    const batches: [number, number][] = [];
    await withFile('{"a":1}\n'.repeat(25), async (path) => {
      const source = readSource(path, { columns: [] }, { ...limits, batchRecords: 10 }, { chunkBytes: 80 });
      for await (const { records, bytesRead } of source) batches.push([records.length, bytesRead]);
    });
    expect(batches).toEqual([
      [10, 80],
      [10, 160],
      [5, 200],
    ]);
  });

  it.each([
    ['', 'the file is empty'],
    [' \n\n ', 'the file is empty'],
    ['\ufeff', 'the file is empty'],
    ['<!DOCTYPE html><html></html>', 'looks like an HTML page'],
    ['\n<html lang="en">', 'looks like an HTML page'],
    ['<?xml version="1.0"?>', 'looks like XML'],
    [gzipSync('[]'), 'looks like a gzip file'],
    [Buffer.from('89504e470d0a1a0a0000000d', 'hex'), 'looks like a PNG image'],
    [Buffer.from('\ufeff[{}]', 'utf16le'), 'looks like JSON'],
    [Buffer.from('[{"a": 1}, {"a": 2}]', 'utf16le'), 'looks like JSON'],
    [Buffer.from('PK\x03\x04...'), 'looks like a ZIP archive or an Excel workbook'],
    [Buffer.from('user_id,\0'), 'looks like binary data'],
  ])('says what a file is that is no table: %j', async (content, message) => {
    const faulty = { code: 'NOT_A_TABLE', message: expect.stringContaining(message) };
    await expect(recordsOf(content)).rejects.toMatchObject(faulty);
    await expect(recordsOf(content, { shape: rangeShape })).rejects.toMatchObject(faulty);
  });

  it('throws when a file is too large or missing', async () => {
    await expect(recordsOf('[]     ', { limits: { fileBytesMax: 5 } })).rejects.toMatchObject({
      code: 'TOO_LARGE',
      message: 'the file has 7 bytes, over the limit fileBytesMax of 5',
    });
    for (const path of ['/nonexistent/file', tmpdir()]) {
      await expect(readSource(path, statusShape, limits).next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  it('stops reading when the caller stops', async () => {
    let batches = 0;
    await withFile('{"a":1}\n'.repeat(1000), async (path) => {
      for await (const _batch of readSource(path, { columns: [] }, { ...limits, batchRecords: 1 }, { chunkBytes: 8 })) {
        batches += 1;
        if (batches === 3) break;
      }
    });
    expect(batches).toBe(3);
  });
});

describe('JSON of another kind', () => {
  const purchases = Array.from({ length: 3 }, (_, index) => ({ user_id: index, created_at: '2020-01-01', price: 1 }));

  it.each([
    ['an array', JSON.stringify(purchases)],
    ['lines', purchases.map((row) => JSON.stringify(row)).join('\n')],
    ['one object that has nothing of it', '{"london": []}'],
  ])('is refused whole: %s', async (_what, content) => {
    await expect(recordsOf(content, { shape: statusShape })).rejects.toMatchObject({ code: 'NOT_A_TABLE' });
  });

  it('is not refused when the file has few records or one record has the expected fields', async () => {
    expect(await recordsOf(JSON.stringify(purchases.slice(1)), { shape: statusShape })).toHaveLength(2);
    const good = { user_id: 1, created_at: '2020-01-01', status: 'paying' };
    expect(await recordsOf(JSON.stringify([...purchases, good]), { shape: statusShape })).toHaveLength(4);
  });

  it('may begin with an invalid line', async () => {
    const records = await recordsOf('{"user_id": 1,\n{"user_id":1,"created_at":"2020-01-01","status":"paying"}\n');
    expect(records.map(({ line, problems }) => [line, problems !== undefined])).toEqual([
      [1, true],
      [2, false],
    ]);
  });
});
