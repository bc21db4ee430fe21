import { unknownLabel } from '../../lib/unknown-label.ts';
import { type Experiment, type Phase, phasesInPeriod } from '../experiments/plan.ts';

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
  readonly userCount: number;
  /** Users by the names of the markets that have users. */
  readonly usersByMarket: ReadonlyMap<string, number>;
  /** When and in which market a user was first seen, by the user's index. */
  firstSeenAtUs(index: number): number;
  marketOf(index: number): string;
}

/** Goes through all users only where phases differ in their markets. */
export const phaseMarketsOf = (sources: MarketSources): PhaseMarkets => {
  const phases = phasesInPeriod(sources.experiment);
  const counts = usersByPhase(phases, sources);
  const missing = new Map<string, number>();
  const unplanned = new Map<string, number>();
  phases.forEach(({ fromUs, markets }, index) => {
    const ofPhase = counts[index] ?? new Map<string, number>();
    const users = [...ofPhase.values()].reduce((sum, each) => sum + each, 0);
    // A plan that starts later shows its first markets as missing.
    const hasBegun = index === 0 || fromUs === null || fromUs <= sources.nowUs;
    for (const market of hasBegun ? markets : []) if (!sources.usersByMarket.has(market)) addTo(missing, market, users);
    if (markets.length === 0) return;
    for (const [market, ofMarket] of ofPhase)
      if (market !== unknownLabel && !markets.includes(market)) addTo(unplanned, market, ofMarket);
  });
  return { missing, unplanned };
};

/** Users by market for each phase; all of them in the first one where the markets of the phases are the same. */
const usersByPhase = (phases: readonly Phase[], sources: MarketSources): ReadonlyMap<string, number>[] => {
  const { userCount, usersByMarket, firstSeenAtUs, marketOf } = sources;
  const isSame = phases.every(({ markets }) => JSON.stringify(markets) === JSON.stringify(phases[0]?.markets));
  if (isSame) return [usersByMarket];
  const counts = phases.map(() => new Map<string, number>());
  for (let index = 0; index < userCount; index++) {
    const atUs = firstSeenAtUs(index);
    const phase = phases.findLastIndex(({ fromUs }) => fromUs === null || fromUs <= atUs);
    addTo(counts[Math.max(phase, 0)] as Map<string, number>, marketOf(index), 1);
  }
  return counts;
};

const addTo = (counts: Map<string, number>, name: string, users: number): void => {
  counts.set(name, (counts.get(name) ?? 0) + users);
};
