import type { LedgerTable, RecordStep, StepReader, Store } from '../../db/store.ts';
import type { StateColumns } from '../indices/state-columns.ts';
import { createYielder, inSlices } from '../lib/yielding.ts';
import type { CommitLog } from './commit-log.ts';
import { CapturedColumns, LoadedColumns } from './index-files/columns.ts';
import type { CapturedIndices, IndexFiles } from './index-files/index-files.ts';
import type { Projection } from './projection.ts';

export interface Subscription {
  readonly table: LedgerTable;
  readonly columns: readonly string[];
  readonly projection: Projection<never>;
}

/** How many records of each table. */
export type RecordCounts = ReadonlyMap<LedgerTable, number>;

/** What a catch-up did. */
export interface ReplayResult {
  readonly records: number;
}

/** How the indices came into memory at the start. */
export interface RebuildResult extends ReplayResult {
  /** Up to which sequence number they are from a file; 0 without one. */
  readonly fromFile: number;
  readonly fileMs: number;
  readonly recordsMs: number;
  /** How many records a thread has read. */
  readonly readAhead: number;
  /** Why that thread has failed: this one has read the rest. */
  readonly threadFault: string | null;
}

/** Reads commits from the store and applies them to projections, step by step. */
export class Replay {
  readonly #store: Store;
  readonly #log: CommitLog;
  /** In the order in which they apply. */
  readonly #subscriptions: readonly Subscription[];
  readonly #onStep: (counts: RecordCounts) => void;
  readonly #reader: StepReader;
  #sequence = 0;
  /** Why the indices hold a part of a file only; none of it may be used. */
  #loadFault: unknown;
  #readAhead = 0;
  #threadFault: string | null = null;

  constructor(
    store: Store,
    log: CommitLog,
    subscriptions: readonly Subscription[],
    onStep: (counts: RecordCounts) => void,
  ) {
    this.#store = store;
    this.#log = log;
    this.#subscriptions = subscriptions;
    this.#onStep = onStep;
    this.#reader = store.stepReader(subscriptions);
  }

  /** The sequence number up to which records are applied. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Loads the indices from a file, if there is one, and applies all later records, also those committed meanwhile. */
  async rebuild(files: Pick<IndexFiles, 'load'> | null): Promise<RebuildResult> {
    const startedAt = performance.now();
    if (this.#loadFault !== undefined) throw this.#loadFault;
    if (files && this.#sequence === 0) await this.#load(files);
    const fromFile = this.#sequence;
    const loadedAt = performance.now();
    const { records } = await this.run(true);
    // What is from a file is as it should be; few records more change that little.
    if (records * 16 > fromFile) for (const { projection } of this.#subscriptions) await projection.rebuilt?.();
    return {
      ...{ records, fromFile, fileMs: loadedAt - startedAt, recordsMs: performance.now() - loadedAt },
      ...{ readAhead: this.#readAhead, threadFault: this.#threadFault },
    };
  }

  /** The state of all projections. No record may be applied until it resolves. */
  async capture(): Promise<CapturedIndices> {
    const sequence = this.#sequence;
    const captured = new CapturedColumns();
    for (const exchange of this.#exchanges(captured)) {
      exchange();
      await nextIteration();
    }
    return { sequence, columns: await captured.settled(), settings: this.#settings() };
  }

  async #load(files: Pick<IndexFiles, 'load'>): Promise<void> {
    const names = (): readonly string[] => {
      // Projections name the same columns whatever they hold.
      const empty = new CapturedColumns();
      for (const exchange of this.#exchanges(empty)) exchange();
      return empty.names;
    };
    const loaded = await files.load(names, this.#settings());
    if (!loaded) return;
    try {
      const columns = new LoadedColumns(loaded.columns);
      const maybeYield = createYielder(undefined);
      for (const exchange of this.#exchanges(columns)) {
        exchange();
        await inSlices(columns.remainingSteps(), maybeYield);
        await nextIteration();
      }
    } catch (error) {
      this.#loadFault = error;
      throw error;
    }
    this.#sequence = loaded.sequence;
    this.#onStep(new Map());
  }

  #exchanges(columns: StateColumns): (() => void)[] {
    return [
      () => this.#log.exchange(columns.within('commits')),
      ...this.#subscriptions.map(
        ({ projection }) =>
          () =>
            projection.exchange(columns.within(projection.name)),
      ),
    ];
  }

  #settings(): string {
    return JSON.stringify(this.#subscriptions.map(({ projection: { name, settings = [] } }) => [name, ...settings]));
  }

  /** Applies what was committed before the call, and when `rebuilding` also what was committed meanwhile. */
  async run(rebuilding: boolean): Promise<ReplayResult> {
    const from = this.#sequence;
    if (rebuilding) await this.#runAhead();
    for (;;) {
      let [steps, commits] = [0, 0];
      // Nobody reads the indices while they are built: a large commit need not come into them at once.
      for (const step of this.#reader.read(this.#sequence, rebuilding)) {
        if (steps++ > 0) await nextIteration();
        await this.#apply(step, rebuilding);
        commits += step.commits.length;
      }
      // The writer of a later commit requests a catch-up of its own.
      if (commits === 0 || (!rebuilding && commits < this.#reader.commitsMax)) break;
      await nextIteration();
    }
    // A commit without records may still have ended an import.
    if (this.#sequence === from) this.#onStep(new Map());
    return { records: this.#sequence - from };
  }

  /** Applies what a thread reads meanwhile, when that is worth a thread. */
  async #runAhead(): Promise<void> {
    const ahead = this.#store.stepsAhead(this.#subscriptions, this.#sequence);
    if (!ahead) return;
    const from = this.#sequence;
    try {
      for (let step = await ahead.next(); step; step = await ahead.next()) {
        await this.#apply(step, true);
        await nextIteration();
      }
    } finally {
      this.#readAhead = this.#sequence - from;
      if (ahead.fault !== undefined) this.#threadFault = String(ahead.fault);
      ahead.close();
    }
  }

  async #apply({ commits, records }: RecordStep, rebuilding: boolean): Promise<void> {
    const batches = this.#subscriptions.flatMap((subscription) => {
      const found = records.get(subscription);
      return found ? [{ projection: subscription.projection, found }] : [];
    });
    for (const { projection, found } of batches) await projection.prepare?.(found, rebuilding);
    for (const { projection, found } of batches) projection.apply(found);
    for (const commit of commits) this.#log.add(commit.lastSeq, commit.recordedAtUs);
    this.#sequence = commits.at(-1)?.lastSeq ?? this.#sequence;
    this.#onStep(new Map(Array.from(records, ([{ table }, { length }]) => [table, length])));
  }
}

/** Lets requests run between two steps. */
const nextIteration = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
