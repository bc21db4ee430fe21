import { type CodedRows, readCodesOf } from '../../../indices/coded-rows.ts';
import type { PositionPattern } from '../../../indices/number-column.ts';
import type { Decimal } from '../../../lib/decimal.ts';
import { millionthsOf } from '../../../lib/millionths.ts';
import type { TimeSpan } from '../../../lib/time-range.ts';
import type { FactColumns } from './columns.ts';

/** Rows of a block at most: they, and what is read of them, stay in the caches of the processor. */
export const blockRows = 1024;

/**
 * Decides on the rows of a block at once, as engines of columns do (Boncz, Zukowski and Nes, MonetDB/X100, 2005). Conditions are
 * numbers that are added up: the processor guesses a branch on each row, and half of the guesses are wrong.
 */
export interface RowFilter {
  /** Writes 1 for each of these rows that passes, and 0 for each other one. */
  mark(rows: Uint32Array, marks: Uint8Array, pattern?: PositionPattern): void;
  /** Keeps those of the first `length` rows that pass, in their order, at the front, and returns how many these are. */
  keep(rows: Uint32Array, length: number, pattern?: PositionPattern): number;
}

type Mark = RowFilter['mark'];

/** Keeps those of a run that pass, without marks: it takes half of the time. */
type KeepOfRun = (rows: Uint32Array, length: number) => number;

const filterBy = (mark: Mark, keepOfRun?: KeepOfRun): RowFilter => {
  let marks: Uint8Array | undefined;
  return {
    mark,
    keep(rows, length, pattern) {
      if (keepOfRun && pattern === 'RUN') return keepOfRun(rows, length);
      marks ??= new Uint8Array(blockRows);
      mark(rows.subarray(0, length), marks, pattern);
      return pattern === 'RUN' ? keepMarkedOfRun(rows, length, marks) : keepMarked(rows, length, marks);
    },
  };
};

const keepMarked = (rows: Uint32Array, length: number, marks: Uint8Array): number => {
  let kept = 0;
  for (let index = 0; index < length; index++) {
    rows[kept] = rows[index] as number;
    kept += marks[index] as number;
  }
  return kept;
};

const keepMarkedOfRun = (rows: Uint32Array, length: number, marks: Uint8Array): number => {
  const [first = 0] = rows;
  let kept = 0;
  for (let index = 0; index < length; index++) {
    rows[kept] = first + index;
    kept += marks[index] as number;
  }
  return kept;
};

/** What filters read of the rows of a block; those of one tree read in turns. */
export class FilterBuffers {
  #numbers: Float64Array | undefined;
  #codes: Uint32Array | undefined;

  get numbers(): Float64Array {
    this.#numbers ??= new Float64Array(blockRows);
    return this.#numbers;
  }

  get codes(): Uint32Array {
    this.#codes ??= new Uint32Array(blockRows);
    return this.#codes;
  }
}

export const everyRow: RowFilter = {
  mark: (rows, marks) => void marks.fill(1, 0, rows.length),
  keep(rows, length, pattern) {
    if (pattern === 'RUN') writeRun(rows, rows[0] ?? 0, length);
    return length;
  },
};

/** Writes the rows from one on. */
const writeRun = (rows: Uint32Array, first: number, length: number): void => {
  for (let index = 0; index < length; index++) rows[index] = first + index;
};

export const inSpan = (columns: FactColumns, { fromUs, toUs }: TimeSpan, buffers: FilterBuffers): RowFilter => {
  // Times are whole numbers.
  const lastUs = Math.ceil(toUs ?? Number.POSITIVE_INFINITY) - 1;
  return withNumbers(columns.readTimes, [fromUs ?? Number.NEGATIVE_INFINITY, lastUs], buffers);
};

/** The bounds of amounts, both included. */
interface AmountBounds {
  readonly atLeast: Decimal | null | undefined;
  readonly atMost: Decimal | null | undefined;
}

/** A row without an amount does not pass. */
export const withAmount = (
  columns: FactColumns,
  { atLeast, atMost }: AmountBounds,
  buffers: FilterBuffers,
): RowFilter => {
  const least = atLeast ? millionthsOf(atLeast) : Number.NEGATIVE_INFINITY;
  const most = atMost ? millionthsOf(atMost) : Number.POSITIVE_INFINITY;
  return withNumbers(columns.readAmounts, [least, most], buffers);
};

type ReadNumbers = (rows: Uint32Array, into: Float64Array, pattern?: PositionPattern) => void;

/** Rows with a number between two bounds, both included; NaN is between no two. */
const withNumbers = (read: ReadNumbers, bounds: readonly [number, number], buffers: FilterBuffers): RowFilter => {
  // As doubles: other numbers would be converted for each row.
  const between = Float64Array.from(bounds);
  return filterBy(
    (rows, marks, pattern) => {
      read(rows, buffers.numbers, pattern);
      markBetween(marks, rows.length, buffers.numbers, between);
    },
    (rows, length) => {
      read(rows.subarray(0, length), buffers.numbers, 'RUN');
      return keepBetween(rows, length, buffers.numbers, between);
    },
  );
};

