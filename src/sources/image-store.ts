import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Images by what is in them: one content is one file, which never changes. */
export interface ImageStore {
  /** Keeps an image and gives the SHA-256 of its bytes in hex. It is on disk when this resolves. */
  keep(bytes: Buffer): Promise<string>;
  /** Null when there is none of this content. */
  bytesOf(sha256: string): Promise<Buffer | null>;
}

export const createImageStore = (folder: string): ImageStore => {
  const made = new Map<string, Promise<unknown>>();
  const roomOf = (sha256: string): string => join(folder, sha256.slice(0, 2));
  const pathOf = (sha256: string): string => join(roomOf(sha256), sha256);

  const makeRoom = (room: string): Promise<unknown> => {
    const making = made.get(room) ?? mkdir(room, { recursive: true });
    made.set(room, making);
    return making;
  };

  return {
    async keep(bytes) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const path = pathOf(sha256);
      const there = await stat(path).catch(() => null);
      if (there?.size === bytes.length) return sha256;
      await makeRoom(roomOf(sha256));
      const part = `${path}.${randomUUID()}.part`;
      try {
        const file = await open(part, 'w');
        try {
          await file.writeFile(bytes);
          await file.datasync();
        } finally {
          await file.close();
        }
        await rename(part, path);
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
      return sha256;
    },
    bytesOf: (sha256) =>
      readFile(pathOf(sha256)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      }),
  };
};
