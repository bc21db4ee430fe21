import {
  type ConfidenceInterval,
  type Moments,
  relativeDifferenceInterval,
} from '../../lib/statistics/confidence-sequence.ts';
import { type ExperimentStats, type NamedCell, variantsOf } from './snapshot.ts';

export type OutcomeMetric = 'ORDER_VALUE_PER_USER' | 'ORDERS_PER_USER' | 'CONVERSION';

export interface VariantOutcome {
  readonly variant: string;
  readonly isControl: boolean;
  readonly users: number;
  /** Per user; 0 without users. */
  readonly mean: number;
  /** Relative to the mean of the control; null for the control, and while the data does not suffice. */
  readonly relativeDifference: ConfidenceInterval | null;
}

/** The sum and the sum of squares of a metric over users; a user without an order adds 0. */
const sums: Readonly<Record<OutcomeMetric, (cell: NamedCell) => readonly [sum: number, squares: number]>> = {
  ORDER_VALUE_PER_USER: ({ value, valueSquares }) => [value, valueSquares],
  ORDERS_PER_USER: ({ orders, orderSquares }) => [orders, orderSquares],
  CONVERSION: ({ buyers }) => [buyers, buyers],
};

/** What the users of each variant did, compared with the planned control, or else with the first variant. */
export const outcomesOf = (stats: ExperimentStats, metric: OutcomeMetric): VariantOutcome[] => {
  const { allocation } = stats.experiment;
  const variants = variantsOf(stats);
  const planned = allocation.find(({ isControl }) => isControl) ?? allocation[0];
  const control = planned?.variant ?? variants[0];
  const moments = new Map(variants.map((variant) => [variant, momentsOf(stats, variant, metric)]));
  const ofControl = moments.get(control ?? '');
  return variants.map((variant) => {
    const own = moments.get(variant) as Moments;
    const isControl = variant === control;
    const relativeDifference = isControl || !ofControl ? null : relativeDifferenceInterval(own, ofControl);
    return { variant, isControl, users: own.count, mean: own.mean, relativeDifference };
  });
};

const momentsOf = ({ cells, country }: ExperimentStats, variant: string, metric: OutcomeMetric): Moments => {
  let [count, sum, squares] = [0, 0, 0];
  for (const cell of cells) {
    if (cell.variant !== variant || (country !== undefined && cell.country !== country)) continue;
    const [cellSum, cellSquares] = sums[metric](cell);
    count += cell.users;
    sum += cellSum;
    squares += cellSquares;
  }
  const mean = count === 0 ? 0 : sum / count;
  // Rounding can leave slightly less than zero when all users did the same.
  const variance = count < 2 ? 0 : Math.max(0, (squares - sum * mean) / (count - 1));
  return { count, mean, variance };
};
