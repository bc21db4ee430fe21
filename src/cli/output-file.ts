import { open, rename, rm } from 'node:fs/promises';

/** Writes parts to `<path>.part` and renames it at the end, so that `path` is never incomplete. */
export const replaceFile = async (
  path: string,
  write: (writePart: (part: string | Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> => {
  const temporary = `${path}.part`;
  const file = await open(temporary, 'w');
  try {
    try {
      await write((part) => file.writeFile(part));
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
};
