import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../db/store.ts';
import { DomainError } from '../errors.ts';
import { hasRunEnded, newRunName } from '../lib/run-name.ts';

/** A file of a target. */
export interface TargetFile {
  readonly location: string;
  readonly name: string;
}

interface Entry {
  /** The run of the process that writes segments; null once it has ended. */
  readonly run: string | null;
  readonly files: readonly TargetFile[];
}

const refreshMs = 30_000;
/** A run of another machine that has not refreshed its file for so long is taken for ended. */
const staleMs = 900_000;

/**
 * A file in the data folder that exists while segments are written: it keeps others out, and names files of targets that are
 * to be removed unless the catalogue names them. So an interruption leaves none that nobody knows.
 */
export class ArchiveJournal {
  readonly #path: string;
  readonly #run = newRunName();
  #timer: NodeJS.Timeout | undefined;

  constructor(data: string) {
    this.#path = join(data, 'archive.journal');
  }

  /** Returns the files that an interruption may have left. Throws CONFLICT while another process writes segments. */
  async acquire(store: Pick<Store, 'write'>): Promise<readonly TargetFile[]> {
    // The lock of the store for writing keeps other processes from doing the same at once.
    const left = await store.write(() => {
      const known = this.#read();
      if (known && this.#isAtWork(known))
        throw new DomainError('CONFLICT', 'another process archives records of this data folder; try again later');
      this.note(known?.files ?? []);
      return known?.files ?? [];
    });
    this.#timer = setInterval(() => utimesSync(this.#path, new Date(), new Date()), refreshMs).unref();
    return left;
  }

  /** Notes files that are about to be written, or to lose their entry in the catalogue; durable when it returns. */
  note(files: readonly TargetFile[]): void {
    this.#write({ run: this.#run, files });
  }

  /** Lets others in. The journal stays while it names files. */
  release(): void {
    clearInterval(this.#timer);
    const files = this.#read()?.files ?? [];
    if (files.length === 0) rmSync(this.#path, { force: true });
    else this.#write({ run: null, files });
  }

  #isAtWork({ run }: Entry): boolean {
    if (run === null) return false;
    const hasEnded = hasRunEnded(run);
    if (hasEnded !== null) return !hasEnded && run !== this.#run;
    const modifiedMs = statSync(this.#path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return Date.now() - modifiedMs < staleMs;
  }

  #read(): Entry | null {
    try {
      return JSON.parse(readFileSync(this.#path, 'utf8')) as Entry;
    } catch {
      return null;
    }
  }

  #write(entry: Entry): void {
    const part = `${this.#path}.${process.pid}.part`;
    writeFileSync(part, JSON.stringify(entry), { flush: true });
    renameSync(part, this.#path);
  }
}
