import { setTimeout as delay } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { DomainError, isStorageFault, serverIsClosing, storageFaultOf } from '../../../src/errors.ts';
import type { Tx } from '../../store.ts';
import type { CommittedRecords } from '../digests/store-state.ts';
import { isBusy, lockedFor } from '../file/client.ts';
import type { WriteHealth } from '../file/write-health.ts';
import type { SqliteTransaction } from '../transaction/transaction.ts';
import { UnknownOutcome } from './commit-outcome.ts';
import { type LongTransactions, runSteps, type Steps } from './long-transactions.ts';
import { SharedJobs } from './shared-jobs.ts';
import type { WriteJob } from './write-job.ts';

/** After this time a transaction is committed; the remaining jobs wait, so that reads can run in between. */
const transactionMs = 20;

/**
 * Iterations of the event loop after a transaction that took longer: a request needs several of them, and would otherwise wait
 * for a transaction in each.
 */
const freeIterations = 6;

const nextIteration = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Between two attempts to lock the store for writing. */
const lockPollMs = 10;

export interface WriteQueueOptions {
  readonly client: Database.Database;
  readonly tx: SqliteTransaction;
  readonly limits: { readonly writeQueueMax: number; readonly writeWaitMs: number; readonly writeProbeMs: number };
  readonly health: WriteHealth;
  /** Null for a store that has only one connection: all steps are then done at once. */
  readonly long: LongTransactions | null;
  /** Throws OUTDATED when a newer version has migrated the store; called with the lock for writing held. */
  readonly checkSchema: () => void;
  readonly onCommit: (committed: readonly CommittedRecords[], seconds: number) => void;
}

