import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import { seedSetting, testSeed } from './seed.ts';

/**
 * Prints the seed of random tests as the first line, where there is one, and `N passed, N failed` (and `, N skipped`) as the
 * very last: CI reads the outcome from it.
 */
export default class SummaryReporter implements Reporter {
  #line: string | undefined;

  onInit(): void {
    if (testSeed !== undefined) process.stdout.write(`Random tests start from ${seedSetting(testSeed)}\n`);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state] += 1;
      // A file that could not be loaded holds no tests, and must not pass for want of them.
      counts.failed += module.errors().length;
    }
    const skipped = counts.skipped + counts.pending;
    // The default reporter and the coverage report print after this hook.
    if (this.#line === undefined) process.once('exit', () => process.stdout.write(`${this.#line}\n`));
    this.#line = `${counts.passed} passed, ${counts.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  }
}
