import { setTimeout as delay } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { DomainError } from '../../src/errors.ts';
import type { Tx } from '../store.ts';
import { isBusy } from './client.ts';
import type { OpenTransaction } from './transaction.ts';

interface Waiting {
  readonly work: (tx: Tx) => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** After this long a transaction is committed and the rest waits for the next one, so that reads get their turn. */
const transactionMs = 20;

/** Between two tries to lock the store for writing. */
const lockPollMs = 10;

export interface WriteQueue {
  write<R>(work: (tx: Tx) => R): Promise<R>;
  close(): void;
}

/** Group commit: all work that waits at one moment shares one transaction and one sync. */
export const createWriteQueue = (
  client: Database.Database,
  tx: OpenTransaction,
  limits: { readonly writeQueueMax: number; readonly writeWaitMs: number },
  onCommit: (committed: ReturnType<OpenTransaction['committed']>) => void,
): WriteQueue => {
  const waiting: Waiting[] = [];
  const savepoint = prepareSavepoint(client);
  const transaction = { begin: client.prepare('begin immediate'), commit: client.prepare('commit') };
  let running = false;
  let closed = false;

  const begin = async (): Promise<void> => {
    const deadline = performance.now() + limits.writeWaitMs;
    for (;;) {
      try {
        transaction.begin.run();
        return;
      } catch (error) {
        if (!isBusy(error)) throw error;
        if (performance.now() > deadline)
          throw overloaded('another process keeps the store locked', limits.writeWaitMs);
        await delay(lockPollMs);
      }
    }
  };

  const runTransaction = async (): Promise<void> => {
    try {
      await begin();
    } catch (error) {
      for (const { reject } of waiting.splice(0)) reject(error);
      return;
    }
    const answers: (() => void)[] = [];
    const failed: Waiting[] = [];
    try {
      tx.begin();
      const until = performance.now() + transactionMs;
      while (waiting.length > 0 && performance.now() < until) {
        const job = waiting.shift() as Waiting;
        failed.push(job);
        answers.push(runAlone(savepoint, tx, job));
      }
      tx.end();
      transaction.commit.run();
      onCommit(tx.committed());
    } catch (error) {
      if (client.inTransaction) client.exec('rollback');
      // A transaction that fails before its first job would fail again for every one that waits.
      for (const { reject } of failed.length > 0 ? failed : waiting.splice(0)) reject(error);
      return;
    }
    for (const answer of answers) answer();
  };

  const drain = async (): Promise<void> => {
    running = true;
    try {
      while (waiting.length > 0 && !closed) {
        // One turn of the event loop: whatever arrived in it shares the transaction.
        await new Promise((resolve) => setImmediate(resolve));
        if (!closed) await runTransaction();
      }
    } finally {
      running = false;
    }
  };

  return {
    write: <R>(work: (tx: Tx) => R) =>
      new Promise<R>((resolve, reject) => {
        if (closed) return reject(new DomainError('NOT_READY', 'the server is closing'));
        if (waiting.length >= limits.writeQueueMax)
          return reject(overloaded(`${waiting.length} writes wait already (writeQueueMax)`, 1000));
        waiting.push({ work, resolve: resolve as (result: never) => void, reject });
        if (!running) void drain();
      }),
    close() {
      closed = true;
      for (const { reject } of waiting.splice(0)) reject(new DomainError('NOT_READY', 'the server is closing'));
    },
  };
};

type Savepoint = Readonly<Record<'begin' | 'release' | 'rollback', Database.Statement>>;

/** Prepared once: every job of a transaction runs them. */
const prepareSavepoint = (client: Database.Database): Savepoint => ({
  begin: client.prepare('savepoint job'),
  release: client.prepare('release job'),
  rollback: client.prepare('rollback to job'),
});

/** Runs one job in a savepoint, so that its failure undoes nothing of the others'; returns how to answer after COMMIT. */
const runAlone = (savepoint: Savepoint, tx: OpenTransaction, job: Waiting): (() => void) => {
  const mark = tx.mark();
  savepoint.begin.run();
  try {
    const result = job.work(tx);
    savepoint.release.run();
    return () => job.resolve(result as never);
  } catch (error) {
    savepoint.rollback.run();
    savepoint.release.run();
    tx.backTo(mark);
    return () => job.reject(error);
  }
};

const overloaded = (reason: string, retryAfterMs: number): DomainError =>
  new DomainError('OVERLOADED', `${reason}; nothing was stored`, { details: { retryAfterMs } });
