import { divideMicros } from '../../lib/decimal.ts';
import type { FactGroups } from './engine.ts';

export const measureNames = ['COUNT', 'DISTINCT_USERS', 'SUM', 'AVERAGE', 'MIN', 'MAX', 'MEDIAN'] as const;
export type MeasureName = (typeof measureNames)[number];

/** Measures of a group or of all of them. Amounts in millionths; methods cost another pass over the rows. */
export interface Measures {
  readonly count: number;
  /** Number of facts that have an amount. Without any, average, min, max and median are null and the sum is 0. */
  readonly amounts: number;
  readonly sum: bigint;
  readonly average: bigint | null;
  /** The part of the total sum; null when that is 0. */
  readonly shareOfSum: number | null;
  min(): Promise<bigint | null>;
  max(): Promise<bigint | null>;
  median(): Promise<bigint | null>;
  distinctUsers(): Promise<number>;
}

export interface GroupMeasures {
  of(group: number): Measures;
  /** Over all groups. */
  readonly total: Measures;
}

/** Measures of every group. Each further pass over the facts runs once, for all groups, when the first group needs it. */
export const createGroupMeasures = (groups: FactGroups): GroupMeasures => {
  const { counts, amounts, sumOf, total } = groups;
  const extremesOnce = once(() => groups.extremes());
  const mediansOnce = once(() => groups.medians());
  const distinctOnce = once(() => groups.distinctUsers());

  const measuresOf = (count: number, ofAmounts: number, sum: bigint, group: number): Measures => ({
    count,
    amounts: ofAmounts,
    sum,
    average: ofAmounts === 0 ? null : divideMicros(sum, BigInt(ofAmounts)),
    shareOfSum: total.sum === 0n ? null : Number((sum * 10n ** 15n) / total.sum) / 1e15,
    min: async () => (ofAmounts === 0 ? null : (await extremesOnce()).minOf(group)),
    max: async () => (ofAmounts === 0 ? null : (await extremesOnce()).maxOf(group)),
    median: async () => (ofAmounts === 0 ? null : ((await mediansOnce())[group] as bigint)),
    distinctUsers: async () => (await distinctOnce())[group] as number,
  });

  return {
    of: (group) => measuresOf(counts[group] as number, amounts[group] as number, sumOf(group), group),
    // The index after the last group.
    total: measuresOf(total.count, total.amounts, total.sum, counts.length),
  };
};

/** Computes once, unless that fails. */
const once = <T>(compute: () => Promise<T>): (() => Promise<T>) => {
  let result: Promise<T> | undefined;
  return () => {
    result ??= compute().catch((error: unknown) => {
      result = undefined;
      throw error;
    });
    return result;
  };
};
