import type { FactKnowledge } from '../../src/domains/facts/knowledge.ts';
import { DomainError } from '../../src/errors.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { DebugLog } from '../../src/lib/debug-log.ts';
import type { Store } from '../store.ts';
import { erasedRecords } from '../tables/integrity.ts';
import { readBlock } from './blocks.ts';
import { type Connection, unavailable } from './connection.ts';
import type { CopierLock } from './copier-lock.ts';
import { type EventArrivals, noneBeforeUs, readArrivals } from './event-rows.ts';
import { digestAt, type Progress, type Range, readProgress } from './progress.ts';
import { createAnew, createTables, setOwner, tables } from './tables.ts';

export interface ProjectorOptions {
  readonly connection: Connection;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly knowledge: FactKnowledge;
  readonly log: DebugLog;
  readonly onFault: (fault: unknown, effect: string) => void;
  readonly lock: CopierLock;
  /** Called before the copy is made from its beginning: what was known of the tables no longer holds. */
  readonly onAnew: () => Promise<void>;
  /** Called when everything up to a sequence number is copied; `isLevel`: that is the whole ledger. */
  readonly onCopied: (sequence: number, isLevel: boolean) => void;
  /** Number of records after which a block ends. */
  readonly clickhouseBlockRecords: number;
  /** How long a question waits for the projection, milliseconds. */
  readonly clickhouseWaitMs: number;
}

interface Waiter {
  readonly sequence: number;
  resolve(): void;
}

const retryMs = { first: 250, max: 15_000 };

/**
 * Copies the ledger to ClickHouse in blocks of whole commits, each exactly once, as fast as ClickHouse accepts them: the next
 * block is read when the last one is stored. What it copies is behind the ledger, never beside it: it starts from the
 * watermark that the tables themselves hold.
 */
export class Projector {
  readonly #options: ProjectorOptions;
  /** Everything up to it is stored; undefined until the tables were read. */
  #sequence: number | undefined;
  #copies = 0;
  /** How the events up to a sequence number arrived. */
  #arrivals: { readonly sequence: number; readonly state: EventArrivals } | undefined;
  #fault: unknown;
  #isStopped = false;
  #running: Promise<void> | undefined;
  #isDue = false;
  #retryMs = retryMs.first;
  #timer: NodeJS.Timeout | undefined;
  #waiters: Waiter[] = [];
  #stopListening: (() => void) | undefined;

  constructor(options: ProjectorOptions) {
    this.#options = options;
  }

  /** The sequence number up to which the facts are in ClickHouse; 0 until that is known. */
  get sequence(): number {
    return this.#sequence ?? 0;
  }

  /**
   * Runs statements about records up to a sequence number when these are copied, see `reach`; again when the copy was begun
   * anew meanwhile, because they may have read a part of it only. They get a number that is that of this copy alone.
   */
  async read<R>(sequence: number, statements: (copy: number) => Promise<R>): Promise<R> {
    for (;;) {
      await this.reach(sequence);
      const copy = this.#copies;
      const result = await statements(copy);
      if (this.#copies === copy) return result;
    }
  }

  /** Follows the ledger from now on. Rejects with CONFLICT when the database is not that of this ledger. */
  async start(): Promise<void> {
    try {
      this.#sequence = await this.#open();
    } catch (error) {
      if (error instanceof DomainError && error.code === 'CONFLICT') throw error;
      this.#failed(error);
    }
    this.#stopListening = this.#options.ledger.onAdvance(() => this.#run());
    this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopListening?.();
    clearTimeout(this.#timer);
    for (const { resolve } of this.#waiters.splice(0)) resolve();
    await this.#running;
    this.#options.lock.release();
  }

  /**
   * Resolves when everything up to a sequence number is copied. Rejects with FACTS_UNAVAILABLE after `clickhouseWaitMs`, and
   * at once while ClickHouse fails.
   */
  async reach(sequence: number): Promise<void> {
    if (this.#sequence !== undefined && this.#sequence >= sequence) return;
    if (this.#fault !== undefined) throw this.#refusal(sequence);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#options.clickhouseWaitMs);
      this.#waiters.push({
        sequence,
        resolve() {
          clearTimeout(timer);
          resolve();
        },
      });
    });
    if (this.#sequence === undefined || this.#sequence < sequence) throw this.#refusal(sequence);
  }

  #refusal(sequence: number): unknown {
    if (this.#fault instanceof DomainError) return this.#fault;
    const behind = sequence - this.sequence;
    return unavailable(
      `ClickHouse is ${behind} records behind the ledger, at ${this.sequence} of ${sequence}, and did not catch up in time (setting clickhouseWaitMs)`,
      this.#fault,
    );
  }

  #run(): void {
    this.#isDue = true;
    if (this.#running || this.#isStopped || this.#timer) return;
    this.#running = this.#follow().finally(() => {
      this.#running = undefined;
      if (this.#isDue) this.#run();
    });
  }

  async #follow(): Promise<void> {
    try {
      this.#sequence ??= await this.#open();
      while (!this.#isStopped) {
        this.#isDue = false;
        const range = this.#nextRange(this.#sequence);
        if (!range) break;
        await this.#copy(range, true);
      }
      this.#succeeded();
      if (!this.#isStopped) this.#options.onCopied(this.sequence, true);
    } catch (error) {
      this.#failed(error);
    }
  }

  #succeeded(): void {
    this.#fault = undefined;
    this.#retryMs = retryMs.first;
    this.#wake();
  }

