import type { Grain } from '../../lib/periods.ts';
import type { TimeCounts } from '../../lib/time-counts.ts';
import { type ArrivalQuality, arrivalQualityOf } from './arrival-quality.ts';
import { type ArrivalPoint, arrivalTrendOf } from './arrival-trend.ts';
import { healthOf, type MonitorHealth } from './checks.ts';
import { dataChecks } from './data-checks.ts';
import type { CellEvents, CountedSelection, TrendCounts } from './event-passes.ts';
import { createOutcomes, type OutcomeRequest, type VariantOutcome } from './outcomes.ts';
import { sentenceOf } from './sentence.ts';
import type { ShareTrend, ShareTrendRequest } from './share-trend.ts';
import {
  type MonitorSnapshot,
  type ReportSources,
  scopeOf,
  type VariantExposure,
  variantExposures,
} from './snapshot.ts';
import { createSuspects, type Suspect } from './suspects.ts';
import { trendOf } from './trend.ts';

/** The results of the monitor for one snapshot. A result that scans all events is computed when it is called. */
export interface MonitorReport {
  readonly snapshot: MonitorSnapshot;
  readonly health: MonitorHealth;
  /** Events older than this are late, microseconds; null without events. */
  readonly watermarkUs: number | null;
  /** The verdict in one sentence for people. */
  sentence(): Promise<string>;
  /** Equal for two reports of the same request when none of their results have changed. */
  fingerprint(): string;
  /** Events and users per country and variant, in the order of both; empty cells of the plan included. */
  exposures(): VariantExposure[];
  /** Exactly the events and users that a country and variant counts. */
  cellEvents(country: string, variant: string): Promise<CellEvents>;
  /** The sequence numbers of counted events, ascending: one pass for each selection. */
  countedEvents(selection: CountedSelection): Promise<readonly number[]>;
  /** The segments that explain the imbalance of a market, or of all users for null; the strongest first. */
  suspects(country: string | null): Promise<Suspect[]>;
  /** Codes of users who saw several variants, from an offset on, in the order in which their second variant was recorded. */
  crossoverUsers(country: string | null, offset: number, count: number): number[];
  /** Throws VALIDATION_FAILED with the arguments at fault. */
  outcomes(request: OutcomeRequest): Promise<VariantOutcome[]>;
  /** The same of one market. */
  marketOutcomes(country: string, request: OutcomeRequest): Promise<VariantOutcome[]>;
  /**
   * The cumulative shares of users with the bands of the test. Throws BAD_REQUEST for a market that the report leaves out
   * and for fewer than two points, LIMIT_EXCEEDED for more than `shareTrendPointsMax`.
   */
  shareTrend(request: ShareTrendRequest): Promise<ShareTrend>;
  /** By period, country and variant, in that order; empty ones are left out. Throws LIMIT_EXCEEDED for too many. */
  trend(grain: Grain): Promise<TrendCounts[]>;
  /** What arrived in each period. `rejected` has the times at which events were rejected. */
  arrivalTrend(grain: Grain, rejected: TimeCounts): Promise<ArrivalPoint[]>;
  /** `rejected` is the number of rejected events. */
  arrivalQuality(rejected: number): Promise<ArrivalQuality>;
}

export const createReport = (sources: ReportSources, shareTrend: MonitorReport['shareTrend']): MonitorReport => {
  const { snapshot, passes } = sources;
  const scope = scopeOf(sources);
  const { experiment, eventCount, cells, arrivals, limits } = snapshot;
  const health = healthOf(snapshot, dataChecks(sources));
  const suspects = createSuspects(sources);
  const messages = health.checks.map(({ message }) => message);
  return {
    snapshot,
    health,
    watermarkUs: arrivals.newestAtUs === -Infinity ? null : arrivals.newestAtUs - limits.lateAfterMs * 1000,
    sentence: () => sentenceOf({ snapshot, health, suspects }),
    fingerprint: () => JSON.stringify([experiment, eventCount, cells, messages]),
    exposures: () => variantExposures(snapshot),
    cellEvents: (country, variant) => passes.cell(scope, country, variant),
    countedEvents: (selection) => passes.seqs(scope, selection),
    suspects,
    crossoverUsers: (country, offset, count) => crossoverUsers(sources, country, offset, count),
    outcomes: createOutcomes(sources),
    marketOutcomes: createMarketOutcomes(sources),
    shareTrend,
    trend: (grain) => trendOf(sources, grain),
    arrivalTrend: (grain, rejected) => arrivalTrendOf(sources, grain, rejected),
    arrivalQuality: (rejected) => arrivalQualityOf(sources, rejected),
  };
};

/** Each market goes through the events once for each selection of event types. */
const createMarketOutcomes = (sources: ReportSources): MonitorReport['marketOutcomes'] => {
  const markets = new Map<string, MonitorReport['outcomes']>();
  return (country, request) => {
    const outcomes = markets.get(country) ?? createOutcomes({ ...sources, snapshot: { ...sources.snapshot, country } });
    markets.set(country, outcomes);
    return outcomes(request);
  };
};

const crossoverUsers = (
  { services: { users }, snapshot, events, countryOf }: ReportSources,
  country: string | null,
  offset: number,
  count: number,
): number[] => {
  const market = country === null ? null : users.countries.names.codeOf(country);
  const found: number[] = [];
  let skipped = 0;
  for (let index = 0; index < snapshot.crossoverCount && found.length < count; index++) {
    const user = events.users.crossovers[index] as number;
    if (market !== null && countryOf(user) !== market) continue;
    if (skipped < offset) skipped++;
    else found.push(user);
  }
  return found;
};
