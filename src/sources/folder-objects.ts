import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import pMap from 'p-map';
import {
  type ListedObject,
  type ObjectSource,
  ObjectStoreError,
  outputFolder,
  outputName,
  tooManyBytes,
} from './object-source.ts';

/** Names per page of a listing. */
const namesPerPage = 1000;
/** Concurrent `stat` calls. */
const statsParallel = 32;

/** The files of a folder; the table goes to `processed_data` beside it. */
export const openFolder = (path: string): ObjectSource => {
  const root = resolve(path);
  const output = join(dirname(root), outputFolder, outputName);

  const listedObject = async (name: string): Promise<ListedObject | null> => {
    const stats = await stat(join(root, name), { bigint: true }).catch(unlessMissing);
    if (!stats?.isFile()) return null;
    return { name, bytes: Number(stats.size), version: versionOf(stats) };
  };

  return {
    location: root,
    output: `${outputFolder}/${outputName}`,
    async *list(signal) {
      const names = await readdir(root).catch((cause: unknown) => {
        throw faultOf(`the folder ${root} cannot be read`, cause);
      });
      const visible = names.filter((name) => !isIgnored(name));
      for (let from = 0; from < visible.length; from += namesPerPage) {
        signal.throwIfAborted();
        const page = await pMap(visible.slice(from, from + namesPerPage), listedObject, {
          concurrency: statsParallel,
        }).catch((cause: unknown) => {
          throw faultOf(`the folder ${root} cannot be read`, cause);
        });
        yield page.filter((object) => object !== null);
      }
    },
    async read(name, bytesMax, signal) {
      signal.throwIfAborted();
      try {
        const file = await open(join(root, name));
        try {
          return await readAll(file, name, bytesMax);
        } finally {
          await file.close();
        }
      } catch (error) {
        if (error instanceof ObjectStoreError) throw error;
        if (unlessMissing(error) === null) return null;
        throw faultOf(`${name} cannot be read`, error);
      }
    },
    async writeOutput(content, signal) {
      signal.throwIfAborted();
      // Hidden, and in the same folder because a rename does not cross file systems.
      const part = join(dirname(output), `.${outputName}.${randomUUID()}.part`);
      try {
        await mkdir(dirname(output), { recursive: true });
        const file = await open(part, 'w');
        try {
          await file.writeFile(content);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(part, output);
        return versionOf(await stat(output, { bigint: true }));
      } catch (error) {
        await rm(part, { force: true }).catch(() => undefined);
        throw faultOf(`${output} cannot be written`, error);
      }
    },
    async outputVersion() {
      const stats = await stat(output, { bigint: true }).catch(() => null);
      return stats && versionOf(stats);
    },
  };
};

/** With the inode, because a file that replaces another by rename may be as long and as old. */
const versionOf = ({ size, mtimeNs, ino }: { size: bigint; mtimeNs: bigint; ino: bigint }): string =>
  `${size} ${mtimeNs} ${ino}`;

/** Files that are still being written, and hidden files. */
const isIgnored = (name: string): boolean => name.startsWith('.') || /\.(part|tmp)$/i.test(name);

const unlessMissing = (error: unknown): null => {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw error;
};

/** A file may grow while it is read: at most one byte more than `bytesMax` is read. */
const readAll = async (file: Awaited<ReturnType<typeof open>>, name: string, bytesMax: number): Promise<Buffer> => {
  const { size } = await file.stat();
  if (size > bytesMax) throw tooManyBytes(name, bytesMax);
  const bytes = Buffer.alloc(Math.min(size, bytesMax) + 1);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length > bytesMax) throw tooManyBytes(name, bytesMax);
  return bytes.subarray(0, length);
};

const transientCodes = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'EBUSY', 'EIO', 'ETIMEDOUT', 'ESTALE']);

const faultOf = (message: string, cause: unknown): ObjectStoreError => {
  const { code = '' } = cause as NodeJS.ErrnoException;
  return new ObjectStoreError(`${message}: ${code || String(cause)}`, { isTransient: transientCodes.has(code), cause });
};
