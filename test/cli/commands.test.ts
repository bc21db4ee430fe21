import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { asof, asofProcess, folder } from './asof-process.ts';

const names = [
  'serve',
  'import',
  'datasets',
  'export',
  'rejects',
  'keys',
  'check',
  'migrate',
  'alerts',
  'sync',
  'sql',
  'status',
  'city',
  'verify',
  'backup',
  'restore',
  'erase',
  'ledger',
  'documents',
  'mcp',
  'codegen',
];

describe('asof', () => {
  it('prints help and version on stdout', async () => {
    const help = await asofProcess(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const name of names) expect(help.stdout).toContain(`\n  ${name} `);
    expect(commands).toHaveLength(names.length);
    expect(await asofProcess(['--version'])).toMatchObject({ code: 0, stdout: '0.1.0\n', stderr: '' });
  });

  it('exits with the code of the command, also where it refuses to run', async () => {
    expect(await asofProcess(['fly'])).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining("'fly'") });
  });

  it.each(names)('prints an example in the help of %s', async (name) => {
    const { code, stdout } = await asof([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples?:\n  .*asof ${name}`));
  });

  it.each([
    [[]],
    [['fly']],
    [['import']],
    [['import', 'user-status']],
    [['import', 'nothing', 'file.json']],
    [['import', 'user-status', '--fast', 'file.json']],
    [['status', 'u-1']],
    [['status', 'u-1', 'soon']],
    [['status', '', '2025-01-01']],
    [['city', '10.0.0']],
    [['keys']],
    [['keys', 'add', 'a']],
    [['keys', 'add', '--scope', 'read']],
    [['keys', 'add', 'a', '--scope', 'owner']],
    [['keys', 'add', 'a b', '--scope', 'read']],
    [['documents']],
    [['documents', 'check']],
    [['documents', 'list', 'a']],
    [['mcp']],
    [['keys', 'list', 'a']],
    [['keys', 'revoke']],
    [['keys', 'revoke', 'a', '--scope', 'read']],
    [['serve', '--port', 'high']],
    [['serve', '--port', '65536']],
    [['serve', '--log-level', 'loud']],
  ])('refuses %j as wrong usage', async (args) => {
    const data = await folder();
    await writeFile(join(data, 'asof.sqlite'), '');
    const { code, stdout, stderr } = await asof(args, '', { ASOF_DATA: data });
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/./) });
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it('refuses wrong usage before the data folder is opened, whatever state that is in', async () => {
    const wrong = [
      ['status', '', '2025-01-01'],
      ['status', 'a', 'today'],
      ['status', 'a', '2025-01-01', '--sequence', '1', '--known-at', '2025-01-01'],
      ['city', '10.0.0'],
      ['city', '10.0.0.1', '--sequence', '1', '--known-at', '2025-01-01'],
      ['check', 'experiment', '--range', 'P1'],
      ['check', 'experiment', '--range', '2025-02-31/2025-03-01'],
      ['check', 'experiment', '--where', 'colour=red'],
      ['sql', 'select 1', '--format', 'xml'],
      ['sql', 'select 1', '--sequence', '1', '--known-at', '2025-01-01'],
      ['export', 'users', '--symbol', 'a'],
      ['export', 'conversations', '--symbol', '1'],
      ['export', 'users', '--sequence', '1', '--known-at', '2025-01-01'],
      ['datasets', 'show'],
      ['datasets', 'query', 'games', '--where', 'price'],
      ['datasets', 'export', 'games', 'games.txt'],
      ['datasets', 'export', 'games', '-', '--format', 'parquet'],
      ['rejects', 'retry'],
      ['rejects', 'discard', '1'],
      ['keys', 'add', 'a b', '--scope', 'read'],
      ['alerts', 'add', '--when', 'IMPORT_FAILED', '--url', 'here'],
      ['alerts', 'remove', 'x'],
      ['erase'],
      ['erase', '--user', 'u\n\0'],
      ['erase', '--dataset', 'games'],
      ['sync'],
      ['import', 'dataset', 'games'],
      ['import', 'transactions', 'no.csv', '--mode', 'append'],
      ['backup', '--every', 'often'],
      ['restore'],
      ['verify', '--sample', '2'],
      ['mcp'],
      ['serve', '--port', 'high'],
    ];
    const damaged = join(await folder(), 'damaged');
    await mkdir(damaged);
    await writeFile(join(damaged, 'asof.sqlite'), 'no database'.repeat(1000));
    const file = join(damaged, 'asof.sqlite');
    for (const data of [damaged, join(damaged, 'missing'), file, join(file, 'below')])
      for (const args of wrong) {
        const { code, stdout, stderr } = await asof(args, '', { ASOF_DATA: data });
        expect({ args, data, code, stdout, stderr }).toEqual({
          args,
          data,
          code: 2,
          stdout: '',
          stderr: expect.stringMatching(/./),
        });
      }
  });

  it.each([[['status', 'u-1', '2025-01-01']], [['city', '10.0.0.1']], [['rejects', 'list']], [['verify']]])(
    'creates no data folder for %j',
    async (args) => {
      const data = join(await folder(), 'none');
      const { code, stdout, stderr } = await asof([...args, '--data', data]);
      expect(code).toBe(3);
      expect(stdout).toBe('');
      expect(stderr).toBe(`asof: ${data} is not a data folder of asof\n`);
      expect(existsSync(data)).toBe(false);
    },
  );

  it('refuses to import a missing file and to use a file as data folder', async () => {
    const data = await folder();
    const file = join(data, 'file.json');
    const missing = await asof(['import', 'user-status', file, '--data', join(data, 'store')]);
    expect(missing).toMatchObject({ code: 3, stderr: `asof: there is no file ${file}\n` });
    expect(existsSync(join(data, 'store'))).toBe(false);
    await writeFile(file, '[]');
    const { code, stderr } = await asof(['import', 'user-status', file, '--data', file]);
    expect(code).toBe(3);
    expect(stderr).toContain(`the data folder ${file} cannot be used`);
  });
});

describe('asof verify', () => {
  it('reports a missing record', async () => {
    const data = await folder();
    const file = join(data, 'changes.csv');
    await writeFile(file, 'user_id,created_at,status\nu-1,2025-01-01,paying\nu-1,2025-02-01,cancelled\n');
    await asof(['import', 'user-status', file, '--data', data]);
    const client = new Database(join(data, 'asof.sqlite'));
    client.exec('delete from status_changes where seq = 1');
    client.close();
    const { code, stdout } = await asof(['verify', '--data', data]);
    expect(code).toBe(1);
    expect(stdout).toContain('ledger: record 1 is missing');
    const report = JSON.parse((await asof(['verify', '--data', data, '--json'])).stdout) as { problems: string[] };
    expect(report).toEqual({ sound: false, records: 2, hasMark: true, problems: stdout.trimEnd().split('\n') });
  });

  it('reports a file that is not a database', async () => {
    const data = await folder();
    await writeFile(join(data, 'asof.sqlite'), 'not a database, only long enough to look like one'.repeat(100));
    const { code, stdout, stderr } = await asof(['verify', '--data', data]);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toContain('file is not a database');
  });
});
