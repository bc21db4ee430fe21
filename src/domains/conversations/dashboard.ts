import { DomainError } from '../../errors.ts';
import type { KnownAsOf, Ledger, Snapshot } from '../../ledger/ledger.ts';
import { letters } from '../../lib/letter.ts';
import { createPeriods, type Grain } from '../../lib/periods.ts';
import type { TimeRange } from '../../lib/time-range.ts';
import type { Work } from '../../lib/work.ts';
import type { ConversationIndex } from './conversation-index.ts';
import type { Conversations } from './conversations.ts';
import type { SymbolSeries } from './followup-log.ts';
import { isBoth } from './guess.ts';
import { requireSymbol } from './input.ts';
import type { SeqSpan } from './page.ts';

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

export interface SymbolPoint {
  readonly periodStartUs: number;
  readonly symbol: string;
  readonly count: number;
  readonly followups: number;
}

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
  trend(grain: Grain, work: Work): Promise<SymbolPoint[]>;
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

/**
 * Statistics of conversations by symbol: a few binary searches per symbol, however many conversations; as of an earlier
 * sequence number one pass over those up to it, whose result is kept for the next questions. Runs no SQL.
 */
export interface Dashboard {
  figures(request: DashboardRequest, work: Work): Promise<DashboardFigures>;
  /** All conversations of a letter in any case. Throws BAD_REQUEST for anything else. */
  ofSymbol(symbol: string, asOf: KnownAsOf, work: Work): Promise<SymbolSummary>;
}

/** The positions of a symbol's conversations that count: [from, to). */
interface SymbolSlice {
  readonly symbol: string;
  readonly series: SymbolSeries;
  readonly from: number;
  readonly to: number;
}

/** What of a slice is not in the trend yet; `next` is the key at `from`, Infinity at the end. */
interface RemainingSlice extends SymbolSlice {
  from: number;
  next: number;
}

interface DashboardServices {
  readonly ledger: Ledger;
  readonly conversations: Conversations;
  readonly limits: { readonly trendPointsMax: number };
}

export const createDashboard = (services: DashboardServices): Dashboard => {
  const { ledger, conversations } = services;
  const slicesOf = createSlicesOf(conversations.index);

  return {
    async ofSymbol(text, asOf, work) {
      const symbol = requireSymbol(text);
      const sequence = ledger.resolveSequence(asOf);
      const span = conversations.seqSpanOf(undefined, 'UTC', sequence);
      const found = slicesOf({ symbols: [symbol], span, sequence }, work);
      const [slice] = Array.isArray(found) ? found : await found;
      return summaryOf(ledger, slice as SymbolSlice);
    },
    async figures({ symbols: requested, range, timeZone, asOf = {} }, work) {
      const sequence = ledger.resolveSequence(asOf);
      const symbols = [...new Set(requested ?? letters)];
      const span = conversations.seqSpanOf(range, timeZone, sequence);
      const found = slicesOf({ symbols, span, sequence }, work);
      // Awaited only as of an earlier sequence number: the newest state changes meanwhile.
      const summaries = (Array.isArray(found) ? found : await found).map((slice) => summaryOf(ledger, slice));
      return {
        symbols: summaries,
        total: totalOf(summaries),
        orphanFollowups: conversations.index.orphansUpTo(sequence),
        snapshot: ledger.snapshotAt(sequence),
        async trend(grain, trendWork) {
          const slices = slicesOf({ symbols, span, sequence }, trendWork);
          return trendOf(services, Array.isArray(slices) ? slices : await slices, grain, timeZone);
        },
      };
    },
  };
};

interface SlicesRequest {
  readonly symbols: readonly string[];
  readonly span: SeqSpan;
  readonly sequence: number;
}

/** Slices of symbols as of a sequence number; of the newest at once, so that all are of one state. */
const createSlicesOf =
  (index: ConversationIndex) =>
  ({ symbols, span: { after, upTo }, sequence }: SlicesRequest, work: Work): SymbolSlice[] | Promise<SymbolSlice[]> => {
    const slicesIn = (all: readonly SymbolSeries[]): SymbolSlice[] =>
      all.map((series, position) => ({
        symbol: symbols[position] as string,
        series,
        from: series.upperBound(after),
        to: series.upperBound(upTo),
      }));
    const codes = symbols.map((symbol) => letters.indexOf(symbol));
    const found = index.seriesUpTo(codes, sequence, work);
    return 'then' in found ? found.then(slicesIn) : slicesIn(found);
  };

/** When the record `seq` was committed. */
const timeOf = (ledger: Ledger, seq: number): number => ledger.snapshotAt(seq).atUs as number;

const summaryOf = (ledger: Ledger, { symbol, series, from, to }: SymbolSlice): SymbolSummary => {
  const count = to - from;
  const followups = series.countBetween(from, to);
  return {
    symbol,
    count,
    followups,
    earliestUs: count === 0 ? null : timeOf(ledger, series.keyAt(from)),
    latestUs: count === 0 ? null : timeOf(ledger, series.keyAt(to - 1)),
    followupRate: count === 0 ? null : followups / count,
    guessAccuracy: count === 0 || isBoth(symbol) ? null : (count - series.marksBetween(from, to)) / count,
  };
};

const trendOf = (
  { ledger, limits: { trendPointsMax } }: DashboardServices,
  slices: readonly SymbolSlice[],
  grain: Grain,
  timeZone: string,
): SymbolPoint[] => {
  const periods = createPeriods(grain, timeZone);
  const points: SymbolPoint[] = [];
  const remaining = slices.map((slice): RemainingSlice => ({ ...slice, next: nextKey(slice) }));
  for (;;) {
    let next = Number.POSITIVE_INFINITY;
    for (const slice of remaining) if (slice.next < next) next = slice.next;
    if (next === Number.POSITIVE_INFINITY) return points;
    const periodStartUs = periods.startOf(timeOf(ledger, next));
    const lastSeq = ledger.resolveSequence({ knownAtUs: periods.nextStart(periodStartUs) - 1 });
    for (const slice of remaining) {
      if (slice.next > lastSeq) continue;
      if (points.length === trendPointsMax)
        throw new DomainError(
          'LIMIT_EXCEEDED',
          `the trend by ${grain} has more than ${trendPointsMax} points (setting trendPointsMax): choose a coarser grain or a shorter range`,
        );
      const { symbol, series, from, to } = slice;
      const end = Math.min(series.upperBound(lastSeq), to);
      points.push({ periodStartUs, symbol, count: end - from, followups: series.countBetween(from, end) });
      slice.from = end;
      slice.next = nextKey(slice);
    }
  }
};

const nextKey = ({ series, from, to }: SymbolSlice): number =>
  from < to ? series.keyAt(from) : Number.POSITIVE_INFINITY;

const totalOf = (summaries: readonly SymbolSummary[]): SymbolTotals => {
  const nonEmpty = summaries.filter(({ count }) => count > 0);
  return {
    count: nonEmpty.reduce((sum, { count }) => sum + count, 0),
    followups: nonEmpty.reduce((sum, { followups }) => sum + followups, 0),
    earliestUs: nonEmpty.length === 0 ? null : Math.min(...nonEmpty.map(({ earliestUs }) => earliestUs as number)),
    latestUs: nonEmpty.length === 0 ? null : Math.max(...nonEmpty.map(({ latestUs }) => latestUs as number)),
  };
};
