import { DomainError } from '../../errors.ts';
import { compareTexts } from '../../lib/compare.ts';
import { preview } from '../../lib/problems.ts';
import { type Experiment, plannedMarkets, plannedVariants } from '../experiments/plan.ts';
import type { CountedUsers } from './counted-users.ts';
import type { MonitorLimits } from './services.ts';

/** Without a plan, a variant with a smaller part of the users is a mistake rather than a variant under test. */
const strayShareMax = 0.01;

/** The variants that have events, in order; without a plan strays are left out. */
export const armsOf = (
  { userCount, cells }: { readonly userCount: number; readonly cells: ReturnType<CountedUsers['cells']> },
  nameOf: (variant: number) => string,
): string[] =>
  [...usersByVariant(cells)]
    .filter(([, users]) => users >= strayShareMax * userCount)
    .map(([variant]) => nameOf(variant))
    .sort(compareTexts);

/** Users by the code of the variant; a user who saw two variants counts in both. */
const usersByVariant = (cells: ReturnType<CountedUsers['cells']>): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const { variant, users } of cells) counts.set(variant, (counts.get(variant) ?? 0) + users);
  return counts;
};

/**
 * A report judges each market and variant, of which there may be as many as events have names. Throws LIMIT_EXCEEDED for too
 * many.
 */
export const checkCells = (
  experiment: Experiment,
  seen: { readonly variants: number; readonly markets: number },
  { monitorCellsMax }: MonitorLimits,
): void => {
  const variants = Math.max(seen.variants, plannedVariants(experiment).length);
  const markets = Math.max(seen.markets, plannedMarkets(experiment).length);
  if (variants * markets <= monitorCellsMax) return;
  throw new DomainError(
    'LIMIT_EXCEEDED',
    `the experiment ${preview(experiment.key)} has ${markets} countries with ${variants} variants, more than ${monitorCellsMax} together (setting monitorCellsMax): its events or users may have wrong names`,
  );
};
