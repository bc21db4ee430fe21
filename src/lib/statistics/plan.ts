/** Weights as shares that sum to 1. Throws RangeError for fewer than two weights, or one that is not positive and finite. */
export const sharesOf = (weights: ArrayLike<number>): Float64Array => {
  const shares = Float64Array.from(weights);
  const sum = shares.reduce((total, weight) => total + weight, 0);
  if (shares.length < 2) throw new RangeError('there must be at least two weights');
  if (!shares.every((weight) => weight > 0) || sum === Infinity) {
    throw new RangeError('weights must be positive and finite');
  }
  return shares.map((weight) => weight / sum);
};

/** The largest difference between a variant's share of the counts and its planned share, 0 to 1; 0 without counts. */
export const largestDeviation = (counts: ArrayLike<number>, weights: ArrayLike<number>): number => {
  const shares = sharesOf(weights);
  const total = totalOf(counts, shares.length);
  if (total === 0) return 0;
  return shares.reduce((largest, share, i) => Math.max(largest, Math.abs((counts[i] as number) / total - share)), 0);
};

/** The sum of counts. Throws RangeError unless there is one for each variant, finite and not negative. */
export const totalOf = (counts: ArrayLike<number>, variantCount: number): number => {
  if (counts.length !== variantCount) throw new RangeError('there must be one count for each weight');
  let total = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] as number;
    if (!(count >= 0 && count < Infinity)) throw new RangeError('counts must be finite and not negative');
    total += count;
  }
  return total;
};
