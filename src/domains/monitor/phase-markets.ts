import { unknownLabel } from '../../lib/unknown-label.ts';
import { type Experiment, phasesInPeriod } from '../experiments/plan.ts';

/** What the phases of a plan say of markets: each user counts for the phase in which the first event happened. */
export interface PhaseMarkets {
  /** The planned markets without users, of phases that have begun, by the users first seen in these phases. */
  readonly missing: ReadonlyMap<string, number>;
  /** The markets with users who were first seen there while it was not planned, by the number of these users. */
  readonly unplanned: ReadonlyMap<string, number>;
}

interface MarketSources {
  readonly experiment: Experiment;
  readonly nowUs: number;
  /** The names of the markets that have users. */
  readonly marketsWithUsers: ReadonlySet<string>;
  /** Users of a phase by the names of their markets. */
  usersOfPhase(phase: number): ReadonlyMap<string, number>;
}

/** Compares the markets of users with those of the phases in which they were first seen. */
export const phaseMarketsOf = ({ experiment, nowUs, marketsWithUsers, usersOfPhase }: MarketSources): PhaseMarkets => {
  const missing = new Map<string, number>();
  const unplanned = new Map<string, number>();
  phasesInPeriod(experiment).forEach(({ fromUs, markets }, phase) => {
    const ofPhase = usersOfPhase(phase);
    const users = [...ofPhase.values()].reduce((sum, each) => sum + each, 0);
    // A plan that starts later shows its first markets as missing.
    const hasBegun = phase === 0 || fromUs === null || fromUs <= nowUs;
    for (const market of hasBegun ? markets : []) if (!marketsWithUsers.has(market)) addTo(missing, market, users);
    if (markets.length === 0) return;
    for (const [market, ofMarket] of ofPhase)
      if (market !== unknownLabel && !markets.includes(market)) addTo(unplanned, market, ofMarket);
  });
  return { missing, unplanned };
};

const addTo = (counts: Map<string, number>, name: string, users: number): void => {
  counts.set(name, (counts.get(name) ?? 0) + users);
};
