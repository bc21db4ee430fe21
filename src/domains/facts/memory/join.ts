import type { JoinName } from '../dimensions.ts';
import type { AsOf } from '../engine.ts';

/** Codes of rows. */
export type Chunk = Uint8Array | Uint32Array;

/** Rows that are joined at once, at most. */
export const filledRowsMax = 1024;

/** At most `filledRowsMax` rows, in any order, and where the code of each is written. */
export interface JoinedRows {
  readonly rows: Uint32Array;
  readonly codes: Chunk;
  /** What `readKeys` of the join writes for them, where that is at hand. */
  readonly keys?: Uint32Array | undefined;
}

/** One column to be joined to facts. */
export interface Join<Basis = unknown> {
  readonly name: JoinName;
  readonly allocate: (rows: number) => Chunk;
  /** What the codes of all rows depend on beside the row's user: when it changes, the whole column is joined again. */
  readonly basis: () => Basis;
  readonly basisAt: (sequence: number) => Basis | Promise<Basis>;
  /**
   * Writes numbers of as many rows as there is room for, from a row on: rows with near numbers read the same memory when they
   * are joined. Without it they are joined in their own order.
   */
  readonly readKeys?: ((from: number, keys: Uint32Array) => void) | undefined;
  // A method, because method parameters are bivariant: a Join<IpTable> is a Join.
  fill(rows: JoinedRows, basis: Basis, asOf: AsOf, sequence: number): void;
  /** Calls `listener` with the code of each user whose rows must be joined again. */
  readonly onChange?: (listener: (user: number) => void) => void;
}
