import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchmarkRuns, runBenchmarks } from './benchmark-runs.ts';
import { type BenchmarkName, benchmarkNames, optionsOf, usage } from './options.ts';
import { writePage } from './page.ts';
import { machine, printTargets, type Report } from './report.ts';
import { circumstancesOf, saveResults } from './results.ts';

const one = fileURLToPath(new URL('./run-case.js', import.meta.url));

const options = optionsOf(process.argv.slice(2));
if (!options) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}
const root = fileURLToPath(new URL('../../../', import.meta.url));
if (options.reportOnly) {
  writePage(root);
  process.exit(0);
}
const { names, size, json, data, only, smoke, save } = options;
const scratch = mkdtempSync(join(tmpdir(), 'asof-bench-'));

/** In a process of its own: none runs on another's heap or with code that another warmed up. */
const run = (name: BenchmarkName): Report => {
  const out = join(scratch, `${name}.json`);
  const args = ['--expose-gc', one, name, String(size), data ?? join(scratch, 'data'), out, only ?? ''];
  const { status } = spawnSync(process.execPath, [...args, ...(smoke ? ['smoke'] : [])], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${name} ended with ${status}`);
  return JSON.parse(readFileSync(out, 'utf8')) as Report;
};

const circumstances = circumstancesOf(size, root);
const start = `size ${size}: ${Math.round(size * 1e6)} records of each kind`;
process.stdout.write(
  smoke ? `smoke, ${start}: answers are compared, and nothing is timed\n` : `${machine()}\n${start}\n`,
);
let runs: BenchmarkRuns;
try {
  runs = runBenchmarks({ names }, run);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
const { reports, failed } = runs;
if (!smoke) printTargets(reports);
if (json) writeFileSync(json, `${JSON.stringify({ machine: machine(), size, reports }, null, 2)}\n`);
if (save) {
  saveResults(root, circumstances, reports);
  writePage(root);
}
if (names.length < benchmarkNames.length) process.stdout.write('\nOnly a part was run.\n');
if (failed.length > 0) process.stderr.write(`FAILED: ${failed.join(', ')}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;
