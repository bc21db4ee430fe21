import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writeFaultOf } from '../../errors.ts';
import { ownedFileName, removeAbandonedFiles } from '../../lib/owned-files.ts';

/** Writes bytes to a new file and returns its path; the caller removes it. Throws OUT_OF_SPACE and STORAGE_FAILED. */
export type Spool = (bytes: AsyncIterable<Uint8Array>) => Promise<string>;

const spoolFolder = (data: string): string => (data === ':memory:' ? tmpdir() : join(data, 'uploads'));

/** Writes bytes to new files of a data folder. */
export const createSpool =
  (data: string): Spool =>
  (bytes) =>
    spoolTo(spoolFolder(data), bytes);

const spoolTo = async (folder: string, bytes: AsyncIterable<Uint8Array>): Promise<string> => {
  const path = join(folder, ownedFileName());
  try {
    await mkdir(folder, { recursive: true });
    await pipeline(bytes, createWriteStream(path));
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined);
    throw writeFaultOf(error);
  }
  return path;
};

/** Removes spooled files of a data folder whose process no longer runs. */
export const removeAbandoned = async (data: string): Promise<void> => {
  if (data !== ':memory:') await removeAbandonedFiles(spoolFolder(data));
};
