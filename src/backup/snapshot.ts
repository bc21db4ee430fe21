import { link, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import pMap from 'p-map';
import { storeFileName } from '../../db/open.ts';
import type { StoreCopier } from '../../db/store.ts';
import { DomainError } from '../errors.ts';
import { makeScratchFolder } from '../lib/scratch-folder.ts';
import type { OwnedFile } from '../sources/stored-file.ts';

/** What a copy of the store says about itself. */
export interface StoreState {
  readonly sequence: number;
  readonly problems: readonly string[];
  /** The files that it names, by their paths in the folder of the copy. */
  readonly files: readonly StateFile[];
}

export interface StateFile extends OwnedFile {
  /** Where it can be read if it is not in the data folder. */
  readonly elsewhere?: string;
}

/** Opens a data folder that holds nothing but a copy of the store's file. */
export type Inspect = (data: string) => Promise<StoreState>;

/** A file of a snapshot: where it can be read, and where it belongs in the data folder. */
export interface SnapshotFile extends StateFile {
  readonly target: string;
}

/** One state of a store with its files, which stay readable until `remove`. */
export interface Snapshot {
  readonly sequence: number;
  readonly problems: readonly string[];
  /** The file of the store first. */
  readonly files: readonly SnapshotFile[];
  remove(): Promise<void>;
}

export interface SnapshotServices {
  readonly data: string;
  readonly store: StoreCopier;
  /** Where the copy of the store's file is written. */
  readonly scratch: string;
  readonly inspect: Inspect;
}

/** Versions of datasets are removed all the time; that one is removed just while a copy is made is rare. */
const triesMax = 20;

/** Where the dataset engine keeps the files of versions. */
const versionFolder = 'datasets';

const parallel = 32;

/**
 * Copies the store's file and links the files that the copy names. Links keep the versions of datasets that are removed
 * meanwhile. A file that is missing in two states in a row is missing in the store, and one of the problems. Throws CONFLICT
 * when others vanish each time.
 */
export const takeSnapshot = async (services: SnapshotServices, signal: AbortSignal): Promise<Snapshot> => {
  let missingBefore: ReadonlySet<string> = new Set();
  for (let tries = 1; tries <= triesMax; tries++) {
    signal.throwIfAborted();
    const snapshot = await copyState(services);
    if (snapshot.missing.every(({ target }) => missingBefore.has(target))) return snapshot;
    missingBefore = new Set(snapshot.missing.map(({ target }) => target));
    await snapshot.remove();
  }
  throw new DomainError('CONFLICT', 'versions of datasets were removed during each attempt; try again later');
};

interface CopiedState extends Snapshot {
  readonly missing: readonly SnapshotFile[];
}

const copyState = async ({ data, store, scratch, inspect }: SnapshotServices): Promise<CopiedState> => {
  const copy = await makeScratchFolder(scratch, 'copy-');
  const links = await makeScratchFolder(join(data, 'tmp'), 'backup-');
  const remove = async (): Promise<void> => {
    await rm(copy, { recursive: true, force: true });
    await rm(links, { recursive: true, force: true });
  };
  try {
    // Before the copy, because a version may be removed right after it.
    await linkVersions(data, links);
    const path = join(copy, storeFileName);
    await store.copyTo(path);
    const { sequence, problems, files } = await inspect(copy);
    const loss = store.loss();
    const found = await pMap(files, (file) => findFile({ ...file, target: relative(copy, file.path) }, data, links), {
      concurrency: parallel,
    });
    const missing = found.filter(({ isMissing }) => isMissing);
    return {
      sequence,
      problems: [
        ...(loss === null ? [] : [loss]),
        ...problems,
        ...missing.map(({ owner, target }) => `${owner}: ${target} is missing`),
      ],
      missing,
      files: [
        { owner: 'the ledger', path, target: storeFileName, byteSize: null, sha256: null },
        ...found.filter(({ isMissing }) => !isMissing),
      ],
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
};

/** Links the files of all versions of datasets, as far as the file system can. */
const linkVersions = async (data: string, links: string): Promise<void> => {
  const folder = join(data, versionFolder);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  await pMap(files, ({ name }) => link(join(folder, name), join(links, name)).catch(() => undefined), {
    concurrency: parallel,
  });
};

/** Where a file can be read: its link, which is made now when it is newer than the others, or its own path. */
const findFile = async (
  file: SnapshotFile,
  data: string,
  links: string,
): Promise<SnapshotFile & { readonly isMissing: boolean }> => {
  const own = join(data, file.target);
  if (dirname(file.target) === versionFolder) {
    const linked = join(links, basename(file.target));
    await link(own, linked).catch(() => undefined);
    if (await isFile(linked)) return { ...file, path: linked, isMissing: false };
  }
  const { elsewhere } = file;
  if (elsewhere !== undefined && !(await isFile(own)))
    return { ...file, path: elsewhere, isMissing: !(await isFile(elsewhere)) };
  return { ...file, path: own, isMissing: !(await isFile(own)) };
};

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => null))?.isFile() === true;
