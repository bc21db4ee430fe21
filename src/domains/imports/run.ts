import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Row, Store, Tx } from '../../../db/store.ts';
import { imports, rejectedRecords } from '../../../db/tables/imports.ts';
import { DomainError, type FieldProblem } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Importer, ImportSession, ReadOptions, RecordOutcome } from '../../ledger/record.ts';
import { readSource } from '../../sources/read-source.ts';
import type { SourceBatch, SourceLimits, SourceRecord } from '../../sources/source.ts';

type Import = Row<typeof imports>;

export interface ImportFile {
  readonly path: string;
  /** What the import is called after; a file's name. */
  readonly name: string;
}

export interface ImportOptions extends ReadOptions {
  /** Read and judge every record, store nothing. */
  readonly dryRun?: boolean | undefined;
  /** Begin no import of a file whose content was taken in, unless something else came under its name since. */
  readonly unlessUnchanged?: boolean | undefined;
  /** Called after each batch with the import as it stands. */
  readonly onProgress?: ((standing: Import) => void) | undefined;
  /** Called with each record that is not taken in, as it is kept among the rejects, or would be. */
  readonly onReject?: ((importId: number, record: SourceRecord, problems: readonly FieldProblem[]) => void) | undefined;
}

export interface ImportRun {
  /** One import a file, as they began; none for files that are unchanged. */
  readonly imports: readonly Import[];
  /** The same at their end; never rejects, a failed import says why. */
  readonly done: Promise<readonly Import[]>;
}

interface Surroundings {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly limits: SourceLimits;
  readonly importer: Importer;
  /** The imports that this process runs; those that begin here are added, and taken out at their end. */
  readonly running: Set<number>;
  /** Ends imports of this content whose process died in the middle. */
  readonly endInterrupted: (content: Pick<Import, 'target' | 'digest'>) => Promise<void>;
}

/** How the records of an import are judged. */
interface Taking {
  readonly importer: Importer;
  readonly session: ImportSession<unknown>;
  /** So many records at the beginning of the file an import that broke off has dealt with. */
  readonly takenBefore: number;
  readonly options: ImportOptions;
}

type Write = <R>(work: (tx: Tx) => R) => Promise<R>;

/** Between two looks at whether another import of the same content has ended. */
const othersPollMs = 50;

/**
 * Begins an import of one file, or of several that belong together. A file that cannot be opened is refused at once. One
 * that is being taken in already, by whichever process, waits for the end of that: only then can it be told for a repeat.
 */
export const createImportRun = async (
  surroundings: Surroundings,
  files: readonly ImportFile[],
  options: ImportOptions,
): Promise<ImportRun> => {
  const { store, ledger, limits, importer, running } = surroundings;
  const sizes = await Promise.all(files.map(({ path, name }) => sizeOf(path, name)));
  const digest = await digestOf(files, sizes, options);
  const rehearsal = options.dryRun ? store.dryRun() : undefined;
  const write: Write = rehearsal ? async (work) => rehearsal.run(work) : ledger.write;
  const { target } = importer;
  const wasTaken = (tx: Tx): boolean =>
    (['SUCCEEDED', 'SUCCEEDED_WITH_REJECTS'] as const).some((state) =>
      tx.findLatest(imports, { target, digest, state }),
    );
  const standings = await write((tx) => {
    if (options.unlessUnchanged && wasTaken(tx) && files.every(({ name }) => isNewest(tx, target, name, digest)))
      return [];
    const begun = files.map((file, place) => beginImport(tx, target, file, sizes[place] ?? 0, digest));
    for (const { id } of begun) if (!options.dryRun) running.add(id);
    return begun;
  });
  const [first] = standings;
  if (!first) {
    rehearsal?.close();
    return { imports: [], done: Promise.resolve([]) };
  }

  const beginTaking = (tx: Tx): Taking => {
    const session = importer.begin({ id: first.id, digest, isRepeat: wasTaken(tx) });
    // What counts as a whole only is taken in anew as a whole.
    const isWhole = session.finish !== undefined || files.length > 1;
    const takenBefore = isWhole ? 0 : recordsTaken(store, { target, digest, state: 'FAILED' });
    return { importer, session, takenBefore, options };
  };

  /** Stores what `work` finds out about an import in the transaction of its records, and believes it once committed. */
  const advance = async (standing: Import, work: (tx: Tx) => Partial<Import>): Promise<void> => {
    const changes = await write((tx) => {
      const found = work(tx);
      tx.update(imports, { id: standing.id }, found);
      return found;
    });
    Object.assign(standing, changes);
  };

  const takeFile = async (taking: Taking, file: ImportFile, standing: Import): Promise<void> => {
    for await (const batch of readSource(file.path, importer.shape, limits)) {
      await advance(standing, (tx) => takeBatch(tx, taking, standing, batch));
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
      if (!options.dryRun) await earlierEnded(surroundings, first);
      const taking = await write(beginTaking);
      for (const [place, file] of files.entries()) await takeFile(taking, file, standings[place] as Import);
      const ends = await write((tx) => {
        taking.session.finish?.(tx);
        return standings.map((standing) => endImport(tx, standing));
      });
      standings.forEach((standing, place) => void Object.assign(standing, ends[place]));
    } catch (error) {
      await fail(error);
    } finally {
      rehearsal?.close();
      for (const { id } of standings) if (!options.dryRun) running.delete(id);
    }
    return standings;
  };

  return { imports: standings.map((standing) => ({ ...standing })), done: run() };
};

