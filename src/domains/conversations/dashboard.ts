import { DomainError } from '../../errors.ts';
import type { KnownAsOf, Ledger, Snapshot } from '../../ledger/ledger.ts';
import { letters } from '../../lib/letter.ts';
import type { Grain } from '../../lib/periods.ts';
import type { TimeRange } from '../../lib/time-range.ts';
import type { Work } from '../../lib/work.ts';
import type { Conversations } from './conversations.ts';
import type { PeriodCounts, StartCounts } from './engine.ts';
import { isBoth } from './guess.ts';
import { requireSymbol } from './input.ts';

/** Counts of the conversations that started in a span, and of all their follow-ups, of any time. */
export interface SymbolTotals {
  readonly count: number;
  readonly followups: number;
  /** When the first and the last of them started, microseconds since 1970 UTC; null without one. */
  readonly earliestUs: number | null;
  readonly latestUs: number | null;
}

export interface SymbolSummary extends SymbolTotals {
  readonly symbol: string;
  /** Follow-ups per conversation; null without one. */
  readonly followupRate: number | null;
  /** Share of guesses that were right; null for y, which is both, and without conversations. */
  readonly guessAccuracy: number | null;
}

export type SymbolPoint = PeriodCounts;

export interface DashboardFigures {
  /** One per requested symbol. */
  readonly symbols: readonly SymbolSummary[];
  /** All requested symbols together. */
  readonly total: SymbolTotals;
  /** Follow-ups, of any time, of conversations whose start is not recorded. */
  readonly orphanFollowups: number;
  readonly snapshot: Snapshot;
  /**
   * The counts by period, oldest first, and within a period by symbol; a period or symbol without conversations is left
   * out. Throws LIMIT_EXCEEDED for more than `trendPointsMax` points.
   */
  trend(grain: Grain, work: Work): Promise<readonly SymbolPoint[]>;
}

export interface DashboardRequest {
  /** Letters in lower case; default: all. */
  readonly symbols?: readonly string[] | null | undefined;
  /** When conversations started; default: always. */
  readonly range?: TimeRange | null | undefined;
  /** Determines when days and periods begin. */
  readonly timeZone: string;
  readonly asOf?: KnownAsOf | undefined;
}

/** Statistics of conversations by symbol. */
export interface Dashboard {
  figures(request: DashboardRequest, work: Work): Promise<DashboardFigures>;
  /** All conversations of a letter in any case. Throws BAD_REQUEST for anything else. */
  ofSymbol(symbol: string, asOf: KnownAsOf, work: Work): Promise<SymbolSummary>;
}

interface DashboardServices {
  readonly ledger: Ledger;
  readonly conversations: Pick<Conversations, 'engine' | 'seqSpanOf'>;
  readonly limits: { readonly trendPointsMax: number };
}

export const createDashboard = ({ ledger, conversations, limits }: DashboardServices): Dashboard => {
  const { engine, seqSpanOf } = conversations;

  return {
    async ofSymbol(text, asOf, work) {
      const symbol = requireSymbol(text);
      const sequence = ledger.resolveSequence(asOf);
      const span = { after: 0, upTo: sequence };
      const { symbols } = await engine.figures({ symbols: [symbol], span, sequence }, work);
      return summaryOf(ledger, symbol, symbols[0] as StartCounts);
    },
    async figures({ symbols: requested, range, timeZone, asOf = {} }, work) {
      const sequence = ledger.resolveSequence(asOf);
      const symbols = [...new Set(requested ?? letters)];
      const found = seqSpanOf(range, timeZone, sequence);
      // Awaited only where it has to be: the newest state changes meanwhile.
      const span = 'then' in found ? await found : found;
      const figures = await engine.figures({ symbols, span, sequence }, work);
      const summaries = symbols.map((symbol, index) =>
        summaryOf(ledger, symbol, figures.symbols[index] as StartCounts),
      );
      return {
        symbols: summaries,
        total: totalOf(summaries),
        orphanFollowups: figures.orphanFollowups,
        snapshot: ledger.snapshotAt(sequence),
        trend: (grain, trendWork) =>
          figures.trend({ grain, timeZone }, { work: trendWork, onPoint: pointCounter(grain, limits) }),
      };
    },
  };
};

/** Throws LIMIT_EXCEEDED for one point too many. */
const pointCounter = (grain: Grain, { trendPointsMax }: DashboardServices['limits']): (() => void) => {
  let points = 0;
  return () => {
    points += 1;
    if (points <= trendPointsMax) return;
    throw new DomainError(
      'LIMIT_EXCEEDED',
      `the trend by ${grain} has more than ${trendPointsMax} points (setting trendPointsMax): choose a coarser grain or a shorter range`,
    );
  };
};

const summaryOf = (ledger: Ledger, symbol: string, counts: StartCounts): SymbolSummary => {
  const { count, followups, wrongGuesses, firstSeq, lastSeq } = counts;
  // Null for the sequence number 0, which stands for none.
  const timeOf = (seq: number): number | null => ledger.snapshotAt(seq).atUs;
  return {
    symbol,
    count,
    followups,
    earliestUs: timeOf(firstSeq),
    latestUs: timeOf(lastSeq),
    followupRate: count === 0 ? null : followups / count,
    guessAccuracy: count === 0 || isBoth(symbol) ? null : (count - wrongGuesses) / count,
  };
};

const totalOf = (summaries: readonly SymbolSummary[]): SymbolTotals => {
  const nonEmpty = summaries.filter(({ count }) => count > 0);
  return {
    count: nonEmpty.reduce((sum, { count }) => sum + count, 0),
    followups: nonEmpty.reduce((sum, { followups }) => sum + followups, 0),
    earliestUs: nonEmpty.length === 0 ? null : Math.min(...nonEmpty.map(({ earliestUs }) => earliestUs as number)),
    latestUs: nonEmpty.length === 0 ? null : Math.max(...nonEmpty.map(({ latestUs }) => latestUs as number)),
  };
};
