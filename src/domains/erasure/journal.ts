import { existsSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFaultOf } from '../../errors.ts';

/** The files that an erasure removes unless the store still names them. */
export interface JournalEntries {
  /** SHA-256 of each. */
  readonly images: readonly string[];
  /** Of versions of datasets: the old ones and the new ones. */
  readonly files: readonly string[];
}

const none: JournalEntries = { images: [], files: [] };

/**
 * A file that exists while an erasure has not come to its end: it names the files to remove, which the store no longer does
 * once the records are erased. It says nothing of the person.
 */
export class ErasureJournal {
  /** Null for a store in memory, which is gone after an interruption. */
  readonly #path: string | null;

  constructor(data: string) {
    this.#path = data === ':memory:' ? null : join(data, 'erasure.journal');
  }

  exists(): boolean {
    return this.#path !== null && existsSync(this.#path);
  }

  /** Resolves once it is synced to disk. Throws OUT_OF_SPACE and STORAGE_FAILED. */
  async begin(entries: JournalEntries): Promise<void> {
    if (this.#path === null) return;
    const part = `${this.#path}.part`;
    try {
      const file = await open(part, 'w');
      try {
        await file.writeFile(JSON.stringify(entries));
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(part, this.#path);
      await syncFolder(dirname(this.#path));
    } catch (error) {
      await rm(part, { force: true }).catch(() => undefined);
      throw writeFaultOf(error);
    }
  }

  async read(): Promise<JournalEntries> {
    if (this.#path === null) return none;
    const text = await readFile(this.#path, 'utf8').catch(() => null);
    // It is renamed into its place once it is whole.
    return text === null ? none : (JSON.parse(text) as JournalEntries);
  }

  async end(): Promise<void> {
    if (this.#path !== null) await rm(this.#path, { force: true });
  }
}

const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};
