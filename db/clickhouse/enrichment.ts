import type { FactKnowledge } from '../../src/domains/facts/knowledge.ts';
import type { DebugLog } from '../../src/lib/debug-log.ts';
import type { Cities } from './cities.ts';
import type { Connection } from './connection.ts';
import type { CopierLock } from './copier-lock.ts';
import {
  buildGeneration,
  type GenerationServices,
  readGeneration,
  type StoredGeneration,
  takeStep,
} from './generations.ts';
import type { StoredState } from './stored.ts';

export interface EnrichmentOptions {
  readonly connection: Connection;
  readonly lock: CopierLock;
  readonly cities: Cities;
  readonly knowledge: FactKnowledge;
  readonly log: DebugLog;
  readonly onFault: (fault: unknown, effect: string) => void;
  /** Least time between two steps, milliseconds. */
  readonly clickhouseEnrichMs: number;
}

interface Waiter {
  readonly sequence: number;
  resolve(): void;
}

const retryMs = { first: 500, max: 60_000 };

/** Records that a step adds at most: what it reads for their users is in the memory of ClickHouse at once. */
const stepRecordsMax = 200_000;

/** From so many rows that no longer hold on, and this share of all, a state is built anew: each question leaves them out. */
const supersededMax = { count: 100_000, share: 0.2 };
const failedMax = 100;

/**
 * Keeps facts stored as joined: with the status, attributes, age and city that each has at its own time. It follows the copy
 * in steps. A step adds the facts that came, and a new row for each earlier fact that a late record changed, so that its cost
 * is that of the users whom the records are about. Rows are never changed: each holds from its step on until another one
 * supersedes it, which makes the state after every step readable for ever, also while the next step goes on.
 *
 * Cities are of one table of addresses. After another one is in force, a new generation is built beside the old one, which
 * answers until then, with cities joined.
 */
export class Enrichment {
  readonly #options: EnrichmentOptions;
  readonly #services: GenerationServices;
  #generation: StoredGeneration | undefined;
  /** Whether the tables have to be read before the next step. */
  #isUnread = true;
  #copied = 0;
  #isLevel = false;
  #isStopped = false;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryMs = 0;
  #waiters: Waiter[] = [];

  constructor(options: EnrichmentOptions) {
    this.#options = options;
    this.#services = options;
  }

  /** The sequence number that the stored state is of; 0 without one. */
  get sequence(): number {
    return this.#generation?.sequence ?? 0;
  }

  /** Facts up to a sequence number are copied; `isLevel`: those are all. */
  follow(copied: number, isLevel: boolean): void {
    this.#copied = copied;
    this.#isLevel = isLevel;
    this.#schedule(this.#options.clickhouseEnrichMs);
  }

  /** Forgets what is stored, after the last statement about it has ended: the tables are created anew. */
  async reset(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isLevel = false;
    this.#copied = 0;
    await this.#running;
    this.#generation = undefined;
    this.#isUnread = true;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#wake();
    await this.#running;
  }

  /** The latest stored state that is not later than a sequence number; undefined when none is stored of so early a time. */
  async stateAt(sequence: number): Promise<StoredState | undefined> {
    const generation = this.#generation;
    if (!generation || sequence < generation.base) return undefined;
    const { failed, superseded } = generation;
    const state = { ...generation, failed, hasSuperseded: superseded > 0 };
    if (sequence >= generation.sequence) return state;
    const { connection } = this.#options;
    const sql = `SELECT max(last_seq) FROM ${connection.table('enrichment_progress')} WHERE generation = ${generation.id} AND state != 'PLANNED' AND last_seq <= ${sequence}`;
    const [row] = await connection.rows<[number]>(sql);
    return { ...state, sequence: Math.max(generation.base, Number(row?.[0] ?? 0)) };
  }

  /** Resolves when the stored state is of a sequence number or of a later one, or when this ends. */
  reach(sequence: number): Promise<void> {
    if (this.#isStopped || this.sequence >= sequence) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ sequence, resolve }));
  }

  #wake(): void {
    const isDue = ({ sequence }: Waiter): boolean => this.#isStopped || sequence <= this.sequence;
    const due = this.#waiters.filter(isDue);
    this.#waiters = this.#waiters.filter((waiter) => !isDue(waiter));
    for (const { resolve } of due) resolve();
  }

  #schedule(delayMs: number): void {
    if (this.#running || this.#timer || this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#running = this.#advance().finally(() => {
        this.#running = undefined;
        if (this.#retryMs > 0) this.#schedule(this.#retryMs);
        else if (this.#copied > this.sequence && this.#isLevel) this.#schedule(this.#options.clickhouseEnrichMs);
      });
    }, delayMs);
    this.#timer.unref();
  }

  async #advance(): Promise<void> {
    try {
      if (this.#isUnread) this.#generation = await readGeneration(this.#services);
      this.#isUnread = false;
      this.#wake();
      while (!this.#isStopped && (await this.#advanceOnce())) this.#wake();
      this.#retryMs = 0;
    } catch (error) {
      // Whether the last statement took effect is read from the tables.
      this.#isUnread = true;
      if (this.#retryMs === 0)
        this.#options.onFault(error, 'facts cannot be stored as joined in ClickHouse: questions join them');
      this.#retryMs = Math.min(Math.max(2 * this.#retryMs, retryMs.first), retryMs.max);
    }
  }

  /** Takes a step, or builds what no step leads to; false when there is nothing to do. */
  async #advanceOnce(): Promise<boolean> {
    const copied = this.#copied;
    const generation = this.#generation;
    if (copied === 0) return false;
    this.#options.lock.acquire();
    if (!generation || (await this.#isOutdated(generation, copied))) {
      // While records are still copied, a state would be outdated as soon as it is built.
      if (!this.#isLevel) return false;
      this.#options.log.debug({ sequence: copied }, 'enriched facts are stored anew in ClickHouse');
      this.#generation = await buildGeneration(this.#services, copied, generation);
      return true;
    }
    if (generation.sequence >= copied) return false;
    const to = Math.min(copied, generation.sequence + stepRecordsMax);
    this.#generation = await takeStep(this.#services, generation, to);
    return true;
  }

  async #isOutdated(generation: StoredGeneration, copied: number): Promise<boolean> {
    const { addressTable, superseded, failed, sequence, facts } = generation;
    if (addressTable !== this.#options.knowledge.addressTableAt(copied) || failed.length > failedMax) return true;
    if (superseded > Math.max(supersededMax.count, supersededMax.share * facts)) return true;
    // Steps pay for each user again and again, a build once.
    return copied - sequence > Math.max(stepRecordsMax, facts);
  }
}
