import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../../../db/store.ts';
import type { ColumnArray } from '../../indices/state-columns.ts';
import type { CapturedColumn } from './columns.ts';
import type { IndexFileState } from './format.ts';
import { UnusableFile, withIndexFile } from './read-file.ts';
import { writeIndexFile } from './write-file.ts';

export interface IndexFileLimits {
  /** Records after which a new file is written; 0 writes none. */
  readonly indexFileRecords: number;
  /** The same when the program stops. */
  readonly indexFileStopRecords: number;
  readonly indexFileStopMs: number;
}

export interface IndexFileLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface IndexFileOptions extends IndexFileLimits {
  /** The data folder. */
  readonly data: string;
  /** The version of the program. */
  readonly version: string;
  readonly log: IndexFileLog;
}

/** Indices as of a sequence number. */
export interface CapturedIndices {
  readonly sequence: number;
  readonly columns: readonly CapturedColumn[];
  /** Values of settings that they depend on. */
  readonly settings: string;
}

export interface LoadedIndices {
  readonly sequence: number;
  readonly columns: ReadonlyMap<string, ColumnArray>;
}

const suffix = '.indices';

/** Where the index files of a data folder are. */
export const indexFolder = (data: string): string => join(data, 'indices');

/** The index files of a data folder; none when they were never written. */
export const indexFilesOf = async (data: string): Promise<string[]> => {
  const names = await readdir(indexFolder(data)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return names.filter((name) => name.endsWith(suffix)).map((name) => join(indexFolder(data), name));
};

/** Removes all index files, and what writes that were interrupted have left. */
export const removeIndexFiles = async (data: string): Promise<void> => {
  if (data !== ':memory:') await rm(indexFolder(data), { recursive: true, force: true });
};

/** Copies of the indices in files, so that a start need not read every record. Each is of one state of one ledger. */
export class IndexFiles {
  readonly #store: Pick<Store, 'stateDigest'>;
  readonly #options: IndexFileOptions;
  readonly #closing = new AbortController();
  /** Up to where records are in a file. */
  #writtenUpTo = 0;
  #writing: Promise<void> | null = null;
  /** Files that could not be used. */
  #ignored: string[] = [];
  /** The state that indices were built from is damaged. */
  #isDisabled: boolean;

  constructor(store: Pick<Store, 'stateDigest'>, options: IndexFileOptions) {
    this.#store = store;
    this.#options = options;
    this.#isDisabled = options.data === ':memory:';
  }

  /** The newest usable file; null without one. `namesOf` are those of the columns that are needed. */
  async load(namesOf: () => readonly string[], settings: string): Promise<LoadedIndices | null> {
    if (this.#isDisabled) return null;
    const { data, log } = this.#options;
    const paths = await indexFilesOf(data).catch(() => []);
    if (paths.length === 0) return null;
    const names = namesOf();
    for (const path of paths.sort().reverse()) {
      try {
        const loaded = await this.#read(path, names, settings);
        this.#writtenUpTo = loaded.sequence;
        return loaded;
      } catch (error) {
        const reason = error instanceof UnusableFile ? error.message : String(error);
        this.#ignored.push(path);
        log.warn({ path, reason }, 'an index file is ignored');
      }
    }
    return null;
  }

  /** Whether so many records are in no file that a new one is worth it. */
  isDue(sequence: number, isStopping = false): boolean {
    const { indexFileRecords, indexFileStopRecords } = this.#options;
    const records = isStopping ? indexFileStopRecords : indexFileRecords;
    const hasEnough = records > 0 && sequence - this.#writtenUpTo >= records;
    return hasEnough && !this.#isDisabled && this.#writing === null;
  }

  /** Writes a file beside everything else; the files before it are removed then. A failure is logged. */
  write({ sequence, columns, settings }: CapturedIndices): void {
    const digest = this.#store.stateDigest(sequence);
    if (digest === null || this.#isDisabled) return;
    // Also when it fails: a full disk is not tried again after every record.
    this.#writtenUpTo = sequence;
    this.#writing = this.#writeFile({ sequence, digest, form: this.#formOf(settings) }, columns).finally(() => {
      this.#writing = null;
    });
  }

  /** Resolves when nothing is written any more, at the latest after the time that a stop may take. */
  async close(): Promise<void> {
    const timeout = setTimeout(() => this.#closing.abort(), this.#options.indexFileStopMs);
    await this.#writing;
    clearTimeout(timeout);
    this.#isDisabled = true;
  }

  /** Removes all files and writes no more, if it ever does: what the indices were built from is damaged. */
  async discard(): Promise<void> {
    const { indexFileRecords, indexFileStopRecords } = this.#options;
    if (this.#isDisabled || indexFileRecords + indexFileStopRecords === 0) return;
    this.#isDisabled = true;
    this.#closing.abort();
    await this.#writing;
    await removeIndexFiles(this.#options.data).catch(() => undefined);
  }

  async #read(path: string, names: readonly string[], settings: string): Promise<LoadedIndices> {
    return withIndexFile(path, async (file) => {
      const { sequence, digest, form, columns: entries } = file.footer;
      if (form !== this.#formOf(settings)) throw new UnusableFile('it is of another version or other settings');
      if (this.#store.stateDigest(sequence) !== digest) throw new UnusableFile('it is of another state of the ledger');
      const found = new Set(entries.map(({ name }) => name));
      if (found.size !== names.length || names.some((name) => !found.has(name)))
        throw new UnusableFile('it has other columns');
      const columns = new Map<string, ColumnArray>();
      for await (const [name, column] of file.columns()) columns.set(name, column);
      return { sequence, columns };
    });
  }

  async #writeFile(state: IndexFileState, columns: readonly CapturedColumn[]): Promise<void> {
    const { data, log } = this.#options;
    const { sequence } = state;
    const name = `${String(sequence).padStart(16, '0')}${suffix}`;
    const path = join(indexFolder(data), name);
    const startedAt = performance.now();
    try {
      await mkdir(indexFolder(data), { recursive: true });
      await writeIndexFile(path, state, columns, this.#closing.signal);
      for (const ignored of this.#ignored.splice(0)) if (ignored !== path) await rm(ignored, { force: true });
      // Those of later states may be of another process.
      for (const other of await readdir(indexFolder(data)))
        if (other < name) await rm(join(indexFolder(data), other), { force: true });
      log.info({ sequence, ms: Math.round(performance.now() - startedAt) }, 'indices were written to a file');
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      log.warn({ sequence, reason: String(error) }, 'the indices could not be written to a file');
    }
  }

  #formOf(settings: string): string {
    return `${this.#options.version} ${settings}`;
  }
}

/** What is wrong with each index file that is not as it was written, one text for each. Reads all of them. */
export async function* problemsOfIndexFiles(
  data: string,
  store: Pick<Store, 'stateDigest'>,
  { share = 1 }: { readonly share?: number } = {},
): AsyncGenerator<string> {
  for (const path of data === ':memory:' ? [] : await indexFilesOf(data)) {
    if (share < 1 && Math.random() >= share) continue;
    // A server that runs replaces its files.
    const problem = await problemOf(path, store).catch((error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? null : error.message,
    );
    if (problem !== null)
      yield `index file: ${path} cannot be used, ${problem}; remove it, the next start does without it`;
  }
}

const problemOf = (path: string, store: Pick<Store, 'stateDigest'>): Promise<string | null> =>
  withIndexFile(path, async ({ footer, columns }) => {
    for await (const _column of columns());
    return store.stateDigest(footer.sequence) === footer.digest ? null : 'it is of another state of the ledger';
  });
