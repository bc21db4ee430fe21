import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StoredTable } from '../../../../db/datasets/engine.ts';
import { VersionFiles } from '../../../support/version-files.ts';

let files: VersionFiles;
let table: StoredTable;

beforeAll(async () => {
  files = await VersionFiles.open();
  table = await files.write([
    { name: 'name', type: 'STRING', cells: ['Ärger', 'ärmel', null, 'Zug', '\ufeffmark'] },
    { name: 'amount', type: 'DECIMAL', scale: 2, cells: ['10.10', '10.20', { misfit: 'n/a?' }, '10.30', null] },
    {
      name: 'at',
      type: 'DATE_TIME',
      cells: ['9999-12-31 23:59:59', '2024-03-31 00:30:00', null, '2024-03-31 01:30:00', '0001-01-01 00:00:00'],
    },
    { name: 'tags', type: 'STRING_LIST', cells: ['["a","b"]', '["b"]', '[]', null, '["a","a"]'] },
  ]);
});

afterAll(() => files.close());

const page = { filter: null, orders: [], limit: 10, fromEnd: false, after: null, before: null, withTotal: true };

test('a page shows cells, misfits, lines and imports', async () => {
  const { rows, total } = await files.query(table, 'rows', page);
  expect(total).toBe(5);
  expect(rows.map(({ cells }) => cells)).toEqual([
    ['Ärger', '10.1', '9999-12-31T23:59:59Z', ['a', 'b']],
    ['ärmel', '10.2', '2024-03-31T00:30:00Z', ['b']],
    [null, null, null, []],
    ['Zug', '10.3', '2024-03-31T01:30:00Z', null],
    ['\ufeffmark', null, '0001-01-01T00:00:00Z', ['a', 'a']],
  ]);
  expect(rows[2]).toMatchObject({ row: 2, line: 4, importId: 1, misfits: [{ column: 1, text: 'n/a?' }] });
});

test('a range leaves misfits out and counts them', async () => {
  const filter = { column: 1, test: { op: 'gt', value: 10.1 } } as const;
  const { rows, total, excludedCount } = await files.query(table, 'rows', { ...page, filter });
  expect([rows.map(({ row }) => row), total, excludedCount]).toEqual([[1, 3], 2, 1]);
});

test('groups, facets, a profile and a difference', async () => {
  const groups = await files.query(table, 'groups', {
    group: { by: [{ column: 2, grain: 'DAY' }], timeZone: 'Europe/Berlin' },
    measures: [
      { function: 'AVERAGE', column: 1 },
      { function: 'MEDIAN', column: 1 },
    ],
    ...{ filter: null, having: [], orders: [], offset: 0, limit: 10 },
  });
  expect(groups.groups.map(({ key, measures, excludedCounts }) => [key, measures, excludedCounts])).toEqual([
    [['0000-12-31T23:06:32Z'], [null, null], [0, 0]],
    [['2024-03-30T23:00:00Z'], [10.25, '10.25'], [0, 0]],
    [['9999-12-31T23:00:00Z'], [10.1, '10.1'], [0, 0]],
    [[null], [null, null], [1, 1]],
  ]);
  const [facet] = await files.query(table, 'facets', { columns: [3], filter: null, limit: 1 });
  expect(facet).toEqual({ column: 3, buckets: [{ value: 'a', count: 2 }], otherCount: 3, excludedCount: 0 });
  const profile = await files.query(table, 'profile', { column: 1 });
  expect(profile).toMatchObject({ nulls: 2, distinct: 3, min: '10.1', max: '10.3', mean: 10.2, median: 10.2 });
  const difference = await files.query(table, 'difference', { earlier: table, keyColumns: ['name'] });
  expect(difference).toEqual({ added: 0, removed: 0, changed: 0 });
});

