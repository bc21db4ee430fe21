import type { Commit, LedgerTable, Store } from '../../db/store.ts';
import type { StateColumns } from '../indices/state-columns.ts';
import type { Records } from '../lib/record-columns.ts';
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

/** Records that are applied in one step: few enough to hold the thread for a few milliseconds only. */
const stepRecords = 1000;

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
}

/** Reads commits from the store and applies them to projections, step by step. */
export class Replay {
  readonly #store: Store;
  readonly #log: CommitLog;
  /** In the order in which they apply. */
  readonly #subscriptions: readonly Subscription[];
  readonly #onStep: (counts: RecordCounts) => void;
  /** The subscriptions that had the newest records: they probably have the next ones, too. */
  #recent: readonly Subscription[] = [];
  #sequence = 0;
  /** Why the indices hold a part of a file only; none of it may be used. */
  #loadFault: unknown;

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
    return { records, fromFile, fileMs: loadedAt - startedAt, recordsMs: performance.now() - loadedAt };
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
      for (const exchange of this.#exchanges(new LoadedColumns(loaded.columns))) {
        exchange();
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
    let steps = 0;
    for (;;) {
      const commits = this.#store.commitsAfter(this.#sequence, stepRecords);
      if (commits.length === 0) break;
      for (const part of stepsOf(commits, this.#sequence)) {
        if (part[0] !== commits[0]) await nextIteration();
        await this.#step(part, rebuilding);
        steps++;
      }
      // The writer of a later commit requests a catch-up of its own.
      if (!rebuilding && commits.length < stepRecords) break;
      await nextIteration();
    }
    // A commit without records may still have ended an import.
    if (steps === 0) this.#onStep(new Map());
    return { records: this.#sequence - from };
  }

  async #step(commits: readonly Commit[], rebuilding: boolean): Promise<void> {
    const { lastSeq } = commits.at(-1) as Commit;
    const found = this.#recordsUpTo(lastSeq);
    const batches = this.#subscriptions.flatMap((subscription) => {
      const records = found.get(subscription);
      return records ? [{ projection: subscription.projection, records }] : [];
    });
    for (const { projection, records } of batches) await projection.prepare?.(records, rebuilding);
    for (const { projection, records } of batches) projection.apply(records);
    for (const commit of commits) this.#log.add(commit.lastSeq, commit.recordedAtUs);
    this.#sequence = lastSeq;
    this.#onStep(new Map([...found].map(([{ table }, { length }]) => [table, length])));
  }

  /** The new records of each table. They have no gaps: once all are found, no other table is read. */
  #recordsUpTo(upTo: number): Map<Subscription, Records<never>> {
    const found = new Map<Subscription, Records<never>>();
    let missing = upTo - this.#sequence;
    for (const each of new Set([...this.#recent, ...this.#subscriptions])) {
      if (missing === 0) break;
      const { table, columns } = each;
      const records = this.#store.records(table, columns as never, this.#sequence, upTo) as unknown as Records<never>;
      if (records.length > 0) found.set(each, records);
      missing -= records.length;
    }
    this.#recent = [...found.keys()];
    return found;
  }
}

/** Lets requests run between two steps. */
const nextIteration = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Cuts commits into steps of about `stepRecords` records, never within a commit. */
function* stepsOf(commits: readonly Commit[], from: number): Iterable<readonly Commit[]> {
  let part: Commit[] = [];
  let first = from;
  for (const commit of commits) {
    part.push(commit);
    if (commit.lastSeq - first < stepRecords) continue;
    yield part;
    part = [];
    first = commit.lastSeq;
  }
  if (part.length > 0) yield part;
}
