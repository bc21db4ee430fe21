import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Conversations } from '../domains/conversations/conversations.ts';
import type { Experiments } from '../domains/experiments/experiments.ts';
import type { Imports } from '../domains/imports/imports.ts';
import { ownedFileName } from '../lib/owned-files.ts';
import type { DemoConversation } from './conversations.ts';
import { createDemoData } from './demo-data.ts';

/** The domains that store the demo data. */
export interface DemoServices {
  readonly imports: Imports;
  readonly experiments: Pick<Experiments, 'save'>;
  readonly conversations: Pick<Conversations, 'byUuids' | 'start' | 'followUp'>;
}

/** Whether a data folder is new, or holds demo data that a first start left incomplete: loading again is harmless. */
export const isDemoNeeded = (imports: Imports): boolean => {
  const { rows } = imports.importsPage({}, { limit: 100, fromEnd: false });
  const names = createDemoData().files.map(({ name }) => name);
  const isComplete = names.every((name) => rows.some(({ source, state }) => source === name && isImported(state)));
  return !isComplete && rows.every(({ source }) => names.includes(source));
};

const isImported = (state: string): boolean => state === 'SUCCEEDED' || state === 'SUCCEEDED_WITH_REJECTS';

/** Imports the demo data file by file; `folder` holds the files meanwhile. Throws when an import fails. */
export const loadDemo = async (
  { imports, experiments, conversations }: DemoServices,
  folder: string,
): Promise<void> => {
  const written = join(folder, ownedFileName());
  await mkdir(written, { recursive: true });
  const data = createDemoData();
  try {
    for (const file of data.files) {
      // What is not a file is stored before the last file, whose import marks the demo data as complete.
      if (file === data.files.at(-1)) {
        await experiments.save(data.plan);
        await storeConversations(conversations, data.conversations);
      }
      const { target, name, text } = file;
      const path = join(written, basename(name));
      await writeFile(path, text);
      const run = await imports.start(target, [{ path, name }]);
      for (const { state, failureMessage, rejected } of await run.done)
        if (!isImported(state) || rejected !== file.rejected)
          throw new Error(
            `the demo file ${name} was not imported: ${failureMessage ?? `${rejected} records were rejected`}`,
          );
    }
  } finally {
    await rm(written, { recursive: true, force: true });
  }
};

/**
 * Writes them all at once, so that they share a transaction or two. When an interrupted start has stored some of them,
 * the others are left out, because a follow-up that is stored again counts again.
 */
const storeConversations = async (
  { byUuids, start, followUp }: DemoServices['conversations'],
  planned: readonly DemoConversation[],
): Promise<void> => {
  if (byUuids(planned.map(({ uuid }) => uuid)).some((known) => known !== null)) return;
  await Promise.all(
    planned.flatMap(({ uuid, symbol, followups }): Promise<unknown>[] => [
      ...(symbol === null ? [] : [start(uuid, symbol)]),
      ...Array.from({ length: followups }, () => followUp(uuid)),
    ]),
  );
};
