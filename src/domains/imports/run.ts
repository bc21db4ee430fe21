import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Store, Tx } from '../../../db/store.ts';
import { imports } from '../../../db/tables/imports.ts';
import { DomainError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Importer } from '../../ledger/record.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import type { DebugLog } from '../../lib/debug-log.ts';
import { readOptionsOf } from '../../lib/import-option-texts.ts';
import type { Trace } from '../../lib/telemetry.ts';
import type { SourceLimits } from '../../sources/source.ts';
import { type Import, ImportJob, interrupted, openImportWriter, type Write } from './job.ts';
import {
  type ImportContent,
  type ImportFile,
  importRecordFiles,
  isSuccess,
  type RecordFileOptions,
  wasImported,
} from './record-files.ts';
import { type RecordImport, RecordPreviewBuilder } from './record-preview.ts';
import type { ImportThread } from './thread.ts';

export interface ImportOptions extends RecordFileOptions {
  /** Read and judge every record, store nothing. */
  readonly dryRun?: boolean | undefined;
  /** Skip a file whose content was imported already, unless other content was imported under its name since. */
  readonly unlessUnchanged?: boolean | undefined;
}

export interface ImportRun {
  /** One import per file at its start; none when the files are unchanged. */
  readonly imports: readonly Import[];
  /** The same imports at their end. Never rejects: a failed import holds its error. */
  readonly done: Promise<readonly RecordImport[]>;
}

export interface ThreadLimits {
  /** Size of files from which on they are imported in a thread of their own. */
  readonly importThreadBytes: number;
}

export interface ImportServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly log: DebugLog;
  readonly trace: Trace;
  readonly limits: SourceLimits & ThreadLimits;
  /** Null for a store in memory, which other threads cannot open. */
  readonly thread: ImportThread | null;
  readonly importer: Importer;
  /** The imports that this process runs; a run adds its own and removes them at its end. */
  readonly running: Set<number>;
  /** Aborted when the process stops. */
  readonly signal: AbortSignal;
  /** Ends imports of this content whose process no longer runs. */
  readonly endInterrupted: (content: Pick<Import, 'target' | 'digest'>) => Promise<void>;
}

interface FileRun {
  readonly services: ImportServices;
  readonly files: readonly ImportFile[];
  readonly options: ImportOptions;
  /** One per file. */
  readonly jobs: readonly ImportJob[];
  readonly write: Write;
}

/** A file is hashed in chunks that take less than a millisecond each, and not in many more of them. */
const digestChunkBytes = 256 * 1024;

/** Between two checks whether another import of the same content has ended. */
const othersPollMs = 50;

/**
 * Starts an import of one file, or of several that make up one table. Throws for a file that cannot be opened. While another
 * import of the same content runs, in this process or another, the new one waits: only at its end is a repeat recognizable.
 */
export const startImportRun = async (
  services: ImportServices,
  files: readonly ImportFile[],
  options: ImportOptions,
): Promise<ImportRun> => {
  const { importer, running } = services;
  const { name: target } = importer.target;
  const sizes = await Promise.all(files.map(({ path, name }) => sizeOf(path, name)));
  const digest = await digestOf(files, sizes, options);
  const writer = openImportWriter(services, options.dryRun === true);
  const { write, close } = writer;
  const jobs = await write((tx) => {
    if (options.unlessUnchanged && areUnchanged(tx, files, { target, digest })) return [];
    const newJobs = files.map(({ name }, index) =>
      ImportJob.begin(tx, { target, source: name, bytesTotal: sizes[index] ?? 0, digest }, writer),
    );
    for (const { current } of newJobs) if (!options.dryRun) running.add(current.id);
    return newJobs;
  });
  const started = jobs.map((job) => job.snapshot());
  const run = { services, files, options, jobs, write };
  const done = services.trace.span(`import ${target}`, { files: files.length }, () => importFiles(run)).finally(close);
  return { imports: started, done };
};

