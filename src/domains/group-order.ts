import { DomainError } from '../errors.ts';
import type { Dimension, DimensionName, GroupKey } from './fact-dimensions.ts';
import type { MeasureName, Measures } from './group-measures.ts';

export interface GroupOrder {
  readonly dimension?: DimensionName | undefined;
  readonly measure?: MeasureName | undefined;
  readonly descending: boolean;
}

interface Orderable {
  readonly group: number;
  readonly key: GroupKey;
  readonly measures: Measures;
}

interface Asked {
  readonly request: { readonly groupBy: readonly DimensionName[]; readonly orderBy: readonly GroupOrder[] };
  readonly dimensions: readonly Dimension[];
}

type Compare = (a: Orderable, b: Orderable) => number;

/** The asked order, then ascending by every dimension, so that no two groups are equal and pages do not shift. */
export const groupOrder = async (
  { request: { groupBy, orderBy }, dimensions }: Asked,
  groups: readonly Orderable[],
): Promise<Compare> => {
  const byDimension = (name: DimensionName): Compare => {
    const dimension = dimensions[groupBy.indexOf(name)];
    if (!dimension) throw new DomainError('BAD_REQUEST', `orderBy names ${name}, which groupBy does not`);
    return (a, b) => dimension.compare(a.key[name] as string, b.key[name] as string);
  };
  const parts: Compare[] = [];
  for (const { dimension, measure, descending } of orderBy) {
    const compare = dimension ? byDimension(dimension) : await byMeasure(measure as MeasureName, groups);
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

const byMeasure = async (name: MeasureName, groups: readonly Orderable[]): Promise<Compare> => {
  const values = new Map<number, bigint | number>();
  for (const { group, measures } of groups) values.set(group, (await readMeasure(measures, name)) ?? 0);
  return (a, b) => {
    const [x, y] = [values.get(a.group) ?? 0, values.get(b.group) ?? 0];
    return x < y ? -1 : x > y ? 1 : 0;
  };
};

const readMeasure = (measures: Measures, name: MeasureName): Promise<bigint | null> | Promise<number> | number | bigint | null => {
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
