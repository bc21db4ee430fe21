import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../../errors.ts';
import { importTargets } from '../../lib/import-targets.ts';
import type { Imports } from '../imports/imports.ts';
import type { Import } from '../imports/job.ts';

/** A folder with a sub-folder for each import target: files that are put there are taken in, and stay where they are. */
export interface WatchedFolder {
  /** Makes the sub-folders and begins to look; rejects when they cannot be made. */
  start(): Promise<void>;
  /** Ends the looking; an import that runs ends with the store. */
  close(): void;
}

/** What there is to say about the folder. */
export interface WatchReport {
  /** A file was taken in, in whole or in part, or its import failed. */
  taken(file: string, ended: Import): void;
  /** A file or sub-folder could not be read. */
  failed(path: string, error: unknown): void;
}

interface Seen {
  /** Changes with the file. */
  readonly version: string;
  isTaken: boolean;
}

interface Found {
  readonly path: string;
  /** What its import is called after: `users/monday.json`. */
  readonly name: string;
  readonly modifiedMs: number;
  readonly version: string;
}

/**
 * Looks at the folder every `watchMs`, because `fs.watch` tells different things on different systems and nothing at all
 * on network folders. A file that two looks found the same is taken in once a version: one that fails is tried again when
 * it has changed, or when a server starts. Each file of `ip-ranges` is a table of its own.
 */
export const createWatchedFolder = (
  imports: Imports,
  { watchFolder, watchMs }: { readonly watchFolder: string; readonly watchMs: number },
  report: WatchReport,
): WatchedFolder => {
  let seen = new Map<string, Seen>();
  const unreadable = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let closed = watchFolder === '';

  const filesOf = async (folder: string): Promise<Found[]> => {
    const names = (await readdir(join(watchFolder, folder))).filter((name) => !isPassedOver(name));
    const found = await Promise.all(names.map((name) => fileAt(join(watchFolder, folder, name), `${folder}/${name}`)));
    // The older first, because the later one wins.
    return found.filter((file) => file !== null).sort((a, b) => a.modifiedMs - b.modifiedMs || compare(a.name, b.name));
  };

  const take = async (target: string, { path, name }: Found, standing: Seen): Promise<void> => {
    standing.isTaken = true;
    try {
      const run = await imports.start(target, [{ path, name }], { unlessUnchanged: true });
      for (const ended of await run.done) if (!closed) report.taken(path, ended);
    } catch (error) {
      // Nothing has begun: the next look tries again.
      if (error instanceof DomainError && error.code === 'OVERLOADED') standing.isTaken = false;
      if (!closed) report.failed(path, error);
    }
  };

  const look = async (): Promise<void> => {
    const before = seen;
    seen = new Map();
    for (const { target, command } of importTargets) {
      const folder = join(watchFolder, command);
      const files = await filesOf(command).catch((error: unknown) => {
        // Said once, not every two seconds.
        if (!unreadable.has(folder) && !closed) report.failed(folder, error);
        unreadable.add(folder);
        return null;
      });
      if (files === null) continue;
      unreadable.delete(folder);
      for (const file of files) {
        if (closed) return;
        const known = before.get(file.path);
        const isSame = known?.version === file.version;
        const standing = isSame ? known : { version: file.version, isTaken: false };
        seen.set(file.path, standing);
        if (isSame && !standing.isTaken) await take(target, file, standing);
      }
    }
  };

  const lookAgain = async (): Promise<void> => {
    await look();
    if (!closed) timer = setTimeout(() => void lookAgain(), watchMs).unref();
  };

  return {
    async start() {
      if (closed) return;
      for (const { command } of importTargets) await mkdir(join(watchFolder, command), { recursive: true });
      void lookAgain();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
};

/** Files that are still being written, and those that are hidden. */
const isPassedOver = (name: string): boolean => name.startsWith('.') || /\.(part|tmp)$/i.test(name);

/** Null for what is no file, or is gone by now. What cannot be looked at fails when it is taken in. */
const fileAt = async (path: string, name: string): Promise<Found | null> => {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return null;
    const { size, mtimeMs, ino } = stats;
    // With the inode, because a file that replaces another by rename may be as long and as old.
    return { path, name, modifiedMs: mtimeMs, version: `${size} ${mtimeMs} ${ino}` };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? null : { path, name, modifiedMs: 0, version: String(code) };
  }
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
