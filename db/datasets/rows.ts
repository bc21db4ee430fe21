import { DomainError } from '../../src/errors.ts';
import { type Cell, decodeCell } from '../../src/lib/cell-text.ts';
import { isTextual } from '../../src/lib/cells.ts';
import { isMissing } from './column-file.ts';
import type { RowsRequest, RowsResult, TableOrder, TableRow } from './engine.ts';
import { maskOf } from './filter.ts';
import type { Table } from './table.ts';

/** So few rows are compared with each other; more are dealt into buckets, at a cost that does not grow faster than they. */
const comparisonSortMax = 2000;

/** The rows a filter lets through, in order: by the given columns, no value last, then as in the file. */
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
    /** Where a row's value stands; no value is last in either direction. */
    const place = (row: number): number => {
      const rank = ranks[row] as number;
      if (rank === 0) return last;
      return descending ? last - rank : rank;
    };
    return { place, last };
  });
  if (rows.length <= comparisonSortMax)
    return rows.sort((a, b) => {
      for (const { place } of keys) {
        const difference = place(a) - place(b);
        if (difference !== 0) return difference;
      }
      return a - b;
    });
  // From the last key to the first, each time keeping the order of what is equal.
  return keys.reduceRight((list, { place, last }) => countingSort(list, place, last), rows);
};

const countingSort = (rows: Uint32Array, place: (row: number) => number, last: number): Uint32Array => {
  const starts = new Uint32Array(last + 2);
  for (const row of rows) starts[place(row) + 1] = (starts[place(row) + 1] as number) + 1;
  for (let at = 1; at < starts.length; at += 1) starts[at] = (starts[at] as number) + (starts[at - 1] as number);
  const list = new Uint32Array(rows.length);
  for (const row of rows) {
    const at = place(row);
    list[starts[at] as number] = row;
    starts[at] = (starts[at] as number) + 1;
  }
  return list;
};

/** A page of rows. Throws BAD_REQUEST for a cursor that is not of this list. */
export const pageOfRows = (table: Table, wanted: RowsRequest, bytesMax: number): RowsResult => {
  const list = orderedRows(table, wanted);
  const placeOf = (row: number): number => {
    const place = list.indexOf(row);
    if (place >= 0) return place;
    throw new DomainError('BAD_REQUEST', 'the cursor is not one of this list');
  };
  const from = wanted.after === null ? 0 : placeOf(wanted.after) + 1;
  const to = wanted.before === null ? list.length : placeOf(wanted.before);
  const { limit, fromEnd } = wanted;
  const start = fromEnd ? Math.max(from, to - limit) : from;
  const end = Math.max(start, fromEnd ? to : Math.min(to, from + limit));
  const places = Array.from(list.subarray(start, end));
  const rows = readWithinBytes(table, fromEnd ? places.reverse() : places, bytesMax);
  const isCut = rows.length < places.length;
  if (fromEnd) rows.reverse();
  return {
    rows,
    hasBefore: start > 0 || (fromEnd && isCut),
    hasAfter: end < list.length || (!fromEnd && isCut),
    total: wanted.withTotal ? list.length : null,
  };
};

/** As many of the rows as come to so many bytes together, at least one. */
const readWithinBytes = (table: Table, places: readonly number[], bytesMax: number): TableRow[] => {
  const read = rowReader(table);
  const rows: TableRow[] = [];
  let bytes = 0;
  for (const row of places) {
    const found = read(row);
    for (const cell of found.cells)
      bytes += typeof cell === 'string' ? cell.length : typeof cell === 'object' && cell ? cell.join().length : 8;
    if (rows.length > 0 && bytes > bytesMax) break;
    rows.push(found);
  }
  return rows;
};

/** Reads rows one by one; those of one chunk share its texts. */
export const rowReader = (table: Table): ((row: number) => TableRow) => {
  const { file, columns } = table;
  const withMisfits = columns.flatMap(({ misfits }, place) => (misfits > 0 ? [place] : []));
  let chunk = -1;
  let kept: (Float64Array | BigInt64Array | string[])[] = [];
  let origins = { lines: new Uint32Array(), importIds: new Uint32Array() } as ReturnType<typeof file.origins>;
  return (row) => {
    const next = file.chunkOf(row);
    if (next !== chunk) {
      chunk = next;
      kept = columns.map((column, place) =>
        isTextual(column) ? file.texts(place, chunk) : file.numbers(place, chunk),
      );
      origins = file.origins(chunk);
    }
    const at = row - (file.spans[chunk]?.firstRow ?? 0);
    const cells = columns.map((column, place): Cell => {
      const value = kept[place]?.[at];
      if (value === undefined || value === '' || (typeof value !== 'string' && isMissing(value))) return null;
      return decodeCell(column, value);
    });
    const misfits = withMisfits.flatMap((column) => {
      const text = cells[column] === null ? file.misfit(column, row) : undefined;
      return text === undefined ? [] : [{ column, text }];
    });
    return { row, line: origins.lines[at] as number, importId: origins.importIds[at] as number, cells, misfits };
  };
};
