import { createPeriods, type Grain } from '../../src/lib/periods.ts';

/** What a client knows of one of its requests that was taken in. */
export interface DullEvent {
  readonly kind: 'start' | 'followup';
  readonly uuid: string;
  /** Of a start. */
  readonly symbol: string;
  readonly atUs: number;
  /** Of a start. */
  readonly isVowelGuess: boolean;
}

export interface DullLine {
  readonly symbol: string;
  readonly count: number;
  readonly followups: number;
  readonly earliestUs: number | null;
  readonly latestUs: number | null;
}

const startsIn = (events: readonly DullEvent[], fromUs: number, toUs: number): DullEvent[] =>
  events.filter(({ kind, atUs }) => kind === 'start' && atUs >= fromUs && atUs < toUs);

const followupsOf = (events: readonly DullEvent[], starts: readonly DullEvent[]): number => {
  const uuids = new Set(starts.map(({ uuid }) => uuid));
  return events.filter(({ kind, uuid }) => kind === 'followup' && uuids.has(uuid)).length;
};

/** A line of the dashboard by going through every event. */
export const dullLine = (events: readonly DullEvent[], symbol: string, fromUs: number, toUs: number): DullLine => {
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

export const dullOrphans = (events: readonly DullEvent[]): number => {
  const begun = new Set(startsIn(events, -Infinity, Infinity).map(({ uuid }) => uuid));
  return events.filter(({ kind, uuid }) => kind === 'followup' && !begun.has(uuid)).length;
};

/** The points of a trend by going through every start. */
export const dullTrend = (
  events: readonly DullEvent[],
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
