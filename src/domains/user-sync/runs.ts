import { setMaxListeners } from 'node:events';
import type { Row, Tx } from '../../../db/store.ts';
import { imports } from '../../../db/tables/imports.ts';
import { userFileSyncs } from '../../../db/tables/user-files.ts';
import { DomainError } from '../../errors.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { ObjectStoreError, prefixOf } from '../../sources/object-source.ts';
import { followImport } from '../imports/progress.ts';
import { interruptedImport, isProcessAlive } from '../imports/recovery.ts';
import type { UserDirectory } from '../user-directory/user-directory.ts';
import type { SyncCounts } from '../users/user-files.ts';
import { createOutput } from './output.ts';
import { withRetry } from './reading.ts';
import { type SyncServices, synchronise } from './sync.ts';

type Import = Row<typeof imports>;

/** How a synchronisation ended. */
export interface SyncReport extends SyncCounts {
  readonly import: Import;
  /** Where the table was written to. */
  readonly output: string;
}

export interface SyncRun {
  /** The import as it began. */
  readonly import: Import;
  /** Resolves when it has ended. Throws SOURCE_UNREACHABLE when the source could not be read: then nothing changed. */
  readonly done: Promise<SyncReport>;
}

export interface UserFileRuns {
  /** Null when this server synchronises nothing. */
  readonly location: string | null;
  /** What stands before an image's name in `img_path`. */
  prefix(): string;
  readonly output: string;
  /** Begins a synchronisation, or joins the one that runs. Throws BAD_REQUEST when there is nothing to synchronise. */
  run(onProgress?: (standing: Import) => void): Promise<SyncRun>;
  /** Synchronises now and then regularly. Resolves when the first one has ended, but waits no longer than it may. */
  start(everyMs: number, waitMsMax: number, onEnd: (report: SyncReport | null, error: unknown) => void): Promise<void>;
  /** Breaks off what runs; nothing of it counts. */
  close(): Promise<void>;
}

const target = 'USER_FILES';

