import { yieldToEventLoop } from '../../../src/lib/yielding.ts';
import { recentRecordsMax } from '../rows/recent-commits.ts';
import type { SqliteTransaction } from '../transaction/transaction.ts';
import type { WriteJob } from './write-job.ts';

/** After this time the transaction is committed: other writes wait for it. */
const sharedMs = 60;

/** Iterations of the event loop in which whoever writes batches may have read the next one. */
const iterationsMax = 4;

/** The jobs of one shared transaction, as they come out of the queue: only those that can be undone and run again. */
export class SharedJobs {
  readonly #pending: WriteJob[];
  #startedMs: number | undefined;
  readonly #settlements: (() => void)[] = [];
  readonly all: WriteJob[] = [];
  /** Of all jobs together, and of the largest one. */
  #records = 0;
  #recordsOfOne = 0;

  constructor(pending: WriteJob[]) {
    this.#pending = pending;
  }

  /** The work of the next job, once others have run; undefined when the transaction should end. */
  async next(): Promise<((tx: SqliteTransaction) => void) | undefined> {
    this.#startedMs ??= performance.now();
    if (this.#isFull || performance.now() - this.#startedMs > sharedMs) return undefined;
    for (let iteration = 0; iteration < iterationsMax; iteration++) {
      if (this.all.length > 0) await yieldToEventLoop();
      const [job] = this.#pending;
      if (!job) continue;
      if (!job.undo) return undefined;
      this.#pending.shift();
      this.all.push(job);
      return (tx) => this.#run(job, tx);
    }
    return undefined;
  }

  /** Whether another job as large as the largest would append more than projections can apply without reading it back. */
  get #isFull(): boolean {
    return this.all.length > 0 && this.#records + this.#recordsOfOne > recentRecordsMax;
  }

  #run(job: WriteJob, tx: SqliteTransaction): void {
    const result = job.work(tx);
    tx.release();
    // Each job begins anew to count its records.
    const records = tx.savepoint();
    this.#records += records;
    this.#recordsOfOne = Math.max(this.#recordsOfOne, records);
    this.#settlements.push(() => job.resolve(result as never));
  }

  /** Call it after COMMIT. */
  settle(): void {
    for (const settle of this.#settlements) settle();
  }

  /** Call it after ROLLBACK: the same jobs, each of which runs alone the next time. */
  undone(): WriteJob[] {
    for (const job of this.all.toReversed()) job.undo?.();
    return this.all.map(({ work, resolve, reject }) => ({ work, resolve, reject }));
  }
}
