import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** A module that a thread or a process starts with. */
export interface ProgramModule {
  readonly url: URL;
  /** Whether it is TypeScript, which needs a loader. */
  readonly isSource: boolean;
}

/**
 * The module `name`, without its suffix, beside the one at `from`. The sources use sources, unless Node runs with
 * `--conditions=asof-built`: tests build the program first, and what was built starts in a tenth of the time.
 */
export const moduleBeside = (from: string, name: string): ProgramModule => {
  if (!from.endsWith('.ts')) return { url: new URL(`./${name}.js`, from), isSource: false };
  const root = new URL('../../', import.meta.url).href;
  const path = new URL(`./${name}`, from).href.slice(root.length);
  // In package.json, because Node knows there which conditions hold.
  const file = createRequire(from).resolve(`#program/${path}`);
  return { url: pathToFileURL(file), isSource: file.endsWith('.ts') };
};
