import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isOtherProcessAlive } from '../../src/lib/process-alive.ts';
import { unavailable } from './connection.ts';

const refreshMs = 2000;
/** A holder that has not refreshed its file for so long has ended, even if a process with its id runs: ids are used again. */
const staleMs = 20_000;

/**
 * Lets one process of a data folder copy to ClickHouse: two would divide the ledger into different blocks, and ClickHouse
 * recognizes only repeats of the same one.
 */
export class CopierLock {
  readonly #file: string | null;
  #timer: NodeJS.Timeout | undefined;

  /** A ledger in memory belongs to this process alone. */
  constructor(data: string) {
    this.#file = data === ':memory:' ? null : join(data, 'clickhouse.pid');
  }

  /** To be called before each block. Throws FACTS_UNAVAILABLE while another process holds it. */
  acquire(): void {
    const file = this.#file;
    if (file === null) return;
    const holder = holderOf(file);
    if (holder === process.pid && this.#timer) return;
    this.release();
    if (holder !== null && isOtherProcessAlive(holder) && ageMsOf(file) < staleMs)
      throw unavailable(`process ${holder} on the same data folder copies the ledger to ClickHouse`);
    rmSync(file, { force: true });
    // Fails for one of two processes that found no holder.
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    this.#timer = setInterval(() => refresh(file), refreshMs);
    this.#timer.unref();
  }

  release(): void {
    if (this.#file === null || !this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (holderOf(this.#file) === process.pid) rmSync(this.#file, { force: true });
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

const ageMsOf = (file: string): number => {
  const modifiedMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return modifiedMs === undefined ? Number.POSITIVE_INFINITY : Date.now() - modifiedMs;
};

const refresh = (file: string): void => {
  if (holderOf(file) !== process.pid) return;
  const now = new Date();
  utimesSync(file, now, now);
};
