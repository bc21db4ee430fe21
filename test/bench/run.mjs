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

/** Compiles one file to its place in dist, where its relative imports find the built program. */
const transpile = (typescript, file) => {
  const source = path.join(root, file);
  const { outputText } = typescript.transpileModule(fs.readFileSync(source, 'utf8'), {
    fileName: source,
    compilerOptions: {
      target: 'es2023',
      module: 'esnext',
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  const target = path.join(root, 'dist', file.replace(/\.ts$/, '.js'));
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, outputText);
};

/** Lets the built benchmarks find the peers, which are installed beside their sources. */
const linkPeers = () => {
  const link = path.join(built, 'node_modules');
  fs.rmSync(link, { recursive: true, force: true });
  fs.symlinkSync(path.join(here, 'node_modules'), link, 'junction');
};

const installed = path.join(here, 'node_modules/.package-lock.json');
const modifiedMs = (file) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (modifiedMs(installed) < modifiedMs(path.join(here, 'package-lock.json')))
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], here);
run(process.execPath, ['src/bootstrap.mjs'], root);

const { default: typescript } = await import('typescript');
const sources = fs.readdirSync(here).filter((name) => name.endsWith('.ts'));
for (const name of sources) transpile(typescript, `test/bench/${name}`);
transpile(typescript, 'test/support/mmdb-writer.ts');
linkPeers();
await import(pathToFileURL(path.join(built, 'main.js')).href);
