// Installs the peers when they are missing, builds the program and the benchmarks into dist, and runs them there:
// under a loader like tsx closures are up to ten times slower. Plain JavaScript, for it is what builds the rest.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(path.dirname(here));
const built = path.join(root, 'dist/test/bench');

const run = (command, args, cwd) => {
  // Windows starts npm, a .cmd file, only through a shell.
  const shell = command === 'npm' && process.platform === 'win32';
  const { status } = spawnSync(command, args, { cwd, stdio: ['ignore', 2, 2], shell });
  if (status !== 0) process.exit(status ?? 1);
};

/** Packages that only the peers need. */
const peers = () => {
  const packages = fs
    .readdirSync(path.join(here, 'node_modules'))
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@')
        ? fs.readdirSync(path.join(here, 'node_modules', name)).map((part) => `${name}/${part}`)
        : [name],
    );
  return packages.filter((name) => !fs.existsSync(path.join(root, 'node_modules', name)));
};

/** Lets the built benchmarks find the peers, which are installed beside their sources; other packages are the program's. */
const linkPeers = (packages) => {
  const modules = path.join(built, 'node_modules');
  fs.rmSync(modules, { recursive: true, force: true });
  for (const name of packages) {
    const link = path.join(modules, name);
    fs.mkdirSync(path.dirname(link), { recursive: true });
    fs.symlinkSync(path.join(here, 'node_modules', name), link, 'junction');
  }
};

const installed = path.join(here, 'node_modules/.package-lock.json');
const modifiedMs = (file) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (modifiedMs(installed) < modifiedMs(path.join(here, 'package-lock.json')))
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], here);
run(process.execPath, ['src/bootstrap.mjs'], root);

const { bundle } = await import('../../src/bundle.mjs');
const sources = fs.readdirSync(here).filter((name) => name.endsWith('.ts'));
const packages = peers();
linkPeers(packages);
// A package of the developers, not of the program.
packages.push('playwright-core');
await bundle(root, { files: sources.map((name) => `test/bench/${name}`), packages });
await import(pathToFileURL(path.join(built, 'main.js')).href);
