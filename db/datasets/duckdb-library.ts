import { createRequire } from 'node:module';

export type DuckdbLibrary = typeof import('@duckdb/node-api');

const require = createRequire(import.meta.url);

/**
 * Loads the library, which is large, so that only what needs it pays for it. `import()` would first parse all its CommonJS
 * files for the names that they export, which takes longer than loading it.
 */
export const duckdbLibrary = (): DuckdbLibrary => require('@duckdb/node-api') as DuckdbLibrary;
