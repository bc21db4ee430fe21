import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Tests of the command line run `dist`, also when a single file is run without `npm test`. */
export default function buildIfStale(): void {
  const bootstrap = fileURLToPath(new URL('../../src/bootstrap.mjs', import.meta.url));
  execFileSync(process.execPath, [bootstrap], { stdio: 'inherit' });
}
