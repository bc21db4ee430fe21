import type { StateColumns } from './state-columns.ts';

/** An append-only column of numbers, however it keeps them. */
export interface NumberColumn {
  readonly length: number;
  /** Bytes allocated, spare capacity included. */
  readonly byteLength: number;
  /** Appends a number and returns its position. */
  push(value: number): number;
  /** The number at a position below `length`. */
  at(position: number): number;
  /** Writes or loads the numbers. */
  exchange(columns: StateColumns, name: string): void;
}

/** A column whose numbers ascend. */
export interface AscendingColumn extends NumberColumn {
  /** How many numbers are at or below `bound`. */
  upperBound(bound: number): number;
}
