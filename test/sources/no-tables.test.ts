import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { detectDialect } from '../../src/sources/dialect.ts';

const detect = async (bytes: Buffer) => {
  const folder = await mkdtemp(join(tmpdir(), 'asof-no-table-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'file.csv');
  await writeFile(path, bytes);
  return detectDialect(path, bytes.length);
};

/** Bytes of all values in an order that repeats late. */
const mixedBytes = (length: number): Buffer => {
  let state = 7;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
  return Buffer.from(Array.from({ length }, next));
};

it.each([2000, 20_000, 200_000])('%i bytes of all values are binary data, not a table', async (length) => {
  await expect(detect(mixedBytes(length))).rejects.toMatchObject({
    code: 'NOT_A_TABLE',
    message: expect.stringContaining('binary data'),
  });
});

it('a few control characters leave a table a table', async () => {
  const rows = Array.from({ length: 200 }, (_, row) => `${row},a\u0002b\n`).slice(0, 12);
  expect((await detect(Buffer.from(`k,v\n${rows.join('')}`))).columns).toBe(2);
  const separated = Array.from({ length: 500 }, (_, row) => `${row}\u001fx\u001fy\n`).join('');
  expect((await detect(Buffer.from(`a\u001fb\u001fc\n${separated}`))).columns).toBe(3);
});

it('a first line without an end says so, not that a header line was named', async () => {
  await expect(detect(Buffer.alloc(3_000_000, 'x'))).rejects.toMatchObject({
    code: 'NOT_A_TABLE',
    message: expect.stringContaining('line 1 is longer than'),
  });
});
