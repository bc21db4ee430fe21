import { setTimeout as delay } from 'node:timers/promises';
import type { BulkWriter, Row, Store, Tx } from '../../../db/store.ts';
import { imports } from '../../../db/tables/imports.ts';
import { DomainError, type FieldProblem, isStorageFault, storageFaultOf } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { DebugLog } from '../../lib/debug-log.ts';
import { insertRejectedRecords } from './reject-groups.ts';

export type Import = Row<typeof imports>;

/** Between two attempts to store the end of an import on a disk that was full. */
const endRetryMs = 1000;
/** The counts of an import that is aborted, from those stored so far. */
type FinalCounts = (stored: Import) => Partial<Import>;

const none: FinalCounts = () => ({});

/** The end of an import whose process stops. */
export const interrupted = (outcome: string): DomainError =>
  new DomainError('INTERRUPTED', `the importing process ended before the import did; ${outcome}, import it again`);

/** Runs work in one transaction; resolves after the commit. */
export type Write = <R>(work: (tx: Tx) => R) => Promise<R>;

/** What a job stores its changes with, and where it reports its beginning and its end. */
export interface JobServices {
  readonly write: Write;
  readonly log: DebugLog;
  /** Where many works share a transaction: the counts are then stored once in each. */
  readonly shared?: Pick<BulkWriter, 'setLast' | 'transaction'> | undefined;
}

export interface ImportWriter extends JobServices {
  close(): void;
}

interface ImportWriterServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly log: DebugLog;
}

/** The transactions of an import; those of a dry run go to a scratch store that `close` discards. */
export const openImportWriter = ({ store, ledger, log }: ImportWriterServices, isDryRun: boolean): ImportWriter => {
  if (!isDryRun) return { log, write: (work) => ledger.write(work), close: () => undefined };
  const scratch = store.dryRun();
  return { log, write: async (work) => scratch.run(work), close: () => scratch.close() };
};

export interface NewImport {
  readonly target: string;
  /** Name of the file, folder, bucket or link. */
  readonly source: string;
  readonly bytesTotal?: number;
  /** SHA-256 of the content and of how it is read; empty when repeats need not be recognized. */
  readonly digest?: string;
}

/** A record that cannot be stored, with its original text. */
export interface NewReject {
  readonly raw: string;
  readonly problems: FieldProblem[];
  readonly line?: number | null;
  /** The import's source unless it says otherwise. */
  readonly source?: string;
}

const newRow = (fields: NewImport, startedAtUs: number): Omit<Import, 'id'> => ({
  bytesTotal: 0,
  digest: '',
  ...fields,
  state: 'RUNNING',
  startedAtUs,
  finishedAtUs: null,
  bytesRead: 0,
  read: 0,
  accepted: 0,
  unchanged: 0,
  conflicts: 0,
  rejected: 0,
  failureCode: null,
  failureMessage: null,
  dialect: null,
  reading: null,
  processId: process.pid,
});

/**
 * One import from its beginning to its end. No other code writes the row of an import that runs. Counts are stored in the
 * transaction of the records they count.
 */
export class ImportJob {
  /** The import as last committed. */
  readonly current: Import;
  readonly #write: Write;
  readonly #log: DebugLog;
  readonly #shared: JobServices['shared'];
  /** The import as the transaction that works share has it, by the number of that transaction. */
  #inTransaction: { readonly number: number; readonly row: Import; readonly changes: Partial<Import> } | undefined;

  constructor(row: Import, { write, log, shared }: JobServices) {
    this.current = row;
    this.#write = write;
    this.#log = log;
    this.#shared = shared;
  }

  /** Inserts the import; `services.write` runs the job's later transactions. */
  static begin(tx: Tx, fields: NewImport, services: JobServices): ImportJob {
    const row = newRow(fields, tx.nowUs);
    const job = new ImportJob({ id: tx.insert(imports, row), ...row }, services);
    const { target, bytesTotal } = row;
    services.log.debug({ import: job.current.id, target, bytesTotal }, 'import started');
    return job;
  }

  /** The current state, for a caller that must not see later changes. */
  snapshot(): Import {
    return { ...this.current };
  }

  /** Takes over what another thread has stored of the import. */
  reload(row: Import): void {
    Object.assign(this.current, row);
  }

