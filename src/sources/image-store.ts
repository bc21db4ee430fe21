import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError, writeFaultOf } from '../errors.ts';
import { ownedFileName, removeAbandonedFiles } from '../lib/owned-files.ts';

/** Images by their content: each content is one file, which never changes. */
export interface ImageStore {
  /** Stores an image and returns the SHA-256 of its bytes in hex. Resolves after the image is synced to disk. Throws OUT_OF_SPACE and STORAGE_FAILED. */
  store(bytes: Buffer): Promise<string>;
  /** The bytes of an image that was stored. Throws DATA_DAMAGED when its file is missing or has other content. */
  bytesOf(sha256: string): Promise<Buffer>;
  /** Removes what processes that no longer run have left unfinished. Call it when a server starts. */
  removeAbandoned(): Promise<void>;
  /** The file of an image with this content. */
  pathOf(sha256: string): string;
}

export const createImageStore = (folder: string): ImageStore => {
  /** Of images that are being written. */
  const parts = join(folder, 'parts');
  const made = new Map<string, Promise<unknown>>();
  const subfolderOf = (sha256: string): string => join(folder, sha256.slice(0, 2));
  const pathOf = (sha256: string): string => join(subfolderOf(sha256), sha256);

  const makeSubfolder = (subfolder: string): Promise<unknown> => {
    let making = made.get(subfolder);
    if (!making) {
      making = mkdir(subfolder, { recursive: true });
      made.set(subfolder, making);
      // A folder that cannot be made now may be made later.
      making.catch(() => made.delete(subfolder));
    }
    return making;
  };

  return {
    pathOf,
    removeAbandoned: () => removeAbandonedFiles(parts),
    async store(bytes) {
      const sha256 = sha256Of(bytes);
      const path = pathOf(sha256);
      const existing = await readFile(path).catch(() => null);
      // A damaged file is written anew.
      if (existing && sha256Of(existing) === sha256) return sha256;
      const part = join(parts, ownedFileName());
      try {
        await Promise.all([makeSubfolder(parts), makeSubfolder(subfolderOf(sha256))]);
        const file = await open(part, 'w');
        try {
          await file.writeFile(bytes);
          await file.datasync();
        } finally {
          await file.close();
        }
        await rename(part, path);
      } catch (error) {
        await rm(part, { force: true }).catch(() => undefined);
        throw writeFaultOf(error);
      }
      return sha256;
    },
    async bytesOf(sha256) {
      const path = pathOf(sha256);
      const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
        if (unreadableCodes.has(error.code)) return null;
        throw error;
      });
      if (bytes && sha256Of(bytes) === sha256) return bytes;
      throw new DomainError(
        'DATA_DAMAGED',
        `the file of the image ${sha256} ${bytes ? 'is not as it was stored' : 'is missing or cannot be read'}; put it back from a backup, or synchronize the user files again`,
      );
    },
  };
};

/** Of a file that is missing, that a folder has replaced, or that the disk no longer returns. */
const unreadableCodes: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EIO']);

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
