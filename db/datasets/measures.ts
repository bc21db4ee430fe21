import { DomainError } from '../../src/errors.ts';
import { type Cell, decodeCell, formatScaled } from '../../src/lib/cell-text.ts';
import { type DatasetColumn, isNumeric } from '../../src/lib/cells.ts';
import { isMissing } from './column-file.ts';
import type { MeasureFunction, TableMeasure } from './engine.ts';
import type { StoredColumnValue, Table } from './table.ts';

/** The group of a row that belongs to no group. */
export const noGroup = 0xffffffff;

interface Segments {
  /** Rows with a value, by group and within a group by value. */
  readonly rows: Uint32Array;
  /** By group, the index of its first row in `rows`; the last element is the end. */
  readonly starts: Uint32Array;
}

/** Computes the measures of groups of rows. */
export class GroupMeasures {
  readonly #table: Table;
  readonly #groupOf: Uint32Array;
  readonly #groups: number;
  readonly #segments = new Map<number, Segments>();

  /** `groupOf` holds the group of each row, from 0, or `noGroup`. */
  constructor(table: Table, groupOf: Uint32Array, groups: number) {
    this.#table = table;
    this.#groupOf = groupOf;
    this.#groups = groups;
  }

  /** The measure of every group. Throws BAD_REQUEST when the column does not have the measure. */
  valuesOf(measure: TableMeasure): Cell[] {
    const { column: index, function: name } = measure;
    if (index === null) {
      if (name === 'COUNT') return this.#counts(null);
      throw new DomainError('BAD_REQUEST', `${name} needs a column`);
    }
    switch (name) {
      case 'COUNT':
        return this.#counts(index);
      case 'COUNT_DISTINCT':
        return this.#distinctCounts(index);
      case 'MIN':
      case 'MAX':
        return this.#minOrMax(index, name === 'MAX');
      default:
        return this.#numericValues(this.#numericColumn(index, name), index, name);
    }
  }

  #numericValues(
    column: DatasetColumn,
    index: number,
    name: Exclude<MeasureFunction, 'COUNT' | 'COUNT_DISTINCT' | 'MIN' | 'MAX'>,
  ): Cell[] {
    switch (name) {
      case 'SUM': {
        const counts = this.#counts(index);
        return this.#sums(index).map((sum, group) => (counts[group] === 0 ? null : sumCell(column, sum)));
      }
      case 'AVERAGE':
        return this.#averages(index);
      case 'STANDARD_DEVIATION':
        return this.#deviations(index);
      case 'MEDIAN': {
        const { values } = this.#table.ranked(index);
        return this.#perSegment(index, (rankAt, count) => {
          if (count === 0) return null;
          const lower = values[rankAt((count - 1) >> 1) - 1] as StoredColumnValue;
          const upper = values[rankAt(count >> 1) - 1] as StoredColumnValue;
          return medianOf(column, lower, upper);
        });
      }
      case 'P95':
        // The nearest-rank percentile: the least value that at least 95 of 100 values do not exceed.
        return this.#perSegment(index, (rankAt, count) =>
          count === 0 ? null : this.#cellAt(index, rankAt(Math.ceil((count * 95) / 100) - 1)),
        );
    }
  }

  #numericColumn(index: number, name: MeasureFunction): DatasetColumn {
    const column = this.#table.column(index);
    if (isNumeric(column)) return column;
    throw new DomainError(
      'BAD_REQUEST',
      `${JSON.stringify(column.name)} is ${column.type}: ${name} applies to INTEGER, DECIMAL and FLOAT only`,
    );
  }

  #counts(index: number | null): number[] {
    const groupOf = this.#groupOf;
    const counts = new Array<number>(this.#groups).fill(0);
    const ranks = index === null ? null : this.#table.ranked(index).ranks;
    for (let row = 0; row < groupOf.length; row += 1) {
      const group = groupOf[row] as number;
      if (group !== noGroup && (ranks === null || ranks[row] !== 0)) counts[group] = (counts[group] as number) + 1;
    }
    return counts;
  }

  #distinctCounts(index: number): number[] {
    return this.#perSegment(index, (rankAt, count) => {
      let distinct = 0;
      for (let at = 0; at < count; at += 1) if (at === 0 || rankAt(at) !== rankAt(at - 1)) distinct += 1;
      return distinct;
    });
  }

  /** Exact for INTEGER and DECIMAL, in units of the last decimal place of the column; doubles for FLOAT. */
  #sums(index: number): (number | bigint)[] {
    const groupOf = this.#groupOf;
    const numbers = this.#table.numbers(index);
    const isExact = this.#table.column(index).type !== 'FLOAT';
    const small = new Float64Array(this.#groups);
    const large = new Map<number, bigint>();
    const carry = (group: number, value: bigint): void => void large.set(group, (large.get(group) ?? 0n) + value);
    for (let row = 0; row < groupOf.length; row += 1) {
      const group = groupOf[row] as number;
      const value = numbers[row] as number | bigint;
      if (group === noGroup || isMissing(value)) continue;
      if (typeof value === 'bigint') {
        carry(group, value);
        continue;
      }
      const sum = (small[group] as number) + value;
      if (!isExact || Number.isSafeInteger(sum)) small[group] = sum;
      else {
        carry(group, BigInt(small[group] as number));
        small[group] = value;
      }
    }
    return Array.from(small, (sum, group) => (isExact ? (large.get(group) ?? 0n) + BigInt(sum) : sum));
  }

  #averages(index: number): (number | null)[] {
    const { scale } = this.#table.column(index);
    const sums = this.#sums(index);
    return this.#counts(index).map((count, group) =>
      count === 0 ? null : finiteOrNull(Number(sums[group]) / (count * 10 ** scale)),
    );
  }

  #deviations(index: number): (number | null)[] {
    const groupOf = this.#groupOf;
    const { scale } = this.#table.column(index);
    const numbers = this.#table.numbers(index);
    const means = this.#averages(index);
    const squares = new Float64Array(this.#groups);
    for (let row = 0; row < groupOf.length; row += 1) {
      const group = groupOf[row] as number;
      const value = numbers[row] as number | bigint;
      if (group === noGroup || isMissing(value)) continue;
      squares[group] = (squares[group] as number) + (Number(value) / 10 ** scale - (means[group] ?? 0)) ** 2;
    }
    // The deviation of a sample: divided by one less than the number of values.
    return this.#counts(index).map((count, group) =>
      count < 2 ? null : finiteOrNull(Math.sqrt((squares[group] as number) / (count - 1))),
    );
  }

  #minOrMax(index: number, isMax: boolean): Cell[] {
    const column = this.#table.column(index);
    if (column.type === 'STRING_LIST')
      throw new DomainError('BAD_REQUEST', `${JSON.stringify(column.name)} is STRING_LIST: lists have no order`);
    return Array.from(this.#minOrMaxRanks(index, isMax), (rank) => (rank === 0 ? null : this.#cellAt(index, rank)));
  }

  #minOrMaxRanks(index: number, isMax: boolean): Uint32Array {
    const groupOf = this.#groupOf;
    const { ranks } = this.#table.ranked(index);
    const found = new Uint32Array(this.#groups);
    for (let row = 0; row < groupOf.length; row += 1) {
      const group = groupOf[row] as number;
      const rank = ranks[row] as number;
      if (group === noGroup || rank === 0) continue;
      const current = found[group] as number;
      if (current === 0 || (isMax ? rank > current : rank < current)) found[group] = rank;
    }
    return found;
  }

  #perSegment<T extends Cell>(index: number, measure: (rankAt: (at: number) => number, count: number) => T): T[] {
    const { rows, starts } = this.#segmentsByGroup(index);
    const { ranks } = this.#table.ranked(index);
    return Array.from({ length: this.#groups }, (_each, group) => {
      const start = starts[group] as number;
      return measure((at) => ranks[rows[start + at] as number] as number, (starts[group + 1] as number) - start);
    });
  }

  #segmentsByGroup(index: number): Segments {
    const known = this.#segments.get(index);
    if (known) return known;
    const { ranks, values } = this.#table.ranked(index);
    const segments = sortIntoSegments(ranks, values.length, this.#groupOf, this.#groups);
    this.#segments.set(index, segments);
    return segments;
  }

  #cellAt(index: number, rank: number): Cell {
    return decodeCell(this.#table.column(index), this.#table.ranked(index).values[rank - 1] as StoredColumnValue);
  }
}

