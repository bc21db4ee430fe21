import { type CodedRows, readCodesOf } from '../../../indices/group-numbers.ts';
import type { Decimal } from '../../../lib/decimal.ts';
import type { TimeSpan } from '../../../lib/time-range.ts';
import { type AmountBlock, type FactColumns, noAmount } from './columns.ts';

/** Rows of a block at most: they, and what is read of them, stay in the caches of the processor. */
export const blockRows = 1024;

/**
 * Keeps those of the first `length` rows of a block that pass, in their order, at its front, and returns how many these are: what
 * decides on a row is read for a block at once, as by engines of columns (Boncz, Zukowski and Nes, MonetDB/X100, 2005). They add
 * up conditions as numbers: the processor guesses a branch on each row, and half of the guesses are wrong.
 */
export type RowFilter = (rows: Uint32Array, length: number) => number;

/** What filters read of the rows of a block; those of one tree read in turns. */
export class FilterBuffers {
  #numbers: Float64Array | undefined;
  #micros: Int32Array | undefined;
  #codes: Uint32Array | undefined;

  get numbers(): Float64Array {
    this.#numbers ??= new Float64Array(blockRows);
    return this.#numbers;
  }

  get micros(): Int32Array {
    this.#micros ??= new Int32Array(blockRows);
    return this.#micros;
  }

  get codes(): Uint32Array {
    this.#codes ??= new Uint32Array(blockRows);
    return this.#codes;
  }
}

export const everyRow: RowFilter = (_rows, length) => length;

export const inSpan = (columns: FactColumns, { fromUs, toUs }: TimeSpan, buffers: FilterBuffers): RowFilter => {
  const span = { from: fromUs ?? Number.NEGATIVE_INFINITY, to: toUs ?? Number.POSITIVE_INFINITY };
  return (rows, length) => {
    const { numbers } = buffers;
    columns.readTimes(rows.subarray(0, length), numbers);
    return keepTimes(rows, length, numbers, span);
  };
};

const keepTimes = (
  rows: Uint32Array,
  length: number,
  times: Float64Array,
  { from, to }: { readonly from: number; readonly to: number },
): number => {
  let kept = 0;
  for (let index = 0; index < length; index++) {
    const atUs = times[index] as number;
    rows[kept] = rows[index] as number;
    kept += Number(atUs >= from) & Number(atUs < to);
  }
  return kept;
};

/** The bounds of amounts, both included. */
interface AmountBounds {
  readonly atLeast: Decimal | null | undefined;
  readonly atMost: Decimal | null | undefined;
}

const leastAmount: Decimal = { units: Number.NEGATIVE_INFINITY, micros: 0 };
const greatestAmount: Decimal = { units: Number.POSITIVE_INFINITY, micros: 0 };

/** A row without an amount does not pass. */
export const withAmount = (
  columns: FactColumns,
  { atLeast, atMost }: AmountBounds,
  buffers: FilterBuffers,
): RowFilter => {
  const bounds = { least: atLeast ?? leastAmount, most: atMost ?? greatestAmount };
  return (rows, length) => {
    const amounts = { units: buffers.numbers, micros: buffers.micros };
    columns.readAmounts(rows.subarray(0, length), amounts);
    return keepAmounts(rows, length, amounts, bounds);
  };
};

const keepAmounts = (
  rows: Uint32Array,
  length: number,
  { units, micros }: AmountBlock,
  { least, most }: { readonly least: Decimal; readonly most: Decimal },
): number => {
  // Read before the loop, where they would be read again for each row.
  const { units: leastUnits, micros: leastMicros } = least;
  const { units: mostUnits, micros: mostMicros } = most;
  let kept = 0;
  for (let index = 0; index < length; index++) {
    const [unit, micro] = [units[index] as number, micros[index] as number];
    rows[kept] = rows[index] as number;
    const isEnough = Number(unit > leastUnits) | (Number(unit === leastUnits) & Number(micro >= leastMicros));
    const isFew = Number(unit < mostUnits) | (Number(unit === mostUnits) & Number(micro <= mostMicros));
    kept += Number(micro !== noAmount) & isEnough & isFew;
  }
  return kept;
};

/** More codes than these take a set: an array of all would be too large for one question. */
const markedMax = 2 ** 22;

/** Rows with one of these codes. `size`: all codes of rows are below it; default: any. */
export const withCodes = (
  coded: CodedRows,
  accepted: ReadonlySet<number>,
  buffers: FilterBuffers,
  size = Number.POSITIVE_INFINITY,
): RowFilter => {
  const marks = size <= markedMax ? marksOf(accepted, size) : undefined;
  return (rows, length) => {
    const { codes } = buffers;
    readCodesOf(coded, rows.subarray(0, length), codes);
    return marks ? keepMarked(rows, length, codes, marks) : keepAmong(rows, length, codes, accepted);
  };
};

const marksOf = (accepted: ReadonlySet<number>, size: number): Uint8Array => {
  const marks = new Uint8Array(size);
  for (const code of accepted) marks[code] = 1;
  return marks;
};

const keepMarked = (rows: Uint32Array, length: number, codes: Uint32Array, marks: Uint8Array): number => {
  let kept = 0;
  for (let index = 0; index < length; index++) {
    rows[kept] = rows[index] as number;
    // A code that no row had when the size was read has no mark.
    kept += marks[codes[index] as number] ?? 0;
  }
  return kept;
};

const keepAmong = (rows: Uint32Array, length: number, codes: Uint32Array, accepted: ReadonlySet<number>): number => {
  let kept = 0;
  for (let index = 0; index < length; index++) {
    rows[kept] = rows[index] as number;
    kept += Number(accepted.has(codes[index] as number));
  }
  return kept;
};

/** Rows that pass all of these. */
export const allOf = (filters: readonly RowFilter[]): RowFilter => {
  const [only] = filters;
  if (only && filters.length === 1) return only;
  return (rows, length) => {
    let kept = length;
    for (let index = 0; index < filters.length && kept > 0; index++) kept = (filters[index] as RowFilter)(rows, kept);
    return kept;
  };
};

/** Rows that pass any of these. */
export const anyOf = (filters: readonly RowFilter[]): RowFilter => {
  /** Rows that have passed none so far, and those of them that pass the next one. */
  let [left, passing]: Uint32Array[] = [];
  return (rows, length) => {
    left ??= new Uint32Array(blockRows);
    passing ??= new Uint32Array(blockRows);
    left.set(rows.subarray(0, length));
    let lefts = length;
    for (let index = 0; index < filters.length && lefts > 0; index++) {
      passing.set(left.subarray(0, lefts));
      lefts = removeRows(left, lefts, passing, (filters[index] as RowFilter)(passing, lefts));
    }
    return removeRows(rows, length, left, lefts);
  };
};

/** Rows that do not pass this. */
export const noneOf = (filter: RowFilter): RowFilter => {
  let passing: Uint32Array | undefined;
  return (rows, length) => {
    passing ??= new Uint32Array(blockRows);
    passing.set(rows.subarray(0, length));
    return removeRows(rows, length, passing, filter(passing, length));
  };
};

/** Removes the first `count` of `removed`, which are among the rows in the same order; returns how many are left. */
const removeRows = (rows: Uint32Array, length: number, removed: Uint32Array, count: number): number => {
  let [kept, next] = [0, 0];
  for (let index = 0; index < length; index++) {
    const row = rows[index] as number;
    rows[kept] = row;
    const isRemoved = Number(next < count) & Number(removed[next] === row);
    next += isRemoved;
    kept += 1 - isRemoved;
  }
  return kept;
};
