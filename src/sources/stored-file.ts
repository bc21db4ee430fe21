import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** A file that the store names, and what it must still be. */
export interface StoredFile {
  readonly path: string;
  /** Null when the store does not say. */
  readonly byteSize: number | null;
  /** In hexadecimal digits; null when the store does not say. */
  readonly sha256: string | null;
}

/** A stored file with what it belongs to, such as an image of a user, in words. */
export interface OwnedFile extends StoredFile {
  readonly owner: string;
  /** Whether the store still names it: a file may have been removed since. Default: it does. */
  readonly isStillNamed?: () => boolean;
}

/** How files are checked. */
export interface FileCheck {
  /** The share of files that are checked, 0 to 1; default: all. */
  readonly share?: number;
  /** Looks only whether they exist and have their size. */
  readonly isQuick?: boolean;
  /** Ends the check. */
  readonly signal?: AbortSignal;
}

/** What is wrong with each faulty file, one text for each. */
export async function* problemsOfFiles(
  files: Iterable<OwnedFile>,
  { share = 1, isQuick = false, signal }: FileCheck,
): AsyncGenerator<string> {
  for (const file of files) {
    if (share < 1 && Math.random() >= share) continue;
    const problem = await problemOfFile(isQuick ? { ...file, sha256: null } : file);
    // The store, which names further files, may be closed by now.
    if (signal?.aborted) return;
    if (problem !== null && file.isStillNamed?.() !== false) yield `${file.owner}: ${problem}`;
  }
}

/** What is wrong with a file; null when it exists and has the size and the content it was stored with. Reads all of it. */
export const problemOfFile = async ({ path, byteSize, sha256 }: StoredFile): Promise<string | null> => {
  try {
    const found = await stat(path);
    if (!found.isFile()) return `${path} is not a file`;
    if (byteSize !== null && found.size !== byteSize) return `${path} has ${found.size} bytes instead of ${byteSize}`;
    if (sha256 === null) return null;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    return hash.digest('hex') === sha256
      ? null
      : `${path} has other content than when it was stored (SHA-256 ${sha256})`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? `${path} is missing` : `${path} cannot be read: ${message}`;
  }
};
