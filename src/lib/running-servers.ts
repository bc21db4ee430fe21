import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isOtherProcessAlive } from './process-alive.ts';

/** A server that runs on a data folder has a file here, whose time says when it last read what others had changed. */
const folderOf = (data: string): string => join(data, 'servers');

/** Names a process among those of all machines and containers that share the folder. */
const nameOf = (processId: number): string => `${hostname()}.${processId}`;

export interface ServerNotice {
  /** The server has read what other processes committed until now. */
  followed(): void;
  remove(): void;
}

/** Tells other processes that a server runs on a data folder, which is not in memory. */
export const announceServer = (data: string): ServerNotice => {
  if (data === ':memory:') return { followed: () => undefined, remove: () => undefined };
  const file = join(folderOf(data), nameOf(process.pid));
  mkdirSync(folderOf(data), { recursive: true });
  writeFileSync(file, '');
  return {
    followed() {
      const now = new Date();
      utimesSync(file, now, now);
    },
    remove: () => rmSync(file, { force: true }),
  };
};

const pollMs = 20;

/**
 * Waits until every server that runs on a data folder has read what was committed before `sinceMs` (milliseconds since 1970
 * UTC). Returns how many had not after `waitMs`: those of other machines count, because nobody can say whether they run.
 */
export const untilServersFollow = async (data: string, sinceMs: number, waitMs: number): Promise<number> => {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const behind = filesOf(data).filter((name) => isRunning(name) && followedMs(data, name) < sinceMs);
    if (behind.length === 0 || performance.now() > deadline) return behind.length;
    await delay(pollMs);
  }
};

const filesOf = (data: string): string[] => {
  try {
    return readdirSync(folderOf(data));
  } catch {
    return [];
  }
};

/** When it has last read changes; never again for one that has ended meanwhile. */
const followedMs = (data: string, name: string): number =>
  statSync(join(folderOf(data), name), { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;

const isRunning = (name: string): boolean => {
  const host = name.slice(0, name.lastIndexOf('.'));
  return host !== hostname() || isOtherProcessAlive(Number(name.slice(host.length + 1)));
};

/** Whether a server of another process runs on a data folder. */
export const isServedByOthers = (data: string): boolean =>
  filesOf(data).some((name) => name !== nameOf(process.pid) && isRunning(name));
