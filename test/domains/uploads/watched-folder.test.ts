import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { imports } from '../../../db/tables/index.ts';
import type { Import } from '../../../src/domains/imports/job.ts';
import { importTargets } from '../../../src/import-targets.ts';
import { parseIp } from '../../../src/lib/ip.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { dataFolder } from '../../support/store.ts';

const watching = async (watchFolder: string, data = dataFolder()): Promise<OpenApp> => {
  const opened = await openApp({ data, settings: { watchFolder, watchMs: '5' } });
  onTestFinished(opened.close);
  return opened;
};

const importsOf = ({ app }: OpenApp): Import[] =>
  app.store.page(imports, { key: 'id', direction: 'asc', limit: 1000 }) as Import[];

const endedOf = (opened: OpenApp) =>
  importsOf(opened)
    .filter(({ state }) => state !== 'RUNNING')
    .map(({ source, state, accepted }) => `${source} ${state} ${accepted}`);

const until = (opened: OpenApp, ...ended: string[]) =>
  expect.poll(() => endedOf(opened), { interval: 5 }).toEqual(ended);

/** Creates or replaces a file atomically: a file that two polls find empty would be imported as empty. */
const replaceFile = async (path: string, text: string, at = new Date()): Promise<void> => {
  await writeFile(`${path}.part`, text);
  await utimes(`${path}.part`, at, at);
  await rename(`${path}.part`, path);
};

/** The file that is imported last: once it is imported, the folder's other files were polled as often. */
const sentinel = async (root: string, name: string): Promise<string> => {
  await replaceFile(join(root, 'users', name), `[{"user_id": "${name}"}]`, new Date('2100-01-01'));
  return `users/${name} SUCCEEDED 1`;
};

const users = (...ids: string[]) => JSON.stringify(ids.map((id) => ({ user_id: id, country: 'SE', gender: null })));