/** Sorts rows by group and value with two counting sorts: first by value, then stably by group. */
const sortIntoSegments = (ranks: Uint32Array, valueCount: number, groupOf: Uint32Array, groups: number): Segments => {
  const valueStarts = new Uint32Array(valueCount + 2);
  const starts = new Uint32Array(groups + 1);
  for (let row = 0; row < ranks.length; row += 1) {
    const rank = ranks[row] as number;
    const group = groupOf[row] as number;
    if (rank === 0 || group === noGroup) continue;
    valueStarts[rank + 1] = (valueStarts[rank + 1] as number) + 1;
    starts[group + 1] = (starts[group + 1] as number) + 1;
  }
  for (const counts of [valueStarts, starts])
    for (let at = 1; at < counts.length; at += 1) counts[at] = (counts[at] as number) + (counts[at - 1] as number);
  const byValue = new Uint32Array(starts[groups] as number);
  for (let row = 0; row < ranks.length; row += 1) {
    const rank = ranks[row] as number;
    if (rank === 0 || groupOf[row] === noGroup) continue;
    byValue[valueStarts[rank] as number] = row;
    valueStarts[rank] = (valueStarts[rank] as number) + 1;
  }
  const next = starts.slice();
  const rows = new Uint32Array(byValue.length);
  for (const row of byValue) {
    const group = groupOf[row] as number;
    rows[next[group] as number] = row;
    next[group] = (next[group] as number) + 1;
  }
  return { rows, starts };
};

const sumCell = ({ type, scale }: DatasetColumn, sum: number | bigint): Cell => {
  if (typeof sum === 'number') return Number.isFinite(sum) ? sum : null;
  if (type === 'DECIMAL') return formatScaled(sum, scale);
  return Number.isSafeInteger(Number(sum)) ? Number(sum) : String(sum);
};

const medianOf = (column: DatasetColumn, lower: StoredColumnValue, upper: StoredColumnValue): Cell => {
  if (column.type === 'FLOAT') return finiteOrNull((Number(lower) + Number(upper)) / 2);
  const twice = BigInt(lower) + BigInt(upper);
  // Half of a whole number has one more decimal place.
  const text = formatScaled(twice * 5n, column.scale + 1);
  return column.type === 'DECIMAL' || !Number.isSafeInteger(Number(twice)) ? text : Number(text);
};

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
