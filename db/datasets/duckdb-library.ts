import { createRequire } from 'node:module';

export type DuckdbLibrary = typeof import('@duckdb/node-api');

const load = createRequire(import.meta.url);

/**
 * Loads the library, which is large, so that only what needs it pays for it. `import()` would first parse all its CommonJS
 * files for the names that they export, which takes longer than loading it.
 */
export const duckdbLibrary = (): DuckdbLibrary => load('@duckdb/node-api') as DuckdbLibrary;
