import { execFile, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { folder } from '../cli/asof-process.ts';
import { fixture } from '../support/app.ts';
import { root } from '../support/modules.ts';

const run = promisify(execFile);

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

/**
 * Installs the packed program as `npm install` does: its files, and of the packages only those that it depends on. They are
 * those of this checkout, because a test loads nothing from the network; so is the compiled part of better-sqlite3.
 */
const installed = async (): Promise<string> => {
  const to = await folder();
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', to], { cwd: root });
  const [{ filename }] = JSON.parse(packed.stdout) as [{ readonly filename: string }];
  const program = join(to, 'node_modules/asof');
  await mkdir(program, { recursive: true });
  await run('tar', ['xzf', join(to, filename), '--strip-components=1', '-C', program]);
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const present = new Set(await readdir(join(root, 'node_modules'), { recursive: false }));
  for (const [path, { dev }] of Object.entries(packages)) {
    const [, name = ''] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
    if (name === '' || dev || !present.has(name.split('/')[0] ?? '')) continue;
    await mkdir(dirname(join(to, path)), { recursive: true });
    await symlink(join(root, path), join(to, path)).catch(() => undefined);
  }
  return program;
};

it('the packed program runs in an empty folder with the packages it depends on', async () => {
  const program = await installed();
  const files = await readdir(program, { recursive: true });
  expect(files.filter((name) => /\.map$|^(?:src|test|db)\/|node_modules/.test(name))).toEqual([]);
  const { bin, version } = JSON.parse(await readFile(join(program, 'package.json'), 'utf8'));
  const cli = join(program, bin.asof);
  expect(await readFile(cli, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  const asof = async (...args: string[]) =>
    (await run(process.execPath, [cli, ...args], { cwd: dirname(program) })).stdout;
  expect(await asof('--version')).toBe(`${version}\n`);
  const data = await folder();
  const file = fixture('status-changes.json');
  expect(await asof('import', 'user-status', file, '--data', data)).toMatch(/ read = \d+ stored, 0 duplicates/);
  expect(await asof('verify', '--data', data)).toMatch(/^sound: \d+ records/);
  const server = spawn(process.execPath, [cli, 'serve', '--port', '0', '--data', data], { cwd: dirname(program) });
  onTestFinished(() => void server.kill('SIGKILL'));
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    server.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const [, line] = /^listening on (\S+)\n/m.exec(output) ?? [];
      if (line) resolve(line);
    });
    server.once('close', () => reject(new Error('the server ended')));
  });
  const statusOf = async (path: string, accept: string) => (await fetch(url + path, { headers: { accept } })).status;
  expect([await statusOf('/readyz', '*/*'), await statusOf('/metrics', '*/*')]).toEqual([200, 200]);
  expect([await statusOf('/', 'text/html'), await statusOf('/graphql', 'text/html')]).toEqual([200, 200]);
}, 120_000);
