import type { MessagePort } from 'node:worker_threads';

/** What a thread that runs statements starts with. */
export interface SqlThreadData {
  readonly path: string;
  readonly port: MessagePort;
  /** Shared by both threads; see `counterOf`. */
  readonly counters: Int32Array;
}

/** Positions of what both threads count. */
export const counterOf = {
  /** Lists of runs that have been executed, or passed over after a fault. */
  lists: 0,
  /** Replies that have been sent. */
  replies: 1,
  /** Not 0 while a statement has failed of which the other thread has not heard. */
  fault: 2,
  count: 3,
} as const;

/** How the rows of a statement are returned, as better-sqlite3 has it. */
export type RowMode = 'OBJECT' | 'RAW' | 'PLUCK';

/** A message without a reply. */
export type SqlOrder =
  | { readonly kind: 'PREPARE'; readonly statement: number; readonly text: string; readonly mode: RowMode }
  /** Statements to run, one after the other: each is its number, its named parameters or null, how many others it has, and these. */
  | { readonly kind: 'RUNS'; readonly list: readonly unknown[] };

/** A message with a reply. */
export type SqlRequest =
  | { readonly kind: 'GET' | 'ALL'; readonly statement: number; readonly parameters: readonly unknown[] }
  | { readonly kind: 'EXEC'; readonly text: string }
  /** The result of the last run. */
  | { readonly kind: 'RESULT' }
  | { readonly kind: 'CLOSE' };

export interface SqlReply {
  readonly value: unknown;
  /** What the request, or an order before it, failed with. */
  readonly fault: SqlFault | null;
  readonly inTransaction: boolean;
}

/** An error of SQLite, or another one without a code. */
export interface SqlFault {
  readonly code: string | null;
  readonly message: string;
}