  /** The import as the transaction sees it: resolving a reject changes the counts of an import that runs, too. */
  stored(tx: Tx): Import {
    const number = this.#shared?.transaction;
    if (this.#inTransaction && this.#inTransaction.number === number) return this.#inTransaction.row;
    const row = tx.findLatest(imports, { id: this.current.id });
    if (!row) throw new Error(`import ${this.current.id} no longer exists`);
    if (number !== undefined) this.#inTransaction = { number, row, changes: {} };
    return row;
  }

  /** Stores the changes that `work` returns in the transaction of `work`. */
  async advance(work: (tx: Tx) => Partial<Import>): Promise<void> {
    const changes = await this.#write((tx) => {
      const found = work(tx);
      this.#update(tx, found);
      return found;
    });
    Object.assign(this.current, changes);
  }

  #update(tx: Tx, changes: Partial<Import>): void {
    const id = this.current.id;
    if (!this.#shared) {
      tx.update(imports, { id }, changes);
      return;
    }
    const row = { ...this.stored(tx), ...changes };
    const all = { ...this.#inTransaction?.changes, ...changes };
    this.#inTransaction = { number: this.#shared.transaction, row, changes: all };
    this.#shared.setLast(this, (last) => last.update(imports, { id }, all));
  }

  /** Stores records among the rejects. The caller counts them in the same transaction. */
  reject(tx: Tx, rejects: readonly NewReject[]): void {
    const { id: importId, target, source: ofImport } = this.current;
    const ofRecord = ({ raw, problems, line = null, source = ofImport }: NewReject) => ({
      source,
      line,
      raw,
      problems,
    });
    insertRejectedRecords(
      tx,
      rejects.map((reject) => ({ importId, target, ...ofRecord(reject) })),
    );
  }

  /** Ends the import successfully with its final counts; `publish` runs in the same transaction. */
  async finish(counts: Partial<Import>, publish: (tx: Tx) => void): Promise<void> {
    await this.advance((tx) => {
      publish(tx);
      return this.#end(tx, counts);
    });
    this.#logEnd();
  }

  /** Ends imports that belong together in one transaction, with the counts stored so far. */
  static async finishAll(jobs: readonly ImportJob[], write: Write, publish: (tx: Tx) => void): Promise<void> {
    const ends = await write((tx) => {
      publish(tx);
      return jobs.map((job) => {
        const end = job.#end(tx, {});
        job.#update(tx, end);
        return end;
      });
    });
    for (const [index, job] of jobs.entries()) {
      Object.assign(job.current, ends[index]);
      job.#logEnd();
    }
  }

  #end(tx: Tx, counts: Partial<Import>): Partial<Import> {
    const { read, accepted, unchanged, conflicts, rejected, bytesTotal, dialect } = { ...this.stored(tx), ...counts };
    const state = rejected + conflicts > 0 ? 'SUCCEEDED_WITH_REJECTS' : 'SUCCEEDED';
    const all = { read, accepted, unchanged, conflicts, rejected, bytesTotal, dialect, bytesRead: bytesTotal };
    return { ...all, state, finishedAtUs: tx.nowUs };
  }

  /** Ends the import as failed; never rejects. */
  fail(error: unknown, counts: FinalCounts = none): Promise<void> {
    const known = error instanceof DomainError ? error : storageFaultOf(error);
    const failureMessage = known?.message ?? `the import stopped unexpectedly: ${String(error)}`;
    const failureCode = known?.code ?? 'INTERNAL';
    return this.#abort({ state: 'FAILED', failureCode, failureMessage }, counts);
  }

  /** Ends the import as cancelled; never rejects. */
  cancel(counts: FinalCounts = none): Promise<void> {
    return this.#abort({ state: 'CANCELLED' }, counts);
  }

  async #abort(end: Partial<Import>, countsOf: FinalCounts): Promise<void> {
    // If the store is closed or stays locked, the row says RUNNING until the next server starts and ends the import.
    await this.#store(end, countsOf).catch((error: unknown) => {
      if (isStorageFault(error)) void this.#storeLater(end, countsOf);
    });
    Object.assign(this.current, end);
    this.#logEnd();
  }

  #store(end: Partial<Import>, countsOf: FinalCounts): Promise<void> {
    return this.advance((tx) => ({ ...end, ...countsOf(this.stored(tx)), finishedAtUs: tx.nowUs }));
  }

  /** Stores the end once the disk has room for it again. */
  async #storeLater(end: Partial<Import>, countsOf: FinalCounts): Promise<void> {
    for (let isStored = false; !isStored; ) {
      await delay(endRetryMs, undefined, { ref: false });
      isStored = await this.#store(end, countsOf).then(
        () => true,
        (error: unknown) => !isStorageFault(error),
      );
    }
  }

  #logEnd(): void {
    const { id, target, state, read, accepted, unchanged, conflicts, rejected, failureCode } = this.current;
    const counts = { read, accepted, unchanged, conflicts, rejected };
    this.#log.debug({ import: id, target, state, ...counts, failureCode }, 'import ended');
  }
}