  #failed(error: unknown): void {
    // What is stored is read from the tables again: a block may be in them although its answer was lost.
    this.#sequence = undefined;
    if (this.#fault === undefined) this.#options.onFault(error, 'facts cannot be copied to ClickHouse');
    this.#fault = error;
    for (const { resolve } of this.#waiters.splice(0)) resolve();
    this.#isDue = false;
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#run();
    }, this.#retryMs);
    this.#timer.unref();
    this.#retryMs = Math.min(2 * this.#retryMs, retryMs.max);
  }

  /** Creates what is missing, finishes the block at which an earlier process ended, and returns the watermark. */
  async #open(): Promise<number> {
    const { connection, log } = this.#options;
    this.#options.lock.acquire();
    const ledgerId = this.#ledgerId();
    await createTables(connection, ledgerId);
    const state = await readProgress(connection);
    if (!this.#isOurs(state)) {
      log.debug({ sequence: state.done }, 'ClickHouse holds what the ledger no longer has: it is filled anew');
      this.#copies += 1;
      await this.#options.onAnew();
      await createAnew(connection);
      return 0;
    }
    // Nothing is copied, perhaps because somebody dropped the database.
    if (state.done === 0) {
      this.#copies += 1;
      await this.#options.onAnew();
    }
    if (state.planned) await this.#copy(state.planned, false);
    return state.planned?.last ?? state.done;
  }

  /** Identifies the ledger: no two begin with the same commit. */
  #ledgerId(): string | null {
    const [first] = this.#options.store.commitsAfter(0, 1);
    return first ? digestAt(this.#options.store, first.lastSeq) : null;
  }

  /** Whether the copied ranges are of this ledger as it is: it may have been cut, and people may have been erased from it. */
  #isOurs({ done, digest, erased, planned }: Progress): boolean {
    if (planned && digestAt(this.#options.store, planned.last) === '') return false;
    if (done === 0) return true;
    return digestAt(this.#options.store, done) === digest && erased === this.#erased();
  }

  #erased(): number {
    return this.#options.store.count(erasedRecords);
  }

  /** The next whole commits, about as many as fit into a block; undefined at the end of the ledger. */
  #nextRange(after: number): Range | undefined {
    const { store, ledger, clickhouseBlockRecords } = this.#options;
    const end = ledger.snapshot().sequence;
    if (after >= end) return undefined;
    let last = after;
    while (last - after < clickhouseBlockRecords) {
      const commitsAfter = store.commitsAfter(last, commitsPerRead);
      const next = commitsAfter.find(({ lastSeq }) => lastSeq - after >= clickhouseBlockRecords) ?? commitsAfter.at(-1);
      if (!next || next.lastSeq > end) break;
      last = next.lastSeq;
    }
    // Of the commits that were read at once, the ledger may have only the first ones in memory.
    return { after, last: last > after ? last : end };
  }

  async #copy(range: Range, isNew: boolean): Promise<void> {
    const { connection } = this.#options;
    this.#options.lock.acquire();
    await connection.requireShape();
    const { after, last } = range;
    const tokenOf = (part: string): string => `${part} ${after}-${last}`;
    const progress = [after, last] as const;
    const digest = digestAt(this.#options.store, last);
    const columns = tables.progress.columns;
    if (after === 0) await setOwner(connection, 'ledger', this.#ledgerId() ?? '');
    if (isNew) await connection.insert('progress', columns, [[...progress, 'PLANNED', digest, 0]], tokenOf('planned'));
    const erased = this.#erased();
    const arrivals = await this.#arrivalsAt(after);
    const block = await readBlock(this.#options, { after, upTo: last }, arrivals);
    for (const [table, rows] of block) await connection.insert(table, tables[table].columns, rows, tokenOf(table));
    await connection.insert('progress', columns, [[...progress, 'DONE', digest, erased]], tokenOf('done'));
    this.#sequence = last;
    this.#arrivals = { sequence: last, state: arrivals };
    this.#wake();
    this.#options.onCopied(last, false);
  }

  /** From what is copied, unless the last block ended there. */
  async #arrivalsAt(sequence: number): Promise<EventArrivals> {
    const known = this.#arrivals;
    this.#arrivals = undefined;
    if (known?.sequence === sequence) return known.state;
    return sequence === 0 ? { newestUs: noneBeforeUs } : readArrivals(this.#options.connection, sequence);
  }

  #wake(): void {
    const reached = this.#waiters.filter(({ sequence }) => sequence <= this.sequence);
    this.#waiters = this.#waiters.filter(({ sequence }) => sequence > this.sequence);
    for (const { resolve } of reached) resolve();
  }
}

const commitsPerRead = 1000;
