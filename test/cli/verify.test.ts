import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { png } from '../support/images.ts';
import { userCsv } from '../support/user-sources.ts';
import { asof, folder } from './asof-process.ts';

/** A data folder with the images of users 0 to 4; the last two users have the same image. */
const synchronized = async () => {
  const root = await folder();
  const source = join(root, 'source_data');
  const data = join(root, 'data');
  await mkdir(source);
  const images = [0, 1, 2, 3, 3].map((color) => png(2, 2, color));
  for (const [user, image] of images.entries()) {
    await writeFile(join(source, `${user}.csv`), userCsv('First', 'Last', user));
    await writeFile(join(source, `${user}.png`), image);
  }
  expect(await asof(['sync', '--data', data, '--source', source])).toMatchObject({ code: 0 });
  const fileOf = (user: number): string => {
    const sha256 = createHash('sha256')
      .update(images[user] as Buffer)
      .digest('hex');
    return join(data, 'images', sha256.slice(0, 2), sha256);
  };
  return { data, source, fileOf };
};

it('asof verify finds nothing wrong with images that are as they were stored, replaced and removed ones included', async () => {
  const { data, source } = await synchronized();
  const sound = await asof(['verify', '--data', data]);
  expect(sound).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^sound: \d+ records\n$/) });
  await writeFile(join(source, '0.png'), png(3, 3, 7));
  await rm(join(source, '1.png'));
  await asof(['sync', '--data', data, '--source', source]);
  expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0, stderr: '' });
});

it('asof verify names every image that is missing, cut off or changed, once', async () => {
  const { data, fileOf } = await synchronized();
  await rm(fileOf(0));
  await truncate(fileOf(1), 10);
  const changed = await readFile(fileOf(3));
  changed[20] = (changed[20] ?? 0) ^ 1;
  await writeFile(fileOf(3), changed);
  const { code, stdout } = await asof(['verify', '--data', data]);
  expect(code).toBe(1);
  expect(stdout.trimEnd().split('\n').sort()).toEqual([
    `image 0.png of user 0: ${fileOf(0)} is missing`,
    expect.stringContaining(`image 1.png of user 1: ${fileOf(1)} has 10 bytes instead of `),
    expect.stringMatching(/^image [34]\.png of user [34]: .* has other content than when it was stored/),
  ]);
  const report = JSON.parse((await asof(['verify', '--data', data, '--json'])).stdout) as {
    sound: boolean;
    problems: string[];
  };
  expect(report).toMatchObject({ sound: false, problems: stdout.trimEnd().split('\n') });
});

it('asof verify names a folder in the position of an image, and every image when their folder is removed', async () => {
  const { data, fileOf } = await synchronized();
  await rm(fileOf(0));
  await mkdir(fileOf(0));
  const { code, stdout } = await asof(['verify', '--data', data]);
  expect([code, stdout]).toEqual([1, `image 0.png of user 0: ${fileOf(0)} is not a file\n`]);
  await rm(join(data, 'images'), { recursive: true });
  const lines = (await asof(['verify', '--data', data])).stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  for (const line of lines) expect(line).toMatch(/is missing$/);
});

it('asof verify names every file of a dataset version that is missing, cut off or changed', async () => {
  const root = await folder();
  const data = join(root, 'data');
  const csv = join(root, 'stock.csv');
  for (const name of ['missing', 'short', 'changed', 'sound']) {
    await writeFile(csv, `name,count\n${name},1\n`);
    expect(await asof(['import', 'dataset', name, csv, '--data', data])).toMatchObject({ code: 0 });
  }
  expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0, stderr: '' });
  const store = new Database(join(data, 'asof.sqlite'), { readonly: true });
  const rows = store.prepare('select file from dataset_versions order by id').pluck().all() as string[];
  store.close();
  const [missing = '', short = '', changed = ''] = rows.map((file) => join(data, 'datasets', file));
  await rm(missing);
  await truncate(short, 10);
  const bytes = await readFile(changed);
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  await writeFile(changed, bytes);
  const { code, stdout } = await asof(['verify', '--data', data]);
  expect(code).toBe(1);
  expect(stdout.trimEnd().split('\n')).toEqual([
    `version 1 of dataset missing: ${missing} is missing`,
    expect.stringContaining(`version 1 of dataset short: ${short} has 10 bytes instead of `),
    expect.stringContaining(`version 1 of dataset changed: ${changed} has other content than when it was stored`),
  ]);
});

