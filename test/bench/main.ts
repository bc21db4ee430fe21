import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchmarkNames, optionsOf, usage } from './options.ts';
import { machine, printTargets, type Report } from './report.ts';

const one = fileURLToPath(new URL('./run-case.js', import.meta.url));

const options = optionsOf(process.argv.slice(2));
if (!options) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}
const { names, size, json, data, only } = options;
const scratch = mkdtempSync(join(tmpdir(), 'asof-bench-'));
const reports: Report[] = [];
let failed = false;

try {
  process.stdout.write(`${machine()}\nsize ${size}: ${Math.round(size * 1e6)} records of each kind\n`);
  // A process each: none runs on another's heap or with code that another warmed up.
  for (const name of names) {
    const out = join(scratch, `${name}.json`);
    const args = ['--expose-gc', one, name, String(size), data ?? join(scratch, 'data'), out, only ?? ''];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    if (status === 0) reports.push(JSON.parse(readFileSync(out, 'utf8')) as Report);
    else failed = true;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

printTargets(reports);
if (json) writeFileSync(json, `${JSON.stringify({ machine: machine(), size, reports }, null, 2)}\n`);
if (names.length < benchmarkNames.length) process.stdout.write('\nOnly a part was run.\n');
process.exitCode = failed ? 1 : 0;
