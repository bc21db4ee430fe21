import { serverIsClosing } from '../../../src/errors.ts';
import { Stages, yieldToEventLoop } from '../../../src/lib/yielding.ts';
import type { StoreOptions, Tx } from '../../store.ts';
import type { ArchivedRows } from '../archive/rows.ts';
import type { CommittedRecords } from '../digests/store-state.ts';
import type { LongConnection, SqlConnection } from '../rows/sql-connection.ts';
import { openLongConnection } from '../sql-thread/long-connection.ts';
import { SqliteTransaction } from '../transaction/transaction.ts';
import { wasCommitted } from './commit-outcome.ts';

/** Pages that do not fit are written before the commit, and again when they change once more. */
const cacheKibibytes = 64 * 1024;

/** Work that lets others run after each step. */
export type Steps<R> = Generator<void, R>;

/** Each throws a reason to go no further: at the start, and after others have run. */
interface LongChecks {
  readonly beforeAll: () => void;
  readonly beforeEach: () => void;
}

interface Committed<R> {
  readonly result: R;
  /** Of each work. */
  readonly committed: readonly CommittedRecords[];
  readonly commitSeconds: number;
}

interface LongTransactionsOptions {
  readonly path: string;
  readonly options: Pick<StoreOptions, 'nowUs' | 'firstSequence' | 'onStatement'>;
  readonly archived: ArchivedRows | null;
  /** Another connection to the store, which reads the state before a transaction. */
  readonly reader: SqlConnection;
}

/**
 * Transactions of many steps or works, on a connection of their own: while one is open, the other connection reads the state before it.
 */
export class LongTransactions {
  readonly #options: LongTransactionsOptions;
  #connection: { readonly client: LongConnection; readonly tx: SqliteTransaction } | undefined;
  #isClosed = false;

  constructor(options: LongTransactionsOptions) {
    this.#options = options;
  }

  /** Resolves once a transaction can begin without waiting for a thread to start. */
  async ready(): Promise<void> {
    if (this.#isClosed) throw serverIsClosing();
    // A thread may have ended by itself.
    if (this.#connection?.client.open === false) this.#connection = undefined;
    if (!this.#connection) await this.#opened().client.execLater(`pragma cache_size = -${cacheKibibytes}`);
  }

  /** Begins a transaction. Throws SQLITE_BUSY while another connection has the lock for writing. */
  begin(): void {
    this.#opened().client.exec('begin immediate');
  }

  /** Runs work in the transaction that was begun, and commits it; when it fails, also by a check, all of it is undone. */
  run<R>(work: (tx: Tx) => Steps<R>, checks: LongChecks): Promise<Committed<R>> {
    return this.#finish(checks, async (tx) => {
      tx.begin();
      const steps = work(tx);
      const stages = new Stages();
      let step = steps.next();
      for (; !step.done; step = steps.next()) {
        tx.advance();
        await stages.next();
        checks.beforeEach();
      }
      tx.end();
      // What comes before and after a commit takes long enough by itself.
      await yieldToEventLoop();
      return { result: step.value, committed: [tx.committed()] };
    });
  }

  /**
   * Runs works in the transaction that was begun until there is no next one, and commits them together, each as a commit of
   * the ledger of its own. When one fails, or a check, all are undone.
   */
  share(
    nextWork: () => Promise<((tx: SqliteTransaction) => void) | undefined>,
    checks: LongChecks,
  ): Promise<Committed<void>> {
    return this.#finish(checks, async (tx) => {
      const committed: CommittedRecords[] = [];
      for (let work = await nextWork(); work; work = await nextWork()) {
        checks.beforeEach();
        tx.begin();
        work(tx);
        tx.end();
        committed.push(tx.committed());
      }
      return { result: undefined, committed };
    });
  }

  /** Does the work of the transaction that was begun and commits it, or undoes it. */
  async #finish<R>(
    { beforeAll, beforeEach }: LongChecks,
    work: (tx: SqliteTransaction) => Promise<Omit<Committed<R>, 'commitSeconds'>>,
  ): Promise<Committed<R>> {
    const { client, tx } = this.#opened();
    try {
      beforeAll();
      tx.beginShared();
      const done = await work(tx);
      beforeEach();
      const startedMs = performance.now();
      await this.#commit(client, done.committed);
      tx.endShared(done.committed.length > 0);
      return { ...done, commitSeconds: (performance.now() - startedMs) / 1000 };
    } catch (error) {
      if (client.open && client.inTransaction) client.exec('rollback');
      tx.endShared(false);
      throw error;
    }
  }

  async #commit(client: LongConnection, works: readonly CommittedRecords[]): Promise<void> {
    try {
      await client.execLater('commit');
    } catch (error) {
      if (client.open) throw error;
      // The thread has ended by itself, perhaps after it has committed.
      if (this.#isClosed || !wasCommitted(this.#options.path, works)) throw error;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.client.close();
  }

  #opened(): { readonly client: LongConnection; readonly tx: SqliteTransaction } {
    if (!this.#connection) {
      const { path, options, archived, reader } = this.#options;
      const client = openLongConnection(path, options.onStatement);
      this.#connection = { client, tx: new SqliteTransaction(client, options, archived, reader) };
    }
    return this.#connection;
  }
}

/** All steps at once. */
export const runSteps = <R>(steps: Steps<R>): R => {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
};
