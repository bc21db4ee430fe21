import { GroupTotals } from '../../../indices/group-totals.ts';
import { createNumberTable, pairKey } from '../../../indices/number-table.ts';
import { selectNth } from '../../../indices/select-nth.ts';
import { divideMicros } from '../../../lib/decimal.ts';
import { wholeMillionthsOf } from '../../../lib/millionths.ts';
import type { Work } from '../../../lib/work.ts';
import { createYielder, type Yielder } from '../../../lib/yielding.ts';
import type { Extremes, NumbersOfGroups } from '../engine.ts';
import type { FactColumns } from './columns.ts';
import { blockRows } from './row-filter.ts';

/** Calls `visit` with the rows that pass the filter, and the group of each, in blocks of at most `blockRows`. */
export type Scan = (visit: (rows: Uint32Array, groups: Uint32Array) => void) => Promise<void>;

/** The same row by row. */
export const eachRow =
  (visit: (row: number, group: number) => void) =>
  (rows: Uint32Array, groups: Uint32Array): void => {
    for (let index = 0; index < rows.length; index++) visit(rows[index] as number, groups[index] as number);
  };

export interface CountsAndSums {
  /** Number of rows of each group. */
  readonly counts: NumbersOfGroups;
  /** Number of rows of each group that have an amount. */
  readonly amounts: NumbersOfGroups;
  /** The exact sum of a group in millionths; computed on demand, because there may be a million groups. */
  sumOf(group: number): bigint;
  readonly totalSum: bigint;
}

/** Groups that are numbered as a scan finds them. */
export interface NumberedGroups {
  /** How many groups the rows of a scan have had so far. */
  readonly groups: number;
}

/** Counts rows and adds up amounts by group; calls `onGroups` whenever there are more groups, with their number. */
export const countAndSum = async (
  scan: Scan,
  columns: FactColumns,
  grouper: NumberedGroups,
  onGroups: (groups: number) => void,
): Promise<CountsAndSums> => {
  const totals = new GroupTotals();
  const amounts = new Float64Array(blockRows);
  let known = 0;
  await scan((rows, groups) => {
    if (grouper.groups > known) {
      known = grouper.groups;
      onGroups(known);
    }
    columns.readAmounts(rows, amounts);
    totals.addBlock({ groups, amounts }, rows.length, known);
  });
  return {
    counts: totals.countsOf(known),
    amounts: totals.amountsOf(known),
    sumOf: (group) => totals.microsOf(group),
    totalSum: totals.total(),
  };
};

/** The least and greatest amounts of each group that has an amount. */
export const extremes = async (scan: Scan, columns: FactColumns, groups: number): Promise<Extremes> => {
  // The index after the last group stands for all groups together.
  const least = new Float64Array(groups + 1).fill(Number.POSITIVE_INFINITY);
  const greatest = new Float64Array(groups + 1).fill(Number.NEGATIVE_INFINITY);
  const amounts = new Float64Array(blockRows);
  await scan((rows, groupsOfRows) => {
    columns.readAmounts(rows, amounts);
    for (let index = 0; index < rows.length; index++) {
      const [group, amount] = [groupsOfRows[index] as number, amounts[index] as number];
      // Neither holds for NaN, which is no amount.
      if (amount < (least[group] as number)) least[group] = amount;
      if (amount > (greatest[group] as number)) greatest[group] = amount;
    }
  });
  least[groups] = least.reduce((found, each) => Math.min(found, each), Number.POSITIVE_INFINITY);
  greatest[groups] = greatest.reduce((found, each) => Math.max(found, each), Number.NEGATIVE_INFINITY);
  return {
    minOf: (group) => wholeMillionthsOf(least[group] as number),
    maxOf: (group) => wholeMillionthsOf(greatest[group] as number),
  };
};

/** Number of distinct users of each group; the index after the last group stands for all groups together. */
export const distinctUsers = async (scan: Scan, columns: FactColumns, groups: number): Promise<number[]> => {
  const counts = new Array<number>(groups + 1).fill(0);
  const seen = createNumberTable();
  const count = (group: number, user: number) => {
    const before = seen.size;
    seen.intern(pairKey(group, user));
    if (seen.size > before) counts[group] = (counts[group] as number) + 1;
  };
  const visit = (row: number, group: number): void => {
    count(group, columns.userOf(row));
    if (groups > 1) count(groups, columns.userOf(row));
  };
  await scan(eachRow(visit));
  if (groups === 1) counts[1] = counts[0] as number;
  return counts;
};

/**
 * The median amount of each group in millionths; the index after the last group stands for all groups together. The
 * median of an even number of amounts is the mean of the middle two, rounded half to even.
 */
export const medians = async (
  scan: Scan,
  columns: FactColumns,
  amounts: NumbersOfGroups,
  work?: Work,
): Promise<bigint[]> => {
  const starts = [0];
  let total = 0;
  for (const count of amounts) {
    total += count;
    starts.push(total);
  }
  const next = starts.slice();
  const values = new Float64Array(total);
  const visit = (row: number, group: number): void => {
    const amount = columns.amountOf(row);
    if (!Number.isNaN(amount)) values[(next[group] as number)++] = amount;
  };
  await scan(eachRow(visit));
  const maybeYield = createYielder(work);
  const result: bigint[] = [];
  for (let group = 0; group < amounts.length; group++) {
    await maybeYield();
    result.push(await medianOf(values.subarray(starts[group], starts[group + 1]), maybeYield));
  }
  result.push(await medianOf(values, maybeYield));
  return result;
};

/** Moves the amounts, but not to another group. */
const medianOf = async (amounts: Float64Array, maybeYield: Yielder): Promise<bigint> => {
  const count = amounts.length;
  if (count === 0) return 0n;
  const lower = wholeMillionthsOf(await selectNth(amounts, (count - 1) >>> 1, maybeYield));
  if (count % 2 === 1) return lower;
  const upper = wholeMillionthsOf(await selectNth(amounts, count >>> 1, maybeYield));
  return divideMicros(lower + upper, 2n);
};
