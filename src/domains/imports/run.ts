import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Store, Tx } from '../../../db/store.ts';
import { imports } from '../../../db/tables/imports.ts';
import { DomainError, type FieldProblem } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Importer, ImportSession, ReadOptions, RecordCounts, RecordOutcome } from '../../ledger/record.ts';
import type { DebugLog } from '../../lib/debug-log.ts';
import { readOptionsOf, valueOptionsOf } from '../../lib/import-option-texts.ts';
import type { FileDialect, TextOptions } from '../../lib/import-options.ts';
import type { ImportReading, RecordTable } from '../../lib/import-reading.ts';
import type { ReadResult } from '../../lib/problems.ts';
import type { Trace } from '../../lib/telemetry.ts';
import type { SourceBatch, SourceLimits, SourceRecord } from '../../sources/source.ts';
import { type Import, ImportJob, interrupted, openImportWriter, type Write } from './job.ts';
import { type RecordImport, RecordPreviewBuilder } from './record-preview.ts';
import { surveyedSource } from './surveyed-source.ts';

export interface ImportFile {
  readonly path: string;
  /** The source of the import; a file's name. */
  readonly name: string;
}

export interface ImportOptions extends ReadOptions, TextOptions {
  /** Read and judge every record, store nothing. */
  readonly dryRun?: boolean | undefined;
  /** Skip a file whose content was imported already, unless other content was imported under its name since. */
  readonly unlessUnchanged?: boolean | undefined;
  /** Called after each batch with the current state of the import. */
  readonly onProgress?: ((current: Import) => void) | undefined;
  /** Called with each record that is stored among the rejects; in a dry run with each that would be. */
  readonly onReject?: ((importId: number, record: SourceRecord, problems: readonly FieldProblem[]) => void) | undefined;
}

export interface ImportRun {
  /** One import per file at its start; none when the files are unchanged. */
  readonly imports: readonly Import[];
  /** The same imports at their end. Never rejects: a failed import holds its error. */
  readonly done: Promise<readonly RecordImport[]>;
}

export interface ImportServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly log: DebugLog;
  readonly trace: Trace;
  readonly limits: SourceLimits;
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

