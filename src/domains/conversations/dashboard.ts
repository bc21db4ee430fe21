import { DomainError } from '../../errors.ts';
import type { CountedKeys } from '../../indices/counted-keys.ts';
import type { Ledger, Snapshot } from '../../ledger/ledger.ts';
import { letters } from '../../lib/letter.ts';
import { createPeriods, type Grain } from '../../lib/periods.ts';
import type { TimeRange } from '../../lib/time-range.ts';
import { type Conversations, isBoth, symbolOf } from './conversations.ts';
import type { SeqSpan } from './page.ts';

/** Figures of the conversations begun in a span, and of all their follow-ups, whenever those came. */
export interface SymbolTotals {
  readonly count: number;
  readonly followups: number;
  /** When the first and the last of them began, microseconds since 1970 UTC; null without one. */
  readonly earliestUs: number | null;
  readonly latestUs: number | null;
}

export interface SymbolSummary extends SymbolTotals {
  readonly symbol: string;
  /** Follow-ups a conversation; null without one. */
  readonly followupRate: number | null;
  /** Share of guesses that were right; null for y, which is both, and without a conversation. */
  readonly guessAccuracy: number | null;
}

export interface SymbolPoint {
  readonly periodStartUs: number;
  readonly symbol: string;
  readonly count: number;
  readonly followups: number;
}

export interface DashboardFigures {
  /** One line a symbol asked for. */
  readonly symbols: readonly SymbolSummary[];
  /** Of these lines together. */
  readonly total: SymbolTotals;
  /** Follow-ups, of any time, whose conversation was never seen to begin. */
  readonly orphanFollowups: number;
  readonly snapshot: Snapshot;
  /**
   * The figures by period, oldest first, in each by symbol; a period or symbol without conversations is left out. Throws
   * LIMIT_EXCEEDED for more than `trendPointsMax` points.
   */
  trend(grain: Grain): SymbolPoint[];
}

export interface DashboardRequest {
  /** Letters in lower case; default: all. */
  readonly symbols?: readonly string[] | null | undefined;
  /** When conversations began; default: always. */
  readonly range?: TimeRange | null | undefined;
  /** In which days begin, and periods. */
  readonly timeZone: string;
}

/** What the business sees of conversations: a few binary searches a symbol, however many there are. No SQL. */
export interface Dashboard {
  figures(request: DashboardRequest): DashboardFigures;
  /** All conversations of a letter in any case. Throws BAD_REQUEST for anything else. */
  ofSymbol(symbol: string): SymbolSummary;
}

/** The places of a symbol's conversations that count. */
interface Line {
  readonly symbol: string;
  readonly series: CountedKeys;
  readonly from: number;
  readonly to: number;
}

/** A line of which some is in a trend already; `next` is the key at `from`, Infinity at the end. */
interface Rest extends Line {
  from: number;
  next: number;
}

export const createDashboard = (
  ledger: Ledger,
  conversations: Conversations,
  { trendPointsMax }: { readonly trendPointsMax: number },
): Dashboard => {
  const { index } = conversations;
  const timeOf = (seq: number): number => ledger.snapshotAt(seq).atUs as number;

  const lineOf = (symbol: string, { after, upTo }: SeqSpan): Line => {
    const series = index.series[letters.indexOf(symbol)] as CountedKeys;
    return { symbol, series, from: series.upperBound(after), to: series.upperBound(upTo) };
  };

  const summaryOf = ({ symbol, series, from, to }: Line): SymbolSummary => {
    const count = to - from;
    const followups = series.countBetween(from, to);
    return {
      symbol,
      count,
      followups,
      earliestUs: count === 0 ? null : timeOf(series.keyAt(from)),
      latestUs: count === 0 ? null : timeOf(series.keyAt(to - 1)),
      followupRate: count === 0 ? null : followups / count,
      guessAccuracy: count === 0 || isBoth(symbol) ? null : (count - series.marksBetween(from, to)) / count,
    };
  };

  const trendOf = (lines: readonly Line[], grain: Grain, timeZone: string): SymbolPoint[] => {
    const periods = createPeriods(grain, timeZone);
    const points: SymbolPoint[] = [];
    const rests = lines.map((line): Rest => ({ ...line, next: nextKey(line) }));
    for (;;) {
      let next = Number.POSITIVE_INFINITY;
      for (const rest of rests) if (rest.next < next) next = rest.next;
      if (next === Number.POSITIVE_INFINITY) return points;
      const periodStartUs = periods.startOf(timeOf(next));
      const lastSeq = ledger.resolveSequence({ knownAtUs: periods.nextStart(periodStartUs) - 1 });
      for (const rest of rests) {
        if (rest.next > lastSeq) continue;
        if (points.length === trendPointsMax)
          throw new DomainError(
            'LIMIT_EXCEEDED',
            `grain ${grain} gives more than ${trendPointsMax} points (setting trendPointsMax)`,
          );
        const { symbol, series, from, to } = rest;
        const end = Math.min(series.upperBound(lastSeq), to);
        points.push({ periodStartUs, symbol, count: end - from, followups: series.countBetween(from, end) });
        rest.from = end;
        rest.next = nextKey(rest);
      }
    }
  };

  return {
    ofSymbol: (text) => summaryOf(lineOf(symbolOf(text), conversations.seqSpanOf(undefined, 'UTC'))),
    figures({ symbols, range, timeZone }) {
      const span = conversations.seqSpanOf(range, timeZone);
      const lines = [...new Set(symbols ?? letters)].map((symbol) => lineOf(symbol, span));
      const summaries = lines.map(summaryOf);
      return {
        symbols: summaries,
        total: totalOf(summaries),
        orphanFollowups: index.orphans,
        snapshot: ledger.snapshot(),
        trend: (grain) => trendOf(lines, grain, timeZone),
      };
    },
  };
};

const nextKey = ({ series, from, to }: Line): number => (from < to ? series.keyAt(from) : Number.POSITIVE_INFINITY);

const totalOf = (lines: readonly SymbolSummary[]): SymbolTotals => {
  const begun = lines.filter(({ count }) => count > 0);
  return {
    count: begun.reduce((sum, { count }) => sum + count, 0),
    followups: begun.reduce((sum, { followups }) => sum + followups, 0),
    earliestUs: begun.length === 0 ? null : Math.min(...begun.map(({ earliestUs }) => earliestUs as number)),
    latestUs: begun.length === 0 ? null : Math.max(...begun.map(({ latestUs }) => latestUs as number)),
  };
};