export const createUserFileRuns = (
  surroundings: Omit<SyncServices, 'source'> & { readonly source: SyncServices['source'] | null },
  directory: UserDirectory,
): UserFileRuns => {
  const { store, ledger, userFiles, limits, source } = surroundings;
  const ending = new AbortController();
  // Every read that is under way listens.
  setMaxListeners(0, ending.signal);
  const { signal } = ending;
  const listeners = new Set<(standing: Import) => void>();
  const importsByIds = (ids: readonly number[]) => rowsByKey(store, imports, 'id', ids);
  let running: Promise<SyncRun> | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const configured = () => {
    if (source) return source;
    throw new DomainError('BAD_REQUEST', 'this server has no user files to synchronise (setting userFiles)');
  };

  const reportOf = (standing: Import, counts: SyncCounts): SyncReport => ({
    ...counts,
    import: standing,
    output: configured().output,
  });

  const writeOutput = source && createOutput(store, ledger, directory, source);

  /** Users and images are in force by then, and are whatever becomes of the table: the next run tries it again. */
  const withOutput = async (standing: Import): Promise<void> => {
    try {
      await withRetry(async () => writeOutput?.(signal), limits, signal);
    } catch (error) {
      if (!(error instanceof ObjectStoreError)) throw error;
      const told = { failureCode: 'SOURCE_UNREACHABLE', failureMessage: error.message };
      await ledger.write((tx) => tx.update(imports, { id: standing.id }, told));
      Object.assign(standing, told);
    }
  };

  const carryOut = async (standing: Import): Promise<SyncReport> => {
    const told = (now: Import): void => listeners.forEach((listener) => void listener({ ...now }));
    try {
      const counts = await synchronise({ ...surroundings, source: configured() }, standing, told, signal);
      await withOutput(standing);
      return reportOf(standing, counts);
    } catch (error) {
      const fault = faultOf(error, signal.aborted);
      await fail(standing, fault);
      // What nobody expected is for the log.
      throw fault.code === 'INTERNAL' ? error : fault;
    }
  };

  const fail = async (standing: Import, { code, message }: DomainError): Promise<void> => {
    const told = { state: 'FAILED', failureCode: code, failureMessage: message } as const;
    // A store that is closed or locked says RUNNING until the next server starts and ends the import.
    await store
      .write((tx) => tx.update(imports, { id: standing.id }, { ...told, finishedAtUs: tx.nowUs }))
      .catch(() => undefined);
    Object.assign(standing, told);
  };

  /** One that another process runs on the same store. */
  const join = async (standing: Import): Promise<SyncReport> => {
    let last = standing;
    for await (const now of followImport(importsByIds, standing.id)) {
      last = now;
      for (const listener of listeners) listener(now);
      if (signal.aborted) throw faultOf(signal.reason, true);
    }
    if (last.state === 'FAILED') throw new DomainError('SOURCE_UNREACHABLE', last.failureMessage ?? 'it failed');
    await ledger.catchUp();
    const [counts] = store.rowsIn(userFileSyncs, 'importId', [last.id]);
    const { entries } = userFiles;
    if (counts) {
      const { processed, updated, unchanged, removed, rejected } = counts;
      return reportOf(last, { processed, updated, unchanged, removed, rejected });
    }
    return reportOf(last, { processed: entries, updated: 0, unchanged: entries, removed: 0, rejected: 0 });
  };

  const begin = async (): Promise<SyncRun> => {
    const { location } = configured();
    if (!ledger.ready) await ledger.catchUp();
    const { found, isOurs } = await ledger.write((tx) => beginIn(tx, location));
    const done = isOurs ? carryOut({ ...found }) : join(found);
    return { import: found, done };
  };

  return {
    location: source?.location ?? null,
    prefix() {
      // Who has no source of its own tells of the one that was read last.
      const last = { match: { target }, key: 'id', direction: 'desc', limit: 1 } as const;
      return prefixOf(source?.location ?? store.page(imports, last)[0]?.source ?? '');
    },
    output: source?.output ?? '',
    async run(onProgress) {
      configured();
      if (signal.aborted) throw new DomainError('NOT_READY', 'the server is closing');
      const own = (standing: Import): void => onProgress?.(standing);
      listeners.add(own);
      const leave = (): void => void listeners.delete(own);
      running ??= begin();
      const current = running;
      try {
        const { import: standing, done } = await current;
        const forget = (): void => {
          leave();
          if (running === current) running = undefined;
        };
        ended = done.then(forget, forget);
        return { import: standing, done };
      } catch (error) {
        leave();
        if (running === current) running = undefined;
        throw error;
      }
    },
    async start(everyMs, waitMsMax, onEnd) {
      if (!source) return;
      const once = async (): Promise<void> => {
        try {
          onEnd(await (await this.run()).done, null);
        } catch (error) {
          if (!signal.aborted) onEnd(null, error);
        }
        if (!signal.aborted) timer = setTimeout(() => void once(), everyMs).unref();
      };
      let waiting: NodeJS.Timeout | undefined;
      const longEnough = new Promise<void>((resolve) => {
        waiting = setTimeout(resolve, waitMsMax);
      });
      await Promise.race([once(), longEnough]);
      clearTimeout(waiting);
    },
    async close() {
      ending.abort(new DomainError('NOT_READY', 'the server is closing'));
      clearTimeout(timer);
      await running?.catch(() => undefined);
      await ended;
    },
  };
};

/** The import of a synchronisation that begins, or of the one that another process runs. */
const beginIn = (tx: Tx, location: string): { found: Import; isOurs: boolean } => {
  for (let other = running(tx); other; other = running(tx)) {
    if (isProcessAlive(other.processId)) return { found: other, isOurs: false };
    tx.update(imports, { id: other.id }, interruptedImport(tx.nowUs, target, other.rejected));
  }
  const begun = {
    target,
    source: location,
    state: 'RUNNING',
    startedAtUs: tx.nowUs,
    bytesTotal: 0,
    digest: '',
    processId: process.pid,
  } as const;
  const counts = { bytesRead: 0, read: 0, accepted: 0, unchanged: 0, conflicts: 0, rejected: 0 };
  const open = { finishedAtUs: null, failureCode: null, failureMessage: null };
  return { found: { id: tx.insert(imports, begun), ...begun, ...counts, ...open }, isOurs: true };
};

const running = (tx: Tx): Import | undefined => tx.findLatest(imports, { target, state: 'RUNNING' });

const faultOf = (error: unknown, isClosing: boolean): DomainError => {
  if (error instanceof DomainError) return error;
  if (isClosing) return new DomainError('NOT_READY', 'the server is closing');
  if (error instanceof ObjectStoreError) return new DomainError('SOURCE_UNREACHABLE', error.message, { cause: error });
  return new DomainError('INTERNAL', `the synchronisation broke off: ${String(error)}`, { cause: error });
};
