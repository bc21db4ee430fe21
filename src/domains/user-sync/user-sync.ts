import { setMaxListeners } from 'node:events';
import type { Tx } from '../../../db/store.ts';
import { imports } from '../../../db/tables/imports.ts';
import { userFileSyncs } from '../../../db/tables/user-files.ts';
import { DomainError, storageFaultOf } from '../../errors.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { createClock } from '../../lib/clock.ts';
import { isOtherProcessAlive } from '../../lib/process-alive.ts';
import { type ObjectSource, ObjectStoreError, prefixOf } from '../../sources/object-source.ts';
import { type Import, ImportJob } from '../imports/job.ts';
import { followImport } from '../imports/progress.ts';
import { endInterruptedImport } from '../imports/recovery.ts';
import type { UserDirectory } from '../user-directory/user-directory.ts';
import type { SyncCounts } from '../users/user-files.ts';
import { createOutput } from './output.ts';
import { withRetry } from './read-object.ts';
import { type SyncServices, synchronize } from './sync.ts';
import { userFilesTarget } from './target.ts';

/** How a synchronization ended. */
export interface SyncReport extends SyncCounts {
  readonly import: Import;
  /** Where the table was written. */
  readonly output: string;
}

export interface SyncRun {
  /** The import at its start. */
  readonly import: Import;
  /** Resolves at its end. Throws SOURCE_UNREACHABLE when the source could not be read; then nothing changed. */
  readonly done: Promise<SyncReport>;
}

export interface UserSyncServices extends Omit<SyncServices, 'source'> {
  readonly directory: UserDirectory;
  /** Null when this server has no user files. */
  readonly source: ObjectSource | null;
  /** Called when a synchronization has begun or ended, and when the next one is planned. */
  readonly onChange: () => void;
}

type ProgressListener = (current: Import) => void;

const { name: target } = userFilesTarget;

/** Synchronizes users and images with a folder or bucket; at most one synchronization runs on a store. */
export class UserSync {
  /** Null when this server has no user files. */
  readonly location: string | null;
  /** Where the table is written; empty when this server has no user files. */
  readonly output: string;
  readonly #services: UserSyncServices;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<ProgressListener>();
  readonly #writeOutput: ((signal: AbortSignal) => Promise<void>) | null;
  #running: Promise<SyncRun> | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #nextRunAtUs: number | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(services: UserSyncServices) {
    const { source, store, ledger, directory } = services;
    this.location = source?.location ?? null;
    this.output = source?.output ?? '';
    this.#services = services;
    this.#writeOutput = source && createOutput(store, ledger, directory, source);
    // Every read in progress adds a listener.
    setMaxListeners(0, this.#stop.signal);
  }

  /** The prefix of an image's name in `img_path`. */
  prefix(): string {
    // A server without a source of its own uses the source that was synchronized last.
    return prefixOf(this.location ?? this.lastRun()?.source ?? '');
  }

