import type { Store, Tx } from '../../../db/store.ts';
import { imports } from '../../../db/tables/imports.ts';
import type { FieldProblem } from '../../errors.ts';
import type { Importer, ImportSession, ReadOptions, RecordCounts, RecordOutcome } from '../../ledger/record.ts';
import { valueOptionsOf } from '../../lib/import-option-texts.ts';
import type { FileDialect, TextOptions } from '../../lib/import-options.ts';
import type { ImportReading, RecordTable } from '../../lib/import-reading.ts';
import { type ReadResult, valuesOf } from '../../lib/problems.ts';
import type { SourceBatch, SourceLimits, SourceRecord } from '../../sources/source.ts';
import { type Import, ImportJob, interrupted, type NewReject, type Write } from './job.ts';
import type { RecordPreviewBuilder } from './record-preview.ts';
import { surveyedSource } from './surveyed-source.ts';

export interface ImportFile {
  readonly path: string;
  /** The source of the import; a file's name. */
  readonly name: string;
}

export interface RecordFileOptions extends ReadOptions, TextOptions {
  /** Called after each batch with the current state of the import. */
  readonly onProgress?: ((current: Import) => void) | undefined;
  /** Called with each record that is stored among the rejects; in a dry run with each that would be. */
  readonly onReject?: ((importId: number, record: RejectedText, problems: readonly FieldProblem[]) => void) | undefined;
}

/** A record that is rejected, as the file has it. */
export type RejectedText = Pick<SourceRecord, 'line' | 'raw'>;

/** Files of records, the jobs of their imports, and what both need. */
export interface RecordFiles {
  readonly store: Pick<Store, 'page'>;
  readonly importer: Importer;
  readonly limits: SourceLimits;
  /** Aborted when the import has to end. */
  readonly signal: AbortSignal;
  readonly files: readonly ImportFile[];
  readonly options: RecordFileOptions;
  /** One per file. */
  readonly jobs: readonly ImportJob[];
  readonly write: Write;
  /** Makes durable what was written; absent when it is. */
  readonly flush?: (() => Promise<void>) | undefined;
  /** One per file in a dry run, else none. */
  readonly previews: readonly RecordPreviewBuilder[];
}

interface RecordJudge {
  readonly importer: Importer;
  readonly session: ImportSession<unknown>;
  /** An earlier import that failed has stored this many records from the start of the file. */
  readonly storedBefore: number;
  readonly options: RecordFileOptions;
  /** Only of a dry run. */
  readonly preview?: RecordPreviewBuilder | undefined;
}

/** Imports the files one after the other and ends their jobs together. Rejects when they cannot be imported. */
export const importRecordFiles = async (run: RecordFiles): Promise<void> => {
  const { jobs, files, previews, write } = run;
  const [first] = jobs;
  if (!first) return;
  const judge = await write((tx) => createJudge(tx, run, first.current));
  for (const [index, job] of jobs.entries())
    await importFile(run, { ...judge, preview: previews[index] }, job, (files[index] as ImportFile).path);
  // A table that is not published must not undo its rejects.
  await run.flush?.();
  await ImportJob.finishAll(jobs, write, (tx) => judge.session.finish?.(tx, countsOf(jobs)));
};

const importFile = async (run: RecordFiles, judge: RecordJudge, job: ImportJob, path: string): Promise<void> => {
  const { importer, limits, options, signal } = run;
  let dialect: FileDialect | null = null;
  const onDialect = (found: FileDialect): void => {
    dialect = found;
  };
  let reading: ImportReading = { table: null, options: valueOptionsOf(options), fields: {} };
  const onTable = (table: RecordTable): void => {
    reading = { ...reading, table };
    judge.preview?.addColumns(table.names);
  };
  for await (const { batch, cells } of surveyedSource({ path, options, onDialect, onTable }, importer, limits)) {
    if (signal.aborted) throw interrupted(remainsOf(run));
    const judgeOfFile = { ...judge, options: { ...options, cells } };
    reading = { ...reading, fields: cells.readings() };
    await job.advance((tx) => ({ ...storeBatch(tx, judgeOfFile, job, batch), dialect, reading }));
    options.onProgress?.(job.current);
  }
  await job.advance(() => ({ dialect, reading }));
};

/** What an import that is interrupted leaves behind. */
const remainsOf = ({ importer, files }: RecordFiles): string =>
  importer.target.input === 'RECORDS' && files.length === 1
    ? 'the records that it stored remain'
    : 'nothing of it was stored';

const createJudge = (
  tx: Tx,
  { store, importer, files, options }: RecordFiles,
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

/** How far imports of the same content got before they failed: counts are stored with the records they count. */
const recordsReadBefore = (store: RecordFiles['store'], match: Pick<Import, 'target' | 'digest' | 'state'>): number =>
  store
    .page(imports, { key: 'id', direction: 'desc', match, limit: 1000 })
    .reduce((most, { read }) => Math.max(most, read), 0);

const successStates = ['SUCCEEDED', 'SUCCEEDED_WITH_REJECTS'] as const;

export const isSuccess = (state: Import['state']): boolean => successStates.some((each) => each === state);

export type ImportContent = Pick<Import, 'target' | 'digest'>;

export const wasImported = (tx: Tx, content: ImportContent): boolean =>
  successStates.some((state) => tx.findLatest(imports, { ...content, state }));

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
  const results = records.map((record) => readValue(judge, record));
  const { table, lookup } = judge.importer.storedIn;
  tx.announce(table, lookup, valuesOf(results));
  const rejects: NewReject[] = [];
  for (const [index, record] of records.entries()) {
    judge.preview?.addRecord(record);
    const result = results[index] as ReadResult<object>;
    // An event without an id of its own can be recognized as stored only by its position in the file.
    const outcome =
      read < judge.storedBefore ? judgeStored(result) : storeRecord(tx, judge, { record, result, importId });
    read++;
    if (outcome.kind === 'CREATED') accepted++;
    else if (outcome.kind === 'DUPLICATE') unchanged++;
    else {
      if (outcome.kind === 'CONFLICT') conflicts++;
      else rejected++;
      judge.preview?.addReject(record, outcome.problems);
      judge.options.onReject?.(importId, record, outcome.problems);
      rejects.push({ raw: record.raw, line: record.line, problems: outcome.problems });
    }
  }
  job.reject(tx, rejects);
  return { bytesRead, read, accepted, unchanged, conflicts, rejected };
};

const readValue = ({ importer, options }: RecordJudge, record: SourceRecord): ReadResult<object> =>
  record.problems ? { problems: record.problems } : (importer.read(record.value, options) as ReadResult<object>);

interface JudgedRecord {
  readonly record: SourceRecord;
  readonly result: ReadResult<object>;
  readonly importId: number;
}

const storeRecord = (tx: Tx, judge: RecordJudge, { record, result, importId }: JudgedRecord): RecordOutcome => {
  const { value, problems } = result;
  if (problems) return { kind: 'REJECTED', problems };
  const outcome = judge.session.record(tx, value, { importId, line: record.line, sentBy: null });
  if (outcome.kind === 'CREATED') judge.preview?.addStored(record.line, value);
  return outcome;
};

const judgeStored = ({ problems }: ReadResult<object>): RecordOutcome =>
  problems ? { kind: 'REJECTED', problems } : { kind: 'DUPLICATE' };
