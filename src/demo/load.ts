import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Intake } from '../domains/intake.ts';
import { createDemoWorld } from './world.ts';

/** Whether a data folder is new, or holds a demo world that a first start left half loaded: loading again is harmless. */
export const isDemoWanted = (intake: Intake): boolean => {
  const { rows } = intake.importsPage({}, { limit: 100, fromEnd: false });
  const names = createDemoWorld().map(({ name }) => name);
  const isWhole = names.every((name) => rows.some(({ source, state }) => source === name && state === 'SUCCEEDED'));
  return !isWhole && rows.every(({ source }) => names.includes(source));
};

/** Takes the demo world in, file by file like any other; `folder` holds the files meanwhile. Throws when one fails. */
export const loadDemo = async (intake: Intake, folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const written = await mkdtemp(join(folder, 'demo-'));
  try {
    for (const { target, name, text } of createDemoWorld()) {
      const path = join(written, basename(name));
      await writeFile(path, text);
      const run = await intake.start(target, [{ path, name }]);
      for (const { state, failureMessage, rejected } of await run.done)
        if (state !== 'SUCCEEDED')
          throw new Error(
            `the demo file ${name} was not taken in: ${failureMessage ?? `${rejected} records were rejected`}`,
          );
    }
  } finally {
    await rm(written, { recursive: true, force: true });
  }
};
