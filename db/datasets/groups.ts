import { DomainError } from '../../src/errors.ts';
import type { Cell } from '../../src/lib/cell-text.ts';
import { fold } from '../../src/lib/fold.ts';
import type { CellTest, GroupsRequest, GroupsResult } from './engine.ts';
import { maskOf } from './filter.ts';
import { dimensionsOf } from './grouping.ts';
import { createMeasures } from './measures.ts';
import type { Table } from './table.ts';

/** Groups that are numbered in one table of all combinations; beyond it by those that occur. */
const denseMax = 2 ** 22;

const unselected = 0xffffffff;

interface Grouped {
  /** By row: its group, from 0, or `unselected`. */
  readonly groupOf: Uint32Array;
  /** By group: its code in each dimension. */
  readonly codes: readonly Uint32Array[];
  readonly count: number;
}

/** Groups of a version's rows, those of no value last, with what was measured of each. */
export const groupsOf = (table: Table, wanted: GroupsRequest, groupsMax: number): GroupsResult => {
  const { group, measures, filter, having, orders, offset, limit } = wanted;
  const key = `groups ${JSON.stringify([group, measures, filter, having, orders])}`;
  const all = table.cached(
    key,
    () => measureGroups(table, { group, measures, filter, having, orders }, groupsMax),
    (found) => found.length * 100,
  );
  return { groups: all.slice(offset, offset + limit), total: all.length };
};

type Group = GroupsResult['groups'][number];

const measureGroups = (
  table: Table,
  { group, measures, filter, having, orders }: Omit<GroupsRequest, 'offset' | 'limit'>,
  groupsMax: number,
): Group[] => {
  const dimensions = dimensionsOf(table, group);
  const grouped = assignGroupIds(
    table,
    dimensions.map(({ codes, values }) => ({ codes, size: values.length })),
    maskOf(table, filter),
    groupsMax,
  );
  const { valuesOf } = createMeasures(table, grouped.groupOf, grouped.count);
  const columns = measures.map(valuesOf);
  const keyOf = (at: number): Cell[] =>
    dimensions.map(({ values }, place) => values[(grouped.codes[place] as Uint32Array)[at] as number] ?? null);
  // Codes ascend with their values, 0 stands for none.
  const codeOf = (place: number, at: number): number =>
    (grouped.codes[place] as Uint32Array)[at] || Number.MAX_SAFE_INTEGER;
  const inKeyOrder = (a: number, b: number): number => {
    for (let place = 0; place < dimensions.length; place += 1) {
      const difference = codeOf(place, a) - codeOf(place, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
  const compare = (a: number, b: number): number => {
    for (const { column, descending } of orders) {
      const sign = descending ? -1 : 1;
      if (column < dimensions.length) {
        const [left, right] = [codeOf(column, a), codeOf(column, b)];
        if (left !== right)
          return Math.max(left, right) === Number.MAX_SAFE_INTEGER ? left - right : sign * (left - right);
        continue;
      }
      const values = columns[column - dimensions.length] as readonly Cell[];
      const difference = compareCells(values[a] ?? null, values[b] ?? null, sign);
      if (difference !== 0) return difference;
    }
    return inKeyOrder(a, b);
  };
  const places = Array.from({ length: grouped.count }, (_each, at) => at).filter((at) =>
    having.every(({ index: place, test }) =>
      matchesTest(
        place < dimensions.length ? (keyOf(at)[place] ?? null) : (columns[place - dimensions.length]?.[at] ?? null),
        test,
      ),
    ),
  );
  return places.sort(compare).map((at) => ({ key: keyOf(at), measures: columns.map((values) => values[at] ?? null) }));
};

const assignGroupIds = (
  table: Table,
  dimensions: readonly { readonly codes: Uint32Array; readonly size: number }[],
  mask: Uint8Array,
  groupsMax: number,
): Grouped => {
  const combinations = dimensions.reduce((product, { size }) => product * size, 1);
  if (combinations > Number.MAX_SAFE_INTEGER)
    throw new DomainError('LIMIT_EXCEEDED', 'these columns have too many combinations of values to be grouped by');
  const groupOf = new Uint32Array(table.rows).fill(unselected);
  const combined = new Float64Array(table.rows);
  for (const { codes, size } of dimensions)
    for (let row = 0; row < combined.length; row += 1)
      combined[row] = (combined[row] as number) * size + (codes[row] as number);
  const found: number[] = [];
  const dense = combinations <= denseMax ? new Int32Array(combinations).fill(-1) : null;
  const sparse = new Map<number, number>();
  for (let row = 0; row < combined.length; row += 1) {
    if (mask[row] === 0) continue;
    const code = combined[row] as number;
    let group = dense ? (dense[code] as number) : (sparse.get(code) ?? -1);
    if (group < 0) {
      group = found.length;
      if (group >= groupsMax)
        throw new DomainError('LIMIT_EXCEEDED', `there are more than ${groupsMax} groups (setting datasetGroupsMax)`);
      found.push(code);
      if (dense) dense[code] = group;
      else sparse.set(code, group);
    }
    groupOf[row] = group;
  }
  // Without a dimension everything is one group, also when there is nothing.
  if (dimensions.length === 0 && found.length === 0) found.push(0);
  const codes = dimensions.map(() => new Uint32Array(found.length));
  found.forEach((code, group) => {
    let rest = code;
    for (let place = dimensions.length - 1; place >= 0; place -= 1) {
      const { size } = dimensions[place] as { size: number };
      (codes[place] as Uint32Array)[group] = rest % size;
      rest = Math.floor(rest / size);
    }
  });
  return { groupOf, codes, count: found.length };
};

const decimalForm = /^-?\d+(?:\.\d+)?$/;

/** Numbers, also those written as text, by size; nothing after everything, whatever the direction. */
const compareCells = (a: Cell, b: Cell, sign: number): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return sign * comparePresent(a, b);
};

const comparePresent = (a: Cell, b: Cell): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  if (decimalForm.test(left) && decimalForm.test(right)) {
    const places = Math.max(...[left, right].map((text) => text.split('.')[1]?.length ?? 0));
    const digitsOf = (text: string): bigint => {
      const [whole = '', fraction = ''] = text.split('.');
      return BigInt(whole + fraction.padEnd(places, '0'));
    };
    const difference = digitsOf(left) - digitsOf(right);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }
  if (left === right) return 0;
  return left < right ? -1 : 1;
};

/** A test of a group's key or measure, by the rules of cells. */
const matchesTest = (cell: Cell, test: CellTest): boolean => {
  if (test.op === 'isNull') return (cell === null) === test.value;
  if (test.op === 'ne') return !matchesTest(cell, { op: 'eq', value: test.value });
  if (test.op === 'eq' && test.value === null) return cell === null;
  if (test.op === 'isMisfit') return !test.value;
  if (cell === null) return false;
  switch (test.op) {
    case 'contains':
      return fold(String(cell)).includes(fold(test.text));
    case 'startsWith':
      return fold(String(cell)).startsWith(fold(test.text));
    case 'hasAny':
      return test.values.includes(String(cell));
    case 'in':
      return test.values.some((value) => matchesTest(cell, { op: 'eq', value }));
    default: {
      const difference = comparePresent(cell, test.value as Cell);
      if (test.op === 'gt') return difference > 0;
      if (test.op === 'gte') return difference >= 0;
      if (test.op === 'lt') return difference < 0;
      if (test.op === 'lte') return difference <= 0;
      return difference === 0;
    }
  }
};