it('asof verify names what an incomplete copy of a data folder has, and what it lacks', async () => {
  const data = join(await folder(), 'copy');
  await mkdir(join(data, 'datasets'), { recursive: true });
  await writeFile(join(data, 'asof.mark'), '');
  for (const command of ['verify', 'rejects'])
    expect(await asof([command, ...(command === 'rejects' ? ['list'] : []), '--data', data])).toEqual({
      code: 3,
      stdout: '',
      stderr: `asof: ${data} is an incomplete copy of a data folder: it has asof.mark, datasets, but asof.sqlite is missing\n`,
    });
});

describe('a store without tables', () => {
  const emptied = ['a file of no bytes', 'a header', 'a header and a log'] as const;
  const makeEmpty = async (data: string, kind: (typeof emptied)[number]): Promise<void> => {
    const path = join(data, 'asof.sqlite');
    await rm(path, { force: true });
    if (kind === 'a file of no bytes') return writeFile(path, '');
    const store = new Database(path);
    store.pragma('journal_mode = WAL');
    store.close();
    if (kind === 'a header and a log') await writeFile(`${path}-wal`, '');
  };

  it.each(emptied)(
    'is called one that was never completed, and completed by the next command that writes: %s',
    async (kind) => {
      const data = await folder();
      await makeEmpty(data, kind);
      for (const command of [['verify'], ['backup', '--out', await folder()]])
        expect(await asof([...command, '--data', data])).toEqual({
          code: 3,
          stdout: '',
          stderr: expect.stringMatching(
            /^asof: \S+asof\.sqlite is an empty store that has never held anything: .* Start a server on the data folder.*\n$/,
          ),
        });
      expect(await asof(['rejects', 'list', '--data', data])).toMatchObject({ code: 0, stderr: '' });
      expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0, stdout: 'sound: 0 records\n' });
    },
  );

  it.each(emptied)('is damaged when its mark says that it had records: %s', async (kind) => {
    const data = await folder();
    const changes = join(data, 'changes.csv');
    await writeFile(changes, 'user_id,created_at,status\na,2020-06-02,paying\n');
    expect(await asof(['import', 'user-status', changes, '--data', data])).toMatchObject({ code: 0 });
    await makeEmpty(data, kind);
    const verified = await asof(['verify', '--data', data]);
    expect([verified.code, verified.stdout]).toEqual([
      1,
      expect.stringContaining('the store lacks the tables that it had'),
    ]);
    for (const command of [
      ['rejects', 'list'],
      ['backup', '--out', await folder()],
    ])
      expect(await asof([...command, '--data', data])).toMatchObject({
        code: 3,
        stderr: expect.stringMatching(/had records up to 1|lacks the tables that it had/),
      });
  });

  it.each(emptied)(
    'is part of an incomplete copy beside files of datasets, which no start removes: %s',
    async (kind) => {
      const data = await folder();
      const csv = join(data, 'd.csv');
      await writeFile(csv, 'a\n1\n');
      expect(await asof(['import', 'dataset', 'd', csv, '--data', data])).toMatchObject({ code: 0 });
      const files = await readdir(join(data, 'datasets'));
      await makeEmpty(data, kind);
      await rm(join(data, 'asof.mark'));
      expect(await asof(['verify', '--data', data])).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('incomplete copy'),
      });
      expect(await asof(['rejects', 'list', '--data', data])).toMatchObject({
        code: 3,
        stderr: expect.stringContaining('has files in datasets: it is an incomplete copy'),
      });
      expect(await readdir(join(data, 'datasets'))).toEqual(files);
    },
  );
});
