import { DomainError } from '../../src/errors.ts';
import { type Cell, decodeCell, formatScaled } from '../../src/lib/cell-text.ts';
import type { DatasetColumn } from '../../src/lib/cells.ts';
import { isMissing } from './column-file.ts';
import type { TableMeasure } from './engine.ts';
import type { StoredColumnValue, Table } from './table.ts';

const unselected = 0xffffffff;

interface Segments {
  /** Rows with a value, by group and within it by value. */
  readonly rows: Uint32Array;
  /** By group: where its rows begin; one more at the end. */
  readonly starts: Uint32Array;
}

/** Measures of groups of rows. `groupOf` tells each row's group, from 0; rows of none have 2^32 - 1. */
export const createMeasures = (table: Table, groupOf: Uint32Array, groups: number) => {
  const slices = new Map<number, Segments>();

  const isNumeric = ({ type }: DatasetColumn): boolean => ['INTEGER', 'DECIMAL', 'FLOAT'].includes(type);

  const checkNumeric = (place: number, { function: measure }: TableMeasure): DatasetColumn => {
    const column = table.column(place);
    if (isNumeric(column)) return column;
    throw new DomainError(
      'BAD_REQUEST',
      `${JSON.stringify(column.name)} is ${column.type}: ${measure} is of numbers only`,
    );
  };

  /** By counting, once by value and once by group. */
  const slicesOf = (place: number): Segments => {
    const known = slices.get(place);
    if (known) return known;
    const { ranks, values } = table.ranked(place);
    const valueStarts = new Uint32Array(values.length + 2);
    const starts = new Uint32Array(groups + 1);
    for (let row = 0; row < ranks.length; row += 1) {
      const rank = ranks[row] as number;
      const group = groupOf[row] as number;
      if (rank === 0 || group === unselected) continue;
      valueStarts[rank + 1] = (valueStarts[rank + 1] as number) + 1;
      starts[group + 1] = (starts[group + 1] as number) + 1;
    }
    for (let at = 1; at < valueStarts.length; at += 1)
      valueStarts[at] = (valueStarts[at] as number) + (valueStarts[at - 1] as number);
    for (let at = 1; at <= groups; at += 1) starts[at] = (starts[at] as number) + (starts[at - 1] as number);
    const byValue = new Uint32Array(starts[groups] as number);
    for (let row = 0; row < ranks.length; row += 1) {
      const rank = ranks[row] as number;
      if (rank === 0 || groupOf[row] === unselected) continue;
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
    const made = { rows, starts };
    slices.set(place, made);
    return made;
  };

  const counts = (place: number | null): number[] => {
    const found = new Array<number>(groups).fill(0);
    const ranks = place === null ? null : table.ranked(place).ranks;
    for (let row = 0; row < groupOf.length; row += 1) {
      const group = groupOf[row] as number;
      if (group !== unselected && (ranks === null || ranks[row] !== 0)) found[group] = (found[group] as number) + 1;
    }
    return found;
  };

  /** Exact for whole numbers and decimals, in units of the column's last place; doubles for FLOAT. */
  const sums = (place: number): (number | bigint)[] => {
    const numbers = table.numbers(place);
    const isExact = table.column(place).type !== 'FLOAT';
    const small = new Float64Array(groups);
    const large = new Map<number, bigint>();
    const carry = (group: number, value: bigint): void => void large.set(group, (large.get(group) ?? 0n) + value);
    for (let row = 0; row < groupOf.length; row += 1) {
      const group = groupOf[row] as number;
      const value = numbers[row] as number | bigint;
      if (group === unselected || isMissing(value)) continue;
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
  };

  const sumCell = ({ type, scale }: DatasetColumn, sum: number | bigint): Cell => {
    if (typeof sum === 'number') return Number.isFinite(sum) ? sum : null;
    if (type === 'DECIMAL') return formatScaled(sum, scale);
    return Number.isSafeInteger(Number(sum)) ? Number(sum) : String(sum);
  };

  const averages = (place: number): (number | null)[] => {
    const { scale } = table.column(place);
    const totals = sums(place);
    return counts(place).map((count, group) =>
      count === 0 ? null : finite(Number(totals[group]) / (count * 10 ** scale)),
    );
  };

  const deviations = (place: number): (number | null)[] => {
    const { scale } = table.column(place);
    const numbers = table.numbers(place);
    const means = averages(place);
    const squares = new Float64Array(groups);
    for (let row = 0; row < groupOf.length; row += 1) {
      const group = groupOf[row] as number;
      const value = numbers[row] as number | bigint;
      if (group === unselected || isMissing(value)) continue;
      squares[group] = (squares[group] as number) + (Number(value) / 10 ** scale - (means[group] ?? 0)) ** 2;
    }
    // Of a sample: divided by one less than the values there are.
    return counts(place).map((count, group) =>
      count < 2 ? null : finite(Math.sqrt((squares[group] as number) / (count - 1))),
    );
  };

  const perSlice = (place: number, tell: (rankAt: (place: number) => number, count: number) => Cell): Cell[] => {
    const { rows, starts } = slicesOf(place);
    const { ranks } = table.ranked(place);
    return Array.from({ length: groups }, (_each, group) => {
      const start = starts[group] as number;
      return tell((at) => ranks[rows[start + at] as number] as number, (starts[group + 1] as number) - start);
    });
  };

  const cellAt = (place: number, rank: number): Cell =>
    decodeCell(table.column(place), table.ranked(place).values[rank - 1] as StoredColumnValue);

  const medianOf = (column: DatasetColumn, a: StoredColumnValue, b: StoredColumnValue): Cell => {
    if (column.type === 'FLOAT') return finite((Number(a) + Number(b)) / 2);
    const twice = BigInt(a) + BigInt(b);
    // Half of a whole number has one place more.
    const text = formatScaled(twice * 5n, column.scale + 1);
    return column.type === 'DECIMAL' || !Number.isSafeInteger(Number(twice)) ? text : Number(text);
  };

  const ends = (place: number, isLast: boolean): Cell[] => {
    const { ranks } = table.ranked(place);
    const found = new Uint32Array(groups);
    for (let row = 0; row < groupOf.length; row += 1) {
      const group = groupOf[row] as number;
      const rank = ranks[row] as number;
      if (group === unselected || rank === 0) continue;
      const before = found[group] as number;
      if (before === 0 || (isLast ? rank > before : rank < before)) found[group] = rank;
    }
    return Array.from(found, (rank) => (rank === 0 ? null : cellAt(place, rank)));
  };

  /** A measure of every group. Throws BAD_REQUEST for a column it is not of. */
  const valuesOf = (measure: TableMeasure): Cell[] => {
    const { column: place } = measure;
    if (place === null) {
      if (measure.function === 'COUNT') return counts(null);
      throw new DomainError('BAD_REQUEST', `${measure.function} needs a column`);
    }
    switch (measure.function) {
      case 'COUNT':
        return counts(place);
      case 'COUNT_DISTINCT':
        return perSlice(place, (rankAt, count) => {
          let distinct = 0;
          for (let at = 0; at < count; at += 1) if (at === 0 || rankAt(at) !== rankAt(at - 1)) distinct += 1;
          return distinct;
        });
      case 'SUM': {
        const column = checkNumeric(place, measure);
        const counted = counts(place);
        return sums(place).map((sum, group) => (counted[group] === 0 ? null : sumCell(column, sum)));
      }
      case 'AVERAGE':
        checkNumeric(place, measure);
        return averages(place);
      case 'STANDARD_DEVIATION':
        checkNumeric(place, measure);
        return deviations(place);
      case 'MIN':
      case 'MAX':
        if (table.column(place).type === 'STRING_LIST')
          throw new DomainError(
            'BAD_REQUEST',
            `${JSON.stringify(table.column(place).name)} is STRING_LIST: lists have no order`,
          );
        return ends(place, measure.function === 'MAX');
      case 'MEDIAN': {
        const column = checkNumeric(place, measure);
        const { values } = table.ranked(place);
        return perSlice(place, (rankAt, count) =>
          count === 0
            ? null
            : medianOf(
                column,
                values[rankAt((count - 1) >> 1) - 1] as StoredColumnValue,
                values[rankAt(count >> 1) - 1] as StoredColumnValue,
              ),
        );
      }
      case 'P95':
        checkNumeric(place, measure);
        // The nearest rank: the least value that at least 95 of 100 are not above.
        return perSlice(place, (rankAt, count) =>
          count === 0 ? null : cellAt(place, rankAt(Math.ceil((count * 95) / 100) - 1)),
        );
    }
  };

  return { valuesOf, counts };
};

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