const markBetween = (marks: Uint8Array, length: number, numbers: Float64Array, bounds: Float64Array): void => {
  const [least, most] = [bounds[0] as number, bounds[1] as number];
  for (let index = 0; index < length; index++) {
    const number = numbers[index] as number;
    marks[index] = Number(number >= least) & Number(number <= most);
  }
};

const keepBetween = (rows: Uint32Array, length: number, numbers: Float64Array, bounds: Float64Array): number => {
  const [least, most] = [bounds[0] as number, bounds[1] as number];
  const first = rows[0] ?? 0;
  let kept = 0;
  for (let index = 0; index < length; index++) {
    const number = numbers[index] as number;
    rows[kept] = first + index;
    kept += Number(number >= least) & Number(number <= most);
  }
  return kept;
};

/** More codes than these take a set: an array of all would be too large for one question. */
const listedMax = 2 ** 22;

/** Rows with one of these codes. `size`: all codes of rows are below it; default: any. */
export const withCodes = (
  coded: CodedRows,
  accepted: ReadonlySet<number>,
  buffers: FilterBuffers,
  size = Number.POSITIVE_INFINITY,
): RowFilter => {
  if (size <= listedMax) return withListed(coded, listOf(accepted, size), buffers);
  return filterBy((rows, marks, pattern) => {
    const { codes } = buffers;
    readCodesOf(coded, rows, codes, pattern);
    markAmong(marks, rows.length, codes, accepted);
  });
};

/** Rows whose code has 1 in a list of all codes. */
export const withListed = (coded: CodedRows, list: Uint8Array, buffers: FilterBuffers): RowFilter =>
  filterBy(
    (rows, marks, pattern) => {
      readCodesOf(coded, rows, buffers.codes, pattern);
      markListed(marks, rows.length, buffers.codes, list);
    },
    (rows, length) => {
      readCodesOf(coded, rows.subarray(0, length), buffers.codes, 'RUN');
      return keepListed(rows, length, buffers.codes, list);
    },
  );

/** By code, 1 for the accepted ones. */
const listOf = (accepted: ReadonlySet<number>, size: number): Uint8Array => {
  const list = new Uint8Array(size);
  for (const code of accepted) list[code] = 1;
  return list;
};

const markListed = (marks: Uint8Array, length: number, codes: Uint32Array, list: Uint8Array): void => {
  // A code that no row had when the size was read is not on the list.
  for (let index = 0; index < length; index++) marks[index] = list[codes[index] as number] ?? 0;
};

const keepListed = (rows: Uint32Array, length: number, codes: Uint32Array, list: Uint8Array): number => {
  const first = rows[0] ?? 0;
  let kept = 0;
  for (let index = 0; index < length; index++) {
    rows[kept] = first + index;
    kept += list[codes[index] as number] ?? 0;
  }
  return kept;
};

const markAmong = (marks: Uint8Array, length: number, codes: Uint32Array, accepted: ReadonlySet<number>): void => {
  for (let index = 0; index < length; index++) marks[index] = Number(accepted.has(codes[index] as number));
};

/** Combines the marks of some filters with those of the first one. */
const combined = (filters: readonly RowFilter[], combine: (marks: Uint8Array, other: Uint8Array) => void): Mark => {
  let others: Uint8Array | undefined;
  return (rows, marks, pattern) => {
    others ??= new Uint8Array(blockRows);
    const other = others.subarray(0, rows.length);
    for (const [index, filter] of filters.entries()) {
      filter.mark(rows, index === 0 ? marks : other, pattern);
      if (index > 0) combine(marks, other);
    }
  };
};

/** Rows that pass all of these. */
export const allOf = (filters: readonly RowFilter[]): RowFilter => {
  const [only] = filters;
  if (!only) return everyRow;
  if (filters.length === 1) return only;
  const mark = combined(filters, (marks, other) => {
    for (let index = 0; index < other.length; index++)
      marks[index] = (marks[index] as number) & (other[index] as number);
  });
  return {
    mark,
    // Each tries only the rows that the others have left.
    keep(rows, length, pattern) {
      let kept = length;
      for (let index = 0; index < filters.length && kept > 0; index++)
        kept = (filters[index] as RowFilter).keep(rows, kept, kept < length ? pattern && 'ASCENDING' : pattern);
      return kept;
    },
  };
};

/** Rows that pass any of these. */
export const anyOf = (filters: readonly RowFilter[]): RowFilter =>
  filters.length === 0
    ? noneOf(everyRow)
    : filterBy(
        combined(filters, (marks, other) => {
          for (let index = 0; index < other.length; index++)
            marks[index] = (marks[index] as number) | (other[index] as number);
        }),
      );

/** Rows that do not pass this. */
export const noneOf = (filter: RowFilter): RowFilter =>
  filterBy((rows, marks, pattern) => {
    filter.mark(rows, marks, pattern);
    for (let index = 0; index < rows.length; index++) marks[index] = 1 - (marks[index] as number);
  });