/**
 * Group commit: all pending jobs share one transaction and one sync. A transaction that the disk refuses is rolled back whole
 * and fails with a coded error; from then on a probe looks every `writeProbeMs` whether writes succeed again.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #savepoint: SavepointStatements;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #pending: WriteJob[] = [];
  /** 1 while there are writes to do, for a thread that imports into the same store. */
  readonly #waiting = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #running = false;
  #closed = false;
  #probeTimer: NodeJS.Timeout | undefined;

  constructor(options: WriteQueueOptions) {
    const { client } = options;
    this.#options = options;
    this.#savepoint = prepareSavepoint(client);
    this.#begin = client.prepare('begin immediate');
    this.#commit = client.prepare('commit');
  }

  write<R>(work: (tx: Tx) => R): Promise<R> {
    return this.#add<R>({ work });
  }

  writeInSteps<R>(steps: (tx: Tx) => Steps<R>): Promise<R> {
    const work = (tx: Tx): R => runSteps(steps(tx));
    return this.#add<R>(this.#options.long ? { work, steps } : { work });
  }

  writeShared<R>(work: (tx: Tx) => R, undo: () => void): Promise<R> {
    return this.#add<R>(this.#options.long ? { work, undo } : { work });
  }

  #add<R>(job: Pick<WriteJob, 'work' | 'steps' | 'undo'>): Promise<R> {
    const { writeQueueMax } = this.#options.limits;
    return new Promise<R>((resolve, reject) => {
      if (this.#closed) return reject(serverIsClosing());
      if (this.#pending.length >= writeQueueMax) return reject(queueIsFull(this.#pending.length));
      this.#pending.push({ ...job, resolve: resolve as (result: never) => void, reject });
      if (!this.#running) void this.#drain();
    });
  }

  /** Shared with threads. */
  get waiting(): Int32Array {
    return this.#waiting;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#probeTimer);
    for (const { reject } of this.#pending.splice(0)) reject(serverIsClosing());
  }

  async #drain(): Promise<void> {
    this.#running = true;
    let wasLong = false;
    Atomics.store(this.#waiting, 0, 1);
    try {
      while (this.#pending.length > 0 && !this.#closed) {
        // Work that arrives in the same iteration of the event loop shares the transaction.
        await nextIteration();
        if (wasLong) for (let iteration = 1; iteration < freeIterations; iteration++) await nextIteration();
        if (this.#closed) return;
        const startedMs = performance.now();
        const { long } = this.#options;
        const [{ steps, undo } = {}, second] = this.#pending;
        if (long && steps) await this.#runLong(this.#pending.shift() as WriteJob, steps, long);
        else if (long && undo && second?.undo) await this.#runShared(long);
        else await this.#runTransaction();
        wasLong = performance.now() - startedMs > transactionMs;
      }
    } finally {
      this.#running = false;
      Atomics.store(this.#waiting, 0, 0);
      Atomics.notify(this.#waiting, 0);
    }
  }

  async #runTransaction(): Promise<void> {
    try {
      await this.#lock(() => this.#begin.run());
    } catch (error) {
      this.#fail(this.#pending.splice(0), error);
      return;
    }
    const { client, tx, onCommit, health, checkSchema } = this.#options;
    const settlements: (() => void)[] = [];
    const jobs: WriteJob[] = [];
    try {
      checkSchema();
      tx.begin();
      const endsAt = performance.now() + transactionMs;
      while (this.#pending.length > 0 && !this.#pending[0]?.steps && performance.now() < endsAt) {
        const job = this.#pending.shift() as WriteJob;
        jobs.push(job);
        settlements.push(runInSavepoint(this.#savepoint, tx, job));
      }
      tx.end();
      const startedMs = performance.now();
      this.#commit.run();
      onCommit([tx.committed()], (performance.now() - startedMs) / 1000);
    } catch (error) {
      if (client.inTransaction) client.exec('rollback');
      // A transaction that fails before its first job would fail again for every job that waits.
      this.#fail(jobs.length > 0 ? jobs : this.#pending.splice(0), error);
      return;
    }
    health.note(null);
    for (const settle of settlements) settle();
  }

  /** A transaction of many works without savepoints, between which the event loop is free. */
  async #runShared(long: LongTransactions): Promise<void> {
    const { checkSchema, onCommit, health } = this.#options;
    const jobs = new SharedJobs(this.#pending);
    const beforeEach = (): void => {
      if (this.#closed) throw serverIsClosing();
    };
    try {
      await long.ready();
      await this.#lock(() => long.begin());
      const { committed, commitSeconds } = await long.share(() => jobs.next(), { beforeAll: checkSchema, beforeEach });
      onCommit(committed, commitSeconds);
    } catch (error) {
      // The work that failed, which may be known only at the commit, must not fail the others: each runs again, with a savepoint.
      const hasRun = jobs.all.length > 0;
      const isToRepeat = !storageFaultOf(error) && !(error instanceof UnknownOutcome) && !this.#closed;
      if (hasRun && isToRepeat) this.#pending.unshift(...jobs.undone());
      else this.#fail(jobs.all.length > 0 ? jobs.all : this.#pending.splice(0), error);
      return;
    }
    health.note(null);
    jobs.settle();
  }

  /** A transaction with many steps, between which the event loop is free; other jobs wait for its end. */
  async #runLong(job: WriteJob, steps: (tx: Tx) => Steps<unknown>, long: LongTransactions): Promise<void> {
    const { checkSchema, onCommit, health } = this.#options;
    const beforeEach = (): void => {
      if (this.#closed) throw serverIsClosing();
    };
    try {
      await long.ready();
      await this.#lock(() => long.begin());
      const { result, committed, commitSeconds } = await long.run(steps, { beforeAll: checkSchema, beforeEach });
      onCommit(committed, commitSeconds);
      health.note(null);
      job.resolve(result as never);
    } catch (error) {
      this.#fail([job], error);
    }
  }

  #fail(jobs: readonly WriteJob[], cause: unknown): void {
    const error = storageFaultOf(cause) ?? cause;
    if (error instanceof DomainError && (isStorageFault(error) || error.code === 'OUTDATED')) {
      // SQLite says neither that a quota is used up nor that a file may not grow: the folder may know.
      const { health } = this.#options;
      const known = error.code === 'STORAGE_FAILED' ? (health.fault ?? health.faultOfFolder() ?? error) : error;
      health.note(known);
      for (const { reject } of jobs) reject(known);
      this.#planProbe();
      return;
    }
    for (const { reject } of jobs) reject(error);
  }

  #planProbe(): void {
    const { health, limits } = this.#options;
    clearTimeout(this.#probeTimer);
    if (this.#closed || health.fault === null || health.fault.code === 'OUTDATED') return;
    this.#probeTimer = setTimeout(() => this.#probe(), limits.writeProbeMs).unref();
  }

  /** A transaction that changes nothing, but is written and synced like any other. Its failure plans the next probe. */
  #probe(): void {
    const { client, health } = this.#options;
    const fault = health.faultOfFolder();
    if (fault) {
      health.note(fault);
      this.#planProbe();
      return;
    }
    const version = client.pragma('user_version', { simple: true });
    this.write(() => client.pragma(`user_version = ${version}`)).catch(() => undefined);
  }

  /** Begins a transaction as soon as no other process holds the lock. */
  async #lock(begin: () => void): Promise<void> {
    const { writeWaitMs } = this.#options.limits;
    const deadline = performance.now() + writeWaitMs;
    for (;;) {
      try {
        begin();
        return;
      } catch (error) {
        if (!isBusy(error)) throw error;
        if (performance.now() > deadline) throw lockedFor(writeWaitMs);
        await delay(lockPollMs);
      }
    }
  }
}

type SavepointStatements = Readonly<Record<'begin' | 'release' | 'rollback', Database.Statement>>;

/** Prepared once, because every job runs them. */
const prepareSavepoint = (client: Database.Database): SavepointStatements => ({
  begin: client.prepare('savepoint job'),
  release: client.prepare('release job'),
  rollback: client.prepare('rollback to job'),
});

/** Runs one job, whose failure does not undo others; returns the function that settles its promise after COMMIT. */
const runInSavepoint = (statements: SavepointStatements, tx: SqliteTransaction, job: WriteJob): (() => void) => {
  const savepoint = tx.savepoint();
  statements.begin.run();
  try {
    const result = job.work(tx);
    tx.release();
    statements.release.run();
    return () => job.resolve(result as never);
  } catch (error) {
    // SQLite may have rolled back the whole transaction, and no other job would succeed.
    const fault = error instanceof DomainError ? undefined : storageFaultOf(error);
    if (fault) throw fault;
    statements.rollback.run();
    statements.release.run();
    tx.rollbackTo(savepoint);
    return () => job.reject(error);
  }
};

const queueIsFull = (pending: number): DomainError =>
  new DomainError('OVERLOADED', `${pending} writes are pending already (setting writeQueueMax); nothing was stored`, {
    details: { retryAfterMs: 1000 },
  });