test('bins of a width are exact, and a condition on groups compares keys and measures', async () => {
  const prices = await files.write([
    { name: 'price', type: 'DECIMAL', scale: 2, cells: ['-0.01', '0.00', '0.29', '0.30', '0.31', '-0.30', null] },
    { name: 'size', type: 'FLOAT', cells: ['0.1', '2.5', '-1', '1e21', null, '7', '0'] },
    { name: 'units', type: 'INTEGER', cells: ['0', '9007199254740993', '-7', '10', '19', '-10', '3'] },
  ]);
  const request = { filter: null, having: [], orders: [], offset: 0, limit: 20 };
  const binsOf = async (column: number, binWidth: number) => {
    const group = { by: [{ column, binWidth }], timeZone: 'UTC' };
    const measures = [{ function: 'COUNT', column: null }] as const;
    const { groups } = await files.query(prices, 'groups', { ...request, group, measures });
    return groups.map(({ key, measures: [count] }) => [key[0], count]);
  };
  const byPrice = [
    ['-0.3', 2],
    ['0', 2],
    ['0.3', 2],
    [null, 1],
  ];
  expect(await binsOf(0, 0.3)).toEqual(byPrice);
  expect(await binsOf(1, 5)).toEqual([
    [-5, 1],
    [0, 3],
    [5, 1],
    [1e21, 1],
    [null, 1],
  ]);
  expect(await binsOf(2, 10)).toEqual([
    [-10, 2],
    [0, 2],
    [10, 2],
    [9007199254740990, 1],
  ]);
  const { groups, total } = await files.query(prices, 'groups', {
    ...request,
    group: { by: [{ column: 0, binWidth: 0.3 }], timeZone: 'UTC' },
    measures: [
      { function: 'SUM', column: 0 },
      { function: 'MEDIAN', column: 2 },
    ],
    having: [{ index: 1, test: { op: 'gt', value: 0 } }],
    orders: [{ column: 1, descending: true }],
    limit: 1,
  });
  expect(total).toBe(2);
  expect(groups).toEqual([{ key: ['0.3'], measures: ['0.61', 14.5], excludedCounts: [0, 0] }]);
  const median = { group: { by: [], timeZone: 'UTC' }, measures: [{ function: 'MEDIAN', column: 2 }] as const };
  const filter = { column: 2, test: { op: 'in', values: ['0', '9007199254740993'] } } as const;
  expect((await files.query(prices, 'groups', { ...request, ...median, filter })).groups[0]?.measures).toEqual([
    '4503599627370496.5',
  ]);
});

test('rows by number, long pages and too many groups', async () => {
  const long = 'x'.repeat(400_000);
  const texts = await files.write([{ name: 'text', type: 'STRING', cells: [long, long, long, 'short'] }]);
  const first = await files.query(texts, 'rows', page);
  expect([first.rows.length, first.hasAfter, first.total]).toEqual([2, true, 4]);
  const rest = await files.query(texts, 'rows', { ...page, after: 1 });
  expect([rest.rows.map(({ row }) => row), rest.hasBefore, rest.hasAfter]).toEqual([[2, 3], true, false]);
  const found = await files.query(texts, 'rowsAt', { rows: [3, 9, 0, 3] });
  expect(found.map((each) => each?.row ?? null)).toEqual([3, null, 0, 3]);
  const filter = { column: 0, test: { op: 'eq', value: 'short' } } as const;
  await expect(files.query(texts, 'rows', { ...page, filter, after: 0 })).rejects.toThrow('cursor does not belong');
  const small = await VersionFiles.open({ datasetGroupsMax: 2 });
  const three = await small.write([{ name: 'n', type: 'INTEGER', cells: ['1', '2', '3'] }]);
  const groups = { group: { by: [{ column: 0 }], timeZone: 'UTC' }, measures: [], having: [] };
  await expect(
    small.query(three, 'groups', { ...groups, filter: null, orders: [], offset: 0, limit: 1 }),
  ).rejects.toThrow('datasetGroupsMax');
  await small.close();
});

test('a difference counts rows by key, and by content where a version lacks a key', async () => {
  const earlier = await files.write([
    { name: 'id', type: 'INTEGER', cells: ['1', '2', '3', '3', null] },
    { name: 'price', type: 'INTEGER', cells: ['10', '20', '30', '30', { misfit: 'free' }] },
  ]);
  const later = await files.write([
    { name: 'price', type: 'DECIMAL', scale: 2, cells: ['10.00', '20.50', '30.00', '40.00', { misfit: 'free' }] },
    { name: 'id', type: 'INTEGER', cells: ['1', '2', '3', '4', null] },
  ]);
  const byKey = await files.query(later, 'difference', { earlier, keyColumns: ['id'] });
  expect(byKey).toEqual({ added: 1, removed: 1, changed: 1 });
  const byContent = await files.query(later, 'difference', { earlier, keyColumns: ['code'] });
  expect(byContent).toEqual({ added: 2, removed: 2, changed: 0 });
});

test('columns may have the names that statements use', async () => {
  const names = ['v', 'n', 'b', 'r', 'o0', 'k0', 'm0_0', 's', 'passes'];
  const named = await files.write(
    names.map((name, at) => ({ name, type: 'INTEGER', cells: [String(at), '20', '20'] })),
  );
  for (const [column] of names.entries()) {
    const profile = await files.query(named, 'profile', { column });
    expect(profile).toMatchObject({ distinct: 2, min: column, max: 20, median: 20, mostCommon: [{ count: 2 }, {}] });
    expect(profile.histogram.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    const orders = [{ column, descending: true }];
    const filter = { column, test: { op: 'lt', value: 30 } } as const;
    const { rows } = await files.query(named, 'rows', { ...page, filter, orders });
    expect(rows.map(({ row }) => row)).toEqual([1, 2, 0]);
    const [facet] = await files.query(named, 'facets', { columns: [column], filter, limit: 1 });
    expect(facet?.buckets).toEqual([{ value: 20, count: 2 }]);
  }
});
