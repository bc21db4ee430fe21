import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type DomainError, storageFaultOf, writeFaultOf } from '../../../src/errors.ts';

/** The state of writes has changed: the fault that they fail with, null once they succeed again. */
export type WriteFaultListener = (fault: DomainError | null) => void;

/** More than a small transaction appends, so that a disk with a few bytes left does not count as one with space. */
const probeBytes = 1_000_000;

/** Whether writes succeed at present. One that fails makes the store unhealthy, one that succeeds makes it healthy again. */
export class WriteHealth {
  /** Null for a store in memory. */
  readonly #folder: string | null;
  readonly #listeners = new Set<WriteFaultListener>();
  #fault: DomainError | null = null;

  constructor(folder: string | null) {
    this.#folder = folder;
  }

  get fault(): DomainError | null {
    return this.#fault;
  }

  onChange(listener: WriteFaultListener): void {
    this.#listeners.add(listener);
  }

  /** Notes how a write ended; `fault` is null when it was stored. A process that is outdated stays so. */
  note(fault: DomainError | null): void {
    const before = this.#fault;
    if (before?.code === 'OUTDATED' || (before === null && fault === null)) return;
    this.#fault = fault;
    if (before?.code !== fault?.code) for (const listener of this.#listeners) listener(fault);
  }

  /**
   * Writes a small file to the data folder, syncs and removes it. Returns what fails. SQLite alone is no probe: its log has
   * room for a small transaction even when nothing else can be written.
   */
  faultOfFolder(): DomainError | null {
    if (this.#folder === null) return null;
    const path = join(this.#folder, '.write-probe');
    try {
      const file = openSync(path, 'w');
      try {
        const bytes = Buffer.alloc(probeBytes);
        for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
        fsyncSync(file);
      } finally {
        closeSync(file);
        rmSync(path, { force: true });
      }
      return null;
    } catch (error) {
      const fault = storageFaultOf(writeFaultOf(error));
      if (fault) return fault;
      throw error;
    }
  }
}
