import { createDecimalSums } from '../../indices/decimal-sums.ts';
import { createNumberTable } from '../../indices/number-table.ts';
import { selectNth } from '../../indices/select-nth.ts';
import { divideMicros, microsOf } from '../../lib/decimal.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { FactColumns } from './columns.ts';

/** Calls `visit` with every row that counts and its group. */
export type Scan = (visit: (row: number, group: number) => void) => Promise<void>;

export interface CountsAndSums {
  /** Rows a group. */
  readonly counts: number[];
  /** Rows a group that have an amount. */
  readonly amounts: number[];
  /** The sum of a group in millionths, exact; made when asked for, because there may be a million groups. */
  sumOf(group: number): bigint;
  readonly totalSum: bigint;
}

export const countAndSum = async (scan: Scan, columns: FactColumns): Promise<CountsAndSums> => {
  const counts: number[] = [];
  const amounts: number[] = [];
  const sums = createDecimalSums();
  const total = createDecimalSums();
  await scan((row, group) => {
    if (group === counts.length) {
      counts.push(0);
      amounts.push(0);
    }
    counts[group] = (counts[group] as number) + 1;
    const units = columns.unitsOf(row);
    if (Number.isNaN(units)) return;
    amounts[group] = (amounts[group] as number) + 1;
    const micros = columns.microsOf(row);
    sums.add(group, units, micros);
    total.add(0, units, micros);
  });
  return { counts, amounts, sumOf: sums.microsOf, totalSum: total.microsOf(0) };
};

export interface Extremes {
  /** The least amount of a group in millionths; over all groups at the place after the last one. */
  minOf(place: number): bigint;
  maxOf(place: number): bigint;
}

/** The least and greatest amounts of groups; only of groups that have one. */
export const extremes = async (scan: Scan, columns: FactColumns, groups: number): Promise<Extremes> => {
  const least: number[] = [];
  const greatest: number[] = [];
  const compare = (a: number, b: number): number =>
    columns.unitsOf(a) - columns.unitsOf(b) || columns.microsOf(a) - columns.microsOf(b);
  const meet = (group: number, row: number) => {
    if (least[group] === undefined || compare(row, least[group]) < 0) least[group] = row;
    if (greatest[group] === undefined || compare(row, greatest[group]) > 0) greatest[group] = row;
  };
  let [first, last]: [number?, number?] = [];
  await scan((row, group) => {
    if (!columns.hasAmount(row)) return;
    meet(group, row);
    if (first === undefined || compare(row, first) < 0) first = row;
    if (last === undefined || compare(row, last) > 0) last = row;
  });
  if (first !== undefined) least[groups] = first;
  if (last !== undefined) greatest[groups] = last;
  const amountOf = (row: number): bigint => microsOf({ units: columns.unitsOf(row), micros: columns.microsOf(row) });
  return {
    minOf: (place) => amountOf(least[place] as number),
    maxOf: (place) => amountOf(greatest[place] as number),
  };
};

/** Distinct users a group, and over all groups at the place after the last one. */
export const distinctUsers = async (scan: Scan, columns: FactColumns, groups: number): Promise<number[]> => {
  const counts = new Array<number>(groups + 1).fill(0);
  const seen = createNumberTable();
  const meet = (group: number, user: number) => {
    const before = seen.size;
    seen.intern(group * 2 ** 26 + user);
    if (seen.size > before) counts[group] = (counts[group] as number) + 1;
  };
  await scan((row, group) => {
    meet(group, columns.userOf(row));
    if (groups > 1) meet(groups, columns.userOf(row));
  });
  if (groups === 1) counts[1] = counts[0] as number;
  return counts;
};

/**
 * The median amount a group in millionths, and over all groups at the place after the last one; of an even number of
 * amounts the mean of the middle two, rounded half to even.
 */
export const medians = async (scan: Scan, columns: FactColumns, amounts: readonly number[]): Promise<bigint[]> => {
  const starts = [0];
  for (const count of amounts) starts.push((starts.at(-1) as number) + count);
  const total = starts.at(-1) as number;
  const next = starts.slice();
  const units = new Float64Array(total);
  const micros = new Float64Array(total);
  await scan((row, group) => {
    if (!columns.hasAmount(row)) return;
    const place = (next[group] as number)++;
    units[place] = columns.unitsOf(row);
    micros[place] = columns.microsOf(row);
  });
  const maybeYield = createYielder();
  const result: bigint[] = [];
  for (let group = 0; group < amounts.length; group++) {
    await maybeYield();
    result.push(await medianOf(units, micros, starts[group] as number, starts[group + 1] as number, maybeYield));
  }
  result.push(await medianOf(units, micros, 0, total, maybeYield));
  return result;
};

type Turn = ReturnType<typeof createYielder>;

const medianOf = async (units: Float64Array, micros: Float64Array, from: number, to: number, maybeYield: Turn) => {
  if (from === to) return 0n;
  const lower = await nthAmount(units, micros, from, to, from + ((to - from - 1) >>> 1), maybeYield);
  if ((to - from) % 2 === 1) return lower;
  const upper = await nthAmount(units, micros, from, to, from + ((to - from) >>> 1), maybeYield);
  return divideMicros(lower + upper, 2n);
};

/** The n-th smallest amount: first by whole units, then among those that share them by their fraction. */
const nthAmount = async (
  units: Float64Array,
  micros: Float64Array,
  from: number,
  to: number,
  nth: number,
  maybeYield: Turn,
): Promise<bigint> => {
  const whole = await selectNth(units.slice(from, to), 0, to - from, nth - from, maybeYield);
  const fractions: number[] = [];
  let smaller = 0;
  for (let place = from; place < to; place++) {
    const unit = units[place] as number;
    if (unit === whole) fractions.push(micros[place] as number);
    else if (unit < whole) smaller++;
  }
  const fraction = await selectNth(Float64Array.from(fractions), 0, fractions.length, nth - from - smaller, maybeYield);
  return microsOf({ units: whole, micros: fraction });
};
