import { createPeriods, type Grain } from '../../src/lib/periods.ts';

/** A request that the server accepted, as its client knows it. */
export interface ReferenceEvent {
  readonly kind: 'start' | 'followup';
  readonly uuid: string;
  /** Only used for a start. */
  readonly symbol: string;
  readonly atUs: number;
  /** Only used for a start. */
  readonly isVowelGuess: boolean;
}

export interface ReferenceSummary {
  readonly symbol: string;
  readonly count: number;
  readonly followups: number;
  readonly earliestUs: number | null;
  readonly latestUs: number | null;
}

const startsIn = (events: readonly ReferenceEvent[], fromUs: number, toUs: number): ReferenceEvent[] =>
  events.filter(({ kind, atUs }) => kind === 'start' && atUs >= fromUs && atUs < toUs);

const followupsOf = (events: readonly ReferenceEvent[], starts: readonly ReferenceEvent[]): number => {
  const uuids = new Set(starts.map(({ uuid }) => uuid));
  return events.filter(({ kind, uuid }) => kind === 'followup' && uuids.has(uuid)).length;
};

/** A summary of the dashboard, computed from every event. */
export const referenceSummary = (
  events: readonly ReferenceEvent[],
  symbol: string,
  fromUs: number,
  toUs: number,
): ReferenceSummary => {
  const starts = startsIn(events, fromUs, toUs).filter((start) => start.symbol === symbol);
  const times = starts.map(({ atUs }) => atUs);
  return {
    symbol,
    count: starts.length,
    followups: followupsOf(events, starts),
    earliestUs: starts.length === 0 ? null : Math.min(...times),
    latestUs: starts.length === 0 ? null : Math.max(...times),
  };
};

export const referenceOrphans = (events: readonly ReferenceEvent[]): number => {
  const started = new Set(startsIn(events, -Infinity, Infinity).map(({ uuid }) => uuid));
  return events.filter(({ kind, uuid }) => kind === 'followup' && !started.has(uuid)).length;
};

/** The points of a trend, computed from every start. */
export const referenceTrend = (
  events: readonly ReferenceEvent[],
  symbols: readonly string[],
  grain: Grain,
  timeZone: string,
  [fromUs, toUs]: readonly [number, number],
) => {
  const { startOf } = createPeriods(grain, timeZone);
  const starts = startsIn(events, fromUs, toUs);
  const periods = [...new Set(starts.map(({ atUs }) => startOf(atUs)))].sort((a, b) => a - b);
  return periods.flatMap((periodStartUs) =>
    symbols
      .map((symbol) => {
        const inside = starts.filter((start) => start.symbol === symbol && startOf(start.atUs) === periodStartUs);
        return { periodStartUs, symbol, count: inside.length, followups: followupsOf(events, inside) };
      })
      .filter(({ count }) => count > 0),
  );
};
