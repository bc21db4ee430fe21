import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

const bootstrap = fileURLToPath(new URL('../../src/bootstrap.mjs', import.meta.url));

/** Builds `dist` when a source has changed since the last build. */
const buildIfStale = (): void => void execFileSync(process.execPath, [bootstrap], { stdio: 'inherit' });

/**
 * Tests that start commands start those in `dist`: under a loader like tsx each would start five times slower. Built
 * before the first test, also when a single file is run, and in watch mode before each rerun.
 */
export default function buildBeforeTests(project: TestProject): void {
  buildIfStale();
  project.onTestsRerun(buildIfStale);
}
