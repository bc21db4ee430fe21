import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** A file that the store names, and what it must still be. */
export interface StoredFile {
  /** What the file is, for a message: `image 7.png of user 7`. */
  readonly what: string;
  readonly path: string;
  /** Null when the store does not say. */
  readonly bytes: number | null;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** The files that one part of the program stores; they are listed as they are read. */
export type StoredFiles = () => Iterable<StoredFile>;

/** Says what is wrong with a file; null when it exists and is what it was. Reads all of it. */
export const problemOfFile = async ({ what, path, bytes, sha256 }: StoredFile): Promise<string | null> => {
  const problem = (is: string): string => `${what}: ${path} ${is}`;
  try {
    const found = await stat(path);
    if (!found.isFile()) return problem('is not a file');
    if (bytes !== null && found.size !== bytes) return problem(`has ${found.size} bytes instead of ${bytes}`);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    return hash.digest('hex') === sha256
      ? null
      : problem(`has other content than when it was stored (SHA-256 ${sha256})`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return problem(code === 'ENOENT' || code === 'ENOTDIR' ? 'is missing' : `cannot be read: ${message}`);
  }
};
