// Runs before the scripts of package.json: installs missing packages and, without --install-only, builds stale files.
// Plain JavaScript on Node's own modules, because it installs all others. It writes nothing to stdout, which belongs to
// the program that starts next.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const sourceFolders = ['src', 'schema', 'db'];
const installOnly = process.argv.includes('--install-only');
const installed = 'node_modules/.package-lock.json';
const abiFile = 'node_modules/.asof-abi';
const stampFile = 'dist/.stamp';
const uiFolder = path.join('src', 'web', 'ui');
const uiOutput = path.join('dist', 'web');
const uiStampFile = 'dist/.stamp-ui';
const lockFile = 'dist/.lock';

const log = (line) => process.stderr.write(`asof: ${line}\n`);

const fail = (line) => {
  log(line);
  process.exit(1);
};

const read = (file) => {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
};

const modifiedMs = (file) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

const run = (command, args, hint) => {
  // Windows starts npm, a .cmd file, only through a shell.
  const shell = command === 'npm' && process.platform === 'win32';
  const { error, status } = spawnSync(command, args, { stdio: ['ignore', 2, 2], shell });
  if (error) fail(`${command} could not be started: ${error.message}`);
  if (status !== 0) fail(`\`${command} ${args.join(' ')}\` failed. ${hint}`);
};

/** Whether every package of the lock file is installed in its version, except optional ones (of other platforms). */
const hasLockedPackages = () => {
  const present = JSON.parse(read(installed)).packages;
  const locked = Object.entries(JSON.parse(read('package-lock.json')).packages).filter(([name]) => name !== '');
  return locked.every(([name, { version, optional, devOptional, extraneous }]) =>
    present[name] ? present[name].version === version : optional || devOptional || extraneous,
  );
};

const installNeeded = () => {
  if (!fs.existsSync(installed)) return true;
  // A fresh checkout makes the lock file newer although its content is the same.
  return modifiedMs(installed) < modifiedMs('package-lock.json') && !hasLockedPackages();
};

/** Compiled packages load only in the Node major they were compiled for. */
const rebuildNeeded = () => (read(abiFile) ?? process.versions.modules) !== process.versions.modules;

const filesBelow = (folder) => {
  if (!fs.existsSync(folder)) return [];
  const files = fs.readdirSync(folder, { recursive: true }).map((name) => path.join(folder, name));
  return files.filter((file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile()).sort();
};

const isOfUi = (file) => file.startsWith(uiFolder + path.sep);

const sources = () =>
  sourceFolders
    .flatMap(filesBelow)
    .filter((file) => !file.endsWith('.mjs') && !file.endsWith('.d.ts') && !isOfUi(file));

const fingerprint = (files) => {
  const lines = files.map((file) => {
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    return `${file} ${stat?.size} ${stat?.mtimeMs}`;
  });
  return createHash('sha256').update(lines.join('\n')).digest('hex');
};

const programStamp = () => fingerprint([...sources(), 'src/bundle.mjs', 'package.json', 'tsconfig.json']);

const uiStamp = () => fingerprint([...filesBelow(uiFolder), 'src/bundle-ui.mjs', 'package.json']);

const programBuildNeeded = () => read(stampFile) !== programStamp();

const uiBuildNeeded = () => read(uiStampFile) !== uiStamp();

const buildNeeded = () => !installOnly && (programBuildNeeded() || uiBuildNeeded());

const failBuild = (error) => fail(`the build failed: ${error.message}`);

/** Apart from the program: it takes longer, and most changes touch only one of the two. */
const buildUi = async () => {
  const stamp = uiStamp();
  const { bundleUi } = await import('./bundle-ui.mjs');
  await bundleUi(root).catch(failBuild);
  fs.writeFileSync(uiStampFile, stamp);
};

const build = async () => {
  // Computed first, so that a source saved while the build runs is built the next time.
  const stamp = programStamp();
  // Known only now: the packages that it imports may have been missing.
  const { bundle } = await import('./bundle.mjs');
  const built = await bundle(root).catch(failBuild);
  const copied = sources().filter((file) => !file.endsWith('.ts'));
  for (const file of copied) {
    const copy = path.join('dist', file);
    fs.mkdirSync(path.dirname(copy), { recursive: true });
    fs.copyFileSync(file, copy);
  }
  const expected = new Set(
    [...built, ...copied.map((file) => path.join('dist', file)), stampFile, uiStampFile, lockFile].map(path.normalize),
  );
  for (const name of fs.readdirSync('dist', { recursive: true })) {
    // The benchmarks, and links to packages whose files are not ours to remove.
    if (name.startsWith('test')) continue;
    const file = path.join('dist', name);
    if (file.startsWith(uiOutput + path.sep)) continue;
    if (!expected.has(file) && fs.statSync(file).isFile()) fs.rmSync(file);
  }
  fs.writeFileSync(stampFile, stamp);
};

const isRunning = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** Runs `work` under a lock file, so that concurrent starts do not install or build at the same time. */
const withLock = async (work) => {
  fs.mkdirSync('dist', { recursive: true });
  for (;;) {
    try {
      fs.writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = read(lockFile);
    if (holder && !isRunning(Number(holder))) fs.rmSync(lockFile, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  process.once('exit', () => fs.rmSync(lockFile, { force: true }));
  await work();
};

const prepare = async () => {
  if (installNeeded()) {
    const locked = fs.existsSync('package-lock.json');
    log('installing dependencies; this takes one to three minutes, once');
    run(
      'npm',
      // With NODE_ENV=production npm would leave out the compiler that builds dist.
      [locked ? 'ci' : 'install', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
      'Where no prebuilt binary of better-sqlite3 can be downloaded, compiling it needs python3, make and a C++ compiler.',
    );
    fs.writeFileSync(abiFile, process.versions.modules);
  } else if (rebuildNeeded()) {
    log(`compiling better-sqlite3 for Node ${process.versions.node}; this takes about a minute, once`);
    run('npm', ['rebuild', 'better-sqlite3', '--loglevel=error'], 'It needs python3, make and a C++ compiler.');
    fs.writeFileSync(abiFile, process.versions.modules);
  } else if (read(abiFile) === undefined) {
    fs.writeFileSync(abiFile, process.versions.modules);
  }
  if (buildNeeded()) {
    log('building; this takes a few seconds');
    if (programBuildNeeded()) await build();
    if (uiBuildNeeded()) await buildUi();
  }
};

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Node 20.19 or newer is required; this is Node ${process.versions.node}`);
}
process.chdir(root);
// A container image has dist and its dependencies, but no sources.
const hasSources = fs.existsSync('src/bundle.mjs');
if (hasSources && (installNeeded() || rebuildNeeded() || buildNeeded())) await withLock(prepare);
