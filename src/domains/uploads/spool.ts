import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writeFaultOf } from '../../errors.ts';
import { isOtherProcessAlive } from '../../lib/process-alive.ts';

/** Writes bytes to a new file and returns its path; the caller removes it. Throws OUT_OF_SPACE and STORAGE_FAILED. */
export type Spool = (bytes: AsyncIterable<Uint8Array>) => Promise<string>;

const spoolFolder = (data: string): string => (data === ':memory:' ? tmpdir() : join(data, 'uploads'));

/** Writes bytes to new files of a data folder. */
export const createSpool =
  (data: string): Spool =>
  (bytes) =>
    spoolTo(spoolFolder(data), bytes);

const spoolTo = async (folder: string, bytes: AsyncIterable<Uint8Array>): Promise<string> => {
  const path = join(folder, `${process.pid}-${randomUUID()}`);
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
  if (data === ':memory:') return;
  const folder = spoolFolder(data);
  const names = await readdir(folder).catch(() => []);
  const abandoned = names.filter((name) => {
    const [, processId] = /^(\d+)-[\da-f-]{36}$/.exec(name) ?? [];
    return processId !== undefined && !isOtherProcessAlive(Number(processId));
  });
  await Promise.all(abandoned.map((name) => rm(join(folder, name), { force: true })));
};
