import { rm } from 'node:fs/promises';
import { makeScratchFolder } from '../lib/scratch-folder.ts';

export interface Scratch {
  /** The folder, which is made at the first call. */
  path(): Promise<string>;
  remove(): Promise<void>;
}

/** A temporary folder below `parent` that is made when it is first needed. */
export const lazyScratch = (parent: string, prefix: string): Scratch => {
  let made: Promise<string> | undefined;
  return {
    path() {
      made ??= makeScratchFolder(parent, prefix);
      return made;
    },
    async remove() {
      const path = await made?.catch(() => undefined);
      made = undefined;
      if (path !== undefined) await rm(path, { recursive: true, force: true });
    },
  };
};
