import { testSeed } from './seed.ts';

// Loaded on demand: without a seed, files without properties do not need it.
if (testSeed !== undefined) (await import('fast-check')).configureGlobal({ seed: testSeed });
