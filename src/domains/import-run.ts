import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Row, Store, Tx } from '../../db/store.ts';
import { imports, rejectedRecords } from '../../db/tables/intake.ts';
import { DomainError } from '../errors.ts';
import type { Ledger } from '../indices/follow.ts';
import type { FieldProblem } from '../lib/problems.ts';
import { readSource } from '../sources/read-source.ts';
import type { SourceBatch, SourceLimits, SourceRecord } from '../sources/source.ts';
import type { Importer, ImportSession, Outcome, ReadOptions } from './recording.ts';

type Import = Row<typeof imports>;

export interface ImportFile {
  readonly path: string;
  /** What the import is called after; a file's name. */
  readonly name: string;
}

export interface ImportOptions extends ReadOptions {
  /** Read and judge every record, store nothing. */
  readonly dryRun?: boolean | undefined;
  /** Called after each batch with the import as it stands. */
  readonly onProgress?: ((standing: Import) => void) | undefined;
  /** Called with each record that is not taken in, as it is kept among the rejects, or would be. */
  readonly onReject?: ((importId: number, record: SourceRecord, problems: readonly FieldProblem[]) => void) | undefined;
}

export interface ImportRun {
  /** One import a file, as they began. */
  readonly imports: readonly Import[];
  /** The same at their end; never rejects, a failed import says why. */
  readonly done: Promise<readonly Import[]>;
}

interface Surroundings {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly limits: SourceLimits;
  readonly importer: Importer;
}

type Write = <R>(work: (tx: Tx) => R) => Promise<R>;

/** Begins an import of one file, or of several that belong together. A file that cannot be opened is refused at once. */
export const createImportRun = async (
  { store, ledger, limits, importer }: Surroundings,
  files: readonly ImportFile[],
  options: ImportOptions,
): Promise<ImportRun> => {
  const sizes = await Promise.all(files.map(({ path, name }) => sizeOf(path, name)));
  const digest = await digestOf(files, sizes, options);
  const rehearsal = options.dryRun ? store.rehearsal() : undefined;
  const write: Write = rehearsal ? async (work) => rehearsal.run(work) : ledger.write;
  const { standings, session } = await write((tx) => {
    const { target } = importer;
    const hasEnded = (state: Import['state']) => tx.newest(imports, { target, digest, state }) !== undefined;
    const isRepeat = hasEnded('SUCCEEDED') || hasEnded('SUCCEEDED_WITH_REJECTS');
    const begun = files.map((file, place) => beginImport(tx, target, file, sizes[place] ?? 0, digest));
    const begunImport = { id: begun[0]?.id ?? 0, digest, isRepeat };
    return { standings: begun, session: importer.begin(begunImport) };
  });

  /** Stores what `work` finds out about an import in the transaction of its records, and believes it once committed. */
  const advance = async (standing: Import, work: (tx: Tx) => Partial<Import>): Promise<void> => {
    const changes = await write((tx) => {
      const found = work(tx);
      tx.update(imports, { id: standing.id }, found);
      return found;
    });
    Object.assign(standing, changes);
  };

  const takeFile = async (file: ImportFile, standing: Import): Promise<void> => {
    for await (const batch of readSource(file.path, importer.shape, limits)) {
      await advance(standing, (tx) => takeBatch(tx, importer, session, standing, batch, options));
      options.onProgress?.(standing);
    }
  };

  const fail = async (error: unknown): Promise<void> => {
    const known = error instanceof DomainError;
    const failureMessage = known ? error.message : `the import broke off: ${String(error)}`;
    const failure = { state: 'FAILED', failureCode: known ? error.code : 'INTERNAL', failureMessage } as const;
    for (const standing of standings)
      await advance(standing, ({ nowUs }) => ({ ...failure, finishedAtUs: nowUs })).catch(() => {
        // The store is closed or stays locked: it says RUNNING until the next server starts and ends the import.
        Object.assign(standing, failure);
      });
  };

  const run = async (): Promise<readonly Import[]> => {
    try {
      for (const [place, file] of files.entries()) await takeFile(file, standings[place] as Import);
      const ends = await write((tx) => {
        session.finish?.(tx);
        return standings.map((standing) => endImport(tx, standing));
      });
      standings.forEach((standing, place) => void Object.assign(standing, ends[place]));
    } catch (error) {
      await fail(error);
    } finally {
      rehearsal?.close();
    }
    return standings;
  };

  return { imports: standings.map((standing) => ({ ...standing })), done: run() };
};

const beginImport = (tx: Tx, target: string, file: ImportFile, bytesTotal: number, digest: string): Import => {
  const begun = {
    target,
    source: file.name,
    state: 'RUNNING',
    startedAtUs: tx.nowUs,
    bytesTotal,
    digest,
    processId: process.pid,
  } as const;
  const counts = { bytesRead: 0, read: 0, accepted: 0, unchanged: 0, conflicts: 0, rejected: 0 };
  const open = { finishedAtUs: null, failureCode: null, failureMessage: null };
  return { id: tx.insert(imports, begun), ...begun, ...counts, ...open };
};

const endImport = (tx: Tx, { id, rejected, conflicts, bytesTotal }: Import): Partial<Import> => {
  const state = rejected + conflicts > 0 ? 'SUCCEEDED_WITH_REJECTS' : 'SUCCEEDED';
  const end = { state, finishedAtUs: tx.nowUs, bytesRead: bytesTotal } as const;
  tx.update(imports, { id }, end);
  return end;
};

/** Judges a batch, keeps what was not taken in, and gives the import's new counts, to be stored along with it. */
const takeBatch = (
  tx: Tx,
  importer: Importer,
  session: ImportSession<unknown>,
  standing: Import,
  { records, bytesRead }: SourceBatch,
  options: ImportOptions,
): Partial<Import> => {
  const { id: importId, target, source } = standing;
  let { read, accepted, unchanged, conflicts, rejected } = standing;
  for (const record of records) {
    const outcome = judge(tx, importer, session, importId, record, options);
    read++;
    if (outcome.kind === 'CREATED') accepted++;
    else if (outcome.kind === 'DUPLICATE') unchanged++;
    else {
      if (outcome.kind === 'CONFLICT') conflicts++;
      else rejected++;
      const { raw, line } = record;
      options.onReject?.(importId, record, outcome.problems);
      tx.insert(rejectedRecords, {
        importId,
        target,
        source,
        raw,
        line,
        problems: outcome.problems,
        receivedAtUs: tx.nowUs,
      });
    }
  }
  return { bytesRead, read, accepted, unchanged, conflicts, rejected };
};

const judge = (
  tx: Tx,
  importer: Importer,
  session: ImportSession<unknown>,
  importId: number,
  record: SourceRecord,
  options: ReadOptions,
): Outcome => {
  if (record.problems) return { kind: 'REJECTED', problems: record.problems };
  const { value, problems } = importer.read(record.value, options);
  if (problems) return { kind: 'REJECTED', problems };
  return session.record(tx, value, { importId, line: record.line });
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
  { statusWords = {} }: ReadOptions,
): Promise<string> => {
  const hash = createHash('sha256');
  // With the sizes, because one file is not the same table as its two halves.
  hash.update(JSON.stringify([sizes, Object.entries(statusWords).sort()]));
  for (const { path } of files) for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};
