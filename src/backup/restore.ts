import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import pMap from 'p-map';
import { storeFileName } from '../../db/open.ts';
import { DomainError } from '../errors.ts';
import { makeScratchFolder } from '../lib/scratch-folder.ts';
import { type Backup, type BackupFile, type ListedBackup, listBackups } from './manifest.ts';
import { type Chunk, readObject } from './objects.ts';
import type { BackupTarget } from './target.ts';

export interface RestoreRequest {
  readonly target: BackupTarget;
  readonly backup: Backup;
  /** A folder that does not exist or is empty. */
  readonly data: string;
  readonly parallel: number;
  /** Finishes and checks the restored data folder before it appears. */
  readonly finish: (data: string) => Promise<void>;
}

/** The beginning of an id, or `newest`; with a sequence number the earliest backup that reaches it. */
export interface BackupChoice {
  readonly id: string | undefined;
  readonly sequence: number | undefined;
}

/** Throws NOT_FOUND when no backup fits, or when its manifest is damaged. */
export const chooseBackup = async (
  target: BackupTarget,
  { id, sequence }: BackupChoice,
  signal: AbortSignal,
): Promise<Backup> => {
  const listed = await listBackups(target, signal);
  if (listed.length === 0) throw new DomainError('NOT_FOUND', `there is no backup in ${target.location}`);
  const isNamed = id !== undefined && id !== 'newest';
  const fitting = isNamed ? listed.filter((each) => each.id.startsWith(id)) : listed;
  if (fitting.length === 0)
    throw new DomainError('NOT_FOUND', `there is no backup ${id} in ${target.location}; "asof backup list" shows them`);
  if (isNamed && fitting.length > 1)
    throw new DomainError('BAD_REQUEST', `${fitting.length} backups begin with ${id}: write more of the id`);
  return sequence === undefined || id === 'newest' || isNamed
    ? requireSequence(readable(fitting.at(-1) as ListedBackup), sequence)
    : earliestWith(fitting, sequence);
};

/** The newest backup may be damaged: then the operator decides which other one to use. */
const readable = ({ id, backup, damage }: ListedBackup): Backup => {
  if (backup) return backup;
  throw new DomainError('NOT_FOUND', `the backup ${id} cannot be used: ${damage}; choose another with --backup`);
};

const requireSequence = (backup: Backup, sequence: number | undefined): Backup => {
  if (sequence === undefined || sequence <= backup.sequence) return backup;
  throw new DomainError('NOT_FOUND', `the backup ${backup.id} ends at sequence number ${backup.sequence}`);
};

const earliestWith = (listed: readonly ListedBackup[], sequence: number): Backup => {
  const backups = listed.flatMap(({ backup }) => (backup ? [backup] : []));
  const found = backups.find((backup) => backup.sequence >= sequence);
  if (found) return found;
  const last = Math.max(0, ...backups.map((backup) => backup.sequence));
  throw new DomainError('NOT_FOUND', `no backup reaches sequence number ${sequence}; the last one is ${last}`);
};

/**
 * Writes the files of a backup to a folder beside `data`, which gets its name at the end. Every object is compared with its
 * hash. Throws CONFLICT for a folder that is not empty, and NOT_FOUND with a problem for each missing or damaged object.
 */
export const restore = async (request: RestoreRequest, signal: AbortSignal): Promise<void> => {
  const data = resolve(request.data);
  const exists = await requireEmpty(data);
  // Within an existing folder, because a volume is a file system of its own.
  const parent = exists ? data : dirname(data);
  const scratch = await makeScratchFolder(parent, exists ? scratchPrefix : `.${basename(data)}${scratchPrefix}`);
  try {
    const damages = await pMap(request.backup.files, (file) => restoreFile(request, scratch, file, signal), {
      concurrency: 2,
      signal,
    });
    const problems = damages.flat();
    if (problems.length > 0)
      throw new DomainError('NOT_FOUND', `the backup ${request.backup.id} is damaged, nothing was restored`, {
        problems: problems.map((message) => ({ path: 'backup', code: 'MISSING', message })),
      });
    await request.finish(scratch);
    await publish(scratch, data, exists);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

const scratchPrefix = '.restore-';

/** What ext4 puts into the root of a volume, and what an interrupted restore left. */
const isIgnored = (name: string): boolean => name === 'lost+found' || name.startsWith(scratchPrefix);

/** Returns whether the folder exists. Throws CONFLICT when something is in it. */
const requireEmpty = async (data: string): Promise<boolean> => {
  const names = await readdir(data).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  const found = (names ?? []).filter((name) => !isIgnored(name));
  if (found.length === 0) return names !== null;
  const what = found.includes(storeFileName) ? 'holds a store' : 'is not empty';
  throw new DomainError('CONFLICT', `${data} ${what}: restore to a new folder; nothing was changed`);
};

/** Returns what is wrong with its objects. */
const restoreFile = async (
  { target, parallel }: RestoreRequest,
  scratch: string,
  { path, owner, bytes, chunkBytes, isCompressed, chunks }: BackupFile,
  signal: AbortSignal,
): Promise<string[]> => {
  const end = join(scratch, path);
  await mkdir(dirname(end), { recursive: true });
  const file = await open(end, 'wx');
  try {
    const damages = await pMap(
      chunks,
      async (sha256, index) => {
        const start = index * chunkBytes;
        const chunk: Chunk = { sha256, isCompressed, bytes: Math.min(chunkBytes, bytes - start) };
        const { content, damage } = await readObject(target, chunk, signal);
        if (damage !== undefined) return `${owner} (${path}, from byte ${start}): ${damage}`;
        await file.write(content, 0, content.length, start);
        return null;
      },
      { concurrency: parallel, signal },
    );
    await file.sync();
    return damages.filter((damage) => damage !== null);
  } finally {
    await file.close();
  }
};

/** Gives the restored folder its name. An existing folder gets the store's file last, without which it is no store. */
const publish = async (scratch: string, data: string, exists: boolean): Promise<void> => {
  if ((await requireEmpty(data)) !== exists)
    throw new DomainError('CONFLICT', `${data} was made or removed meanwhile; nothing was restored`);
  if (!exists) return rename(scratch, data);
  const names = (await readdir(scratch)).sort((a, b) => Number(a === storeFileName) - Number(b === storeFileName));
  for (const name of names) await rename(join(scratch, name), join(data, name));
};