describe('the watched folder', () => {
  it('is created with a sub-folder for each target', async () => {
    const root = join(dataFolder(), 'deep', 'watched');
    await watching(root);
    const folders: string[] = importTargets.filter(({ input }) => input === 'RECORDS').map(({ command }) => command);
    expect((await readdir(root)).sort()).toEqual([...folders, 'datasets'].sort());
  });

  it('imports files of every target once and leaves them in place', async () => {
    const root = dataFolder();
    const opened = await watching(root);
    const event = { user_id: 'u', account_type: 'free', date: '2020-01-01', event_type: 'x', version: 'a' };
    const files = {
      'user-status/a.csv': 'user_id,created_at,status\nu,2020-01-01,paying',
      'ip-ranges/b.json': '{"Oslo": [{"start": "10.0.0.0", "end": "10.0.0.9"}]}',
      'transactions/c.csv': 'click_id,created_at,product_id,product_price,user_id\n1,2020-01-01,p,1,u',
      'users/d.json': users('u'),
      'excluded-users/f.csv': 'user_id,reason\nbot-1,bot',
      'events/e.jsonl': `${JSON.stringify(event)}\n${JSON.stringify(event)}`,
    };
    for (const [name, text] of Object.entries(files)) await replaceFile(join(root, name), text);
    await expect.poll(() => endedOf(opened).length, { interval: 5 }).toBe(6);
    expect(endedOf(opened).sort()).toEqual([
      'events/e.jsonl SUCCEEDED 2',
      'excluded-users/f.csv SUCCEEDED 1',
      'ip-ranges/b.json SUCCEEDED 1',
      'transactions/c.csv SUCCEEDED 1',
      'user-status/a.csv SUCCEEDED 1',
      'users/d.json SUCCEEDED 1',
    ]);
    await sentinel(root, 'last');
    await expect.poll(() => endedOf(opened).at(-1), { interval: 5 }).toBe('users/last SUCCEEDED 1');
    expect(importsOf(opened)).toHaveLength(7);
    expect(Object.keys(files).every((name) => existsSync(join(root, name)))).toBe(true);
    expect(opened.app.domains.users.userOf('u')).toMatchObject({ country: 'SE' });
    expect(opened.app.store.verify().problems).toEqual([]);
  });

  it('ignores partial and hidden files, folders and broken links', async () => {
    const root = dataFolder();
    const opened = await watching(root);
    for (const name of ['.hidden.json', 'a.json.part', 'b.TMP']) await writeFile(join(root, 'users', name), users('x'));
    await mkdir(join(root, 'users', 'folder.json'));
    await symlink(join(root, 'nowhere'), join(root, 'users', 'link.json'));
    await until(opened, await sentinel(root, 'last'));
    await rename(join(root, 'users', 'a.json.part'), join(root, 'users', 'a.json'));
    await until(opened, 'users/last SUCCEEDED 1', 'users/a.json SUCCEEDED 1');
  });

  it('imports a changed file again', async () => {
    const root = dataFolder();
    const opened = await watching(root);
    await replaceFile(join(root, 'users', 'a.json'), users('a'));
    await until(opened, 'users/a.json SUCCEEDED 1');
    await replaceFile(join(root, 'users', 'a.json'), users('a', 'b'));
    await until(opened, 'users/a.json SUCCEEDED 1', 'users/a.json SUCCEEDED 1');
    expect(importsOf(opened)[1]).toMatchObject({ read: 2, unchanged: 1 });
  });

  it('returns to an older table when its file is restored, but not when the server restarts', async () => {
    const [root, data] = [dataFolder(), dataFolder()];
    const opened = await watching(root, data);
    const cityOf = ({ app }: OpenApp) => app.domains.ipCity.cityOf(parseIp('10.0.0.1') as never).city;
    const table = (name: string, city: string) =>
      replaceFile(join(root, 'ip-ranges', name), `cidr,city\n10.0.0.0/8,${city}`);
    for (const city of ['Oslo', 'Rome', 'Oslo']) {
      await table('table.csv', city);
      await expect.poll(() => cityOf(opened), { interval: 5 }).toBe(city);
    }
    await table('later.csv', 'Bonn');
    await expect.poll(() => cityOf(opened), { interval: 5 }).toBe('Bonn');
    await expect.poll(() => endedOf(opened).length, { interval: 5 }).toBe(4);
    await opened.close();
    const next = await watching(root, data);
    await sentinel(root, 'last');
    await expect.poll(() => endedOf(next).at(-1), { interval: 5 }).toBe('users/last SUCCEEDED 1');
    expect(importsOf(next)).toHaveLength(5);
    expect(cityOf(next)).toBe('Bonn');
  });

  it('imports after a restart only files that have changed meanwhile, and none that a command has imported', async () => {
    const [root, data] = [dataFolder(), dataFolder()];
    const opened = await watching(root, data);
    for (const name of ['a.json', 'b.json']) await replaceFile(join(root, 'users', name), users(name));
    await expect.poll(() => endedOf(opened).length, { interval: 5 }).toBe(2);
    await opened.importFile('users', { name: 'by-hand.json', text: users('c') });
    await opened.close();
    await replaceFile(join(root, 'users', 'b.json'), users('b.json', 'new'));
    await replaceFile(join(root, 'users', 'copy.json'), users('c'));
    const next = await watching(root, data);
    await sentinel(root, 'last');
    await expect.poll(() => endedOf(next).at(-1), { interval: 5 }).toBe('users/last SUCCEEDED 1');
    expect(endedOf(next).slice(3)).toEqual(['users/b.json SUCCEEDED 1', 'users/last SUCCEEDED 1']);
  });

  it('fails an invalid file once per version and imports the others', async () => {
    const root = dataFolder();
    const opened = await watching(root);
    await replaceFile(join(root, 'users', 'page.html'), '<!doctype html>');
    await symlink('loop.json', join(root, 'users', 'loop.json'));
    await until(opened, 'users/page.html FAILED 0');
    await until(opened, 'users/page.html FAILED 0', await sentinel(root, 'last'));
    await replaceFile(join(root, 'users', 'page.html'), users('a'));
    await until(opened, 'users/page.html FAILED 0', 'users/last SUCCEEDED 1', 'users/page.html SUCCEEDED 1');
  });

  it('continues when a sub-folder is removed and when it is restored', async () => {
    const root = dataFolder();
    const opened = await watching(root);
    await rm(join(root, 'user-status'), { recursive: true });
    await until(opened, await sentinel(root, 'first'));
    await mkdir(join(root, 'user-status'));
    await replaceFile(join(root, 'user-status', 'a.csv'), 'user_id,created_at,status\nu,2020-01-01,paying');
    await until(opened, 'users/first SUCCEEDED 1', 'user-status/a.csv SUCCEEDED 1');
  });

  it('prevents the server from starting when it cannot be created', async () => {
    const file = join(dataFolder(), 'file');
    await writeFile(file, '');
    const opened = await openApp({ settings: { watchFolder: file }, start: false });
    onTestFinished(opened.close);
    await expect(opened.app.start()).rejects.toThrow(/EEXIST|ENOTDIR/);
  });

  it('imports a file of datasets as the dataset of its name, and each content of it once', async () => {
    const [root, data] = [dataFolder(), dataFolder()];
    const opened = await watching(root, data);
    const games = join(root, 'datasets', 'Games 2024.csv');
    const rowsNow = async () => {
      const response = await opened.get('/datasets/Games%202024');
      return ((await response.json()) as { rows: unknown[] }).rows;
    };
    await replaceFile(games, 'id,name\n1,Chess\n2,Go\n');
    await until(opened, 'datasets/Games 2024.csv SUCCEEDED 2');
    expect(await rowsNow()).toEqual([
      { id: 1, name: 'Chess' },
      { id: 2, name: 'Go' },
    ]);
    await replaceFile(games, 'id,name\n3,Senet\n');
    await until(opened, 'datasets/Games 2024.csv SUCCEEDED 2', 'datasets/Games 2024.csv SUCCEEDED 1');
    expect(await rowsNow()).toEqual([{ id: 3, name: 'Senet' }]);
    await opened.close();
    const next = await watching(root, data);
    const last = await sentinel(root, 'last');
    await expect.poll(() => endedOf(next).at(-1), { interval: 5 }).toBe(last);
    expect(importsOf(next)).toHaveLength(3);
  });

  it('keeps the dataset when its file can no longer be read as a table', async () => {
    const root = dataFolder();
    const opened = await watching(root);
    await replaceFile(join(root, 'datasets', 'games.csv'), 'id,name\n1,Chess\n');
    await until(opened, 'datasets/games.csv SUCCEEDED 1');
    await replaceFile(join(root, 'datasets', 'games.csv'), '');
    await until(opened, 'datasets/games.csv SUCCEEDED 1', 'datasets/games.csv FAILED 0');
    expect(importsOf(opened)[1]).toMatchObject({ target: 'DATASET', failureCode: 'NOT_A_TABLE' });
    expect(await (await opened.get('/datasets/games')).json()).toMatchObject({ rows: [{ id: 1, name: 'Chess' }] });
  });

  it('does not import a file whose name cannot be that of a dataset', async () => {
    const root = dataFolder();
    const opened = await watching(root);
    await replaceFile(join(root, 'datasets', '(1).csv'), 'id\n1\n');
    await until(opened, await sentinel(root, 'last'));
    expect(await (await opened.get('/datasets')).json()).toEqual([]);
  });
});
