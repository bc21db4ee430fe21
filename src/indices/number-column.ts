import type { StateColumns } from './state-columns.ts';

/** An append-only column of numbers, however it keeps them. */
export interface NumberColumn {
  readonly length: number;
  /** Bytes allocated, spare capacity included. */
  readonly byteLength: number;
  /** Appends a number and returns its position. */
  push(value: number): number;
  /** Appends numbers. */
  pushAll(values: NumberArray): void;
  /** The number at a position below `length`. */
  at(position: number): number;
  /** Writes or loads the numbers. */
  exchange(columns: StateColumns, name: string): void;
}

/** A column of which many numbers are read at once. */
export interface BlockColumn extends NumberColumn {
  /** Copies as many numbers as `into` has room for, from a position on. */
  read(from: number, into: NumberArray): void;
  /** Writes the numbers at some positions; those of a run take a fifth of the time. */
  readAt(positions: Uint32Array, into: NumberArray, pattern?: PositionPattern): void;
}

/**
 * What is known of positions: they ascend, or they are a run, in which each is one greater than that before it. Of a run only the
 * first and the number are read.
 */
export type PositionPattern = 'RUN' | 'ASCENDING' | undefined;

export type NumberArray = Float64Array | Int32Array | Uint32Array | Uint8Array;

/** A column whose numbers ascend. */
export interface AscendingColumn extends NumberColumn {
  /** How many numbers are at or below `bound`. */
  upperBound(bound: number): number;
}
