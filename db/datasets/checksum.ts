import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FileChecksum } from './engine.ts';

const chunkBytes = 1024 * 1024;

/** The size and the digest of a file. Throws the error of the system when it cannot be read. */
export const checksumOf = async (path: string): Promise<FileChecksum> => {
  const file = await open(path);
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(chunkBytes);
    let fileBytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes);
      if (bytesRead === 0) return { fileBytes, fileSha256: hash.digest('hex') };
      hash.update(chunk.subarray(0, bytesRead));
      fileBytes += bytesRead;
    }
  } finally {
    await file.close();
  }
};