interface RecordJudge {
  readonly importer: Importer;
  readonly session: ImportSession<unknown>;
  /** An earlier import that failed has stored this many records from the start of the file. */
  readonly storedBefore: number;
  readonly options: ImportOptions;
  /** Only of a dry run. */
  readonly preview?: RecordPreviewBuilder | undefined;
}

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
  const { services, files, options, jobs, write } = run;
  const [first] = jobs;
  if (!first) return [];
  const previews = options.dryRun ? files.map(() => new RecordPreviewBuilder(services.importer)) : [];
  try {
    if (!options.dryRun) await untilEarlierEnded(services, first.current);
    const judge = await write((tx) => createJudge(tx, run, first.current));
    for (const [index, job] of jobs.entries()) {
      const { path } = files[index] as ImportFile;
      let dialect: FileDialect | null = null;
      const onDialect = (found: FileDialect): void => {
        dialect = found;
      };
      let reading: ImportReading = { table: null, options: valueOptionsOf(options), fields: {} };
      const preview = previews[index];
      const onTable = (table: RecordTable): void => {
        reading = { ...reading, table };
        preview?.addColumns(table.names);
      };
      const file = { path, options, onDialect, onTable };
      for await (const { batch, cells } of surveyedSource(file, services.importer, services.limits)) {
        if (services.signal.aborted) throw interrupted(remainsOf(run));
        const judgeOfFile = { ...judge, preview, options: { ...options, cells } };
        reading = { ...reading, fields: cells.readings() };
        await job.advance((tx) => ({ ...storeBatch(tx, judgeOfFile, job, batch), dialect, reading }));
        options.onProgress?.(job.current);
      }
      await job.advance(() => ({ dialect, reading }));
    }
    await ImportJob.finishAll(jobs, write, (tx) => judge.session.finish?.(tx, countsOf(jobs)));
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

/** What an import that is interrupted leaves behind. */
const remainsOf = ({ services, files }: FileRun): string =>
  services.importer.target.input === 'RECORDS' && files.length === 1
    ? 'the records that it stored remain'
    : 'nothing of it was stored';

const createJudge = (
  tx: Tx,
  { services: { store, importer }, files, options }: FileRun,
  { id, target, digest }: Import,
): RecordJudge => {
  const session = importer.begin({ id, digest, isRepeat: wasImported(tx, { target, digest }) });
  // An import that counts only as a whole starts again from the first record.
  const isAtomic = session.finish !== undefined || files.length > 1;
  const storedBefore = isAtomic ? 0 : recordsReadBefore(store, { target, digest, state: 'FAILED' });
  return { importer, session, storedBefore, options };
};

const countsOf = (jobs: readonly ImportJob[]): RecordCounts => {
  const sum = (count: 'read' | 'rejected'): number => jobs.reduce((total, { current }) => total + current[count], 0);
  return { read: sum('read'), rejected: sum('rejected') };
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

/** How far imports of the same content got before they failed: counts are stored with the records they count. */
const recordsReadBefore = (store: Store, match: Pick<Import, 'target' | 'digest' | 'state'>): number =>
  store
    .page(imports, { key: 'id', direction: 'desc', match, limit: 1000 })
    .reduce((most, { read }) => Math.max(most, read), 0);

const successStates = ['SUCCEEDED', 'SUCCEEDED_WITH_REJECTS'] as const;

const isSuccess = (state: Import['state']): boolean => successStates.some((each) => each === state);

type Content = Pick<Import, 'target' | 'digest'>;

const wasImported = (tx: Tx, content: Content): boolean =>
  successStates.some((state) => tx.findLatest(imports, { ...content, state }));

/** Whether the content was imported, and no other content since under one of the names. */
const areUnchanged = (tx: Tx, files: readonly ImportFile[], content: Content): boolean =>
  wasImported(tx, content) &&
  files.every(({ name }) => {
    const last = tx.findLatest(imports, { target: content.target, source: name });
    return !last || (last.digest === content.digest && isSuccess(last.state));
  });

/** Judges and stores a batch, rejects included; returns the import's new counts, to be stored in the same transaction. */
const storeBatch = (
  tx: Tx,
  judge: RecordJudge,
  job: ImportJob,
  { records, bytesRead, fileHeader }: SourceBatch,
): Partial<Import> => {
  if (fileHeader !== undefined) judge.session.fileHeader?.(fileHeader);
  const importId = job.current.id;
  let { read, accepted, unchanged, conflicts, rejected } = job.stored(tx);
  for (const record of records) {
    judge.preview?.addRecord(record);
    // An event without an id of its own can be recognized as stored only by its position in the file.
    const outcome = read < judge.storedBefore ? judgeStored(judge, record) : storeRecord(tx, judge, record, importId);
    read++;
    if (outcome.kind === 'CREATED') accepted++;
    else if (outcome.kind === 'DUPLICATE') unchanged++;
    else {
      if (outcome.kind === 'CONFLICT') conflicts++;
      else rejected++;
      judge.preview?.addReject(record, outcome.problems);
      judge.options.onReject?.(importId, record, outcome.problems);
      job.reject(tx, { raw: record.raw, line: record.line, problems: outcome.problems });
    }
  }
  return { bytesRead, read, accepted, unchanged, conflicts, rejected };
};

const readValue = ({ importer, options }: RecordJudge, record: SourceRecord): ReadResult<unknown> =>
  record.problems ? { problems: record.problems } : importer.read(record.value, options);

const storeRecord = (tx: Tx, judge: RecordJudge, record: SourceRecord, importId: number): RecordOutcome => {
  const { value, problems } = readValue(judge, record);
  if (problems) return { kind: 'REJECTED', problems };
  const outcome = judge.session.record(tx, value, { importId, line: record.line, sentBy: null });
  if (outcome.kind === 'CREATED') judge.preview?.addStored(record.line, value);
  return outcome;
};

const judgeStored = (judge: RecordJudge, record: SourceRecord): RecordOutcome => {
  const { problems } = readValue(judge, record);
  return problems ? { kind: 'REJECTED', problems } : { kind: 'DUPLICATE' };
};

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
  for (const { path } of files) for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};
