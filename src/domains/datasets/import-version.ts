import type { BuildProgress, RejectedRow } from '../../../db/datasets/build-observer.ts';
import type { BuildResult, DatasetEngine } from '../../../db/datasets/engine.ts';
import type { Tx } from '../../../db/store.ts';
import { datasets, datasetVersions } from '../../../db/tables/datasets.ts';
import { DomainError } from '../../errors.ts';
import { type ExplicitType, readOptionsOf } from '../../lib/import-option-texts.ts';
import type { ImportReadOptions } from '../../lib/import-options.ts';
import type { Import, ImportJob } from '../imports/job.ts';
import { firstRejectsMax, previewRowsMax } from '../imports/record-preview.ts';
import type { DatasetVersion } from './columns.ts';
import type { Datasets } from './datasets.ts';
import { previewOf, type TablePreview } from './preview.ts';
import type { VersionTables } from './version-tables.ts';

/** A CSV file that is still to be fetched. */
export interface DatasetSource {
  /** The source of the import. */
  readonly name: string;
  /** 0 while the size is unknown. */
  readonly bytes: number;
  /** Brings the file to disk. Rejects with a DomainError when the file cannot be fetched. */
  fetch(signal: AbortSignal): Promise<{ readonly path: string; readonly bytes: number }>;
  /** How much of the file is fetched; a total of 0 is unknown. */
  progress?(): Pick<Import, 'bytesRead' | 'bytesTotal'>;
  /** SHA-256 of the content, where a repeated import of it must be recognized. */
  readonly digest?: string;
  /** Called once the file is no longer needed. */
  discard(): Promise<void>;
}

type Mode = 'REPLACE' | 'APPEND' | 'UPSERT';

/** While the file is fetched, the bytes are those received; later, those of the file that have been read. */
export type DatasetProgress = Import & { readonly isFetching?: true };

export interface DatasetOptions extends ImportReadOptions {
  readonly name: string;
  /** Default REPLACE. */
  readonly mode?: Mode | null | undefined;
  /** The columns that identify a row; UPSERT needs them, unless the dataset has key columns already. */
  readonly keyColumns?: readonly string[] | null | undefined;
  /** Types of columns that are not inferred. */
  readonly types?: readonly ExplicitType[] | null | undefined;
  /** Parses and validates every row and stores nothing. */
  readonly dryRun?: boolean | undefined;
  /** How many versions of the dataset are kept from now on; by default as before. */
  readonly keepVersions?: number | null | undefined;
  /** Called in the transaction that publishes the version. */
  readonly onPublish?: ((tx: Tx, datasetId: number) => void) | undefined;
  readonly onProgress?: ((current: DatasetProgress) => void) | undefined;
  readonly onReject?: ((row: RejectedRow) => void) | undefined;
}

/** The result of a dry run besides its counts. */
export interface DatasetDryRun extends Pick<BuildResult, 'columns'> {
  /** What the import would store; null when the file could not be read as a table. */
  readonly preview: TablePreview | null;
  /** The first rows that would be rejected. */
  readonly rejects: readonly RejectedRow[];
}

/** The state of a dataset's import; a dry run has the id 0. */
export type DatasetImport = Import & { readonly dryRun?: DatasetDryRun };

/** A file on its way to a version of a dataset. */
export interface VersionImport {
  readonly engine: DatasetEngine;
  readonly datasets: Datasets;
  readonly tables: VersionTables;
  readonly source: DatasetSource;
  readonly options: DatasetOptions;
  readonly signal: AbortSignal;
}

interface BuiltVersion {
  readonly file: string;
  readonly built: BuildResult;
  readonly mode: Mode;
  readonly earlier: DatasetVersion | undefined;
  readonly keyColumns: readonly string[];
}

/** How often an import's counts are stored while it runs. */
const progressEveryMs = 500;

/** Imports a file as the next version of a dataset. Never rejects: the returned import says how it ended. */
export const importVersion = async (task: VersionImport, job: ImportJob): Promise<DatasetImport> => {
  const { engine, options, signal } = task;
  const isDryRun = options.dryRun === true;
  const firstRejects: RejectedRow[] = [];
  const file = engine.newFile();
  let dryRun: Omit<DatasetDryRun, 'rejects'> = { columns: [], preview: null };
  try {
    const version = await buildVersion(task, job, file, firstRejects);
    const { columns, read, accepted, unchanged, rejected, dialect } = version.built;
    dryRun = { columns, preview: previewOf(version.built) };
    await job.finish({ read, accepted, unchanged, rejected, dialect }, (tx) => {
      if (isDryRun) return;
      const datasetId = publishVersion(tx, { name: options.name, importId: job.current.id, ...version });
      if (options.keepVersions != null) tx.update(datasets, { id: datasetId }, { keepVersions: options.keepVersions });
      options.onPublish?.(tx, datasetId);
    });
    if (isDryRun) await engine.remove(file);
  } catch (error) {
    await engine.remove(file);
    // Nothing of the version is stored; only the rows that were stored as rejects count.
    const counts = ({ rejected }: Import) => ({ accepted: 0, unchanged: 0, read: rejected });
    const { aborted, reason } = signal;
    const isCancelled = aborted && !(reason instanceof DomainError);
    await (isCancelled ? job.cancel(counts) : job.fail(aborted ? reason : error, counts));
  }
  return isDryRun ? { ...job.current, id: 0, dryRun: { ...dryRun, rejects: firstRejects } } : job.current;
};