/** Resolves when no import of the same content that began earlier runs any more, in whichever process. */
const earlierEnded = async ({ store, endInterrupted }: Surroundings, { id, target, digest }: Import): Promise<void> => {
  const match = { target, digest, state: 'RUNNING' } as const;
  for (;;) {
    await endInterrupted({ target, digest });
    if (store.page(imports, { key: 'id', direction: 'asc', match, before: id, limit: 1 }).length === 0) return;
    await delay(othersPollMs);
  }
};

/** How far imports of the same content got before they broke off: counts move along with the records they count. */
const recordsTaken = (store: Store, match: Pick<Import, 'target' | 'digest' | 'state'>): number =>
  store
    .page(imports, { key: 'id', direction: 'desc', match, limit: 1000 })
    .reduce((most, { read }) => Math.max(most, read), 0);

/** Whether what came last under a name is this content, taken in; a name that is new speaks against nothing. */
const isNewest = (tx: Tx, target: string, source: string, digest: string): boolean => {
  const last = tx.findLatest(imports, { target, source });
  return !last || (last.digest === digest && (last.state === 'SUCCEEDED' || last.state === 'SUCCEEDED_WITH_REJECTS'));
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

const endImport = (tx: Tx, { id, bytesTotal }: Import): Import => {
  const account = accountOf(tx, id);
  const state = account.rejected + account.conflicts > 0 ? 'SUCCEEDED_WITH_REJECTS' : 'SUCCEEDED';
  const end = { state, finishedAtUs: tx.nowUs, bytesRead: bytesTotal } as const;
  tx.update(imports, { id }, end);
  return { ...account, ...end };
};

/** An import as it is stored: a record that is mended while it runs moves its counts, too. */
const accountOf = (tx: Tx, id: number): Import => {
  const account = tx.findLatest(imports, { id });
  if (!account) throw new Error(`import ${id} is not there any more`);
  return account;
};

/** Judges a batch, keeps what was not taken in, and gives the import's new counts, to be stored along with it. */
const takeBatch = (tx: Tx, taking: Taking, standing: Import, { records, bytesRead }: SourceBatch): Partial<Import> => {
  const { id: importId, target, source } = standing;
  let { read, accepted, unchanged, conflicts, rejected } = accountOf(tx, importId);
  for (const record of records) {
    const outcome = judge(tx, taking, importId, record, read);
    read++;
    if (outcome.kind === 'CREATED') accepted++;
    else if (outcome.kind === 'DUPLICATE') unchanged++;
    else {
      if (outcome.kind === 'CONFLICT') conflicts++;
      else rejected++;
      const { raw, line } = record;
      taking.options.onReject?.(importId, record, outcome.problems);
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
  { importer, session, options, takenBefore }: Taking,
  importId: number,
  record: SourceRecord,
  place: number,
): RecordOutcome => {
  if (record.problems) return { kind: 'REJECTED', problems: record.problems };
  const { value, problems } = importer.read(record.value, options);
  if (problems) return { kind: 'REJECTED', problems };
  // Nothing else would tell that an event without an id of its own is stored already.
  if (place < takenBefore) return { kind: 'DUPLICATE' };
  return session.record(tx, value, { importId, line: record.line, sentBy: null });
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
  { synonyms = {} }: ReadOptions,
): Promise<string> => {
  const hash = createHash('sha256');
  // With the sizes, because one file is not the same table as its two halves.
  hash.update(JSON.stringify([sizes, Object.entries(synonyms).sort()]));
  for (const { path } of files) for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};
