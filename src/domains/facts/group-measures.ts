import { divideMicros } from '../../lib/decimal.ts';
import type { FactColumns } from './columns.ts';
import { distinctUsers, extremes, medians, type Scan } from './measures.ts';

export const measureNames = ['COUNT', 'DISTINCT_USERS', 'SUM', 'AVERAGE', 'MIN', 'MAX', 'MEDIAN'] as const;
export type MeasureName = (typeof measureNames)[number];

/** Measures of a group or of all of them. Amounts in millionths; those that need another pass are computed when asked. */
export interface Measures {
  readonly count: number;
  /** Facts that have an amount: average, min, max and median are theirs, and null without one; the sum is then 0. */
  readonly amounts: number;
  readonly sum: bigint;
  readonly average: bigint | null;
  /** This part of the whole sum; null when that is 0. */
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

/** Measures of every group; each further pass over the rows is made once, for all groups, when the first asks. */
export const createGroupMeasures = (grouped: GroupTotals) => {
  const { scan, counts, amounts, sumOf, totalCount, totalAmounts, totalSum } = grouped;
  const { columns } = grouped.facts;
  const groups = counts.length;
  const extremesOnce = once(() => extremes(scan, columns, groups));
  const mediansOnce = once(() => medians(scan, columns, amounts));
  const distinctOnce = once(() => distinctUsers(scan, columns, groups));

  const measuresOf = (count: number, ofAmounts: number, sum: bigint, place: number): Measures => ({
    count,
    amounts: ofAmounts,
    sum,
    average: ofAmounts === 0 ? null : divideMicros(sum, BigInt(ofAmounts)),
    shareOfSum: totalSum === 0n ? null : Number((sum * 10n ** 15n) / totalSum) / 1e15,
    min: async () => (ofAmounts === 0 ? null : (await extremesOnce()).minOf(place)),
    max: async () => (ofAmounts === 0 ? null : (await extremesOnce()).maxOf(place)),
    median: async () => (ofAmounts === 0 ? null : ((await mediansOnce())[place] as bigint)),
    distinctUsers: async () => (await distinctOnce())[place] as number,
  });

  return {
    of: (group: number): Measures => measuresOf(counts[group] as number, amounts[group] as number, sumOf(group), group),
    /** Over all groups: the place after the last one. */
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
