import { DomainError } from '../../errors.ts';
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
  const byDimension = (name: DimensionName): Compare => {
    const index = groupBy.indexOf(name);
    if (index < 0) throw new DomainError('BAD_REQUEST', `orderBy names ${name}, which groupBy does not`);
    const compare = comparisonOf(name);
    return (a, b) => compare(groups.valueOf(a, index), groups.valueOf(b, index));
  };
  const parts: Compare[] = [];
  for (const { dimension, measure, descending } of orderBy) {
    const compare = dimension
      ? byDimension(dimension)
      : await byMeasure(measure as MeasureName, measuresOf, { groups: numbers, work });
    parts.push(descending ? (a, b) => compare(b, a) : compare);
  }
  parts.push(...groupBy.map(byDimension));
  return (a, b) => {
    for (const compare of parts) {
      const order = compare(a, b);
      if (order !== 0) return order;
    }
    return 0;
  };
};

const byMeasure = async (
  name: MeasureName,
  measuresOf: MeasuresOf,
  { groups, work }: { readonly groups: Uint32Array; readonly work: Work },
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