  /** Starts a synchronization, or joins the one that runs. Throws BAD_REQUEST when this server has no user files. */
  async run(onProgress?: ProgressListener): Promise<SyncRun> {
    this.#source();
    if (this.#stop.signal.aborted) throw closingError();
    const listener: ProgressListener = (current) => onProgress?.(current);
    this.#listeners.add(listener);
    this.#running ??= this.#begin();
    const current = this.#running;
    const leave = (): void => {
      this.#listeners.delete(listener);
      if (this.#running !== current) return;
      this.#running = undefined;
      this.#services.onChange();
    };
    try {
      const run = await current;
      this.#services.onChange();
      this.#ended = run.done.then(leave, leave);
      return run;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Synchronizes now and then at regular intervals. Resolves at the end of the first run, or after `waitMsMax`. */
  async start(
    everyMs: number,
    waitMsMax: number,
    onEnd: (report: SyncReport | null, error: unknown) => void,
  ): Promise<void> {
    if (this.location === null) return;
    const { signal } = this.#stop;
    const wallUs = createClock(null);
    const once = async (): Promise<void> => {
      this.#nextRunAtUs = null;
      try {
        const { done } = await this.run();
        onEnd(await done, null);
      } catch (error) {
        if (!signal.aborted) onEnd(null, error);
      }
      if (signal.aborted) return;
      this.#timer = setTimeout(() => void once(), everyMs).unref();
      this.#nextRunAtUs = wallUs() + everyMs * 1000;
      this.#services.onChange();
    };
    let timeout: NodeJS.Timeout | undefined;
    const timedOut = new Promise<void>((resolve) => {
      timeout = setTimeout(resolve, waitMsMax);
    });
    await Promise.race([once(), timedOut]);
    clearTimeout(timeout);
  }

  /** When this process begins the next run by itself, microseconds since 1970 UTC; null while that is not known. */
  get nextRunAtUs(): number | null {
    return this.#nextRunAtUs;
  }

  /** The newest run, which may still be running, also in another process; null before the first. */
  lastRun(): Import | null {
    const newest = { match: { target }, key: 'id', direction: 'desc', limit: 1 } as const;
    return this.#services.store.page(imports, newest)[0] ?? null;
  }

  state(): 'OFF' | 'IDLE' | 'RUNNING' {
    if (this.location === null) return 'OFF';
    return this.lastRun()?.state === 'RUNNING' ? 'RUNNING' : 'IDLE';
  }

  /** What each of these imports did to users; null for one that is no synchronization or changed nothing. */
  readonly countsByImports = (ids: readonly number[]): readonly (SyncCounts | null)[] =>
    rowsByKey(this.#services.store, userFileSyncs, 'importId', ids);

  /** Stops the running synchronization, which then leaves no trace. */
  async close(): Promise<void> {
    this.#stop.abort(closingError());
    clearTimeout(this.#timer);
    await this.#running?.catch(() => undefined);
    await this.#ended;
  }

  #source(): ObjectSource {
    const { source } = this.#services;
    if (source) return source;
    throw new DomainError('BAD_REQUEST', 'this server has no user files to synchronize (setting userFiles)');
  }

  async #begin(): Promise<SyncRun> {
    const { ledger, log } = this.#services;
    const { location } = this.#source();
    if (!ledger.ready) await ledger.catchUp();
    const run = await ledger.write((tx) => {
      const other = runningElsewhere(tx);
      return other
        ? { other }
        : { job: ImportJob.begin(tx, { target, source: location }, { log, write: (work) => ledger.write(work) }) };
    });
    if (run.other) return { import: run.other, done: this.#join(run.other) };
    return { import: run.job.snapshot(), done: this.#synchronize(run.job) };
  }

  async #synchronize(job: ImportJob): Promise<SyncReport> {
    const { signal } = this.#stop;
    const onProgress: ProgressListener = (current) => {
      for (const listener of this.#listeners) listener({ ...current });
    };
    try {
      const services = { ...this.#services, source: this.#source() };
      const counts = await synchronize(services, job, { onProgress, signal });
      await this.#writeTable(job);
      return this.#report(job.current, counts);
    } catch (error) {
      const fault = asDomainError(error, signal.aborted);
      await job.fail(fault);
      // The log needs the original of an unexpected error.
      throw fault.code === 'INTERNAL' ? error : fault;
    }
  }

  /** Users and images stay published when the table cannot be written; the next run tries to write it again. */
  async #writeTable(job: ImportJob): Promise<void> {
    const { signal } = this.#stop;
    try {
      await withRetry(async () => this.#writeOutput?.(signal), this.#services.limits, signal);
    } catch (error) {
      if (!(error instanceof ObjectStoreError)) throw error;
      await job.advance(() => ({ failureCode: 'SOURCE_UNREACHABLE', failureMessage: error.message }));
    }
  }

  /** Follows a synchronization that another process runs on the same store. */
  async #join(other: Import): Promise<SyncReport> {
    const { store, ledger, userFiles } = this.#services;
    const { signal } = this.#stop;
    let last = other;
    for await (const current of followImport((ids) => rowsByKey(store, imports, 'id', ids), other.id)) {
      last = current;
      for (const listener of this.#listeners) listener(current);
      if (signal.aborted) throw asDomainError(signal.reason, true);
    }
    if (last.state === 'FAILED')
      throw new DomainError('SOURCE_UNREACHABLE', last.failureMessage ?? 'the synchronization failed');
    await ledger.catchUp();
    const [counts] = store.rowsIn(userFileSyncs, 'importId', [last.id]);
    const { entries } = userFiles;
    if (!counts)
      return this.#report(last, { processed: entries, updated: 0, unchanged: entries, removed: 0, rejected: 0 });
    const { processed, updated, unchanged, removed, rejected } = counts;
    return this.#report(last, { processed, updated, unchanged, removed, rejected });
  }

  #report(current: Import, counts: SyncCounts): SyncReport {
    return { ...counts, import: current, output: this.output };
  }
}

/** The synchronization that another process runs on the same store. Ends those whose process no longer runs. */
const runningElsewhere = (tx: Tx): Import | null => {
  for (;;) {
    const other = tx.findLatest(imports, { target, state: 'RUNNING' });
    if (!other) return null;
    if (isOtherProcessAlive(other.processId)) return other;
    endInterruptedImport(tx, other, userFilesTarget);
  }
};

const closingError = (): DomainError =>
  new DomainError('INTERRUPTED', 'the server stopped before the synchronization ended; nothing of it was stored');

const asDomainError = (error: unknown, isClosing: boolean): DomainError => {
  if (error instanceof DomainError) return error;
  if (isClosing) return closingError();
  const fault = storageFaultOf(error);
  if (fault) return fault;
  if (error instanceof ObjectStoreError) return new DomainError('SOURCE_UNREACHABLE', error.message, { cause: error });
  return new DomainError('INTERNAL', `the synchronization stopped unexpectedly: ${String(error)}`, { cause: error });
};
