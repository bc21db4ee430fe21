import { DomainError } from '../../errors.ts';
import { type OrderColumn, orderByColumns } from '../../indices/column-order.ts';
import type { Span } from '../../indices/key-sort.ts';
import { rowNumbers } from '../../indices/row-numbers.ts';
import type { Work } from '../../lib/work.ts';
import { createYielder, type Yielder } from '../../lib/yielding.ts';
import type { DimensionName } from './dimensions.ts';
import type { FactGroups, NumbersOfGroups } from './engine.ts';
import { columnOfBigInts, columnOfDimension, columnOfNumbers, reversed } from './group-columns.ts';
import type { GroupMeasures, MeasureName } from './group-measures.ts';

export interface GroupOrder {
  readonly dimension?: DimensionName | undefined;
  readonly measure?: MeasureName | undefined;
  readonly descending: boolean;
}

interface OrderableGroups {
  readonly groups: Pick<FactGroups, 'valueOf' | 'counts' | 'numbering'>;
  readonly measures: Pick<GroupMeasures, 'numbersOf' | 'amountsOf'>;
  readonly groupBy: readonly DimensionName[];
  readonly orderBy: readonly GroupOrder[];
  readonly work: Work;
  readonly knownOrders: KnownOrders;
}

/** Throws BAD_REQUEST for a dimension that the groups do not have. */
export const checkOrder = (orderBy: readonly GroupOrder[], groupBy: readonly DimensionName[]): void => {
  const missing = orderBy.find(({ dimension }) => dimension && !groupBy.includes(dimension))?.dimension;
  if (missing) throw new DomainError('BAD_REQUEST', `orderBy names ${missing}, which groupBy does not`);
};

/**
 * The groups that have facts in the requested order, then ascending by every dimension: no two are equal, so that pages do not
 * shift.
 */
export class GroupsInOrder {
  readonly #orderable: OrderableGroups;
  /** The groups that have facts, by every dimension if that order is known. */
  readonly #groups: Uint32Array;
  /** What they have to be ordered by. */
  readonly #orderBy: readonly GroupOrder[];
  #all: Promise<Uint32Array> | undefined;

  private constructor(orderable: OrderableGroups, groups: Uint32Array, orderBy: readonly GroupOrder[]) {
    this.#orderable = orderable;
    this.#groups = groups;
    this.#orderBy = orderBy;
  }

  static async of(orderable: OrderableGroups): Promise<GroupsInOrder> {
    const { groups, groupBy, orderBy, work, knownOrders } = orderable;
    const { counts, numbering } = groups;
    const byDimensions = numbering && (await knownOrders.of(numbering, orderable));
    const found = await nonEmpty(byDimensions ?? counts.length, counts, createYielder(work));
    return new GroupsInOrder(orderable, found, byDimensions ? orderBy : [...orderBy, ...ascendingBy(groupBy)]);
  }

  /** The groups in no certain order. */
  get unordered(): Uint32Array {
    return this.#groups;
  }

  /** Those from an index up to another one. A few of many cost a pass over all, and the order of a few. */
  async between(from: number, to: number): Promise<Uint32Array> {
    const { length } = this.#groups;
    const needed = { from: Math.min(from, length), to: Math.min(to, length) };
    if (needed.to - needed.from === length) this.#all ??= this.#order(needed);
    return (await (this.#all ?? this.#order(needed))).subarray(needed.from, needed.to);
  }

  async #order(needed: Span): Promise<Uint32Array> {
    if (this.#orderBy.length === 0 || needed.from >= needed.to) return this.#groups;
    const maybeYield = createYielder(this.#orderable.work);
    // Not for few groups, of which most answers consist.
    if (this.#groups.length >= groupsPerLook) await maybeYield();
    const columns = await columnsOf(this.#orderable, this.#orderBy, maybeYield);
    const ordered = this.#groups.slice();
    await orderByColumns(ordered, columns, needed, maybeYield);
    return ordered;
  }
}

/** The orders by all dimensions of groups that keep their numbers from answer to answer. */
export class KnownOrders {
  readonly #orders = new WeakMap<object, Uint32Array>();

  /** All groups, and perhaps some that later answers have, ascending by every dimension. */
  async of(numbering: object, orderable: OrderableGroups): Promise<Uint32Array> {
    const { length } = orderable.groups.counts;
    const known = this.#orders.get(numbering);
    if (known && known.length >= length) return known;
    const order = rowNumbers(0, length);
    const maybeYield = createYielder(orderable.work);
    const columns = await columnsOf(orderable, ascendingBy(orderable.groupBy), maybeYield);
    await orderByColumns(order, columns, { from: 0, to: length }, maybeYield);
    this.#orders.set(numbering, order);
    return order;
  }
}

const ascendingBy = (groupBy: readonly DimensionName[]): GroupOrder[] =>
  groupBy.map((dimension) => ({ dimension, descending: false }));

const groupsPerLook = 4096;

/** Those of the groups that have facts: of a list, or of all below a number. */
const nonEmpty = async (
  groups: Uint32Array | number,
  counts: NumbersOfGroups,
  maybeYield: Yielder,
): Promise<Uint32Array> => {
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

const columnsOf = async (
  { groups, groupBy, measures }: OrderableGroups,
  orderBy: readonly GroupOrder[],
  maybeYield: Yielder,
): Promise<OrderColumn[]> => {
  const columns: OrderColumn[] = [];
  for (const { dimension, measure, descending } of orderBy) {
    const index = dimension ? groupBy.indexOf(dimension) : -1;
    const column = dimension
      ? columnOfDimension(dimension, (group) => groups.valueOf(group, index), maybeYield)
      : await columnOfMeasure(measure as MeasureName, measures, maybeYield);
    columns.push(descending ? reversed(column) : column);
  }
  return columns;
};

const columnOfMeasure = async (
  name: MeasureName,
  measures: OrderableGroups['measures'],
  maybeYield: Yielder,
): Promise<OrderColumn> =>
  name === 'COUNT' || name === 'DISTINCT_USERS'
    ? columnOfNumbers(await measures.numbersOf(name), maybeYield)
    : columnOfBigInts(await measures.amountsOf(name), maybeYield);
