import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { hasClickHouse } from './test/support/clickhouse.ts';

/**
 * Tiers, by folder or file; `app` holds what no other names. `npm test` runs `unit`, `app` and `cli`, `npm run test:slow` the
 * others.
 */
const tiers = {
  /** Pure functions and data structures. Needs no build. */
  unit: [
    'test/{architecture,benchmark-report,benchmarks,config,conventions}.test.ts',
    'test/{indices,lib,sources,web/parts}/**/*.test.ts',
    'test/ledger/commit-log.test.ts',
  ],
  /** Commands, and servers that are stopped or killed: many tests start processes. */
  cli: ['test/cli/**/*.test.ts', 'test/codegen.test.ts'],
  /** Pages in Chromium. */
  web: ['test/web/**/*.test.ts', 'test/graphql/graphiql.test.ts'],
  /** Every block of the documentation, and the example clients. */
  pages: ['test/docs/{guide,operations}.test.ts', 'test/examples.test.ts'],
  /** Kills, power losses, full disks: `npm run test:faults` runs them longer. */
  faults: ['test/faults/**/*.test.ts'],
  /** Monte Carlo simulations of the monitor. */
  simulation: ['test/domains/monitor/{simulations,outcome-simulations}.test.ts'],
};

/** Tests that run again with facts in ClickHouse, where its engine is installed (`npm install --no-save chdb`). */
const onClickHouse = [
  'test/domains/{conversations,experiments,facts,monitor,transactions}/**/*.test.ts',
  'test/domains/sql/sql.test.ts',
  'test/contracts/{conversations,experiments,user-status-ip-transactions}.test.ts',
  'test/rest/routes/{conversations,facts}.test.ts',
  'test/graphql/{snapshots,total-counts}.test.ts',
  'test/ledger/{great-sequence-numbers,index-files,memory}.test.ts',
  'test/db/clickhouse/**/*.test.ts',
];

/** For tests that use what is built: threads and processes that the program starts use it too. */
const built = { globalSetup: 'test/support/build.ts', execArgv: ['--conditions=asof-built'] };

/** A command takes a second to start, and many seconds on a machine that is busy; so does a browser. */
const slowStart = { ...built, testTimeout: 180_000 };

export default defineConfig({
  // Without it vitest loads graphql's two builds, and instanceof GraphQLError fails between them.
  resolve: { alias: { graphql: 'graphql/index.js' } },
  test: {
    pool: 'forks',
    // Modules hold no state, so test files may share what they import: loading it takes a second of CPU per file.
    isolate: false,
    // Vitest leaves one core free, which on two cores would leave one worker.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    reporters: ['./test/support/summary-reporter.ts', 'default'],
    setupFiles: 'test/support/seed-setup.ts',
    // Far above what a test takes: machines that run CI may be slow or busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    projects: [
      { extends: true, test: { name: 'unit', include: tiers.unit } },
      {
        extends: true,
        test: {
          name: 'app',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{bench,db/clickhouse}/**', ...Object.values(tiers).flat()],
          ...built,
        },
      },
      { extends: true, test: { name: 'cli', include: tiers.cli, ...slowStart } },
      { extends: true, test: { name: 'web', include: tiers.web, exclude: tiers.unit, ...slowStart } },
      { extends: true, test: { name: 'pages', include: tiers.pages, ...slowStart } },
      {
        extends: true,
        test: { name: 'faults', include: tiers.faults, ...built, testTimeout: 600_000 },
      },
      { extends: true, test: { name: 'simulation', include: tiers.simulation } },
      {
        extends: true,
        // What holds of facts in memory holds of facts in ClickHouse: the same tests, unchanged.
        test: {
          name: 'clickhouse',
          include: hasClickHouse ? onClickHouse : [],
          ...built,
          globalSetup: [built.globalSetup, 'test/support/clickhouse-setup.ts'],
          testTimeout: 600_000,
          // Each run of a property creates a database.
          env: { RUNS: process.env.RUNS ?? '4' },
        },
      },
      {
        extends: true,
        // The same copy on a cluster of two shards, whose second one is a process of its own.
        test: {
          name: 'cluster',
          include: hasClickHouse ? ['test/db/clickhouse/{copy,enrichment,kill,parity,monitor-parity}.test.ts'] : [],
          ...built,
          testTimeout: 600_000,
          env: { RUNS: process.env.RUNS ?? '4', ASOF_TEST_CLICKHOUSE_CLUSTER: '1' },
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'schema/**/*.ts', 'db/**/*.ts'],
      exclude: ['src/**/generated/**'],
      reporter: ['text', 'html'],
    },
  },
});
