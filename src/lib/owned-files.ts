import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isOtherProcessAlive } from './process-alive.ts';

/** A new name for a temporary file of this process, so that a later process knows when nobody needs the file any more. */
export const ownedFileName = (): string => `${process.pid}-${randomUUID()}`;

/** Removes the temporary files and folders in a folder whose process no longer runs; other files stay. */
export const removeAbandonedFiles = async (folder: string): Promise<void> => {
  const names = await readdir(folder).catch(() => []);
  const abandoned = names.filter((name) => {
    const [, processId] = /^(\d+)-[\da-f-]{36}$/.exec(name) ?? [];
    return processId !== undefined && !isOtherProcessAlive(Number(processId));
  });
  await Promise.all(abandoned.map((name) => rm(join(folder, name), { recursive: true, force: true })));
};
