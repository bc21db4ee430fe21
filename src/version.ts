import { readFileSync } from 'node:fs';

/** The version in package.json; the sources and the build are at different depths below it. */
export const programVersion = (): string => {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string }).version;
    } catch {
      // Not at this depth: try the other path.
    }
  }
  return '0.0.0';
};
