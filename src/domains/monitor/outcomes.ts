import {
  type ConfidenceInterval,
  type Moments,
  relativeDifferenceInterval,
} from '../../lib/statistics/confidence-sequence.ts';
import type { ExposureCell } from './exposures.ts';
import { type MonitorSnapshot, variantsOf } from './snapshot.ts';

export type OutcomeMetric = 'ORDER_VALUE_PER_USER' | 'ORDERS_PER_USER' | 'CONVERSION';

export interface VariantOutcome {
  readonly variant: string;
  readonly isControl: boolean;
  readonly users: number;
  /** Per user; 0 without users. */
  readonly mean: number;
  /** Against the control's mean; null for the control, and while there is too little to tell. */
  readonly relativeDifference: ConfidenceInterval | null;
}

/** A metric's sum and sum of squares over users; whoever did nothing adds 0. */
const sums: Readonly<Record<OutcomeMetric, (cell: ExposureCell) => readonly [sum: number, squares: number]>> = {
  ORDER_VALUE_PER_USER: ({ value, valueSquares }) => [value, valueSquares],
  ORDERS_PER_USER: ({ orders, orderSquares }) => [orders, orderSquares],
  CONVERSION: ({ buyers }) => [buyers, buyers],
};

/** What users of each variant did; compared with the planned control, or else with the first variant. */
export const outcomesOf = (sight: MonitorSnapshot, metric: OutcomeMetric): VariantOutcome[] => {
  const variants = variantsOf(sight);
  const planned = sight.experiment.allocation.find(({ isControl }) => isControl) ?? sight.experiment.allocation[0];
  const control = planned?.variant ?? variants[0];
  const moments = new Map(variants.map((variant) => [variant, momentsOf(sight, variant, metric)]));
  const ofControl = moments.get(control ?? '');
  return variants.map((variant) => {
    const { count, mean } = moments.get(variant) as Moments;
    const isControl = variant === control;
    const relativeDifference =
      isControl || !ofControl ? null : relativeDifferenceInterval(moments.get(variant) as Moments, ofControl);
    return { variant, isControl, users: count, mean, relativeDifference };
  });
};

const momentsOf = (
  { cells, users, country, experimentEvents }: MonitorSnapshot,
  variant: string,
  metric: OutcomeMetric,
) => {
  const code = experimentEvents.events.variants.codeOf(variant);
  const market = country === undefined ? undefined : users.countries.names.codeOf(country);
  let [count, sum, squares] = [0, 0, 0];
  for (const cell of cells) {
    if (cell.variant !== code || (country !== undefined && cell.country !== market)) continue;
    const [more, moreSquares] = sums[metric](cell);
    count += cell.users;
    sum += more;
    squares += moreSquares;
  }
  const mean = count === 0 ? 0 : sum / count;
  // Rounding can leave a little below zero where all users did the same.
  const variance = count < 2 ? 0 : Math.max(0, (squares - sum * mean) / (count - 1));
  return { count, mean, variance };
};
