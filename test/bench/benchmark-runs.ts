import type { BenchmarkName, Options } from './options.ts';
import type { Report } from './report.ts';

export interface BenchmarkRuns {
  readonly reports: readonly Report[];
  /** Those that ended with an error, as when answers differ. */
  readonly failed: readonly BenchmarkName[];
}

/** Runs benchmarks one after the other; one that fails does not keep the others from running. `run` throws when it does. */
export const runBenchmarks = (
  { names }: Pick<Options, 'names'>,
  run: (name: BenchmarkName) => Report,
): BenchmarkRuns => {
  const reports: Report[] = [];
  const failed: BenchmarkName[] = [];
  for (const name of names)
    try {
      reports.push(run(name));
    } catch {
      failed.push(name);
    }
  return { reports, failed };
};
