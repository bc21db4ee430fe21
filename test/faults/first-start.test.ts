import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { openStore } from '../../db/open.ts';
import { statusChanges } from '../../db/tables/index.ts';
import { folder, startAsof } from '../cli/asof-process.ts';
import { seedSetting } from '../support/seed.ts';
import { appendChange, storeDefaults } from '../support/store.ts';
import { createRandom, seed } from './form.ts';
import { createRecording, Disk } from './recording.ts';

const digestOf = (files: ReadonlyMap<string, Buffer>): string => {
  const hash = createHash('sha1');
  for (const [name, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${name} ${content.length}\n`).update(content);
  return hash.digest('hex');
};

/** Opens what is left of a data folder, as the next command does, and stores a record. */
const useStore = async (data: string): Promise<number> => {
  const store = openStore({ ...storeDefaults, data });
  try {
    expect(await store.checkAtStart(() => undefined)).toEqual([]);
    await store.write(appendChange('the next'));
    expect(store.verify().problems).toEqual([]);
    return store.count(statusChanges);
  } finally {
    store.close();
  }
};

it('a kill or a power loss at any moment of the first command leaves a folder that the next one can use', {
  timeout: 600_000,
}, async (context) => {
  const [root, scratch, states] = [await folder(), await folder(), await folder()];
  const data = join(root, 'data');
  await mkdir(data);
  const recording = createRecording(data, scratch);
  if (!recording) return context.skip('states are replayed from a recording, which needs Linux and a C compiler');
  process.stdout.write(`first start: ${seedSetting(seed)}\n`);
  const random = createRandom(seed);
  await writeFile(join(root, 'changes.csv'), 'user_id,created_at,status\nada,2020-06-02,paying\n');
  const command = ['import', 'user-status', join(root, 'changes.csv'), '--data', data];
  const { output, closed } = startAsof(command, recording.environment);
  expect(await closed, output.stderr).toBe(0);

  const disk = new Disk();
  const known = new Set<string>();
  let before = 0;
  const problems: string[] = [];
  for (const [index, operation] of recording.operations().entries()) {
    disk.add(operation);
    const lost = new Map(disk.afterPowerLoss(random).files.map(([name, { content }]) => [name, content()]));
    for (const [kind, files] of [
      ['kill', disk.afterKill()],
      ['power loss', lost],
    ] as const) {
      const digest = digestOf(files);
      if (known.has(digest)) continue;
      known.add(digest);
      const state = join(states, 'state');
      for (const [name, content] of files) {
        await mkdir(dirname(join(state, name)), { recursive: true });
        await writeFile(join(state, name), content);
      }
      await mkdir(state, { recursive: true });
      const rows = await useStore(state).catch(
        (error: unknown) =>
          void problems.push(`${kind} after operation ${index} ${operation.kind} ${operation.name}: ${String(error)}`),
      );
      // A killed process loses nothing that was there before.
      if (kind === 'kill' && rows !== undefined) {
        if (rows < before) problems.push(`${kind} after operation ${index} has lost a record`);
        before = rows;
      }
      await rm(state, { recursive: true });
    }
  }
  expect(problems).toEqual([]);
  expect(known.size).toBeGreaterThan(20);
  expect(before).toBe(2);
});
