import { afterEach, expect, test } from 'vitest';
import type { RowsRequest, StoredTable } from '../../../../db/datasets/engine.ts';
import { VersionFiles } from '../../../support/version-files.ts';

let files: VersionFiles;

afterEach(() => files.close());

const page: RowsRequest = {
  ...{ filter: null, orders: [{ column: 0, descending: true }], limit: 3 },
  ...{ fromEnd: false, after: null, before: null, withTotal: true },
};

const write = (name = 'amount', rows = 20): Promise<StoredTable> =>
  files.write([
    { name, type: 'INTEGER', cells: Array.from({ length: rows }, (_each, row) => String((row * 7) % rows)) },
    { name: 'text', type: 'STRING', cells: Array.from({ length: rows }, (_each, row) => 'x'.repeat(row)) },
  ]);

const firstCells = async (table: StoredTable): Promise<unknown[]> =>
  (await files.query(table, 'rows', page)).rows.map(({ row, cells }) => [row, cells[0]]);

const expected = [
  [17, 19],
  [14, 18],
  [11, 17],
];

test('a first page has the version copied once nothing else runs', async () => {
  files = await VersionFiles.open();
  const table = await write();
  expect(await firstCells(table)).toEqual(expected);
  expect(await files.hasCopy(table)).toBe(false);
  await files.idle();
  expect(await files.hasCopy(table)).toBe(true);
  expect(await firstCells(table)).toEqual(expected);
  await files.idle();
  expect(await files.tables()).toEqual(['copy_1']);
});

test('a version that is prepared replaces no copies that are read, unless it replaces their version', async () => {
  // The copy of a small version has about 110 kB.
  files = await VersionFiles.open({ datasetCopiesBytesMax: 250e3 });
  const small = () => write('amount', 6);
  const [first, second, third, fourth] = [await small(), await small(), await small(), await small()];
  const cells = [
    [5, 5],
    [4, 4],
    [3, 3],
  ];
  expect([await files.prepare(first, 'none'), await files.prepare(second, 'none')]).toEqual([true, true]);
  expect(await files.prepare(third, 'none')).toBe(false);
  expect(await files.tables()).toEqual(['copy_1', 'copy_2']);
  // A page of the second one: nobody reads the first.
  expect(await firstCells(second)).toEqual(cells);
  expect(await files.prepare(third, 'unread')).toBe(true);
  expect(await files.tables()).toEqual(['copy_2', 'copy_4']);
  expect(await firstCells(third)).toEqual(cells);
  expect(await files.prepare(fourth, 'unread')).toBe(false);
  expect(await files.prepare(fourth, 'unread', second)).toBe(true);
  expect(await files.tables()).toEqual(['copy_4', 'copy_6']);
  expect(await firstCells(fourth)).toEqual(cells);
  // A page that is requested replaces the least recently used one.
  expect(await files.copy(first)).toBe(true);
  expect(await files.tables()).toEqual(['copy_6', 'copy_7']);
});

test.each(['rowid', 'r', 'c1', 'file_row_number', 'ROWID'])('a column may have the name %s', async (name) => {
  files = await VersionFiles.open();
  const table = await write(name);
  expect(await files.copy(table)).toBe(true);
  expect(await firstCells(table)).toEqual(expected);
});

test('the copy of a removed version is dropped, also while it is made', async () => {
  files = await VersionFiles.open();
  const [table, other] = [await write(), await write()];
  await files.copy(table);
  files.forget(table);
  expect(await files.hasCopy(table)).toBe(false);
  expect(await files.copy(other)).toBe(true);
  expect(await files.tables()).toEqual(['copy_2']);
  const third = await write();
  await firstCells(third);
  files.forget(third);
  await files.idle();
  expect(await files.hasCopy(third)).toBe(false);
  await files.idle();
  expect(await files.tables()).toEqual(['copy_2']);
});

test('a version that is too large is not copied, and its pages are read from its file', async () => {
  files = await VersionFiles.open({ datasetCopiesBytesMax: 100 });
  const table = await write();
  expect(await files.copy(table)).toBe(false);
  expect(await firstCells(table)).toEqual(expected);
  await files.idle();
  expect(await files.tables()).toEqual([]);
});

test('the least recently used copies are dropped for others', async () => {
  // The copy of a small version has about 110 kB.
  files = await VersionFiles.open({ datasetCopiesBytesMax: 350e3 });
  const tables: StoredTable[] = [];
  for (let index = 0; index < 4; index += 1) {
    const table = await write('amount', 6);
    tables.push(table);
    expect(await files.copy(table)).toBe(true);
    expect(await files.hasCopy(tables[0] as StoredTable)).toBe(true);
  }
  const copied = await Promise.all(tables.map((table) => files.hasCopy(table)));
  expect(copied).toEqual([true, false, true, true]);
  expect(await files.tables()).toEqual(['copy_1', 'copy_3', 'copy_4']);
  const all = await Promise.all(tables.map(firstCells));
  expect(new Set(all.map(String)).size).toBe(1);
});

test('a page of a copy ends where that of the file does, however large its rows may be', async () => {
  // Rows of 16 to 35 bytes: three of the largest have 102.
  for (const datasetPageBytesMax of [20, 34, 35, 69, 70, 101, 102, 105, 200]) {
    files = await VersionFiles.open({ datasetPageBytesMax });
    const table = await write();
    const ofFile = await files.query(table, 'rows', page);
    expect(await files.copy(table)).toBe(true);
    // Another request with the same answer: results are remembered.
    expect(await files.query(table, 'rows', { ...page, withTotal: false })).toEqual({ ...ofFile, total: null });
    expect(ofFile.rows.length).toBeGreaterThan(0);
    await files.close();
  }
  files = await VersionFiles.open();
});
