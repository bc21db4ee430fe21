import type { Store } from '../../db/store.ts';
import type { Ledger } from './ledger.ts';

export interface FollowerOptions {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly everyMs: number;
  /** Called when another process has committed, before the ledger catches up. */
  readonly onForeignCommit: () => void;
  readonly onError: (error: unknown) => void;
}

export interface Follower {
  start(): void;
  stop(): void;
}

/** Keeps the ledger level with what other processes record. Notes the version of the store when it is created. */
export const createFollower = ({ store, ledger, everyMs, onForeignCommit, onError }: FollowerOptions): Follower => {
  let version = store.foreignVersion();
  let timer: NodeJS.Timeout | undefined;

  const failed = (error: unknown): void => {
    // No version of the store: the next look tries again.
    version = -1;
    onError(error);
  };

  const look = (): void => {
    const current = store.foreignVersion();
    if (current === version) return;
    // Version first, rows second: a commit in between is read twice rather than never.
    version = current;
    // What a newer version has written may mean something else.
    if (store.writeFault()?.code === 'OUTDATED') return;
    try {
      onForeignCommit();
    } catch (error) {
      failed(error);
    }
    ledger.catchUp().catch(failed);
  };

  return {
    start() {
      timer = setInterval(look, everyMs);
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
};
