import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Without it vitest loads graphql's two builds, and instanceof GraphQLError fails between them.
  resolve: { alias: { graphql: 'graphql/index.js' } },
  test: {
    pool: 'forks',
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**'],
    globalSetup: 'test/support/build.ts',
    reporters: ['default', './test/support/summary-reporter.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'schema/**/*.ts', 'db/**/*.ts'],
      exclude: ['src/**/generated/**'],
      reporter: ['text', 'html'],
    },
  },
});
