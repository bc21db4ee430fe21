import { compareTexts } from '../../lib/compare.ts';
import type { Work } from '../../lib/work.ts';
import { type Experiment, isPlanned, plannedMarkets, plannedVariants } from '../experiments/plan.ts';
import type { ArrivalSnapshot } from './arrival-history.ts';
import type { CountedEvents } from './counted-events.ts';
import type { EventPasses, PassScope } from './event-passes.ts';
import type { ExposureTotals } from './exposure-cells.ts';
import { type PhaseMarkets, phaseMarketsOf } from './phase-markets.ts';
import type { Moment, MonitorRequest } from './request.ts';
import type { MonitorLimits, MonitorServices } from './services.ts';
import type { SplitSnapshot } from './split-history.ts';
import { phaseIndexAt, type SplitPlan } from './split-plan.ts';

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

/** The counts and histories of one experiment at one moment, under names instead of codes. Never changes. */
export interface MonitorSnapshot {
  readonly experiment: Experiment;
  /** Whether variants are planned; otherwise equal shares of the variants that have events are assumed. */
  readonly isPlanned: boolean;
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
  /** Events outside of the experiment's period. They do not count. */
  readonly outsideCount: number;
  /** Users of whom events are left out because they are excluded. */
  readonly excludedUserCount: number;
  /** Users with events in the time range who were first seen before it. */
  readonly returningUserCount: number;
  /** How many of the events name no experiment. */
  readonly unnamedCount: number;
  /** The countries and variants that have events, of all markets. */
  readonly cells: readonly NamedCell[];
  /** By the names of the markets that have users. */
  readonly marketUsers: ReadonlyMap<string, MarketUsers>;
  readonly phaseMarkets: PhaseMarkets;
  /** The shares under test; null while fewer than two variants are known. */
  readonly split: SplitPlan | null;
  readonly splits: SplitSnapshot;
  readonly arrivals: ArrivalSnapshot;
}

/** What the results of a report are computed from. */
export interface ReportSources {
  /** That of the request: nothing is computed for it when it has ended. */
  readonly work: Work;
  readonly services: MonitorServices;
  readonly snapshot: MonitorSnapshot;
  /** The events that the snapshot counts. Lists only grow: read them up to the counts of the snapshot. */
  readonly events: CountedEvents;
  readonly passes: EventPasses;
  /** Code of a user's country as of the sequence number of the snapshot. */
  readonly countryOf: (user: number) => number;
}

/** The events that a report reads: those of the requested market. */
export const scopeOf = ({ snapshot: { country }, work }: ReportSources): PassScope => ({ country, work });

/** A country and variant as the monitor reports them. */
export interface VariantExposure {
  readonly country: string;
  readonly variant: string;
  readonly eventCount: number;
  readonly userCount: number;
  /** The variant's part of the country's users, 0 to 1; 0 without users. */
  readonly share: number;
  /** The planned part of the country's users, by the shares in force when each was first seen; null when not planned. */
  readonly expectedShare: number | null;
}

/** The snapshot of counted events. */
export const snapshotOf = (
  { users, experimentEvents, limits, nowUs }: MonitorServices,
  { range, country, timeZone }: MonitorRequest,
  { experiment, sequence }: Moment,
  counted: CountedEvents,
): MonitorSnapshot => {
  const { eventCount, outsideCount, excludedUserCount, returningUserCount, unnamedCount } = counted;
  const countryName = users.countries.names.textOf;
  const variantName = experimentEvents.events.variants.textOf;
  const { users: exposed, split, splits, arrivals } = counted;
  const marketUsers = new Map(exposed.countries().map((each) => [countryName(each.country), each]));
  const now = nowUs();
  return {
    ...{ experiment, limits, country, timeZone, sequence, unnamedCount, split },
    isPlanned: isPlanned(experiment),
    isWhole: range === undefined,
    nowUs: now,
    ...{ eventCount, outsideCount, excludedUserCount, returningUserCount },
    userCount: exposed.userCount,
    crossoverCount: exposed.crossovers.length,
    cells: exposed.cells().map((cell) => ({
      ...cell,
      country: countryName(cell.country),
      variant: variantName(cell.variant),
    })),
    marketUsers,
    phaseMarkets: phaseMarketsOf({
      ...{ experiment, nowUs: now, marketsWithUsers: new Set(marketUsers.keys()) },
      usersOfPhase: (phase) =>
        new Map([...exposed.usersOfPhase(phase)].map(([country, count]) => [countryName(country), count])),
    }),
    splits: splits?.snapshot() ?? { all: undefined, markets: new Map(), unplanned: new Map() },
    arrivals,
  };
};

/** The names of all markets that are planned or have events, in order, whichever market is requested. */
export const allMarketsOf = ({ experiment, marketUsers }: MonitorSnapshot): string[] =>
  [...new Set([...plannedMarkets(experiment), ...marketUsers.keys()])].sort(compareTexts);

/** Those of them that were requested. */
export const marketsOf = (snapshot: MonitorSnapshot): string[] => {
  const markets = allMarketsOf(snapshot);
  const { country } = snapshot;
  return country === undefined ? markets : markets.filter((market) => market === country);
};

/** The names of the variants that are planned or have events, in order. */
export const variantsOf = ({ experiment, cells }: MonitorSnapshot): string[] =>
  [...new Set([...plannedVariants(experiment), ...cells.map(({ variant }) => variant)])].sort(compareTexts);

/**
 * A variant's part of the users of a market, or of all users for null, 0 to 1, by the shares in force when each of them was
 * first seen; without users by those in force now. Null for a variant that is not planned.
 */
export const plannedShareOf = (
  { split, splits, nowUs }: Pick<MonitorSnapshot, 'split' | 'splits' | 'nowUs'>,
  variant: string,
  country: string | null,
): number | null => {
  const index = split?.variants.indexOf(variant) ?? -1;
  if (!split || index < 0) return null;
  const observed = country === null ? splits.all : splits.markets.get(country);
  const expected = observed?.expected[index] ?? 0;
  if (observed && expected > 0) return expected / observed.users;
  const weights = split.strata[split.stratumOf(phaseIndexAt(split, nowUs), country ?? '')] as readonly number[];
  const weight = weights[index] as number;
  return weight === 0 ? null : weight / weights.reduce((sum, each) => sum + each, 0);
};

/** Finds a cell by names; undefined when it has no events. */
export const cellFinder = ({ cells }: MonitorSnapshot) => {
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
export const alphaOfEach = (snapshot: MonitorSnapshot, perMarket: number, overall: number): number =>
  snapshot.limits.monitorAlpha / 10 / Math.max(1, allMarketsOf(snapshot).length * perMarket + overall);

/** Every market and variant, in the order of both. */
export const variantExposures = (snapshot: MonitorSnapshot): VariantExposure[] => {
  const cellOf = cellFinder(snapshot);
  const variants = variantsOf(snapshot);
  return marketsOf(snapshot).flatMap((country) => {
    const row = variants.map((variant) => ({ variant, cell: cellOf(country, variant) }));
    const usersOfMarket = row.reduce((sum, { cell }) => sum + (cell?.users ?? 0), 0);
    return row.map(({ variant, cell }) => ({
      country,
      variant,
      eventCount: cell?.events ?? 0,
      userCount: cell?.users ?? 0,
      share: usersOfMarket === 0 ? 0 : (cell?.users ?? 0) / usersOfMarket,
      expectedShare: plannedShareOf(snapshot, variant, country),
    }));
  });
};
