import { readFileSync } from 'node:fs';

/** The version in package.json; sources and build lie at different depths below it. */
export const programVersion = (): string => {
  for (const place of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as { version: string }).version;
    } catch {
      // The other place.
    }
  }
  return '0.0.0';
};
