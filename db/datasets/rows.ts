import { DomainError } from '../../src/errors.ts';
import { type Cell, decodeCell } from '../../src/lib/cell-text.ts';
import { isTextual } from '../../src/lib/cells.ts';
import { isMissing } from './column-file.ts';
import type { RowsRequest, RowsResult, TableOrder, TableRow } from './engine.ts';
import { maskOf } from './filter.ts';
import type { Table } from './table.ts';

/** Up to this many rows are sorted by comparison; more rows by counting sorts, whose cost is linear. */
const comparisonSortMax = 2000;

/** The rows that pass a filter, ordered by columns, missing values last, and then as in the file. */
const orderedRows = (table: Table, { filter, orders }: Pick<RowsRequest, 'filter' | 'orders'>): Uint32Array =>
  table.cached(
    `list ${JSON.stringify([filter, orders])}`,
    () => sortRows(table, selectedRows(table, filter), orders),
    ({ byteLength }) => byteLength,
  );

const selectedRows = (table: Table, filter: RowsRequest['filter']): Uint32Array => {
  const mask = maskOf(table, filter);
  let count = 0;
  for (let row = 0; row < mask.length; row += 1) count += mask[row] as number;
  const rows = new Uint32Array(count);
  let at = 0;
  for (let row = 0; row < mask.length; row += 1) if (mask[row] === 1) rows[at++] = row;
  return rows;
};

const sortRows = (table: Table, rows: Uint32Array, orders: readonly TableOrder[]): Uint32Array => {
  if (orders.length === 0 || rows.length < 2) return rows;
  const keys = orders.map(({ column, descending }) => {
    const { ranks, values } = table.ranked(column);
    const last = values.length + 1;
    /** The rank of a row in this order; a missing value is last in either direction. */
    const rankOf = (row: number): number => {
      const rank = ranks[row] as number;
      if (rank === 0) return last;
      return descending ? last - rank : rank;
    };
    return { rankOf, last };
  });
  if (rows.length <= comparisonSortMax)
    return rows.sort((a, b) => {
      for (const { rankOf } of keys) {
        const difference = rankOf(a) - rankOf(b);
        if (difference !== 0) return difference;
      }
      return a - b;
    });
  // A stable sort by the last key first and by the first key last.
  return keys.reduceRight((list, { rankOf, last }) => countingSort(list, rankOf, last), rows);
};

const countingSort = (rows: Uint32Array, rankOf: (row: number) => number, last: number): Uint32Array => {
  const starts = new Uint32Array(last + 2);
  for (const row of rows) starts[rankOf(row) + 1] = (starts[rankOf(row) + 1] as number) + 1;
  for (let at = 1; at < starts.length; at += 1) starts[at] = (starts[at] as number) + (starts[at - 1] as number);
  const list = new Uint32Array(rows.length);
  for (const row of rows) {
    const rank = rankOf(row);
    list[starts[rank] as number] = row;
    starts[rank] = (starts[rank] as number) + 1;
  }
  return list;
};

/** A page of rows. Throws BAD_REQUEST for a cursor whose row is not in the list. */
export const pageOfRows = (table: Table, request: RowsRequest, bytesMax: number): RowsResult => {
  const list = orderedRows(table, request);
  const indexOf = (row: number): number => {
    const index = list.indexOf(row);
    if (index >= 0) return index;
    throw new DomainError('BAD_REQUEST', 'the cursor does not belong to this list');
  };
  const from = request.after === null ? 0 : indexOf(request.after) + 1;
  const to = request.before === null ? list.length : indexOf(request.before);
  const { limit, fromEnd } = request;
  const start = fromEnd ? Math.max(from, to - limit) : from;
  const end = Math.max(start, fromEnd ? to : Math.min(to, from + limit));
  const selection = Array.from(list.subarray(start, end));
  const rows = readWithinBytes(table, fromEnd ? selection.reverse() : selection, bytesMax);
  const isTruncated = rows.length < selection.length;
  if (fromEnd) rows.reverse();
  return {
    rows,
    hasBefore: start > 0 || (fromEnd && isTruncated),
    hasAfter: end < list.length || (!fromEnd && isTruncated),
    total: request.withTotal ? list.length : null,
    excludedCount: 0,
  };
};

/** Reads rows until they exceed `bytesMax`, at least one. */
const readWithinBytes = (table: Table, selection: readonly number[], bytesMax: number): TableRow[] => {
  const read = rowReader(table);
  const rows: TableRow[] = [];
  let bytes = 0;
  for (const row of selection) {
    const found = read(row);
    for (const cell of found.cells)
      bytes += typeof cell === 'string' ? cell.length : typeof cell === 'object' && cell ? cell.join().length : 8;
    if (rows.length > 0 && bytes > bytesMax) break;
    rows.push(found);
  }
  return rows;
};

/** Reads rows one by one and reuses the decoded chunk for consecutive rows of the same chunk. */
export const rowReader = (table: Table): ((row: number) => TableRow) => {
  const { file, columns } = table;
  const columnsWithMisfits = columns.flatMap(({ misfits }, index) => (misfits > 0 ? [index] : []));
  let chunk = -1;
  let chunkColumns: (Float64Array | BigInt64Array | string[])[] = [];
  let origins = { lines: new Uint32Array(), importIds: new Uint32Array() } as ReturnType<typeof file.origins>;
  return (row) => {
    const next = file.chunkOf(row);
    if (next !== chunk) {
      chunk = next;
      chunkColumns = columns.map((column, index) =>
        isTextual(column) ? file.texts(index, chunk) : file.numbers(index, chunk),
      );
      origins = file.origins(chunk);
    }
    const at = row - (file.spans[chunk]?.firstRow ?? 0);
    const cells = columns.map((column, index): Cell => {
      const value = chunkColumns[index]?.[at];
      if (value === undefined || value === '' || (typeof value !== 'string' && isMissing(value))) return null;
      return decodeCell(column, value);
    });
    const misfits = columnsWithMisfits.flatMap((column) => {
      const text = cells[column] === null ? file.misfit(column, row) : undefined;
      return text === undefined ? [] : [{ column, text }];
    });
    return { row, line: origins.lines[at] as number, importId: origins.importIds[at] as number, cells, misfits };
  };
};
