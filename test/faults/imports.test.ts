import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { asof, folder, startAsof } from '../cli/asof-process.ts';
import { png } from '../support/images.ts';
import { userCsv } from '../support/user-sources.ts';
import { createRandom, isLong, seed } from './form.ts';
import { csvOf } from './requests.ts';

const rounds = isLong ? 12 : 1;
const changes = 20_000;
const rows = 60_000;

/** A process that is killed has not answered; what it had stored remains. */
interface Kind {
  readonly name: string;
  command(root: string): readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** What a data folder holds after the command has run to its end. */
  check(data: string): Promise<void>;
}

const countOf = (data: string, sql: string): unknown => {
  const client = new Database(join(data, 'asof.sqlite'), { readonly: true });
  try {
    return client.prepare(sql).pluck().get();
  } finally {
    client.close();
  }
};

const kinds: readonly Kind[] = [
  {
    name: 'a CSV file of records',
    command: (root) => ['import', 'user-status', join(root, 'changes.csv')],
    check: async (data) => expect(countOf(data, 'select count(*) from status_changes')).toBe(changes),
  },
  {
    name: 'a CSV file of records in a thread of its own',
    command: (root) => ['import', 'user-status', join(root, 'changes.csv')],
    env: { ASOF_IMPORT_THREAD_BYTES: '1' },
    check: async (data) => expect(countOf(data, 'select count(*) from status_changes')).toBe(changes),
  },
  {
    name: 'a dataset',
    command: (root) => ['import', 'dataset', 'rows', join(root, 'rows.csv')],
    async check(data) {
      const { stdout } = await asof(['datasets', 'list', '--json', '--data', data]);
      expect(stdout).toContain(`${rows}`);
    },
  },
  {
    name: 'a synchronization of user files',
    command: (root) => ['sync', '--source', join(root, 'users')],
    check: async (data) => expect(countOf(data, "select count(*) from user_files where kind = 'IMAGE'")).toBe(40),
  },
];

const prepare = async (): Promise<string> => {
  const root = await folder();
  const lines = Array.from({ length: changes }, (_, row) => `u${row},2020-06-02,paying`);
  await writeFile(join(root, 'changes.csv'), `user_id,created_at,status\n${lines.join('\n')}`);
  await writeFile(join(root, 'rows.csv'), csvOf(rows));
  const users = join(root, 'users');
  await mkdir(users);
  for (let user = 0; user < 40; user++) {
    await writeFile(join(users, `u${user}.csv`), userCsv('Ada', 'King', Date.UTC(1980, 0, 1)));
    await writeFile(join(users, `u${user}.png`), png(2 + user, 2, 1));
  }
  return root;
};

describe('a command that is ended in the middle', () => {
  it.each(kinds)(
    'leaves a sound store, and the same command stores the rest: killed in $name',
    {
      timeout: rounds * 60_000,
    },
    async ({ command, env, check }) => {
      const root = await prepare();
      const random = createRandom(seed);
      const data = join(root, 'data');
      const startedAt = performance.now();
      expect(await asof([...command(root), '--data', join(root, 'whole')], '', env)).toMatchObject({ code: 0 });
      const wholeMs = performance.now() - startedAt;
      for (let round = 0; round < rounds; round++) {
        const { child, closed } = startAsof([...command(root), '--data', data], env);
        await delay(wholeMs * (0.2 + 0.8 * random()));
        child.kill('SIGKILL');
        await closed;
        const { code, stdout, stderr } = await asof(['verify', '--list', '--data', data]);
        // It may have been killed before there was a whole store.
        if (code !== 3) expect({ code, stdout, stderr }).toMatchObject({ code: 0, stderr: '' });
      }
      // Twice, because a process that was killed at its end has stored all.
      for (let time = 0; time < 2; time++) {
        const { code, stderr } = await asof([...command(root), '--data', data], '', env);
        expect(code, stderr).toBe(0);
        await check(data);
      }
      expect(await asof(['verify', '--data', data])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('sound'),
      });
    },
  );

  it('an import that gets Ctrl+C prints its account and exits with 130, and the same file again stores the rest', async () => {
    const root = await prepare();
    const data = join(root, 'data');
    const command = ['import', 'user-status', join(root, 'changes.csv'), '--data', data];
    const { child, output, closed } = startAsof([...command, '--json']);
    const stored = (): number => {
      try {
        return Number(countOf(data, 'select count(*) from status_changes'));
      } catch {
        return 0;
      }
    };
    await expect.poll(stored, { timeout: 60_000, interval: 5 }).toBeGreaterThan(0);
    child.kill('SIGINT');
    expect(await closed).toBe(130);
    const [report] = (JSON.parse(output.stdout) as { imports: { stored: number; failure: unknown }[] }).imports;
    expect(report).toMatchObject({ state: 'FAILED', failure: { code: 'INTERRUPTED' }, stored: stored() });
    expect(stored()).toBeLessThan(changes);
    expect(await asof(command)).toMatchObject({ code: 0 });
    expect(stored()).toBe(changes);
    expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0 });
  });

  it('an import of a dataset, and a dry run, end at SIGTERM without a version', async () => {
    const root = await prepare();
    for (const options of [[], ['--dry-run']]) {
      const data = join(root, `data${options.length}`);
      const { child, closed } = startAsof([
        ...['import', 'dataset', 'rows', join(root, 'rows.csv'), '--data', data],
        ...options,
      ]);
      await delay(700);
      child.kill('SIGTERM');
      // At its very beginning, the signal ends the process.
      expect([143, null]).toContain(await closed);
      const { stdout } = await asof(['datasets', 'list', '--data', data]);
      expect(stdout).not.toContain('rows  ');
    }
  });
});
