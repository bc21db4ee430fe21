import type { Store, Tx } from '../../../db/store.ts';
import { imports } from '../../../db/tables/imports.ts';
import { DomainError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Importer } from '../../ledger/record.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { pageOfTable, type TablePage, type TablePageRequest } from '../../ledger/table-page.ts';
import type { DebugLog } from '../../lib/debug-log.ts';
import type { ImportTarget } from '../../lib/import-target.ts';
import type { RecordFace } from '../../lib/problems.ts';
import type { Trace } from '../../lib/telemetry.ts';
import type { SourceLimits } from '../../sources/source.ts';
import { checkBatchKey, storeBatchOnce } from './idempotency.ts';
import { ingestWhole, type RawRecord, rawFormat, writeWhole } from './ingest-records.ts';
import type { IngestResult } from './ingest-result.ts';
import type { Import } from './job.ts';
import { followImport } from './progress.ts';
import type { ImportFile } from './record-files.ts';
import { endInterruptedImports } from './recovery.ts';
import { type ImportOptions, type ImportRun, startImportRun, type ThreadLimits } from './run.ts';
import { checkTargetOptions } from './target-options.ts';
import type { ImportThread } from './thread.ts';

/** Imports of files and records sent through the API, with the records that were rejected. */
export interface Imports {
  readonly importers: readonly Importer[];
  /** Starts the import of files; several files of one table are published together. */
  start(target: string, files: readonly ImportFile[], options?: ImportOptions): Promise<ImportRun>;
  /**
   * Stores records sent through the API with one key, in their wire format: each is judged alone, all in one transaction. The
   * same records again with the same idempotency key have the same result; throws VALIDATION_FAILED for a key that is known
   * for others.
   */
  ingest(
    importer: Importer,
    sentBy: string | null,
    records: readonly RawRecord[],
    options?: IngestOptions,
  ): Promise<IngestResult>;
  /** The newest first. */
  importsPage(where: ImportFilter, page: TablePageRequest): TablePage<Import>;
  importsByIds(ids: readonly number[]): (Import | null)[];
  /** The import now and whenever its counts have changed, until it has ended. Throws NOT_FOUND. */
  progressOf(importId: number): AsyncIterableIterator<Import>;
  /** Ends the imports of this process as INTERRUPTED after the batch that each stores; resolves when none runs any more. */
  interruptAll(): Promise<void>;
  /**
   * Ends imports whose process no longer runs; the records they stored stay. Call it when a server starts, and for a restored
   * store, whose imports ran elsewhere.
   */
  endInterrupted(
    content?: Partial<Pick<Import, 'target' | 'digest'>> & { readonly isRestored?: boolean },
  ): Promise<void>;
}

/** Which imports; default: all. */
interface ImportFilter {
  readonly state?: Import['state'] | undefined;
  /** The name of a target. */
  readonly target?: string | undefined;
}

/** The settings of the same names. */
interface IngestLimits {
  readonly idempotencyKeyMs: number;
  readonly rejectsPerRequestMax: number;
}

interface IngestOptions {
  readonly idempotencyKey?: string | undefined;
  /** The names in problems; default: those of the wire format. */
  readonly face?: RecordFace | undefined;
}

export interface ImportsServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly log: DebugLog;
  readonly trace: Trace;
  readonly importers: readonly Importer[];
  /** Every target, also those that other domains import. */
  readonly targets: readonly ImportTarget[];
  readonly limits: SourceLimits & ThreadLimits & IngestLimits;
  /** Imports large files; null for a store in memory. */
  readonly thread: ImportThread | null;
}

export const createImports = (services: ImportsServices): Imports => {
  const { store, ledger, importers, targets, limits } = services;
  const running = new Set<number>();
  const interruption = new AbortController();
  const runs = new Set<Promise<unknown>>();
  const importsByIds = (ids: readonly number[]) => rowsByKey(store, imports, 'id', ids);

  const endInterrupted: Imports['endInterrupted'] = (content = {}) =>
    endInterruptedImports({ store, targets, running }, content);

  return {
    importers,
    async start(target, files, options = {}) {
      const importer = importerOf(importers, target);
      checkTargetOptions(importer.target, options);
      const { signal } = interruption;
      const run = await startImportRun({ ...services, importer, running, endInterrupted, signal }, files, options);
      runs.add(run.done);
      void run.done.then(() => runs.delete(run.done));
      return run;
    },
    async ingest(importer, sentBy, records, { idempotencyKey, face } = {}) {
      const format = { ...rawFormat(importer, sentBy, face), rejectsMax: limits.rejectsPerRequestMax };
      const ingest = (tx: Tx) => ingestWhole(tx, importer, records, format);
      if (idempotencyKey === undefined) return writeWhole(ledger, records, ingest);
      const content = JSON.stringify(records.map(({ raw }) => raw));
      const key = { sentBy, key: idempotencyKey, field: 'idempotencyKey', content };
      checkBatchKey(key);
      const { idempotencyKeyMs } = limits;
      return writeWhole(ledger, records, (tx) => storeBatchOnce(tx, key, idempotencyKeyMs, () => ingest(tx)));
    },
    importsPage: ({ state, target }, page) => {
      const match = { ...(state ? { state } : {}), ...(target ? { target } : {}) };
      return pageOfTable(store, imports, { key: 'id', direction: 'desc', match }, page);
    },
    importsByIds,
    progressOf: (importId) => followImport(importsByIds, importId),
    endInterrupted,
    async interruptAll() {
      interruption.abort();
      await Promise.all(runs);
    },
  };
};

/** The importer of a target, by its name or its command word. */
const importerOf = (importers: readonly Importer[], named: string): Importer => {
  const found = importers.find(({ target: { name, command } }) => name === named || command === named);
  if (found) return found;
  const known = importers.map(({ target }) => target.command).join(', ');
  throw new DomainError('BAD_REQUEST', `there is no import target ${named}; there are ${known}`);
};