/** Fetches the file; what has arrived so far is stored and reported meanwhile. */
const fetchFile = async (
  { source, options, signal }: VersionImport,
  job: ImportJob,
): ReturnType<DatasetSource['fetch']> => {
  const report = (): void => {
    const progress = source.progress?.();
    if (!progress) return;
    job.advance(() => progress).catch(() => undefined);
    options.onProgress?.({ ...job.current, ...progress, isFetching: true });
  };
  const timer = setInterval(report, progressEveryMs);
  try {
    return await source.fetch(signal);
  } finally {
    clearInterval(timer);
  }
};

/** Fetches the file and builds the version's file; adds the first rejected rows to `firstRejects`. */
const buildVersion = async (
  task: VersionImport,
  job: ImportJob,
  file: string,
  firstRejects: RejectedRow[],
): Promise<BuiltVersion> => {
  const { engine, datasets: catalogue, tables, options, signal } = task;
  const { path, bytes } = await fetchFile(task, job);
  // From here on, `bytesRead` counts what the engine has read. A write of `fetchFile` may still be on its way.
  await job.advance(() => ({ bytesTotal: bytes, bytesRead: 0 }));
  const dataset = catalogue.findByName(options.name);
  const earlier = dataset && catalogue.current(dataset);
  const mode = options.mode ?? 'REPLACE';
  const keyColumns = options.keyColumns ?? (mode === 'REPLACE' ? [] : (earlier?.keyColumns ?? []));
  if (mode === 'UPSERT' && keyColumns.length === 0)
    throw new DomainError('BAD_REQUEST', 'UPSERT needs keyColumns, the columns that identify a row');
  const request = {
    path,
    target: file,
    importId: job.current.id,
    // The options hold functions, and the request must be cloneable.
    ...readOptionsOf(options),
    types: options.types ?? [],
    mode,
    earlier: earlier ? await tables.of(earlier) : null,
    keyColumns,
    previewRows: options.dryRun ? previewRowsMax : 0,
  };
  const built = await engine.build(request, {
    signal,
    onProgress: reportProgress(job, options),
    async onRejects(rows) {
      firstRejects.push(...rows.slice(0, firstRejectsMax - firstRejects.length));
      if (options.onReject) for (const row of rows) options.onReject(row);
      if (!options.dryRun) await job.advance((tx) => storeRejects(tx, job, rows));
    },
  });
  if (signal.aborted) throw new DomainError('CONFLICT', 'the import was cancelled');
  return { file, built, mode, earlier, keyColumns };
};

/** Stores the counts of a running import now and then, and reports each to the caller. */
const reportProgress = (job: ImportJob, { onProgress }: DatasetOptions) => {
  let storedAtMs = performance.now();
  return ({ bytesRead, read, rejected }: BuildProgress): void => {
    // What is read and not rejected will be accepted or unchanged once the version is complete.
    const counts = { bytesRead, read, rejected, accepted: read - rejected };
    if (performance.now() - storedAtMs > progressEveryMs) {
      storedAtMs = performance.now();
      // Rejected rows count with the transaction that stores them.
      const stored = (tx: Tx): Partial<Import> => {
        const { rejected: rejects } = job.stored(tx);
        return { bytesRead, read: counts.accepted + rejects, accepted: counts.accepted, rejected: rejects };
      };
      job.advance(stored).catch(() => undefined);
    }
    onProgress?.({ ...job.current, ...counts });
  };
};

/** Stores rejected rows and counts them in the same transaction. */
const storeRejects = (tx: Tx, job: ImportJob, rows: readonly RejectedRow[]): Partial<Import> => {
  job.reject(tx, rows);
  const { accepted, rejected: before } = job.stored(tx);
  const rejected = before + rows.length;
  return { rejected, read: accepted + rejected };
};

interface NewVersion extends BuiltVersion {
  readonly name: string;
  readonly importId: number;
}

/** Makes the version the current one of its dataset, whose id it returns. */
const publishVersion = (tx: Tx, { name, mode, earlier, file, built, importId, keyColumns }: NewVersion): number => {
  const dataset = tx.findLatest(datasets, { name, deletedAtUs: null });
  if (mode !== 'REPLACE' && dataset?.versionId !== earlier?.id)
    throw new DomainError(
      'CONFLICT',
      'the dataset changed while the file was being added to it; import the file again',
    );
  const datasetId = dataset?.id ?? tx.insert(datasets, { name, createdAtUs: tx.nowUs, versionId: 0 });
  const number = (tx.findLatest(datasetVersions, { datasetId })?.number ?? 0) + 1;
  const versionId = tx.insert(datasetVersions, {
    datasetId,
    number,
    importId,
    createdAtUs: tx.nowUs,
    file,
    rowCount: built.rowCount,
    fileBytes: built.fileBytes,
    fileSha256: built.fileSha256,
    columns: [...built.columns],
    keyColumns: [...keyColumns],
  });
  tx.update(datasets, { id: datasetId }, { versionId });
  return datasetId;
};
