import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DimensionName } from '../../../src/domains/facts/dimensions.ts';
import type { FactGroups } from '../../../src/domains/facts/engine.ts';
import { createGroupMeasures, type MeasureName, measureNames } from '../../../src/domains/facts/group-measures.ts';
import { type GroupOrder, GroupsInOrder, KnownOrders } from '../../../src/domains/facts/group-order.ts';
import { type Status, statusCodes } from '../../../src/domains/user-status/status.ts';
import { divideMicros } from '../../../src/lib/decimal.ts';
import { Work } from '../../../src/lib/work.ts';

type Value = string | number;

interface ModelGroup {
  readonly key: Partial<Record<DimensionName, Value>>;
  readonly count: number;
  readonly amounts: number;
  readonly sum: bigint;
  readonly least: bigint;
  readonly distinctUsers: number;
}

/** Sums whose nearest doubles are equal, too. */
const amount = fc.oneof(
  fc.integer({ min: -2, max: 2 }).map(BigInt),
  fc.integer({ min: -(10 ** 9), max: 10 ** 9 }).map(BigInt),
  fc.integer({ min: -3, max: 3 }).map((each) => 2n ** 100n + BigInt(each)),
  fc.integer({ min: -3, max: 3 }).map((each) => -(2n ** 53n) + BigInt(each)),
);
const valuesOf: Partial<Record<DimensionName, fc.Arbitrary<Value>>> = {
  USER: fc.oneof(
    fc.nat(2000).map((user) => `u${user}`),
    fc.constantFrom('', 'u', 'ü', 'u\0', '𝄞', '\uffff'),
  ),
  // Not in the order of their texts.
  USER_STATUS: fc.constantFrom(...statusCodes),
  PERIOD: fc.integer({ min: -3, max: 3 }).map((day) => day * 86_400_000_000),
  CITY: fc.constantFrom('city-1', 'city-10', 'city-2', 'unknown'),
};
const dimensionNames = Object.keys(valuesOf) as DimensionName[];

const group = fc
  .record({
    key: fc.record(valuesOf as Record<DimensionName, fc.Arbitrary<Value>>),
    count: fc.nat(4),
    withAmount: fc.boolean(),
    ...{ sum: amount, least: amount, distinctUsers: fc.nat(3) },
  })
  .map(({ withAmount, sum, ...rest }): ModelGroup => {
    const amounts = withAmount ? rest.count : 0;
    return { ...rest, amounts, sum: amounts === 0 ? 0n : sum };
  });

const order = fc.oneof(
  fc.record({ dimension: fc.constantFrom(...dimensionNames), descending: fc.boolean() }),
  fc.record({ measure: fc.constantFrom(...measureNames), descending: fc.boolean() }),
);

const question = fc.record({
  groupBy: fc.shuffledSubarray(dimensionNames, { minLength: 1 }),
  orderBy: fc.array(order, { maxLength: 3 }),
  pages: fc.array(fc.tuple(fc.nat(400), fc.oneof(fc.nat(10), fc.nat(500))), { minLength: 1, maxLength: 3 }),
  isNumbered: fc.boolean(),
});

const factGroups = (groups: readonly ModelGroup[], groupBy: readonly DimensionName[]): FactGroups => {
  const of = (index: number): ModelGroup => groups[index] as ModelGroup;
  return {
    sequence: 1,
    counts: Uint32Array.from(groups, ({ count }) => count),
    amounts: Uint32Array.from(groups, ({ amounts }) => amounts),
    sumOf: (index) => of(index).sum,
    total: { count: 0, amounts: 0, sum: 0n },
    valueOf: (index, dimension) => of(index).key[groupBy[dimension] as DimensionName] as Value,
    extremes: async () => ({ minOf: (index) => of(index).least, maxOf: (index) => -of(index).least }),
    medians: async () => groups.map(({ least }) => least / 2n),
    distinctUsers: async () => groups.map(({ distinctUsers }) => distinctUsers),
    seqsOf: async () => [],
  };
};

const measureOf = ({ count, amounts, sum, least, distinctUsers }: ModelGroup, name: MeasureName): bigint | number => {
  const amountOr0 = (value: bigint): bigint => (amounts === 0 ? 0n : value);
  switch (name) {
    case 'COUNT':
      return count;
    case 'DISTINCT_USERS':
      return distinctUsers;
    case 'SUM':
      return sum;
    case 'AVERAGE':
      return amounts === 0 ? 0n : divideMicros(sum, BigInt(amounts));
    case 'MIN':
      return amountOr0(least);
    case 'MAX':
      return amountOr0(-least);
    case 'MEDIAN':
      return amountOr0(least / 2n);
  }
};

const inOrder = (groups: readonly ModelGroup[], by: readonly GroupOrder[]): number[] => {
  const rank = (each: ModelGroup, { dimension, measure }: GroupOrder): Value | bigint => {
    if (!dimension) return measureOf(each, measure as MeasureName);
    const value = each.key[dimension] as Value;
    return dimension === 'USER_STATUS' ? statusCodes.indexOf(value as Status) : value;
  };
  const compare = (a: number, b: number): number => {
    for (const each of by) {
      const [one, other] = [rank(groups[a] as ModelGroup, each), rank(groups[b] as ModelGroup, each)];
      if (one !== other) return one < other === each.descending ? 1 : -1;
    }
    return 0;
  };
  return [...groups.keys()].filter((index) => (groups[index] as ModelGroup).count > 0).sort(compare);
};

/** One group for each key. */
const distinct = (groups: readonly ModelGroup[], groupBy: readonly DimensionName[]): ModelGroup[] => [
  ...new Map(groups.map((each) => [JSON.stringify(groupBy.map((name) => each.key[name])), each])).values(),
];

it('groups are in the requested order, then by every dimension, also on pages and when groups are added', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(group, { maxLength: 400, size: 'max' }),
      question,
      fc.nat(400),
      async (all, { groupBy, orderBy, pages, isNumbered }, added) => {
        const groups = distinct(all, groupBy);
        const orders = orderBy.filter(({ dimension }: GroupOrder) => !dimension || groupBy.includes(dimension));
        const knownOrders = new KnownOrders();
        const numbering = isNumbered ? {} : undefined;
        for (const state of [groups.slice(added), groups, groups.slice(0, added)]) {
          // The groups of one numbering are the same in all states.
          const now = isNumbered ? groups.slice(0, state.length) : state;
          const found = { ...factGroups(now, groupBy), numbering };
          const measures = createGroupMeasures(found);
          const work = new Work();
          const ordered = await GroupsInOrder.of({
            groups: found,
            orderBy: orders,
            ...{ groupBy, measures, work, knownOrders },
          });
          const byKey = groupBy.map((dimension) => ({ dimension, descending: false }));
          const expected = inOrder(now, [...orders, ...byKey]);
          expect([...ordered.unordered].sort((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b));
          for (const [from, length] of pages)
            expect([...(await ordered.between(from, from + length))]).toEqual(expected.slice(from, from + length));
          expect([...(await ordered.between(0, Number.POSITIVE_INFINITY))]).toEqual(expected);
        }
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 150) },
  );
});
