import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { png } from '../support/images.ts';
import { userCsv } from '../support/user-sources.ts';
import { asof, asofProcess, folder, serve, startAsof } from './asof-process.ts';

/** A folder of users 0 to `count` with an image each, and a data folder beside it. */
const lake = async (count: number, last = 'Last') => {
  const root = await folder();
  const source = join(root, 'source_data');
  await mkdir(source);
  const fill = async (from: number, to: number, name: string): Promise<void> => {
    for (let user = from; user < to; user++) {
      await writeFile(join(source, `${user}.csv`), userCsv('First', `${name}${user}`, user));
      await writeFile(join(source, `${user}.png`), png(2, 2, user));
    }
  };
  await fill(0, count, last);
  return {
    root,
    source,
    data: join(root, 'data'),
    fill,
    output: () => readFile(join(root, 'processed_data/output.csv'), 'utf8'),
  };
};

/** The users in the response of a server that synchronizes nothing itself. */
const usersOf = async (data: string): Promise<string> => {
  const { get, close } = await openApp({ data });
  const text = await (await get('/data')).text();
  await close();
  return text;
};

/** Waits until a synchronization has staged rows, then kills its process. */
const killWhileItRuns = async ({ source, data }: { source: string; data: string }, imports: number): Promise<void> => {
  const settings = { ASOF_BATCH_RECORDS: '5', ASOF_USER_FILES_PARALLEL: '1' };
  const { child, closed } = startAsof(['sync', '--data', data, '--source', source], settings);
  const file = join(data, 'asof.sqlite');
  const staged = (): boolean => {
    if (!existsSync(file)) return false;
    const client = new Database(file, { readonly: true });
    try {
      return (
        client.prepare("select 1 from imports where id = ? and state = 'RUNNING' and bytes_read > 0").get(imports) !==
        undefined
      );
    } catch {
      // The tables are being created.
      return false;
    } finally {
      client.close();
    }
  };
  while (!staged() && child.exitCode === null) await delay(1);
  child.kill('SIGKILL');
  expect(await closed).toBeNull();
};

it('synchronizes users with a folder and prints the counts', async () => {
  const { root, source, data, output } = await lake(3);
  await writeFile(join(source, '1.csv'), 'broken');
  const first = await asof(['sync', '--data', data, '--source', source]);
  expect(first.stdout).toBe(
    `${source}: 3 users = 2 updated, 0 unchanged, 0 removed, 1 rejected\n  processed_data/output.csv is up to date\n  1.csv must hold a header and one row\n`,
  );
  expect(first.code).toBe(1);
  await writeFile(join(source, '1.csv'), userCsv('A', 'B', 1));
  const second = await asof(['sync', '--data', data, '--json'], '', { ASOF_USER_FILES: source });
  expect(JSON.parse(second.stdout)).toEqual({
    import: 2,
    source,
    state: 'SUCCEEDED',
    processed: 3,
    updated: 1,
    unchanged: 2,
    removed: 0,
    rejected: 0,
    output: 'processed_data/output.csv',
    failure: null,
    rejects: [],
  });
  expect(second.code).toBe(0);

  const exported = await asof(['export', 'users', '--data', data, '--out', join(root, 'users.csv')]);
  expect(exported).toMatchObject({ code: 0, stdout: '' });
  expect(await readFile(join(root, 'users.csv'), 'utf8')).toBe(await output());
  const lines = (await asof(['export', 'users', '--format', 'ndjson', '--data', data])).stdout.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(await usersOf(data)));
  expect(JSON.parse(lines[1] ?? '')).toEqual({
    user_id: '1',
    first_name: 'A',
    last_name: 'B',
    birthts: 1,
    img_path: 'source_data/1.png',
  });
});

it('fails without a source and with a source that does not exist', async () => {
  const data = join(await folder(), 'data');
  expect(await asof(['sync', '--data', data])).toMatchObject({ code: 2, stderr: expect.stringContaining('userFiles') });
  expect(await asof(['sync', '--data', data, '--source', '/no/such/folder'])).toMatchObject({ code: 3, stdout: '' });
  expect((await asof(['sync', '--data', data, '--source', 's3://x'])).code).toBe(2);
  expect((await asof(['sync', '--data', data, '--watch', '--every-minutes', '61'])).code).toBe(2);
  expect((await asof(['export', 'users', '--symbol', 'a', '--data', data])).code).toBe(2);
});

it('continues with --watch until it is stopped', async () => {
  const { source, data } = await lake(2);
  const { child, output, closed } = startAsof(['sync', '--watch', '--data', data, '--source', source]);
  while (!output.stdout.includes('up to date')) await delay(5);
  expect(output.stdout).toContain('2 users = 2 updated');
  child.kill('SIGTERM');
  expect(await closed).toBe(0);
});

it('reaches the same state after it was killed while it ran', async () => {
  const count = 300;
  const killed = await lake(count);
  await killWhileItRuns(killed, 1);
  // A synchronization that did not end leaves no trace.
  expect(await usersOf(killed.data)).toBe('[]');
  expect(existsSync(join(killed.root, 'processed_data'))).toBe(false);
  expect((await asof(['sync', '--data', killed.data, '--source', killed.source])).code).toBe(0);
  const whole = await usersOf(killed.data);
  expect(JSON.parse(whole)).toHaveLength(count);
  const table = await killed.output();

  await killed.fill(0, count, 'Changed');
  for (let user = 0; user < 10; user++) await rm(join(killed.source, `${user}.png`));
  await killWhileItRuns(killed, 3);
  expect(await usersOf(killed.data)).toBe(whole);
  expect(await killed.output()).toBe(table);
  // A server that starts ends the interrupted import and synchronizes again.
  const server = await serve(['--data', killed.data, '--empty', '--user-files', killed.source]);
  const answer = await (await fetch(`${server.url}/data`)).text();
  await server.stop();
  const fresh = join(killed.root, 'fresh');
  expect((await asof(['sync', '--data', fresh, '--source', killed.source])).code).toBe(0);
  expect(answer).toBe(await usersOf(fresh));
  expect(answer).toContain('Changed0"');
  expect((await asof(['verify', '--data', killed.data])).code).toBe(0);
});

it('joins the synchronization of another process', async () => {
  const { source, data } = await lake(300);
  const settings = { ASOF_BATCH_RECORDS: '10', ASOF_USER_FILES_PARALLEL: '1', ASOF_USER_FILES: source };
  const reports = await Promise.all([1, 2].map(() => asofProcess(['sync', '--json', '--data', data], '', settings)));
  const [first, second] = reports.map(
    ({ stdout }) => JSON.parse(stdout) as { import: number; updated: number; unchanged: number },
  );
  // A process that starts too late to join finds no changes.
  if (first?.import === second?.import) expect(first).toEqual(second);
  else expect([first?.unchanged, second?.unchanged].sort()).toEqual([0, 300]);
  expect(JSON.parse(await usersOf(data))).toHaveLength(300);
});
