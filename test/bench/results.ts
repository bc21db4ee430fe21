import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { type BenchmarkName, benchmarkNames } from './options.ts';
import type { Race } from './race.ts';
import { machine, type Report } from './report.ts';

/** What a run was measured on, and when. */
export interface Circumstances {
  readonly machine: string;
  /** Day in UTC. */
  readonly date: string;
  /** Part of a million records of each kind. */
  readonly size: number;
  readonly commit: string;
  /** Whether little else ran when it started. */
  readonly isIdle: boolean;
}

/** The results of one benchmark, as they are in a file of `test/bench/results`. */
export interface SavedResult extends Circumstances {
  readonly name: BenchmarkName;
  readonly races: readonly Race[];
}

/** Processes that ran on average in the last minute, of those that could, below which a machine is called idle. */
const idleShare = 0.3;

/** Call it before the run, which is load itself. */
export const circumstancesOf = (size: number, root: string): Circumstances => {
  const git = (...args: string[]): string =>
    spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim() ?? '';
  const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
  return {
    machine: machine(),
    date: new Date().toISOString().slice(0, 10),
    size,
    commit: `${git('rev-parse', '--short=10', 'HEAD') || 'unknown'}${isChanged ? ', changed' : ''}`,
    isIdle: (loadavg()[0] as number) < idleShare * availableParallelism(),
  };
};

export const resultsFolder = (root: string): string => join(root, 'test/bench/results');

/** Replaces what was saved of these benchmarks before. */
export const saveResults = (root: string, circumstances: Circumstances, reports: readonly Report[]): void => {
  mkdirSync(resultsFolder(root), { recursive: true });
  for (const { name, races = [] } of reports) {
    if (races.length === 0) continue;
    const saved = { name, ...circumstances, races };
    writeFileSync(join(resultsFolder(root), `${name}.json`), `${JSON.stringify(saved, null, 2)}\n`);
  }
};

/** In the order in which benchmarks run. */
export const readResults = (root: string): SavedResult[] => {
  let files: string[] = [];
  try {
    files = readdirSync(resultsFolder(root));
  } catch {
    // Nothing was saved yet.
  }
  return benchmarkNames
    .filter((name) => files.includes(`${name}.json`))
    .map((name) => JSON.parse(readFileSync(join(resultsFolder(root), `${name}.json`), 'utf8')) as SavedResult);
};
