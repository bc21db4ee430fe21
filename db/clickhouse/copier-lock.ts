import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isOtherProcessAlive } from '../../src/lib/process-alive.ts';
import { unavailable } from './connection.ts';

/**
 * Lets one process of a data folder copy to ClickHouse: two would divide the ledger into different blocks, and ClickHouse
 * recognizes only repeats of the same one.
 */
export class CopierLock {
  readonly #file: string | null;
  #isHeld = false;

  /** A ledger in memory belongs to this process alone. */
  constructor(data: string) {
    this.#file = data === ':memory:' ? null : join(data, 'clickhouse.pid');
  }

  /** Throws FACTS_UNAVAILABLE while another process holds it. */
  acquire(): void {
    if (this.#file === null || this.#isHeld) return;
    const holder = holderOf(this.#file);
    if (holder !== null && isOtherProcessAlive(holder))
      throw unavailable(`process ${holder} on the same data folder copies the ledger to ClickHouse`);
    rmSync(this.#file, { force: true });
    // Fails for one of two processes that found no holder.
    writeFileSync(this.#file, String(process.pid), { flag: 'wx' });
    this.#isHeld = true;
  }

  release(): void {
    if (this.#file === null || !this.#isHeld) return;
    rmSync(this.#file, { force: true });
    this.#isHeld = false;
  }
}

/** Null when there is none. */
const holderOf = (file: string): number | null => {
  try {
    return Number(readFileSync(file, 'utf8')) || null;
  } catch {
    return null;
  }
};
