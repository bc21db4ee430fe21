/**
 * Holm's step-down adjusted p-values, in the order given: comparing each with alpha keeps the probability of one false
 * alarm among all of them at alpha, however they depend on each other. The i-th smallest of m is multiplied by m − i + 1,
 * is never below the one before it, and is at most 1 (Holm 1979, Scandinavian Journal of Statistics 6, 65–70).
 *
 * Throws RangeError for a p-value outside 0 to 1.
 */
export const holmAdjusted = (pValues: readonly number[]): number[] => {
  if (!pValues.every((pValue) => pValue >= 0 && pValue <= 1)) throw new RangeError('p-values must be between 0 and 1');
  const ascending = pValues.map((_, i) => i).sort((a, b) => (pValues[a] as number) - (pValues[b] as number));
  const adjusted = new Array<number>(pValues.length);
  let floor = 0;
  ascending.forEach((i, rank) => {
    floor = Math.min(1, Math.max(floor, (pValues[i] as number) * (pValues.length - rank)));
    adjusted[i] = floor;
  });
  return adjusted;
};