/** Imports the files one after the other and ends their jobs together. */
const importFiles = async (run: FileRun): Promise<readonly RecordImport[]> => {
  const { services, files, options, jobs } = run;
  const [first] = jobs;
  if (!first) return [];
  const previews = options.dryRun ? files.map(() => new RecordPreviewBuilder(services.importer)) : [];
  try {
    if (!options.dryRun) await untilEarlierEnded(services, first.current);
    await (isForThread(run) ? importInThread(run) : importRecordFiles({ ...services, ...run, previews }));
  } catch (error) {
    for (const job of jobs) await job.fail(error);
  } finally {
    for (const { current } of jobs) if (!options.dryRun) services.running.delete(current.id);
  }
  return jobs.map(({ current }, index) => {
    const preview = previews[index];
    return preview ? { ...current, recordDryRun: preview.result() } : current;
  });
};

/** Whether the files are large enough that starting a thread takes less time than it saves. */
const isForThread = ({ services: { limits, thread }, options, jobs }: FileRun): boolean => {
  if (thread === null || options.dryRun) return false;
  return jobs.reduce((bytes, { current }) => bytes + current.bytesTotal, 0) >= limits.importThreadBytes;
};

/** Imports the files in a thread, which also ends the jobs. Rejects when they cannot be imported. */
const importInThread = async ({ services, files, options, jobs }: FileRun): Promise<void> => {
  const { store, ledger, importer, thread, signal } = services;
  const { onProgress, onReject, dryRun: _dryRun, unlessUnchanged: _unlessUnchanged, ...readOptions } = options;
  const imported = jobs.map((job) => job.snapshot());
  // Without what callers keep in the objects of their files, such as functions, which threads cannot exchange.
  const plainFiles = files.map(({ path, name }) => ({ path, name }));
  const work = { target: importer.target.name, files: plainFiles, options: readOptions, imports: imported };
  const reload = (): void => {
    const ids = imported.map(({ id }) => id);
    for (const [index, row] of rowsByKey(store, imports, 'id', ids).entries()) if (row) jobs[index]?.reload(row);
  };
  try {
    await thread?.run(work, { signal, onCommit: () => void ledger.follow(), onProgress, onReject });
    reload();
  } catch (error) {
    reload();
    // A thread may end by itself after it has stored the end of the import.
    if (jobs.some(({ current }) => current.state === 'RUNNING')) throw error;
  } finally {
    await ledger.follow();
  }
};

/** Resolves when no import of the same content that began earlier runs any more, in this process or another. */
const untilEarlierEnded = async (
  { store, endInterrupted, signal }: ImportServices,
  { id, target, digest }: Import,
): Promise<void> => {
  const match = { target, digest, state: 'RUNNING' } as const;
  for (;;) {
    if (signal.aborted) throw interrupted('nothing of it was stored');
    await endInterrupted({ target, digest });
    if (store.page(imports, { key: 'id', direction: 'asc', match, before: id, limit: 1 }).length === 0) return;
    await delay(othersPollMs);
  }
};

/** Whether the content was imported, and no other content since under one of the names. */
const areUnchanged = (tx: Tx, files: readonly ImportFile[], content: ImportContent): boolean =>
  wasImported(tx, content) &&
  files.every(({ name }) => {
    const last = tx.findLatest(imports, { target: content.target, source: name });
    return !last || (last.digest === content.digest && isSuccess(last.state));
  });

const sizeOf = async (path: string, name: string): Promise<number> => {
  const stats = await stat(path).catch((cause: unknown) => {
    throw new DomainError('NOT_FOUND', `there is no file ${name}`, { cause });
  });
  if (!stats.isFile()) throw new DomainError('NOT_A_TABLE', `${name} is not a file`);
  return stats.size;
};

const digestOf = async (
  files: readonly ImportFile[],
  sizes: readonly number[],
  { synonyms = {}, ...options }: ImportOptions,
): Promise<string> => {
  const hash = createHash('sha256');
  const readOptions = readOptionsOf(options);
  const described = Object.keys(readOptions).length > 0 ? [readOptions] : [];
  // With the sizes, because one file is not the same table as its two halves.
  hash.update(JSON.stringify([sizes, Object.entries(synonyms).sort(), ...described]));
  const reading = { highWaterMark: digestChunkBytes };
  for (const { path } of files) for await (const chunk of createReadStream(path, reading)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};
