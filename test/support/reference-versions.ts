import type { CellTest, TableFilter, TableMeasure, TableOrder } from '../../db/datasets/engine.ts';
import { formatScaled } from '../../src/lib/cell-text.ts';
import { fold } from '../../src/lib/fold.ts';
import type { TestColumn } from './version-files.ts';

type Value = bigint | number | boolean | string | readonly string[];

const isMisfit = (cell: TestColumn['cells'][number]): cell is { readonly misfit: string } =>
  typeof cell === 'object' && cell !== null;

/** The value of a cell: INTEGER and DECIMAL as whole numbers of the last decimal unit, dates and instants as their text. */
export const cellValue = ({ type, scale = 0, cells }: TestColumn, row: number): Value | null => {
  const cell = cells[row] ?? null;
  if (cell === null || isMisfit(cell)) return null;
  switch (type) {
    case 'INTEGER':
    case 'DECIMAL':
      return scaled(cell, scale);
    case 'FLOAT':
      return Number(cell);
    case 'BOOLEAN':
      return cell === 'true';
    case 'STRING_LIST':
      return JSON.parse(cell) as string[];
    default:
      return cell;
  }
};

const scaled = (text: string, scale: number): bigint => {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(scale, '0'));
};

/** Texts by code point, like UTF-8. */
const compare = (a: Value, b: Value): number => {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  return a < b ? -1 : a > b ? 1 : 0;
};

/** Whether a row passes a filter; with `misfitsPass` a misfit passes every comparison that is not below a negation. */
export const passes = (
  columns: readonly TestColumn[],
  row: number,
  filter: TableFilter | null,
  misfitsPass = false,
): boolean => {
  if (filter === null) return true;
  if ('and' in filter) return filter.and.every((part) => passes(columns, row, part, misfitsPass));
  if ('or' in filter) return filter.or.some((part) => passes(columns, row, part, misfitsPass));
  if ('not' in filter) return !passes(columns, row, filter.not);
  if ('search' in filter) return columns.some((column) => contains(column, row, filter.search, false));
  if ('group' in filter) throw new Error('the reference has no groups in filters');
  const column = columns[filter.column] as TestColumn;
  const isCompared = !['isNull', 'isMisfit', 'contains', 'startsWith'].includes(filter.test.op);
  return (misfitsPass && isCompared && isMisfit(column.cells[row] ?? null)) || passesTest(column, row, filter.test);
};

const contains = (column: TestColumn, row: number, needle: string, isStart: boolean): boolean => {
  const cell = column.cells[row] ?? null;
  const value = cellValue(column, row);
  const texts = isMisfit(cell) ? [cell.misfit] : Array.isArray(value) ? value : column.type === 'STRING' ? [value] : [];
  return texts.some((text) => {
    if (text === null) return false;
    const at = fold(text as string).indexOf(fold(needle));
    return isStart ? at === 0 : at >= 0;
  });
};

const passesTest = (column: TestColumn, row: number, test: CellTest): boolean => {
  const value = cellValue(column, row);
  switch (test.op) {
    case 'isNull':
      return (value === null) === test.value;
    case 'isMisfit':
      return isMisfit(column.cells[row] ?? null) === test.value;
    case 'contains':
    case 'startsWith':
      return contains(column, row, test.text, test.op === 'startsWith');
    case 'hasAny':
      return Array.isArray(value) && value.some((item) => test.values.includes(item as string));
    case 'in':
      return test.values.some((each) => passesTest(column, row, { op: 'eq', value: each }));
    case 'ne':
      return !passesTest(column, row, { op: 'eq', value: test.value });
    case 'matches':
      throw new Error('the reference has no matches');
    default: {
      if (test.value === null) return value === null;
      if (value === null) return false;
      const [left, right] = comparable(column, value, String(test.value));
      const difference = compare(left, right);
      if (test.op === 'eq') return difference === 0;
      return test.op === 'gt'
        ? difference > 0
        : test.op === 'gte'
          ? difference >= 0
          : test.op === 'lt'
            ? difference < 0
            : difference <= 0;
    }
  }
};

/** Both sides with as many decimal digits as the finer one has. */
const comparable = ({ type, scale = 0 }: TestColumn, value: Value, literal: string): [Value, Value] => {
  if (type === 'INTEGER' || type === 'DECIMAL') {
    const finer = Math.max(scale, literal.split('.')[1]?.length ?? 0);
    return [(value as bigint) * 10n ** BigInt(finer - scale), scaled(literal, finer)];
  }
  if (type === 'FLOAT') return [value, Number(literal)];
  return type === 'BOOLEAN' ? [value, literal === 'true'] : [value, literal];
};

/** Row numbers in an order, missing values last in either direction, then as in the file. */
export const ordered = (columns: readonly TestColumn[], rows: number[], orders: readonly TableOrder[]): number[] =>
  rows.sort((a, b) => {
    for (const { column, descending } of orders) {
      const [left, right] = [a, b].map((row) => cellValue(columns[column] as TestColumn, row)) as [
        Value | null,
        Value | null,
      ];
      if (left === null && right === null) continue;
      if (left === null || right === null) return left === null ? 1 : -1;
      const difference = compare(left, right);
      if (difference !== 0) return descending ? -difference : difference;
    }
    return a - b;
  });

/** A measure of rows as text or null, exact for INTEGER and DECIMAL; means and deviations as numbers. */
export const measured = (
  columns: readonly TestColumn[],
  rows: readonly number[],
  { function: name, column: index }: TableMeasure,
): string | number | null => {
  if (index === null) return rows.length;
  const column = columns[index] as TestColumn;
  const { type, scale = 0 } = column;
  const values = rows
    .map((row) => cellValue(column, row))
    .filter((value) => value !== null)
    .sort(compare);
  if (name === 'COUNT') return values.length;
  if (name === 'COUNT_DISTINCT') return new Set(values.map(String)).size;
  if (values.length === 0) return null;
  const isExact = type === 'INTEGER' || type === 'DECIMAL';
  const textOf = (value: Value): string => (isExact ? formatScaled(value as bigint, scale) : String(value));
  if (name === 'MIN' || name === 'MAX') return textOf(values.at(name === 'MIN' ? 0 : -1) as Value);
  if (name === 'P95') return textOf(values[Math.ceil((values.length * 95) / 100) - 1] as Value);
  if (name === 'MEDIAN') {
    const [lower, upper] = [values[(values.length - 1) >> 1], values[values.length >> 1]] as [Value, Value];
    return isExact
      ? formatScaled(((lower as bigint) + (upper as bigint)) * 5n, scale + 1)
      : String((Number(lower) + Number(upper)) / 2);
  }
  const sum = isExact
    ? (values as bigint[]).reduce((total, value) => total + value, 0n)
    : (values as number[]).reduce((total, value) => total + value, 0);
  if (name === 'SUM') return isExact ? textOf(sum) : (sum as number);
  const mean = Number(sum) / (values.length * 10 ** scale);
  if (name === 'AVERAGE') return mean;
  if (values.length < 2) return null;
  const squares = values.reduce<number>((total, value) => total + (Number(value) / 10 ** scale - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
};
