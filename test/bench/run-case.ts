import { writeFileSync } from 'node:fs';
import { benchmarkAggregate } from './aggregate.ts';
import { benchmarkBatches } from './batches.ts';
import { benchmarkClickHouse } from './clickhouse.ts';
import { benchmarkDashboard } from './dashboard.ts';
import { benchmarkDataset } from './dataset.ts';
import { benchmarkFilters } from './filters.ts';
import { benchmarkFirstAnswer } from './first-answer.ts';
import { benchmarkGraphql } from './graphql.ts';
import { benchmarkGraphqlPages } from './graphql-pages.ts';
import { benchmarkImport } from './import.ts';
import { benchmarkIngest } from './ingest.ts';
import { benchmarkLimits } from './limits.ts';
import { benchmarkLookups } from './lookups.ts';
import type { BenchmarkName, BenchmarkOptions } from './options.ts';
import { printReport, printSmoke, type Report } from './report.ts';
import { benchmarkStartup } from './startup.ts';
import { benchmarkWebUi } from './web-ui.ts';

const benchmarks: Readonly<Record<BenchmarkName, (options: BenchmarkOptions) => Promise<Report>>> = {
  lookups: benchmarkLookups,
  batches: benchmarkBatches,
  import: benchmarkImport,
  startup: benchmarkStartup,
  aggregate: benchmarkAggregate,
  'first-answer': benchmarkFirstAnswer,
  filters: benchmarkFilters,
  dashboard: benchmarkDashboard,
  ingest: benchmarkIngest,
  graphql: benchmarkGraphql,
  'graphql-pages': benchmarkGraphqlPages,
  dataset: benchmarkDataset,
  'web-ui': benchmarkWebUi,
  limits: benchmarkLimits,
  clickhouse: benchmarkClickHouse,
};

const [name, size, folder, out, only, smoke] = process.argv.slice(2) as [BenchmarkName, ...string[]];
const options = {
  ...{ records: Math.round(Number(size) * 1e6), folder: folder as string, only: only ?? '', smoke: smoke === 'smoke' },
};
const report = await benchmarks[name](options);
if (options.smoke) printSmoke(report);
else printReport(report);
writeFileSync(out as string, JSON.stringify(report));
