import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { asof, folder, startAsof } from '../cli/asof-process.ts';
import { openApp } from '../support/app.ts';
import { importCsv, rowsOf } from '../support/datasets.ts';
import { png } from '../support/images.ts';
import { userCsv } from '../support/user-sources.ts';
import { createRandom, isLong, seed } from './form.ts';
import { mountSmallDisk } from './small-disk.ts';

const rounds = isLong ? 40 : 2;
const person = 'canary-7f3a';
const eraseAll = ['erase', '--user', person, '--dataset', 'visits.visitor', '--yes'];

/** A data folder with records, an image and rows of a dataset of a person, and of others. */
const filled = async (data: string, rows: number): Promise<void> => {
  const source = join(await folder(), 'users');
  await mkdir(source);
  await writeFile(join(source, `${person}.csv`), userCsv('Ada', 'King', Date.UTC(1980, 0, 1)));
  await writeFile(join(source, `${person}.png`), png(2, 2, 1));
  expect(await asof(['sync', '--data', data, '--source', source])).toMatchObject({ code: 0 });
  const opened = await openApp({ data });
  const changes = Array.from({ length: rows }, (_, row) => `${row % 7 ? `u${row}` : person},2020-06-02,paying`);
  await opened.importFile('user-status', {
    name: 'status.csv',
    text: `user_id,created_at,status\n${changes.join('\n')}`,
  });
  const visits = Array.from({ length: rows }, (_, row) => `${row % 5 ? `u${row}` : person},${row * 7919}`);
  await importCsv(opened, 'visits', `visitor,page\n${visits.join('\n')}\n`);
  await opened.close();
};

/** The files that name the person. */
const filesNaming = async (data: string): Promise<string[]> => {
  const found: string[] = [];
  for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await readFile(path)).includes(person)) found.push(relative(data, path));
  }
  return found;
};

/** Starts a server on the folder once; the numbers of status changes, of visits, and of images of the person. */
const countsAfterStart = async (data: string) => {
  const opened = await openApp({ data });
  onTestFinished(opened.close);
  const { data: found } = await opened.query(
    `{ user(userId: "${person}") { hasImage statusChanges { totalCount } } dataset(name: "visits") { rowCount } }`,
  );
  const visits = await rowsOf(opened, 'visits', `&visitor=${person}`);
  const problems = [...opened.app.store.verify().problems];
  for await (const problem of opened.app.domains.fileProblems()) problems.push(problem);
  expect(problems).toEqual([]);
  await opened.close();
  return { user: (found as { user: unknown }).user, visits: visits.length };
};

describe('an erasure', () => {
  it('that is killed at any moment has erased all or nothing after the next start', async () => {
    const random = createRandom(seed);
    const sound = await folder();
    await filled(sound, 5000);
    const before = await countsAfterStart(sound);
    expect(before).toMatchObject({ user: { hasImage: true } });
    const startedAt = performance.now();
    const whole = join(await folder(), 'whole');
    await cp(sound, whole, { recursive: true });
    expect(await asof([...eraseAll, '--data', whole])).toMatchObject({ code: 0 });
    const wholeMs = performance.now() - startedAt;
    expect(await filesNaming(whole)).toEqual([]);
    for (let round = 0; round < rounds; round++) {
      const data = join(await folder(), 'data');
      await cp(sound, data, { recursive: true });
      const { child, closed } = startAsof([...eraseAll, '--data', data]);
      await delay(wholeMs * (0.3 + 0.7 * random()));
      child.kill('SIGKILL');
      await closed;
      const after = await countsAfterStart(data);
      if ((await filesNaming(data)).length > 0) expect({ seed, after }).toEqual({ seed, after: before });
      else expect({ seed, after }).toMatchObject({ seed, after: { visits: 0 } });
      expect(await asof([...eraseAll, '--data', data])).toMatchObject({ code: 0 });
      expect(await filesNaming(data)).toEqual([]);
      expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0 });
    }
  });

  it('on a full disk leaves everything as it was, and succeeds once there is room', async (context) => {
    const disk = await mountSmallDisk(30_000_000);
    if (!disk) return context.skip('a full disk is tested by a small tmpfs, which only root may mount');
    const data = join(disk.path, 'data');
    await filled(data, 5000);
    const before = await countsAfterStart(data);
    for (const free of [0, 20_000, 200_000, 1_000_000]) {
      await disk.fill(free);
      const { code, stdout, stderr } = await asof([...eraseAll, '--data', data]);
      expect({ free, code, stdout, stderr }).toMatchObject({
        code: 3,
        stdout: '',
        stderr: expect.not.stringContaining('    at '),
      });
      disk.free();
      expect(await countsAfterStart(data)).toEqual(before);
    }
    expect(await asof([...eraseAll, '--data', data])).toMatchObject({ code: 0 });
    expect(await filesNaming(data)).toEqual([]);
  });
});
