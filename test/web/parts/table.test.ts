import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { movedBy } from '../../../src/web/ui/components/active-cell.ts';
import { csvOf, type DataColumn, nextSort, sortedRows } from '../../../src/web/ui/components/data-table-columns.ts';
import { scaleOf } from '../../../src/web/ui/components/row-window.ts';

interface Row {
  readonly name: string;
  readonly amount: number | null;
}

const columns: readonly DataColumn<Row>[] = [
  { id: 'name', header: 'Name', cell: ({ name }) => name, text: ({ name }) => name, sortValue: ({ name }) => name },
  { id: 'amount', header: 'Amount', cell: ({ amount }) => amount, sortValue: ({ amount }) => amount, numeric: true },
];
const rowLists = fc.array(fc.record({ name: fc.string(), amount: fc.option(fc.integer()) }));

describe('a table', () => {
  it('sorts by figures; missing ones come last in both directions', () => {
    fc.assert(
      fc.property(rowLists, fc.constantFrom('asc' as const, 'desc' as const), (rows, direction) => {
        const sorted = sortedRows(rows, columns, { id: 'amount', direction }).map(({ amount }) => amount);
        const known = rows.flatMap(({ amount }) => (amount === null ? [] : [amount]));
        known.sort((one, two) => (direction === 'asc' ? one - two : two - one));
        expect(sorted).toEqual([...known, ...rows.filter(({ amount }) => amount === null).map(() => null)]);
      }),
    );
  });

  it('leaves rows as they are without a sort, and by a column that cannot be sorted', () => {
    const rows: Row[] = [{ name: 'b', amount: 1 }];
    expect(sortedRows(rows, columns, null)).toBe(rows);
    expect(sortedRows(rows, columns, { id: 'x', direction: 'asc' })).toBe(rows);
  });

  it('sorts text as people do', () => {
    const names = ['b10', 'B2', 'a', 'ä'].map((name) => ({ name, amount: null }));
    const sorted = sortedRows(names, columns, { id: 'name', direction: 'asc' });
    expect(sorted.map(({ name }) => name)).toEqual(['a', 'ä', 'B2', 'b10']);
  });

  it('goes through three states of sort by clicks', () => {
    const first = nextSort(null, 'amount', true);
    const second = nextSort(first, 'amount', true);
    expect([first?.direction, second?.direction, nextSort(second, 'amount', true)]).toEqual(['desc', 'asc', null]);
    expect(nextSort(second, 'name', false)).toEqual({ id: 'name', direction: 'asc' });
  });

  it('exports the columns that have a text', () => {
    expect(csvOf([{ name: 'a,b', amount: 1 }], columns)).toBe('Name\r\n"a,b"\r\n');
  });

  it('keeps the active cell inside', () => {
    const key = fc.constantFrom('ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'PageUp', 'PageDown', 'Home', 'End');
    const size = { rowCount: 7, columnCount: 3, pageRows: 5 };
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.boolean())), (keys) => {
        let cell = { row: 0, column: 0 };
        for (const [pressed, ctrlKey] of keys) cell = movedBy({ key: pressed, ctrlKey }, cell, size) ?? cell;
        expect(cell.row >= 0 && cell.row < 7 && cell.column >= 0 && cell.column < 3).toBe(true);
      }),
    );
    expect(movedBy({ key: 'End', ctrlKey: true }, { row: 0, column: 0 }, size)).toEqual({ row: 6, column: 2 });
    expect(movedBy({ key: 'a', ctrlKey: false }, { row: 0, column: 0 }, size)).toBeUndefined();
  });

  it('of more rows than a scroll bar can hold ends where the scroll bar ends', () => {
    const heights = fc.record({
      rows: fc.integer({ min: 1, max: 10_000_000 }),
      view: fc.integer({ min: 0, max: 2000 }),
    });
    fc.assert(
      fc.property(heights, ({ rows, view }) => {
        const max = 15_000_000;
        const height = rows * 30;
        const scrollEnd = Math.min(height, max) - view;
        expect(scrollEnd * scaleOf(height, view, max)).toBeCloseTo(height - view, 2);
      }),
    );
  });
});
