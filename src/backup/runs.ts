import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '../errors.ts';
import { hasRunEnded, newRunName } from '../lib/run-name.ts';
import type { BackupTarget } from './target.ts';

/** A backup relies on objects that exist; a sweep removes those that no manifest names. */
type RunKind = 'backup' | 'sweep';

export interface Run {
  /** Whether runs of a kind are in progress besides this one. */
  hasOthers(kind: RunKind): Promise<boolean>;
  end(): Promise<void>;
}

const runFolder = 'running';
const renewEveryMs = 30_000;
/** A run of another machine that has not renewed its mark for so long is taken for ended. */
const expiresAfterMs = 900_000;
const waitMs = 500;

/**
 * Marks a run in the target. Each kind first sets its mark and then looks for the marks of the other kind, so that of two
 * that begin at once at least one sees the other; this needs a store that lists what was just written, as S3 does.
 */
export const beginRun = async (target: BackupTarget, kind: RunKind, signal: AbortSignal): Promise<Run> => {
  const run = newRunName();
  const own = `${runFolder}/${kind}-${run}`;
  const mark = (): Promise<void> => target.write(own, Buffer.from(JSON.stringify({ atMs: Date.now() })), signal);
  await mark();
  const timer = setInterval(() => void mark().catch(() => undefined), renewEveryMs).unref();
  return {
    async hasOthers(other) {
      const prefix = `${runFolder}/${other}-`;
      for (const { name } of await target.list(runFolder, signal))
        if (name.startsWith(prefix) && name !== own && (await isInProgress(target, name, signal))) return true;
      return false;
    },
    async end() {
      clearInterval(timer);
      // Also after an abort: without it the others would wait for the mark to expire.
      await target.remove(own, new AbortController().signal);
    },
  };
};

/** Removes the mark of a run that has ended without removing it. */
const isInProgress = async (target: BackupTarget, name: string, signal: AbortSignal): Promise<boolean> => {
  const run = name.slice(name.indexOf('-') + 1);
  const hasEnded = hasRunEnded(run);
  if (hasEnded === false) return true;
  if (hasEnded === null) {
    const content = await target.read(name, signal);
    if (content === null) return false;
    const [, atMs = 0] = /"atMs":(\d+)/.exec(content.toString()) ?? [];
    if (Date.now() - Number(atMs) < expiresAfterMs) return true;
  }
  await target.remove(name, signal);
  return false;
};

/** Waits until no sweep runs. Throws CONFLICT when one runs for too long. */
export const waitForSweeps = async (target: BackupTarget, run: Run, signal: AbortSignal): Promise<void> => {
  const deadline = Date.now() + expiresAfterMs;
  while (await run.hasOthers('sweep')) {
    if (Date.now() > deadline)
      throw new DomainError('CONFLICT', `another process removes old backups from ${target.location}; try again later`);
    await delay(waitMs, undefined, { signal });
  }
};
