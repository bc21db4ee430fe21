export const benchmarkNames = [
  'lookups',
  'batches',
  'import',
  'startup',
  'aggregate',
  'first-answer',
  'dashboard',
  'ingest',
  'graphql',
  'graphql-pages',
  'dataset',
  'web-ui',
  'limits',
  'clickhouse',
] as const;
export type BenchmarkName = (typeof benchmarkNames)[number];

export const usage = `usage: npm run bench -- [${benchmarkNames.join(' | ')}]… [--size 0.01] [--json <file>] [--data <folder>] [--only <text>]
  --size   part of the full 1,000,000 records of each kind
  --json   also write the results to a file
  --data   keep the imported data folder here and use it again; default: a temporary one
  --only   of limits: only the requests whose names contain the text`;

/** What a benchmark runs with. */
export interface BenchmarkOptions {
  /** Records of each kind. */
  readonly records: number;
  /** Folder for files and the store. */
  readonly folder: string;
  /** A part of the names of what is measured; empty for all. */
  readonly only: string;
}

export interface Options {
  readonly names: readonly BenchmarkName[];
  readonly size: number;
  readonly json: string | undefined;
  readonly data: string | undefined;
  readonly only: string | undefined;
}

/** Null when the arguments are not as in `usage`. */
export const optionsOf = (args: readonly string[]): Options | null => {
  const names: BenchmarkName[] = [];
  const values = new Map<string, string>();
  for (let position = 0; position < args.length; position++) {
    const argument = args[position] as string;
    const name = benchmarkNames.find((candidate) => candidate === argument);
    const value = args[position + 1];
    if (name) names.push(name);
    else if (!['--size', '--json', '--data', '--only'].includes(argument) || value === undefined) return null;
    else {
      values.set(argument, value);
      position++;
    }
  }
  const size = Number(values.get('--size') ?? 1);
  if (!(size > 0)) return null;
  return {
    names: names.length > 0 ? names : benchmarkNames,
    size,
    json: values.get('--json'),
    data: values.get('--data'),
    only: values.get('--only'),
  };
};
