const variable = 'ASOF_TEST_SEED';

const readSeed = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const seed = Number(text);
  if (text.trim() === '' || !Number.isInteger(seed) || Math.abs(seed) >= 2 ** 31)
    throw new Error(`${variable} must be an integer between -2147483647 and 2147483647: ${text}`);
  return seed;
};

/** What random tests start from; undefined: each run draws its own. */
export const testSeed = readSeed(process.env[variable]);

/** How a person repeats a run from `seed`. */
export const seedSetting = (seed: number): string => `${variable}=${seed}`;
