import { compareTexts } from '../../lib/compare.ts';
import type { Experiment } from '../experiments/experiments.ts';
import type { ArrivalSnapshot, PlannedSplit } from './arrival-history.ts';
import type { ExposureTotals } from './exposure-cells.ts';
import type { Exposures } from './exposures.ts';
import type { MonitorLimits, MonitorServices } from './services.ts';

/** What the users of a country did in a variant. */
export interface NamedCell extends Readonly<ExposureTotals> {
  readonly country: string;
  readonly variant: string;
}

export interface MarketUsers {
  readonly users: number;
  /** Users who saw several variants. */
  readonly crossovers: number;
}

/** The counts of one experiment at one moment, under names instead of codes. Never changes. */
export interface ExperimentStats {
  readonly experiment: Experiment;
  readonly limits: MonitorLimits;
  /** The requested market; undefined: all markets. */
  readonly country: string | undefined;
  readonly timeZone: string;
  /** False when only the events of a time range are counted. */
  readonly isWhole: boolean;
  readonly nowUs: number;
  /** The sequence number of the ledger at that moment. */
  readonly sequence: number;
  readonly eventCount: number;
  readonly userCount: number;
  readonly crossoverCount: number;
  /** The countries and variants that have events, of all markets. */
  readonly cells: readonly NamedCell[];
  /** By the names of the markets that have users. */
  readonly marketUsers: ReadonlyMap<string, MarketUsers>;
  /** The split under test; null while fewer than two variants are known. */
  readonly split: PlannedSplit | null;
}

/** The counts and the history of arrivals that the checks need. */
export interface MonitorSnapshot extends ExperimentStats {
  readonly history: ArrivalSnapshot;
}

/** The events that a snapshot counts. The lists only grow: read them up to the counts of the snapshot. */
export interface CountedEvents {
  readonly rows: { readonly values: ArrayLike<number> };
  readonly exposures: Exposures;
  /** Code of a user's country as of the sequence number of the snapshot. */
  readonly countryOf: (user: number) => number;
}

/** The sources of the figures that scan all events. */
export interface ReportSources {
  readonly services: MonitorServices;
  readonly snapshot: MonitorSnapshot;
  readonly events: CountedEvents;
}

/** A country and variant as the monitor reports them. */
export interface VariantExposure {
  readonly country: string;
  readonly variant: string;
  readonly eventCount: number;
  readonly userCount: number;
  /** The variant's part of the country's users, 0 to 1; 0 without users. */
  readonly share: number;
  /** The planned part; null for a variant that is not planned. */
  readonly expectedShare: number | null;
}

/** The names of all markets that are planned or have events, in order, whichever market is requested. */
export const allMarketsOf = ({ experiment, marketUsers }: ExperimentStats): string[] =>
  [...new Set([...experiment.markets, ...marketUsers.keys()])].sort(compareTexts);

/** Those of them that were requested. */
export const marketsOf = (stats: ExperimentStats): string[] => {
  const markets = allMarketsOf(stats);
  return stats.country === undefined ? markets : markets.filter((market) => market === stats.country);
};

/** The names of the variants that are planned or have events, in order. */
export const variantsOf = ({ experiment, cells }: ExperimentStats): string[] => {
  const planned = experiment.allocation.map(({ variant }) => variant);
  return [...new Set([...planned, ...cells.map(({ variant }) => variant)])].sort(compareTexts);
};

/** A planned variant's part, 0 to 1; null for a variant that is not planned. */
export const plannedShareOf = ({ split }: ExperimentStats, variant: string): number | null => {
  const index = split?.variants.indexOf(variant) ?? -1;
  if (!split || index < 0) return null;
  return (split.weights[index] as number) / split.weights.reduce((sum, weight) => sum + weight, 0);
};

/** Finds a cell by names; undefined when it has no events. */
export const cellFinder = ({ cells }: ExperimentStats) => {
  const markets = new Map<string, Map<string, NamedCell>>();
  for (const cell of cells) {
    const market = markets.get(cell.country) ?? new Map<string, NamedCell>();
    markets.set(cell.country, market.set(cell.variant, cell));
  }
  return (country: string, variant: string): NamedCell | undefined => markets.get(country)?.get(variant);
};

/**
 * The significance level of each check of one kind (Bonferroni), of which there are `perMarket` for each market and
 * `overall` for all markets together. Each kind of check other than the split has a tenth of `monitorAlpha`, so that all
 * of them add little to it. The level does not depend on the requested market.
 */
export const alphaOfEach = (stats: ExperimentStats, perMarket: number, overall: number): number =>
  stats.limits.monitorAlpha / 10 / Math.max(1, allMarketsOf(stats).length * perMarket + overall);

/** Every market and variant, in the order of both. */
export const variantExposures = (stats: ExperimentStats): VariantExposure[] => {
  const cellOf = cellFinder(stats);
  const variants = variantsOf(stats);
  return marketsOf(stats).flatMap((country) => {
    const row = variants.map((variant) => ({ variant, cell: cellOf(country, variant) }));
    const usersOfMarket = row.reduce((sum, { cell }) => sum + (cell?.users ?? 0), 0);
    return row.map(({ variant, cell }) => ({
      country,
      variant,
      eventCount: cell?.events ?? 0,
      userCount: cell?.users ?? 0,
      share: usersOfMarket === 0 ? 0 : (cell?.users ?? 0) / usersOfMarket,
      expectedShare: plannedShareOf(stats, variant),
    }));
  });
};
