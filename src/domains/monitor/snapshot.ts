import type { Dictionary } from '../../indices/dictionary.ts';
import type { Growable } from '../../indices/growable.ts';
import type { ExperimentEvents } from '../experiments/events.ts';
import type { Experiment, Experiments, Plans } from '../experiments/experiments.ts';
import type { UserStatus } from '../user-status/user-status.ts';
import type { Users } from '../users/users.ts';
import type { HistorySnapshot, PlannedSplit } from './arrival-history.ts';
import type { CountryUsers, ExposureCell, Exposures } from './exposures.ts';

export interface MonitorLimits {
  /** A check may alarm falsely with this probability at most, however often one looks. */
  readonly monitorAlpha: number;
  /** The least deviation of a share that alarms, 0 to 1. */
  readonly monitorDeviationMin: number;
  /** Fewer users than these tell nothing. */
  readonly monitorUsersMin: number;
  readonly trendPointsMax: number;
}

/** Everything the counts of one moment rest on. What may still grow is to be read up to the counts that stand beside it. */
export interface ExperimentStats {
  readonly users: Users;
  readonly userStatus: UserStatus;
  readonly experiments: Experiments;
  readonly experimentEvents: ExperimentEvents;
  readonly limits: MonitorLimits;
  readonly plans: Plans;
  readonly nowUs: number;
  readonly experiment: Experiment;
  /** The only market to tell of. */
  readonly country: string | undefined;
  readonly timeZone: string;
  readonly sequence: number;
  /** The code of a user's country as of the sequence. */
  readonly countryOf: (user: number) => number;
  readonly deployment: Exposures;
  readonly userCount: number;
  readonly crossoverCount: number;
  /** The rows of the events, in the order they came. */
  readonly rows: Growable<Uint32Array>;
  readonly rowCount: number;
  readonly cells: readonly ExposureCell[];
  /** Users of each market that has any, by the market's name. */
  readonly marketUsers: ReadonlyMap<string, CountryUsers>;
  /** Null while fewer than two variants are known. */
  readonly split: PlannedSplit | null;
  /** False when only events of a span are looked at. */
  readonly isWhole: boolean;
}

/** Figures with what depends on the order of events, on which the checks rest. */
export interface MonitorSnapshot extends ExperimentStats {
  readonly history: HistorySnapshot;
}

export interface DeploymentCell {
  readonly country: string;
  readonly variant: string;
  readonly eventCount: number;
  readonly userCount: number;
  /** The variant's part of the country's users, 0 to 1; 0 without users. */
  readonly share: number;
  /** The planned part; null for a variant that is not planned. */
  readonly expectedShare: number | null;
}

/** The plan's variants and weights; without a plan those that were seen, in equal parts. */
export const splitOf = (
  { allocation }: Experiment,
  seen: readonly number[],
  variants: Dictionary,
): PlannedSplit | null => {
  if (allocation.length > 0)
    return {
      variants: allocation.map(({ variant }) => variants.intern(variant)),
      weights: allocation.map(({ weight }) => weight),
    };
  return seen.length < 2 ? null : { variants: [...seen], weights: seen.map(() => 1) };
};

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The names of the markets that are planned or were seen, in order. */
export const marketsOf = ({ experiment, cells, users, country }: ExperimentStats): string[] => {
  const seen = cells.map((cell) => users.countries.names.textOf(cell.country));
  const all = [...new Set([...experiment.markets, ...seen])].sort(byText);
  return country === undefined ? all : all.filter((market) => market === country);
};

/** The names of the variants that are planned or were seen, in order. */
export const variantsOf = ({ experiment, cells, experimentEvents }: ExperimentStats): string[] => {
  const seen = cells.map((cell) => experimentEvents.events.variants.textOf(cell.variant));
  return [...new Set([...experiment.allocation.map(({ variant }) => variant), ...seen])].sort(byText);
};

/** A planned variant's part, 0 to 1; null for one that is not planned. */
export const plannedShareOf = ({ split, experimentEvents }: ExperimentStats, variant: string): number | null => {
  const index = split?.variants.indexOf(experimentEvents.events.variants.codeOf(variant) ?? -1) ?? -1;
  if (!split || index < 0) return null;
  return (split.weights[index] as number) / split.weights.reduce((sum, weight) => sum + weight, 0);
};

/** Finds a cell by names; undefined when it has no events. */
export const cellFinder = ({ cells, users, experimentEvents }: ExperimentStats) => {
  const found = new Map(cells.map((cell) => [`${cell.country} ${cell.variant}`, cell]));
  return (country: string, variant: string): ExposureCell | undefined =>
    found.get(`${users.countries.names.codeOf(country)} ${experimentEvents.events.variants.codeOf(variant)}`);
};

/**
 * The probability of a false alarm that each of the checks of one kind may have (Bonferroni), of which there are so many a
 * market, and so many of all markets. The checks that are not of the split share a tenth of `monitorAlpha` a kind, so that
 * all of them add little to it. The same whichever market is asked for.
 */
export const alphaOfEach = (figures: ExperimentStats, ofEachMarket: number, ofAll: number): number => {
  const markets = marketsOf({ ...figures, country: undefined }).length;
  return figures.limits.monitorAlpha / 10 / Math.max(1, markets * ofEachMarket + ofAll);
};

/** Every market and variant, in the order of both. */
export const deploymentCells = (sight: ExperimentStats): DeploymentCell[] => {
  const cellOf = cellFinder(sight);
  const variants = variantsOf(sight);
  return marketsOf(sight).flatMap((country) => {
    const row = variants.map((variant) => ({ variant, cell: cellOf(country, variant) }));
    const usersOfMarket = row.reduce((sum, { cell }) => sum + (cell?.users ?? 0), 0);
    return row.map(({ variant, cell }) => ({
      country,
      variant,
      eventCount: cell?.events ?? 0,
      userCount: cell?.users ?? 0,
      share: usersOfMarket === 0 ? 0 : (cell?.users ?? 0) / usersOfMarket,
      expectedShare: plannedShareOf(sight, variant),
    }));
  });
};
