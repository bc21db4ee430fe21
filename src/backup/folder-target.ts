import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import pMap from 'p-map';
import { ObjectStoreError } from '../sources/object-source.ts';
import { lazyScratch } from './scratch.ts';
import type { BackupTarget, TargetObject } from './target.ts';

/** Concurrent `stat` calls. */
const statsParallel = 32;

/** Backups in a folder. Only its owner may enter the folders that it makes: a backup holds everything the store holds. */
export const openFolderTarget = (path: string): BackupTarget => {
  const root = resolve(path);
  // On the file system of the objects, so that files can be renamed.
  const scratch = lazyScratch(join(root, 'tmp'), 'run-');
  const unflushed = new Set<string>();

  return {
    location: root,
    async list(folder) {
      return attempt(`${folder} cannot be listed`, async () => {
        const entries = await readdir(join(root, folder), { withFileTypes: true, recursive: true }).catch(
          unlessMissing,
        );
        const files = (entries ?? []).filter((entry) => entry.isFile());
        const objects = await pMap(files, (entry) => objectOf(root, join(entry.parentPath, entry.name)), {
          concurrency: statsParallel,
        });
        return objects.filter((object) => object !== null);
      });
    },
    read: (name) => attempt(`${name} cannot be read`, () => readFile(join(root, name)).catch(unlessMissing)),
    write: (name, bytes) =>
      attempt(`${name} cannot be written`, async () => {
        const end = join(root, name);
        await mkdir(root, { recursive: true, mode: 0o700 });
        const part = join(await scratch.path(), `${randomUUID()}.part`);
        await mkdir(dirname(end), { recursive: true, mode: 0o700 });
        try {
          const file = await open(part, 'wx', 0o600);
          try {
            await file.writeFile(bytes);
            await file.datasync();
          } finally {
            await file.close();
          }
          await rename(part, end);
          for (let folder = dirname(end); folder.length >= root.length; folder = dirname(folder)) unflushed.add(folder);
        } catch (error) {
          await rm(part, { force: true }).catch(() => undefined);
          throw error;
        }
      }),
    remove: (name) => attempt(`${name} cannot be removed`, () => rm(join(root, name), { force: true })),
    flush: () =>
      attempt('the folders cannot be synced to disk', async () => {
        const folders = [...unflushed];
        unflushed.clear();
        await pMap(folders, syncFolder, { concurrency: 4 });
      }),
    scratch: () => attempt('no temporary folder can be made', scratch.path),
    close: scratch.remove,
  };
};

const objectOf = async (root: string, path: string): Promise<TargetObject | null> => {
  const found = await stat(path).catch(unlessMissing);
  return found && { name: path.slice(root.length + 1).replaceAll('\\', '/'), bytes: found.size };
};

/** So that the name of a file that was renamed into a folder survives a loss of power. */
const syncFolder = async (path: string): Promise<void> => {
  // Windows opens no folders.
  const folder = await open(path).catch(() => null);
  try {
    await folder?.sync();
  } finally {
    await folder?.close();
  }
};

const unlessMissing = (error: unknown): null => {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return null;
  throw error;
};

const transientCodes = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'EBUSY', 'EIO', 'ETIMEDOUT', 'ESTALE']);

const attempt = async <R>(what: string, work: () => Promise<R>): Promise<R> => {
  try {
    return await work();
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    throw new ObjectStoreError(`${what}: ${message}`, { isTransient: transientCodes.has(code), cause });
  }
};
