import { chiSquaredOf } from './chi-squared.ts';

/** The users of the segments of one dimension: those of value v and variant i have the index v × variants + i. */
export interface SegmentCounts {
  readonly observed: ArrayLike<number>;
  /** By the plan; with shares that differ between users, their sum. */
  readonly expected: ArrayLike<number>;
}

export interface Suspect {
  /** The index of the dimension. */
  readonly dimension: number;
  /** The code of its value. */
  readonly value: number;
  readonly users: number;
  /** Pearson's chi-squared of the segment's own split against the plan. */
  readonly chiSquared: number;
  /** The part of the chi-squared of all segments of the dimension, 0 to 1. */
  readonly contribution: number;
}

/**
 * The segments that explain an imbalance, the strongest first; ties in the order of dimension, then value.
 *
 * The score is Pearson's chi-squared of the segment's own split. Where users of one segment are lost, a larger segment that
 * holds them has the same loss among more users, and one that holds a part of them has less of it, so its
 * chi-squared is smaller either way. Segments with fewer than `usersMin` users are not ranked (but count
 * in `contribution`), and neither is a segment that contains every user: it carries no information.
 *
 * Throws RangeError unless there is a count for each variant of each segment.
 */
export const rankSuspects = (dimensions: readonly SegmentCounts[], variantCount: number, usersMin: number): Suspect[] =>
  dimensions
    .flatMap((counts, dimension) => {
      const segments = segmentsOf(counts, variantCount);
      const users = segments.reduce((sum, segment) => sum + segment.users, 0);
      const chiSquared = segments.reduce((sum, segment) => sum + segment.chiSquared, 0);
      return segments
        .filter((segment) => segment.users >= usersMin && segment.users < users)
        .map((segment) => ({
          dimension,
          ...segment,
          contribution: chiSquared > 0 ? segment.chiSquared / chiSquared : 0,
        }));
    })
    .sort((a, b) => b.chiSquared - a.chiSquared || a.dimension - b.dimension || a.value - b.value);

const segmentsOf = ({ observed, expected }: SegmentCounts, variantCount: number) => {
  if (observed.length % variantCount !== 0 || observed.length !== expected.length)
    throw new RangeError('there must be a count for each variant of each segment');
  const segments: { value: number; users: number; chiSquared: number }[] = [];
  for (let value = 0; value * variantCount < observed.length; value++) {
    const offset = value * variantCount;
    const own = Array.from({ length: variantCount }, (_, i) => expected[offset + i] as number);
    let users = 0;
    for (let i = 0; i < variantCount; i++) users += observed[offset + i] as number;
    if (users > 0) segments.push({ value, users, chiSquared: chiSquaredOf(observed, own, offset) });
  }
  return segments;
};
