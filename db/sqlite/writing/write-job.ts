import type { Tx } from '../../store.ts';
import type { Steps } from './long-transactions.ts';

/** Work that is to be written, and whoever waits for it. */
export interface WriteJob {
  readonly work: (tx: Tx) => unknown;
  /** The same work in steps, for a transaction of its own. */
  readonly steps?: (tx: Tx) => Steps<unknown>;
  /** Of work that may be undone together with other work, and then runs again: reverts what it did besides the transaction. */
  readonly undo?: () => void;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}
