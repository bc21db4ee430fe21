import type { OrderColumn } from '../../indices/column-order.ts';
import { partsOf } from '../../indices/key-sort.ts';
import { readTextKeys } from '../../indices/text-keys.ts';
import { compareValues } from '../../lib/compare.ts';
import type { Yielder } from '../../lib/yielding.ts';
import { type DimensionName, definitionOf } from './dimensions.ts';

type Value = string | number | bigint;

/** Reads what a group is ordered by: of all groups, one type of values. */
type Read<V extends Value> = (group: number) => V;

/** The order of groups by the values of a dimension. */
export const columnOfDimension = (
  name: DimensionName,
  read: Read<string | number>,
  maybeYield: Yielder,
): OrderColumn => {
  const { order } = definitionOf(name);
  if (order) {
    const ranks = new Map<string | number, number>(order.map((value, rank) => [value, rank]));
    return columnOfNumbers((group) => ranks.get(read(group)) as number, maybeYield);
  }
  return {
    compare: (a, b) => compareValues(read(a), read(b)),
    async readKeys(groups, keys, part) {
      if (typeof read(groups[0] as number) === 'number')
        return readNumbers(groups, keys, read as Read<number>, maybeYield);
      const texts = new Array<string>(groups.length);
      for (const { from, to } of partsOf({ from: 0, to: groups.length })) {
        for (let index = from; index < to; index++) texts[index] = read(groups[index] as number) as string;
        await maybeYield();
      }
      return readTextKeys(texts, keys, part, maybeYield);
    },
  };
};

/** The order of groups by exact numbers. */
export const columnOfNumbers = (read: Read<number>, maybeYield: Yielder): OrderColumn => ({
  compare: (a, b) => read(a) - read(b),
  readKeys: (groups, keys) => readNumbers(groups, keys, read, maybeYield),
});

const readNumbers = async (
  groups: Uint32Array,
  keys: Float64Array,
  read: Read<number>,
  maybeYield: Yielder,
): Promise<undefined> => {
  for (const { from, to } of partsOf({ from: 0, to: groups.length })) {
    for (let index = from; index < to; index++) keys[index] = read(groups[index] as number);
    await maybeYield();
  }
};

/**
 * The order of groups by whole numbers below 2^104 in size: first by the nearest double of each, then by what that differs
 * from the number, which is a double, too.
 */
export const columnOfBigInts = (read: Read<bigint>, maybeYield: Yielder): OrderColumn => ({
  compare: (a, b) => compareValues(read(a), read(b)),
  async readKeys(groups, keys, part) {
    let isExact = true;
    for (const { from, to } of partsOf({ from: 0, to: groups.length })) {
      for (let index = from; index < to; index++) {
        const value = read(groups[index] as number);
        const nearest = Number(value);
        keys[index] = part === 0 ? nearest : Number(value - BigInt(nearest));
        if (!Number.isSafeInteger(nearest)) isExact = false;
      }
      await maybeYield();
    }
    return part === 0 && !isExact ? 1 : undefined;
  },
});

/** The reverse order. */
export const reversed = (column: OrderColumn): OrderColumn => ({
  compare: (a, b) => column.compare(b, a),
  async readKeys(groups, keys, part) {
    const next = await column.readKeys(groups, keys, part);
    for (let index = 0; index < keys.length; index++) keys[index] = -(keys[index] as number);
    return next;
  },
});
