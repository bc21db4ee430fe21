import { DomainError } from '../../errors.ts';
import { cooperativeSort } from '../../indices/cooperative-sort.ts';
import { compareValues } from '../../lib/compare.ts';
import type { Work } from '../../lib/work.ts';
import { createYielder } from '../../lib/yielding.ts';
import { comparisonOf, type DimensionName } from './dimensions.ts';
import type { FactGroups } from './engine.ts';
import type { MeasureName, Measures } from './group-measures.ts';

export interface GroupOrder {
  readonly dimension?: DimensionName | undefined;
  readonly measure?: MeasureName | undefined;
  readonly descending: boolean;
}

interface OrderableGroups {
  readonly groups: Pick<FactGroups, 'valueOf'>;
  readonly groupBy: readonly DimensionName[];
  readonly orderBy: readonly GroupOrder[];
  readonly work: Work;
}

/** The order of two groups. */
type Compare = (a: number, b: number) => number;
type MeasuresOf = (group: number) => Measures;

/** The requested order, then ascending by every dimension: no two groups are equal, so that pages do not shift. */
export const groupOrder = async (
  { groups, groupBy, orderBy, work }: OrderableGroups,
  measuresOf: MeasuresOf,
  numbers: Uint32Array,
): Promise<Compare> => {
  const dimensionsRanked = new Map<DimensionName, Compare>();
  const byDimension = async (name: DimensionName): Promise<Compare> => {
    const index = groupBy.indexOf(name);
    if (index < 0) throw new DomainError('BAD_REQUEST', `orderBy names ${name}, which groupBy does not`);
    const ranked = dimensionsRanked.get(name) ?? (await byRank(name, (group) => groups.valueOf(group, index), of));
    dimensionsRanked.set(name, ranked);
    return ranked;
  };
  const of = { groups: numbers, work };
  const parts: Compare[] = [];
  for (const { dimension, measure, descending } of orderBy) {
    const compare = dimension ? await byDimension(dimension) : await byMeasure(measure as MeasureName, measuresOf, of);
    parts.push(descending ? (a, b) => compare(b, a) : compare);
  }
  for (const name of groupBy) parts.push(await byDimension(name));
  return (a, b) => {
    for (const compare of parts) {
      const order = compare(a, b);
      if (order !== 0) return order;
    }
    return 0;
  };
};

interface OrderedGroups {
  readonly groups: Uint32Array;
  readonly work: Work;
}

const groupsPerYield = 1024;

/** Compares the ranks of values: to compare two texts for each pair of groups takes ten times as long. */
const byRank = async (
  name: DimensionName,
  valueOfGroup: (group: number) => string | number,
  { groups, work }: OrderedGroups,
): Promise<Compare> => {
  const maybeYield = createYielder(work);
  const numberOf = new Map<string | number, number>();
  const values: (string | number)[] = [];
  const numbers = new Uint32Array((groups.at(-1) ?? -1) + 1);
  for (const [index, group] of groups.entries()) {
    const value = valueOfGroup(group);
    let number = numberOf.get(value);
    if (number === undefined) {
      number = values.length;
      numberOf.set(value, number);
      values.push(value);
    }
    numbers[group] = number;
    if (index % groupsPerYield === 0) await maybeYield();
  }
  const compare = comparisonOf(name);
  const order = await cooperativeSort(
    Uint32Array.from(values.keys()),
    (a, b) => compare(values[a] as string | number, values[b] as string | number),
    maybeYield,
  );
  const ranks = new Uint32Array(order.length);
  for (const [rank, number] of order.entries()) ranks[number] = rank;
  for (const group of groups) numbers[group] = ranks[numbers[group] as number] as number;
  return (a, b) => (numbers[a] as number) - (numbers[b] as number);
};

const byMeasure = async (
  name: MeasureName,
  measuresOf: MeasuresOf,
  { groups, work }: OrderedGroups,
): Promise<Compare> => {
  const values = new Map<number, bigint | number>();
  const maybeYield = createYielder(work);
  for (const group of groups) {
    values.set(group, (await readMeasure(measuresOf(group), name)) ?? 0);
    await maybeYield();
  }
  return (a, b) => {
    return compareValues(values.get(a) ?? 0, values.get(b) ?? 0);
  };
};

const readMeasure = (
  measures: Measures,
  name: MeasureName,
): Promise<bigint | null> | Promise<number> | number | bigint | null => {
  switch (name) {
    case 'COUNT':
      return measures.count;
    case 'SUM':
      return measures.sum;
    case 'AVERAGE':
      return measures.average;
    case 'MIN':
      return measures.min();
    case 'MAX':
      return measures.max();
    case 'MEDIAN':
      return measures.median();
    case 'DISTINCT_USERS':
      return measures.distinctUsers();
  }
};
