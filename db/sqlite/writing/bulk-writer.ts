import { setTimeout as delay } from 'node:timers/promises';
import { storageFaultOf } from '../../../src/errors.ts';
import type { BulkOptions, BulkWriter, Tx } from '../../store.ts';
import type { StoreState } from '../digests/store-state.ts';
import { isBusy, lockedFor } from '../file/client.ts';
import type { SqlConnection } from '../rows/sql-connection.ts';
import type { SqliteTransaction } from '../transaction/transaction.ts';

/** The cache of its connection: enough that random keys of some million records are found in memory. */
const cacheKibibytes = 256 * 1024;

/** Between two transactions, so that another process gets its turn: longer than between two of its attempts to lock. */
const pauseMs = 12;

/** How long the writes of the other threads of this process may take before the import goes on in competition with them. */
const turnMsMax = 100;

/**
 * How long a transaction may take. The first ones are short, so that others soon see how far the import is; a long one writes
 * each page of an index for more of its changes.
 */
const [firstMsMax, laterMsMax] = [125, 1000];

/** Between two attempts to lock the store. */
const lockPollMs = 5;

export interface BulkWriterOptions {
  readonly limits: Omit<BulkOptions, 'onCommit' | 'hasThread'>;
  readonly client: SqlConnection;
  readonly tx: SqliteTransaction;
  readonly writeWaitMs: number;
  /** Throws OUTDATED when a newer version has migrated the store; called with the lock for writing held. */
  readonly checkSchema: () => void;
  readonly onCommit: (state: StoreState) => void;
}

/**
 * Many works share one transaction and one sync, although each is a commit of the ledger of its own: a page of an index that
 * many records change is written once. It blocks its thread, so it belongs into one of its own.
 */
export class SqliteBulkWriter implements BulkWriter {
  readonly #options: BulkWriterOptions;
  #startedMs = 0;
  /** Works in the open transaction. */
  #works = 0;
  /** When the open transaction last had no other process to share with: to look reads a folder, as often as `sharedMs` will do. */
  #aloneMs = 0;
  #nextMs = 0;
  #msMax = firstMsMax;
  /** The last works of the open transaction, by who has them. */
  readonly #lastWorks = new Map<object, (tx: Tx) => void>();
  #transaction = 0;

  constructor(options: BulkWriterOptions) {
    this.#options = options;
    options.client.exec(`pragma cache_size = -${cacheKibibytes}`);
  }

  get transaction(): number {
    return this.#transaction;
  }

  setLast(owner: object, work: (tx: Tx) => void): void {
    if (!this.#options.client.inTransaction) throw new Error('no transaction is open');
    this.#lastWorks.set(owner, work);
  }

  async write<R>(work: (tx: Tx) => R): Promise<R> {
    const { client } = this.#options;
    if (!client.inTransaction) await this.#begin();
    try {
      this.#options.tx.begin();
      const result = work(this.#options.tx);
      this.#options.tx.end();
      this.#works++;
      if (this.#isFull()) this.#commit();
      return result;
    } catch (error) {
      this.#undo();
      throw storageFaultOf(error) ?? error;
    }
  }

  async flush(): Promise<void> {
    if (this.#options.client.inTransaction) this.#commit();
  }

  /** Whether the transaction is as large as it may be, or another write waits for it. */
  #isFull(): boolean {
    const { waiting, worksMax, sharedMs, isAlone } = this.#options.limits;
    const ms = performance.now() - this.#startedMs;
    if (Atomics.load(waiting, 0) > 0 || this.#works >= worksMax || ms > this.#msMax) return true;
    if (ms <= this.#aloneMs + sharedMs) return false;
    this.#aloneMs = ms;
    return !isAlone();
  }

  async #begin(): Promise<void> {
    const { client, tx, checkSchema, writeWaitMs } = this.#options;
    const restMs = this.#nextMs - performance.now();
    if (restMs > 0) await delay(restMs);
    this.#letOthersWrite();
    const deadline = performance.now() + writeWaitMs;
    for (;;) {
      try {
        client.exec('begin immediate');
        break;
      } catch (error) {
        if (!isBusy(error)) throw storageFaultOf(error) ?? error;
        if (performance.now() > deadline) throw lockedFor(writeWaitMs);
        await delay(lockPollMs);
      }
    }
    this.#startedMs = performance.now();
    this.#works = 0;
    this.#aloneMs = 0;
    this.#transaction++;
    try {
      checkSchema();
      tx.beginShared();
    } catch (error) {
      this.#undo();
      throw error;
    }
  }

  /** Waits while the main thread has writes to do. */
  #letOthersWrite(): void {
    const { waiting } = this.#options.limits;
    const deadline = performance.now() + turnMsMax;
    for (;;) {
      const count = Atomics.load(waiting, 0);
      const restMs = deadline - performance.now();
      if (count === 0 || restMs <= 0) return;
      Atomics.wait(waiting, 0, count, restMs);
    }
  }

  #commit(): void {
    const { client, tx, onCommit } = this.#options;
    try {
      if (this.#lastWorks.size > 0) {
        tx.begin();
        for (const work of this.#lastWorks.values()) work(tx);
        tx.end();
      }
      client.exec('commit');
    } catch (error) {
      this.#undo();
      throw storageFaultOf(error) ?? error;
    }
    this.#lastWorks.clear();
    this.#nextMs = performance.now() + pauseMs;
    this.#msMax = Math.min(2 * this.#msMax, laterMsMax);
    tx.endShared(true);
    onCommit(tx.committed().state);
  }

  /** Undoes the whole transaction: works have no savepoints, which keep a copy of each page that a work changes. */
  #undo(): void {
    const { client, tx } = this.#options;
    this.#lastWorks.clear();
    if (client.inTransaction) client.exec('rollback');
    tx.endShared(false);
  }
}
