import { divideMicros } from '../../lib/decimal.ts';
import type { FactColumns } from './columns.ts';
import { distinctUsers, extremes, medians, type Scan } from './measures.ts';

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

interface GroupTotals {
  readonly facts: { readonly columns: FactColumns };
  readonly scan: Scan;
  readonly counts: readonly number[];
  readonly amounts: readonly number[];
  sumOf(group: number): bigint;
  readonly totalCount: number;
  readonly totalAmounts: number;
  readonly totalSum: bigint;
}

/** Measures of every group. Each further pass over the rows runs once, for all groups, when the first group needs it. */
export const createGroupMeasures = (grouped: GroupTotals) => {
  const { scan, counts, amounts, sumOf, totalCount, totalAmounts, totalSum } = grouped;
  const { columns } = grouped.facts;
  const groups = counts.length;
  const extremesOnce = once(() => extremes(scan, columns, groups));
  const mediansOnce = once(() => medians(scan, columns, amounts));
  const distinctOnce = once(() => distinctUsers(scan, columns, groups));

  const measuresOf = (count: number, ofAmounts: number, sum: bigint, group: number): Measures => ({
    count,
    amounts: ofAmounts,
    sum,
    average: ofAmounts === 0 ? null : divideMicros(sum, BigInt(ofAmounts)),
    shareOfSum: totalSum === 0n ? null : Number((sum * 10n ** 15n) / totalSum) / 1e15,
    min: async () => (ofAmounts === 0 ? null : (await extremesOnce()).minOf(group)),
    max: async () => (ofAmounts === 0 ? null : (await extremesOnce()).maxOf(group)),
    median: async () => (ofAmounts === 0 ? null : ((await mediansOnce())[group] as bigint)),
    distinctUsers: async () => (await distinctOnce())[group] as number,
  });

  return {
    of: (group: number): Measures => measuresOf(counts[group] as number, amounts[group] as number, sumOf(group), group),
    /** Over all groups: the index after the last one. */
    total: measuresOf(totalCount, totalAmounts, totalSum, groups),
  };
};

const once = <T>(compute: () => Promise<T>): (() => Promise<T>) => {
  let result: Promise<T> | undefined;
  return () => {
    result ??= compute();
    return result;
  };
};
