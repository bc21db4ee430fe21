import { type Cell, decodeCell } from '../../src/lib/cell-text.ts';
import type { DatasetColumn } from '../../src/lib/cells.ts';
import type { FacetResult, ProfileResult, TableFilter, ValueCount } from './engine.ts';
import { maskOf } from './filter.ts';
import { createMeasures } from './measures.ts';
import type { StoredColumnValue, Table } from './table.ts';

/** How often each value of a column occurs among the rows: the most frequent, and how many cells are of others. */
export const facetOf = (table: Table, place: number, filter: TableFilter | null, limit: number): FacetResult => {
  const all = valueCounts(table, place, maskOf(table, filter));
  const buckets = all.slice(0, limit);
  const otherCount = all.slice(limit).reduce((sum, { count }) => sum + count, 0);
  return { column: place, buckets, otherCount };
};

/** The most frequent first, then in order; lists are taken apart, an item counts once a row. */
const valueCounts = (table: Table, place: number, mask: Uint8Array): ValueCount[] => {
  const column = table.column(place);
  const { ranks, values } = table.ranked(place);
  const counts = new Uint32Array(values.length + 1);
  for (let row = 0; row < mask.length; row += 1)
    if (mask[row] === 1) counts[ranks[row] as number] = (counts[ranks[row] as number] as number) + 1;
  const found: ValueCount[] = [];
  if (column.type === 'STRING_LIST') {
    const ofItem = new Map<string, number>();
    for (let rank = 1; rank < counts.length; rank += 1) {
      const count = counts[rank] as number;
      if (count === 0) continue;
      for (const item of new Set(JSON.parse(values[rank - 1] as string) as string[]))
        ofItem.set(item, (ofItem.get(item) ?? 0) + count);
    }
    for (const item of [...ofItem.keys()].sort()) found.push({ value: item, count: ofItem.get(item) ?? 0 });
  } else
    for (let rank = 1; rank < counts.length; rank += 1)
      if (counts[rank] !== 0)
        found.push({ value: decodeCell(column, values[rank - 1] as StoredColumnValue), count: counts[rank] as number });
  if (counts[0] !== 0) found.push({ value: null, count: counts[0] as number });
  // Sorting keeps the order of what is equal.
  return found.sort((a, b) => b.count - a.count);
};

const bins = 20;
const mostCommonMax = 10;

/** What a column holds, as a whole. */
export const profileOf = (table: Table, place: number): ProfileResult =>
  table.cached(
    `profile ${place}`,
    () => profile(table, place),
    () => 4000,
  );

const profile = (table: Table, place: number): ProfileResult => {
  const column = table.column(place);
  const { values } = table.ranked(place);
  const everything = new Uint32Array(table.rows);
  const { valuesOf } = createMeasures(table, everything, 1);
  const isNumber = ['INTEGER', 'DECIMAL', 'FLOAT'].includes(column.type);
  const one = (name: 'AVERAGE' | 'MEDIAN'): number | null => {
    const [value = null] = isNumber ? valuesOf({ function: name, column: place }) : [];
    return value === null ? null : Number(value);
  };
  const isOrdered = column.type !== 'STRING_LIST' && values.length > 0;
  const cellAt = (at: number): Cell => decodeCell(column, values[at] as StoredColumnValue);
  return {
    nulls: column.nulls,
    distinct: values.length,
    min: isOrdered ? cellAt(0) : null,
    max: isOrdered ? cellAt(values.length - 1) : null,
    mean: one('AVERAGE'),
    median: one('MEDIAN'),
    histogram: isNumber || column.type === 'DATE' || column.type === 'DATE_TIME' ? histogramOf(table, place) : [],
    mostCommon: valueCounts(table, place, new Uint8Array(table.rows).fill(1)).slice(0, mostCommonMax),
  };
};

/** Bins of one width from the least value to the greatest, which the last one holds, too. */
const histogramOf = (table: Table, place: number): ProfileResult['histogram'] => {
  const column = table.column(place);
  const { ranks, values } = table.ranked(place);
  if (values.length === 0) return [];
  const least = Number(values[0]);
  const span = Number(values[values.length - 1]) - least;
  const isWhole = column.type !== 'FLOAT';
  const exactWidth = span / bins;
  const width = isWhole ? Math.max(1, Math.ceil(exactWidth)) : exactWidth || 1;
  const count = Math.max(1, Math.min(bins, Math.ceil(span / width)));
  const counts = new Array<number>(count).fill(0);
  for (const rank of ranks) {
    if (rank === 0) continue;
    const bin = Math.min(count - 1, Math.floor((Number(values[rank - 1]) - least) / width));
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts.map((inBin, bin) => ({
    from: boundCell(column, least + bin * width),
    to: boundCell(column, bin === count - 1 ? Number(values[values.length - 1]) : least + (bin + 1) * width),
    count: inBin,
  }));
};

const boundCell = (column: DatasetColumn, bound: number): Cell =>
  column.wide ? decodeCell(column, BigInt(Math.round(bound))) : decodeCell(column, bound);
