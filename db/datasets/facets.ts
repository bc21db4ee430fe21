import { type Cell, decodeCell } from '../../src/lib/cell-text.ts';
import { type DatasetColumn, isNumeric } from '../../src/lib/cells.ts';
import type { FacetResult, ProfileResult, TableFilter, ValueCount } from './engine.ts';
import { maskOf } from './filter.ts';
import { GroupMeasures } from './measures.ts';
import type { StoredColumnValue, Table } from './table.ts';

/** The most frequent values of a column with their counts, and the number of cells with other values. */
export const facetOf = (table: Table, index: number, filter: TableFilter | null, limit: number): FacetResult => {
  const all = valueCounts(table, index, maskOf(table, filter));
  const buckets = all.slice(0, limit);
  const otherCount = all.slice(limit).reduce((sum, { count }) => sum + count, 0);
  return { column: index, buckets, otherCount, excludedCount: 0 };
};

/** By count, descending, then by value. An item of a list counts once for each row. */
const valueCounts = (table: Table, index: number, mask: Uint8Array): ValueCount[] => {
  const column = table.column(index);
  const { ranks, values } = table.ranked(index);
  const counts = new Uint32Array(values.length + 1);
  for (let row = 0; row < mask.length; row += 1)
    if (mask[row] === 1) counts[ranks[row] as number] = (counts[ranks[row] as number] as number) + 1;
  const found: ValueCount[] = [];
  if (column.type === 'STRING_LIST') {
    const itemCounts = new Map<string, number>();
    for (let rank = 1; rank < counts.length; rank += 1) {
      const count = counts[rank] as number;
      if (count === 0) continue;
      for (const item of new Set(JSON.parse(values[rank - 1] as string) as string[]))
        itemCounts.set(item, (itemCounts.get(item) ?? 0) + count);
    }
    for (const item of [...itemCounts.keys()].sort()) found.push({ value: item, count: itemCounts.get(item) ?? 0 });
  } else
    for (let rank = 1; rank < counts.length; rank += 1)
      if (counts[rank] !== 0)
        found.push({ value: decodeCell(column, values[rank - 1] as StoredColumnValue), count: counts[rank] as number });
  if (counts[0] !== 0) found.push({ value: null, count: counts[0] as number });
  // The sort is stable.
  return found.sort((a, b) => b.count - a.count);
};

const bins = 20;
const mostCommonMax = 10;

/** Statistics of a column. */
export const profileOf = (table: Table, index: number): ProfileResult =>
  table.cached(
    `profile ${index}`,
    () => profile(table, index),
    () => 4000,
  );

const profile = (table: Table, index: number): ProfileResult => {
  const column = table.column(index);
  const { values } = table.ranked(index);
  const everything = new Uint32Array(table.rows);
  const measures = new GroupMeasures(table, everything, 1);
  const isNumber = isNumeric(column);
  const one = (name: 'AVERAGE' | 'MEDIAN'): number | null => {
    const [value = null] = isNumber ? measures.valuesOf({ function: name, column: index }) : [];
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
    histogram: isNumber || column.type === 'DATE' || column.type === 'DATE_TIME' ? histogramOf(table, index) : [],
    mostCommon: valueCounts(table, index, new Uint8Array(table.rows).fill(1)).slice(0, mostCommonMax),
  };
};

/** Bins of equal width from the least to the greatest value; the last bin includes the greatest value. */
const histogramOf = (table: Table, index: number): ProfileResult['histogram'] => {
  const column = table.column(index);
  const { ranks, values } = table.ranked(index);
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
