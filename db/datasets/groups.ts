import { DomainError } from '../../src/errors.ts';
import type { Cell } from '../../src/lib/cell-text.ts';
import { fold } from '../../src/lib/fold.ts';
import type { CellTest, GroupsRequest, GroupsResult } from './engine.ts';
import { maskOf } from './filter.ts';
import { dimensionsOf } from './grouping.ts';
import { GroupMeasures, noGroup } from './measures.ts';
import type { Table } from './table.ts';

/** Up to this many combinations of values get a dense array of group ids; more combinations a hash map. */
const denseMax = 2 ** 22;

interface Grouped {
  /** By row: its group id, from 0, or `noGroup`. */
  readonly groupOf: Uint32Array;
  /** By group: its code in each dimension. */
  readonly codes: readonly Uint32Array[];
  readonly count: number;
}

/** The groups of the rows of a version with their measures, missing values last. */
export const groupsOf = (table: Table, request: GroupsRequest, groupsMax: number): GroupsResult => {
  const { group, measures, filter, having, orders, offset, limit } = request;
  const key = `groups ${JSON.stringify([group, measures, filter, having, orders])}`;
  const all = table.cached(
    key,
    () => measureGroups(table, { group, measures, filter, having, orders }, groupsMax),
    (found) => found.length * 100,
  );
  return { groups: all.slice(offset, offset + limit), total: all.length, excludedCount: 0 };
};

type Group = GroupsResult['groups'][number];

const measureGroups = (
  table: Table,
  { group, measures, filter, having, orders }: Omit<GroupsRequest, 'offset' | 'limit'>,
  groupsMax: number,
): Group[] => {
  const dimensions = dimensionsOf(table, group);
  const sizes = dimensions.map(({ codes, values }) => ({ codes, size: values.length }));
  const { groupOf, codes, count } = assignGroupIds(table, sizes, maskOf(table, filter), groupsMax);
  const groupMeasures = new GroupMeasures(table, groupOf, count);
  const columns = measures.map((measure) => groupMeasures.valuesOf(measure));
  const keyOf = (id: number): Cell[] =>
    dimensions.map(({ values }, index) => values[(codes[index] as Uint32Array)[id] as number] ?? null);
  const compare = groupOrder(codes, columns, orders);
  const ids = Array.from({ length: count }, (_each, id) => id).filter((id) => {
    if (having.length === 0) return true;
    const cells = [...keyOf(id), ...columns.map((values) => values[id] ?? null)];
    return having.every(({ index, test }) => matchesTest(cells[index] ?? null, test));
  });
  return ids.sort(compare).map((id) => ({
    key: keyOf(id),
    measures: columns.map((values) => values[id] ?? null),
    excludedCounts: columns.map(() => 0),
  }));
};

/** Compares group ids by `orders` and then by their keys. Codes ascend with their values; 0 stands for a missing value. */
const groupOrder = (
  codes: readonly Uint32Array[],
  columns: readonly (readonly Cell[])[],
  orders: GroupsRequest['orders'],
): ((a: number, b: number) => number) => {
  const codeOf = (index: number, id: number): number => (codes[index] as Uint32Array)[id] || Number.MAX_SAFE_INTEGER;
  const compareKeys = (a: number, b: number): number => {
    for (let index = 0; index < codes.length; index += 1) {
      const difference = codeOf(index, a) - codeOf(index, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
  return (a, b) => {
    for (const { column, descending } of orders) {
      const sign = descending ? -1 : 1;
      if (column < codes.length) {
        const [left, right] = [codeOf(column, a), codeOf(column, b)];
        if (left !== right)
          return Math.max(left, right) === Number.MAX_SAFE_INTEGER ? left - right : sign * (left - right);
        continue;
      }
      const values = columns[column - codes.length] as readonly Cell[];
      const difference = compareCells(values[a] ?? null, values[b] ?? null, sign);
      if (difference !== 0) return difference;
    }
    return compareKeys(a, b);
  };
};

const assignGroupIds = (
  table: Table,
  dimensions: readonly { readonly codes: Uint32Array; readonly size: number }[],
  mask: Uint8Array,
  groupsMax: number,
): Grouped => {
  const combinations = dimensions.reduce((product, { size }) => product * size, 1);
  if (combinations > Number.MAX_SAFE_INTEGER)
    throw new DomainError(
      'LIMIT_EXCEEDED',
      'these columns have too many combinations of values; group by fewer columns',
    );
  const groupOf = new Uint32Array(table.rows).fill(noGroup);
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
  // Without a dimension all rows form one group, which exists even when there are no rows.
  if (dimensions.length === 0 && found.length === 0) found.push(0);
  const codes = dimensions.map(() => new Uint32Array(found.length));
  found.forEach((code, group) => {
    let rest = code;
    for (let index = dimensions.length - 1; index >= 0; index -= 1) {
      const { size } = dimensions[index] as { size: number };
      (codes[index] as Uint32Array)[group] = rest % size;
      rest = Math.floor(rest / size);
    }
  });
  return { groupOf, codes, count: found.length };
};

const decimalForm = /^-?\d+(?:\.\d+)?$/;

/** Compares numbers by value, including numbers that are written as text; null is last in either direction. */
const compareCells = (a: Cell, b: Cell, sign: number): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return sign * comparePresent(a, b);
};

const comparePresent = (a: Cell, b: Cell): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  if (decimalForm.test(left) && decimalForm.test(right)) {
    const scale = Math.max(...[left, right].map((text) => text.split('.')[1]?.length ?? 0));
    const digitsOf = (text: string): bigint => {
      const [whole = '', fraction = ''] = text.split('.');
      return BigInt(whole + fraction.padEnd(scale, '0'));
    };
    const difference = digitsOf(left) - digitsOf(right);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }
  if (left === right) return 0;
  return left < right ? -1 : 1;
};

/** Tests a key or measure of a group by the rules for cells. */
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
