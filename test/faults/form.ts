import { testSeed } from '../support/seed.ts';

/** `npm run test:faults` runs the long form, `npm run test:slow` the short one. */
export const isLong = process.env.ASOF_FAULTS === 'full';

/** Printed by the tests that use it. */
export const seed = testSeed ?? Math.floor(Math.random() * 2 ** 31);

/** Numbers from 0 to below 1 that depend on the seed only (mulberry32). */
export const createRandom = (from: number): (() => number) => {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
