export const benchmarkNames = [
  'lookups',
  'batches',
  'import',
  'startup',
  'aggregate',
  'first-answer',
  'filters',
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

export const usage = `usage: npm run bench -- [all | ${benchmarkNames.join(' | ')}]… [--size 0.01] [--json <file>] [--data <folder>] [--only <text>]
       npm run bench -- --smoke [benchmark]…
       npm run bench -- report
  --size   part of the full 1,000,000 records of each kind
  --json   also write the results to a file
  --data   keep the imported data folder here and use it again; default: a temporary one
  --only   of limits: only the requests whose names contain the text
  --save   keep the results in test/bench/results, and write them into docs/explanation/benchmarks.md, as \`report\` does
  --smoke  a tiny size: only checks that all answer alike, prints no times, and ends with 1 when one answers differently`;

/** What a benchmark runs with. */
export interface BenchmarkOptions {
  /** Records of each kind. */
  readonly records: number;
  /** Folder for files and the store. */
  readonly folder: string;
  /** A part of the names of what is measured; empty for all. */
  readonly only: string;
  /** Answers are compared at a tiny size, and nothing is timed: one round, and no pauses. */
  readonly smoke: boolean;
}

/** How often something is repeated: once in a smoke run. */
export const roundsOf = ({ smoke }: Pick<BenchmarkOptions, 'smoke'>, usual: number): number => (smoke ? 1 : usual);

export interface Options {
  readonly names: readonly BenchmarkName[];
  readonly size: number;
  readonly json: string | undefined;
  readonly data: string | undefined;
  readonly only: string | undefined;
  readonly smoke: boolean;
  readonly save: boolean;
  /** Nothing is run: the page is written from what was saved. */
  readonly reportOnly: boolean;
}

const smokeSize = 0.002;
const switches = ['--smoke', '--save', 'report'];
const valued = ['--size', '--json', '--data', '--only'];

/** Null when the arguments are not as in `usage`. */
export const optionsOf = (args: readonly string[]): Options | null => {
  const names: BenchmarkName[] = [];
  const values = new Map<string, string>();
  const flags = new Set<string>();
  for (let position = 0; position < args.length; position++) {
    const argument = args[position] as string;
    const name = benchmarkNames.find((candidate) => candidate === argument);
    const value = args[position + 1];
    if (name) names.push(name);
    else if (switches.includes(argument)) flags.add(argument);
    else if (argument === 'all') names.push(...benchmarkNames);
    else if (!valued.includes(argument) || value === undefined) return null;
    else {
      values.set(argument, value);
      position++;
    }
  }
  const [smoke, save, reportOnly] = switches.map((name) => flags.has(name)) as [boolean, boolean, boolean];
  // Times of a smoke run mean nothing, and a report runs nothing.
  if ((smoke && save) || (reportOnly && args.length > 1)) return null;
  const size = Number(values.get('--size') ?? (smoke ? smokeSize : 1));
  if (!(size > 0)) return null;
  return {
    names: names.length > 0 ? [...new Set(names)] : benchmarkNames,
    size,
    json: values.get('--json'),
    data: values.get('--data'),
    only: values.get('--only'),
    ...{ smoke, save, reportOnly },
  };
};
