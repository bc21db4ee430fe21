import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../../errors.ts';
import type { Imports } from '../imports/imports.ts';
import type { Import } from '../imports/job.ts';
import type { DatasetUploads } from './dataset-uploads.ts';

/** A folder with a sub-folder for each import target: new files in it are imported, and stay where they are. */
export interface WatchedFolder {
  /** Creates the sub-folders and starts polling; rejects when they cannot be created. */
  start(): Promise<void>;
  /** Stops polling; an import that runs ends with the store. */
  close(): void;
}

export interface WatchReport {
  /** A file was imported, completely or in part, or its import failed. */
  imported(file: string, ended: Import): void;
  /** A file or sub-folder could not be read. */
  failed(path: string, error: unknown): void;
}

/** A sub-folder of the watched folder. */
export interface DropFolder {
  readonly folder: string;
  /** Imports a file; resolves with its imports at their end, with none when its content was imported already. */
  importFile(file: { readonly path: string; readonly name: string }): Promise<readonly Import[]>;
}

/** A folder for the files of each target; a file of `datasets` becomes the dataset of its name. */
export const dropFolders = ({
  imports,
  datasetUploads,
}: {
  readonly imports: Imports;
  readonly datasetUploads: DatasetUploads;
}): readonly DropFolder[] => [
  ...imports.importers.map(({ target: { name: target, command: folder } }) => ({
    folder,
    importFile: async (file: { readonly path: string; readonly name: string }) => {
      const run = await imports.start(target, [file], { unlessUnchanged: true });
      return run.done;
    },
  })),
  {
    folder: 'datasets',
    async importFile({ path, name }) {
      const run = await datasetUploads.importDropped(path, name);
      return run ? [await run.done] : [];
    },
  },
];

interface SeenFile {
  /** Changes with the file. */
  readonly version: string;
  isImported: boolean;
}

interface FoundFile {
  readonly path: string;
  /** The source of its import: `users/monday.json`. */
  readonly name: string;
  readonly modifiedMs: number;
  readonly version: string;
}

/**
 * Polls the folder every `watchMs`, because `fs.watch` reports different events on different systems and none on network
 * folders. A file is imported once two polls have found the same version of it. One that fails is tried again when it has
 * changed, or when a server starts. Each file of `ip-ranges` is a table of its own.
 */
export const createWatchedFolder = (
  folders: readonly DropFolder[],
  { watchFolder, watchMs }: { readonly watchFolder: string; readonly watchMs: number },
  report: WatchReport,
): WatchedFolder => {
  let seen = new Map<string, SeenFile>();
  const unreadable = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let closed = watchFolder === '';

  const importFile = async (drop: DropFolder, { path, name }: FoundFile, file: SeenFile): Promise<void> => {
    file.isImported = true;
    try {
      for (const ended of await drop.importFile({ path, name })) if (!closed) report.imported(path, ended);
    } catch (error) {
      // No import began: the next poll tries again.
      if (error instanceof DomainError && error.code === 'OVERLOADED') file.isImported = false;
      if (!closed) report.failed(path, error);
    }
  };

  const poll = async (): Promise<void> => {
    const before = seen;
    seen = new Map();
    for (const drop of folders) {
      const folder = join(watchFolder, drop.folder);
      const files = await filesIn(watchFolder, drop.folder).catch((error: unknown) => {
        // Reported once, not at every poll.
        if (!unreadable.has(folder) && !closed) report.failed(folder, error);
        unreadable.add(folder);
        return null;
      });
      if (files === null) continue;
      unreadable.delete(folder);
      for (const found of files) {
        if (closed) return;
        const known = before.get(found.path);
        const isSame = known?.version === found.version;
        const file = isSame ? known : { version: found.version, isImported: false };
        seen.set(found.path, file);
        if (isSame && !file.isImported) await importFile(drop, found, file);
      }
    }
  };

  const pollAgain = async (): Promise<void> => {
    await poll();
    if (!closed) timer = setTimeout(() => void pollAgain(), watchMs).unref();
  };

  return {
    async start() {
      if (closed) return;
      for (const { folder } of folders) await mkdir(join(watchFolder, folder), { recursive: true });
      void pollAgain();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
};

/** The files of a sub-folder, the oldest first: of two versions of a record the later one counts. */
const filesIn = async (root: string, folder: string): Promise<FoundFile[]> => {
  const names = (await readdir(join(root, folder))).filter((name) => !isIgnored(name));
  const found = await Promise.all(names.map((name) => fileAt(join(root, folder, name), `${folder}/${name}`)));
  return found.filter((file) => file !== null).sort((a, b) => a.modifiedMs - b.modifiedMs || compare(a.name, b.name));
};

/** Files that are still being written, and hidden files. */
const isIgnored = (name: string): boolean => name.startsWith('.') || /\.(part|tmp)$/i.test(name);

/** Null for what is not a file or no longer exists. A file whose state cannot be read fails when it is imported. */
const fileAt = async (path: string, name: string): Promise<FoundFile | null> => {
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
