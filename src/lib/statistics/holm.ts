/**
 * The factor by which Holm's step-down procedure multiplies each p-value, in the order of the p-values: the i-th smallest of m by m − i + 1 (Holm
 * 1979, Scandinavian Journal of Statistics 6, 65–70). Of equal ones the first counts as the smaller.
 */
export const holmFactors = (pValues: readonly number[]): number[] => {
  const factors = new Array<number>(pValues.length);
  ascending(pValues).forEach((i, rank) => {
    factors[i] = pValues.length - rank;
  });
  return factors;
};

/**
 * Holm's adjusted p-values, in the order of the p-values: comparing each with alpha keeps the probability of any false alarm
 * among them at alpha, however they depend on each other. Each is the p-value times its factor, never below the adjusted
 * value of a smaller p-value, and at most 1.
 *
 * Throws RangeError for a p-value outside 0 to 1.
 */
export const holmAdjusted = (pValues: readonly number[]): number[] => {
  if (!pValues.every((pValue) => pValue >= 0 && pValue <= 1)) throw new RangeError('p-values must be between 0 and 1');
  const factors = holmFactors(pValues);
  const adjusted = new Array<number>(pValues.length);
  let floor = 0;
  for (const i of ascending(pValues)) {
    floor = Math.min(1, Math.max(floor, (pValues[i] as number) * (factors[i] as number)));
    adjusted[i] = floor;
  }
  return adjusted;
};

const ascending = (pValues: readonly number[]): number[] =>
  pValues.map((_, i) => i).sort((a, b) => (pValues[a] as number) - (pValues[b] as number));
