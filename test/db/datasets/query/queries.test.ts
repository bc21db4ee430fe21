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
