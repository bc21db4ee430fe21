import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasRunEnded, newRunName } from './run-name.ts';

/** After this time a folder of another machine, which may be this one before it started anew, is taken for abandoned. */
const abandonedAfterMs = 86_400_000;

/** Makes a folder for temporary files, and removes those that runs which ended early have left there. */
export const makeScratchFolder = async (parent: string, prefix: string): Promise<string> => {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent))
    if (name.startsWith(prefix) && (await isAbandoned(join(parent, name), name.slice(prefix.length))))
      await rm(join(parent, name), { recursive: true, force: true });
  const path = join(parent, prefix + newRunName());
  await mkdir(path);
  return path;
};

const isAbandoned = async (path: string, run: string): Promise<boolean> => {
  const hasEnded = hasRunEnded(run);
  if (hasEnded !== null) return hasEnded;
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() === true && Date.now() - found.mtimeMs > abandonedAfterMs && /^[0-9a-f]{12}\./.test(run);
};
