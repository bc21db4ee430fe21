import { DomainError } from '../../errors.ts';
import { cooperativeSort } from '../../indices/cooperative-sort.ts';
import { rowNumbers } from '../../indices/row-numbers.ts';
import { compareValues } from '../../lib/compare.ts';
import type { Work } from '../../lib/work.ts';
import { createYielder, type Yielder } from '../../lib/yielding.ts';
import { comparisonOf, type DimensionName } from './dimensions.ts';
import type { FactGroups, NumbersOfGroups } from './engine.ts';
import type { MeasureName, Measures } from './group-measures.ts';

export interface GroupOrder {
  readonly dimension?: DimensionName | undefined;
  readonly measure?: MeasureName | undefined;
  readonly descending: boolean;
}

interface OrderableGroups {
  readonly groups: Pick<FactGroups, 'valueOf' | 'counts' | 'numbering'>;
  readonly groupBy: readonly DimensionName[];
  readonly orderBy: readonly GroupOrder[];
  readonly measuresOf: MeasuresOf;
  readonly work: Work;
  readonly knownOrders: KnownOrders;
}

/** The order of two groups. */
type Compare = (a: number, b: number) => number;
type MeasuresOf = (group: number) => Measures;

/** The groups that have facts in the requested order, then ascending by every dimension: no two are equal, so that pages do not shift. */
export const groupsInOrder = async (orderable: OrderableGroups): Promise<Uint32Array> => {
  const { groups, orderBy, work, knownOrders } = orderable;
  const { counts, numbering } = groups;
  const maybeYield = createYielder(work);
  const byDimensions = numbering && (await knownOrders.of(numbering, orderable));
  const found = await nonEmpty(byDimensions ?? counts.length, counts, maybeYield);
  if (byDimensions && orderBy.length === 0) return found;
  return cooperativeSort(found, await comparisonOfGroups(orderable, found, byDimensions), maybeYield);
};

/** The orders by all dimensions of groups that keep their numbers from answer to answer. */
export class KnownOrders {
  readonly #orders = new WeakMap<object, Uint32Array>();

  /** All groups, and perhaps some that later answers have, ascending by every dimension. */
  async of(numbering: object, orderable: OrderableGroups): Promise<Uint32Array> {
    const { length } = orderable.groups.counts;
    const known = this.#orders.get(numbering);
    if (known && known.length >= length) return known;
    const all = rowNumbers(0, length);
    const compare = await comparisonOfGroups({ ...orderable, orderBy: [] }, all);
    const order = await cooperativeSort(all, compare, createYielder(orderable.work));
    this.#orders.set(numbering, order);
    return order;
  }
}

const groupsPerLook = 4096;

/** Those of the groups that have facts: of a list, or of all below a number. */
const nonEmpty = async (
  groups: Uint32Array | number,
  counts: NumbersOfGroups,
  maybeYield: Yielder,
): Promise<Uint32Array<ArrayBuffer>> => {
  const listed = typeof groups === 'number' ? undefined : groups;
  const found = new Uint32Array(counts.length);
  let length = 0;
  for (let index = 0; index < (listed ?? counts).length; index++) {
    const group = listed ? (listed[index] as number) : index;
    if (group < counts.length && counts[group] !== 0) found[length++] = group;
    // Not for few groups, of which most answers consist.
    if (index % groupsPerLook === groupsPerLook - 1) await maybeYield();
  }
  return found.subarray(0, length);
};

/** `byDimensions` are the groups ascending by every dimension, when that is known. */
const comparisonOfGroups = async (
  { groups, groupBy, orderBy, measuresOf, work }: OrderableGroups,
  numbers: Uint32Array,
  byDimensions?: Uint32Array,
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
  if (byDimensions) parts.push(byRanks(ranksOf(byDimensions)));
  else for (const name of groupBy) parts.push(await byDimension(name));
  return (a, b) => {
    for (const compare of parts) {
      const order = compare(a, b);
      if (order !== 0) return order;
    }
    return 0;
  };
};

/** The position of each number in an order of all numbers below a limit. */
const ranksOf = (order: Uint32Array): Uint32Array => {
  const ranks = new Uint32Array(order.length);
  for (let rank = 0; rank < order.length; rank++) ranks[order[rank] as number] = rank;
  return ranks;
};

const byRanks =
  (ranks: Uint32Array): Compare =>
  (a, b) =>
    (ranks[a] as number) - (ranks[b] as number);

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
  const numbers = new Uint32Array(groups.reduce((most, group) => Math.max(most, group), -1) + 1);
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
  const ranks = ranksOf(order);
  for (const group of groups) numbers[group] = ranks[numbers[group] as number] as number;
  return byRanks(numbers);
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
