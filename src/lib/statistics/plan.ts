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

/** The same for weights of which some are 0: variants that are not planned. */
export const sharesOfPlanned = (weights: ArrayLike<number>): Float64Array => {
  const planned = sharesOf(Array.from(weights).filter((weight) => weight !== 0));
  let next = 0;
  return Float64Array.from(weights, (weight) => (weight === 0 ? 0 : (planned[next++] as number)));
};

/** The largest difference between a variant's share of the counts and its expected share, 0 to 1; 0 without counts. */
export const largestDeviation = (counts: ArrayLike<number>, expected: ArrayLike<number>): number => {
  const total = totalOf(counts, expected.length);
  let largest = 0;
  for (let i = 0; i < expected.length && total > 0; i++)
    largest = Math.max(largest, Math.abs((counts[i] as number) - (expected[i] as number)) / total);
  return largest;
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
