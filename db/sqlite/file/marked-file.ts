import { existsSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { isOtherProcessAlive } from '../../../src/lib/process-alive.ts';
import type { StoreState } from '../digests/store-state.ts';
import { type FileIdentity, MarkFile, type MarkState } from './mark.ts';
import { asDamage, checkBeforeOpening, identityOf, stateOf } from './preflight.ts';

interface MarkedFileOptions {
  readonly isReadOnly?: boolean;
  readonly acceptsLoss?: boolean;
  readonly isInThread?: boolean;
}

/**
 * Call it before the file of a store is opened. Throws DATA_DAMAGED when the file is no store, or lacks what its mark says
 * it had.
 */
export const openMarkedFile = (path: string, options: MarkedFileOptions): MarkedFile => {
  const markPath = markPathOf(path);
  const { isReadOnly = false, acceptsLoss = false } = options;
  const mark = isReadOnly && !existsSync(markPath) ? null : new MarkFile(markPath, isReadOnly);
  try {
    if (!isReadOnly && !acceptsLoss) checkBeforeOpening(path, mark?.read() ?? null);
    return new MarkedFile(path, mark, options);
  } catch (error) {
    mark?.close();
    throw error;
  }
};

/** What the mark of a store says; null without one. */
export const markedStateOf = (path: string): MarkState | null => {
  if (!existsSync(markPathOf(path))) return null;
  const mark = new MarkFile(markPathOf(path), true);
  try {
    return mark.read();
  } finally {
    mark.close();
  }
};

/** The file of the mark of a store. */
export const markPathOf = (path: string): string => path.replace(/\.sqlite$/, '.mark');

/** The file of a store with its mark: whether anybody else has changed it, and how far it has got. */
export class MarkedFile {
  readonly path: string;
  readonly #mark: MarkFile | null;
  readonly #options: MarkedFileOptions;
  readonly #before: FileIdentity | null;
  readonly #isNew: boolean;
  /** Whether this process knows that the store is sound. */
  #isSound: boolean;
  #isClosed = false;

  constructor(path: string, mark: MarkFile | null, options: MarkedFileOptions) {
    this.path = path;
    this.#mark = mark;
    this.#options = options;
    this.#before = identityOf(path);
    this.#isNew = !existsSync(path);
    this.#isSound = this.#isNew || (this.#before !== null && mark?.wasClosedAs(this.#before) === true);
  }

  /** Call it once the store is open for writing. */
  opened(client: Database.Database): void {
    const state = stateOf(client);
    if (this.#options.acceptsLoss) this.#mark?.reset(state);
    else this.#mark?.write(state);
  }

  mark(): MarkState | null {
    return this.#mark?.read() ?? null;
  }

  /** Call it after COMMIT and before anybody is told. */
  committed(state: StoreState): void {
    // A commit in a thread may end with the store that is closed meanwhile; the number of a closed file may be another's.
    if (this.#isClosed) return;
    try {
      this.#mark?.write(state);
    } catch {
      // A mark that stays behind sees less, but what was committed is committed.
    }
  }

  /** Whether the whole store has to be checked: nobody knows that it is sound. */
  get needsCheck(): boolean {
    if (this.#isSound) return false;
    const other = this.#mark?.verifiedBy() ?? null;
    return other === null || !isOtherProcessAlive(other);
  }

  /** Notes that the store was found sound, for commands that run beside this process and for the next start. */
  foundSound(): void {
    if (this.#isClosed) return;
    this.#isSound = true;
    this.#mark?.noteVerifiedBy(process.pid);
  }

  foundDamaged(): void {
    this.#isSound = false;
  }

  /** The error of SQLite as one that says what to do. */
  explained(error: unknown): unknown {
    return asDamage(this.path, error);
  }

  /** Call it after the store is closed. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { isReadOnly, isInThread } = this.#options;
    // The thread that opened the store first closes it.
    if (!isReadOnly && !isInThread) {
      if (this.#mark?.verifiedBy() === process.pid) this.#mark.noteVerifiedBy(null);
      const identity = this.#isSound ? identityOf(this.path) : null;
      if (identity) this.#mark?.noteClosed(identity);
    }
    this.#mark?.close();
  }
}
