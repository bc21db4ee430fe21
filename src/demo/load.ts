import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Conversations } from '../domains/conversations/conversations.ts';
import type { Experiments } from '../domains/experiments/experiments.ts';
import type { Imports } from '../domains/imports/imports.ts';
import type { DemoConversation } from './conversations.ts';
import { createDemoWorld } from './world.ts';

/** What takes the demo world in. */
export interface DemoTakers {
  readonly imports: Imports;
  readonly experiments: Pick<Experiments, 'save'>;
  readonly conversations: Pick<Conversations, 'byUuids' | 'start' | 'followUp'>;
}

/** Whether a data folder is new, or holds a demo world that a first start left half loaded: loading again is harmless. */
export const isDemoWanted = (imports: Imports): boolean => {
  const { rows } = imports.importsPage({}, { limit: 100, fromEnd: false });
  const names = createDemoWorld().files.map(({ name }) => name);
  const isWhole = names.every((name) => rows.some(({ source, state }) => source === name && isTakenIn(state)));
  return !isWhole && rows.every(({ source }) => names.includes(source));
};

const isTakenIn = (state: string): boolean => state === 'SUCCEEDED' || state === 'SUCCEEDED_WITH_REJECTS';

/** Takes the demo world in, file by file like any other; `folder` holds the files meanwhile. Throws when one fails. */
export const loadDemo = async ({ imports, experiments, conversations }: DemoTakers, folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const written = await mkdtemp(join(folder, 'demo-'));
  const world = createDemoWorld();
  try {
    for (const file of world.files) {
      // What does not come as a file goes ahead of the last one, whose end says that all is there.
      if (file === world.files.at(-1)) {
        await experiments.save(world.plan);
        await hold(conversations, world.conversations);
      }
      const { target, name, text } = file;
      const path = join(written, basename(name));
      await writeFile(path, text);
      const run = await imports.start(target, [{ path, name }]);
      for (const { state, failureMessage, rejected } of await run.done)
        if (!isTakenIn(state) || rejected !== file.rejected)
          throw new Error(
            `the demo file ${name} was not taken in: ${failureMessage ?? `${rejected} records were rejected`}`,
          );
    }
  } finally {
    await rm(written, { recursive: true, force: true });
  }
};

/**
 * Asked for all at once, so that they share a transaction or two. Of a demo world that was broken off between these the
 * rest is left out: a follow-up counts whenever it comes again.
 */
const hold = async (
  { byUuids, start, followUp }: DemoTakers['conversations'],
  held: readonly DemoConversation[],
): Promise<void> => {
  if (byUuids(held.map(({ uuid }) => uuid)).some((known) => known !== null)) return;
  await Promise.all(
    held.flatMap(({ uuid, symbol, followups }): Promise<unknown>[] => [
      ...(symbol === null ? [] : [start(uuid, symbol)]),
      ...Array.from({ length: followups }, () => followUp(uuid)),
    ]),
  );
};
