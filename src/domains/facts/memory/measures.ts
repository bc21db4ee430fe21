import { createDecimalSums } from '../../../indices/decimal-sums.ts';
import { copyInto, grownCapacity } from '../../../indices/gradual-growth.ts';
import { createNumberTable, pairKey } from '../../../indices/number-table.ts';
import { selectNth } from '../../../indices/select-nth.ts';
import { divideMicros, microsOf } from '../../../lib/decimal.ts';
import type { Work } from '../../../lib/work.ts';
import { createYielder, type Yielder } from '../../../lib/yielding.ts';
import type { Extremes, NumbersOfGroups } from '../engine.ts';
import { type FactColumns, noAmount } from './columns.ts';
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

/** Counts rows and adds up amounts by group; calls `onGroup` for each new group, before it takes memory. */
export const countAndSum = async (scan: Scan, columns: FactColumns, onGroup: () => void): Promise<CountsAndSums> => {
  const sums = createDecimalSums();
  let groupsBefore = 0;
  let [counts, amounts] = [new Uint32Array(64), new Uint32Array(64)];
  const block = { units: new Float64Array(blockRows), micros: new Int32Array(blockRows) };
  await scan((rows, groups) => {
    columns.readAmounts(rows, block);
    // New groups are numbered in the order of their first rows.
    for (let index = 0; index < rows.length; index++)
      if (groups[index] === groupsBefore) {
        onGroup();
        groupsBefore++;
      }
    if (groupsBefore > counts.length) {
      counts = copyInto(new Uint32Array(grownCapacity(counts.length, groupsBefore)), counts);
      amounts = copyInto(new Uint32Array(counts.length), amounts);
    }
    addCounts({ groups, rows: rows.length, micros: block.micros }, counts, amounts);
    sums.addAll(groups.subarray(0, rows.length), block, noAmount);
  });
  return {
    counts: counts.subarray(0, groupsBefore),
    amounts: amounts.subarray(0, groupsBefore),
    sumOf: sums.microsOf,
    totalSum: sums.total(),
  };
};

interface CountedBlock {
  readonly groups: Uint32Array;
  readonly rows: number;
  readonly micros: Int32Array;
}

const addCounts = ({ groups, rows, micros }: CountedBlock, counts: Uint32Array, amounts: Uint32Array): void => {
  for (let index = 0; index < rows; index++) {
    const group = groups[index] as number;
    counts[group] = (counts[group] as number) + 1;
    if (micros[index] !== noAmount) amounts[group] = (amounts[group] as number) + 1;
  }
};

/** The least and greatest amounts of each group that has an amount. */
export const extremes = async (scan: Scan, columns: FactColumns, groups: number): Promise<Extremes> => {
  const least: number[] = [];
  const greatest: number[] = [];
  const compare = (a: number, b: number): number =>
    columns.unitsOf(a) - columns.unitsOf(b) || columns.microsOf(a) - columns.microsOf(b);
  const update = (group: number, row: number) => {
    if (least[group] === undefined || compare(row, least[group]) < 0) least[group] = row;
    if (greatest[group] === undefined || compare(row, greatest[group]) > 0) greatest[group] = row;
  };
  let [first, last]: [number?, number?] = [];
  const visit = (row: number, group: number): void => {
    if (!columns.hasAmount(row)) return;
    update(group, row);
    if (first === undefined || compare(row, first) < 0) first = row;
    if (last === undefined || compare(row, last) > 0) last = row;
  };
  await scan(eachRow(visit));
  if (first !== undefined) least[groups] = first;
  if (last !== undefined) greatest[groups] = last;
  const amountOf = (row: number): bigint => microsOf({ units: columns.unitsOf(row), micros: columns.microsOf(row) });
  return {
    minOf: (group) => amountOf(least[group] as number),
    maxOf: (group) => amountOf(greatest[group] as number),
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

/** Amounts as two columns: whole units and millionths. */
interface AmountColumns {
  readonly units: Float64Array;
  readonly micros: Float64Array;
}

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
  const units = new Float64Array(total);
  const micros = new Float64Array(total);
  const visit = (row: number, group: number): void => {
    if (!columns.hasAmount(row)) return;
    const index = (next[group] as number)++;
    units[index] = columns.unitsOf(row);
    micros[index] = columns.microsOf(row);
  };
  await scan(eachRow(visit));
  const maybeYield = createYielder(work);
  const result: bigint[] = [];
  for (let group = 0; group < amounts.length; group++) {
    await maybeYield();
    const [from, to] = [starts[group], starts[group + 1]];
    result.push(await medianOf({ units: units.subarray(from, to), micros: micros.subarray(from, to) }, maybeYield));
  }
  result.push(await medianOf({ units, micros }, maybeYield));
  return result;
};

const medianOf = async (amounts: AmountColumns, maybeYield: Yielder): Promise<bigint> => {
  const count = amounts.units.length;
  if (count === 0) return 0n;
  const lower = await nthAmount(amounts, (count - 1) >>> 1, maybeYield);
  if (count % 2 === 1) return lower;
  const upper = await nthAmount(amounts, count >>> 1, maybeYield);
  return divideMicros(lower + upper, 2n);
};

const amountsPerYield = 65_536;

/** The n-th smallest amount: selected by whole units, then by millionths among the amounts with these whole units. */
const nthAmount = async ({ units, micros }: AmountColumns, nth: number, maybeYield: Yielder): Promise<bigint> => {
  const whole = await selectNth(units.slice(), nth, maybeYield);
  const fractions: number[] = [];
  let smaller = 0;
  for (let index = 0; index < units.length; index++) {
    if (index % amountsPerYield === amountsPerYield - 1) await maybeYield();
    const unit = units[index] as number;
    if (unit === whole) fractions.push(micros[index] as number);
    else if (unit < whole) smaller++;
  }
  const fraction = await selectNth(Float64Array.from(fractions), nth - smaller, maybeYield);
  return microsOf({ units: whole, micros: fraction });
};
