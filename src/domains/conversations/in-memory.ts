import type { Ledger } from '../../ledger/ledger.ts';
import { letters } from '../../lib/letter.ts';
import { createPeriods } from '../../lib/periods.ts';
import type { Work } from '../../lib/work.ts';
import type { ConversationIndex } from './conversation-index.ts';
import type {
  ConversationEngine,
  FiguresRequest,
  PeriodCounts,
  StartCounts,
  StartFigures,
  TrendBudget,
  TrendRequest,
} from './engine.ts';
import type { SymbolSeries } from './followup-log.ts';
import { pageOfSeqs } from './page.ts';
import { projectConversations } from './projection.ts';

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

/**
 * Conversations in the memory of this process: a few binary searches per symbol, however many conversations; as of an earlier
 * sequence number one pass over those up to it, whose result is kept for the next questions. Runs no SQL.
 */
export const conversationsInMemory = (ledger: Ledger): ConversationEngine => {
  const index = projectConversations(ledger);
  const slicesOf = createSlicesOf(index);
  return {
    async page({ symbol, span, ...request }) {
      const series = symbol === undefined ? index.series : index.series.filter((_, code) => letters[code] === symbol);
      return pageOfSeqs(series, { ...span, ...request });
    },
    figures(request, work) {
      const orphanFollowups = index.orphansUpTo(request.sequence);
      const figuresOf = (slices: readonly SymbolSlice[]): StartFigures => ({
        symbols: slices.map(countsOf),
        orphanFollowups,
        async trend(trend, budget) {
          const found = slicesOf(request, budget.work);
          return trendOf(ledger, Array.isArray(found) ? found : await found, trend, budget);
        },
      });
      const found = slicesOf(request, work);
      // Awaited only as of an earlier sequence number: the newest state changes meanwhile.
      return Array.isArray(found) ? Promise.resolve(figuresOf(found)) : found.then(figuresOf);
    },
    lastStartUpTo: (sequence) => index.lastStartUpTo(sequence),
    followupsUpTo: (sequence) => index.followupsUpTo(sequence),
    followupsOf: (uuid) => index.followupsOf(uuid),
  };
};

/** Slices of symbols as of a sequence number; of the newest at once, so that all are of one state. */
const createSlicesOf =
  (index: ConversationIndex) =>
  (
    { symbols, span: { after, upTo }, sequence }: FiguresRequest,
    work: Work,
  ): SymbolSlice[] | Promise<SymbolSlice[]> => {
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

const countsOf = ({ series, from, to }: SymbolSlice): StartCounts => ({
  count: to - from,
  followups: series.countBetween(from, to),
  wrongGuesses: series.marksBetween(from, to),
  firstSeq: from < to ? series.keyAt(from) : 0,
  lastSeq: from < to ? series.keyAt(to - 1) : 0,
});

const trendOf = (
  ledger: Ledger,
  slices: readonly SymbolSlice[],
  { grain, timeZone }: TrendRequest,
  { onPoint }: TrendBudget,
): PeriodCounts[] => {
  const periods = createPeriods(grain, timeZone);
  const points: PeriodCounts[] = [];
  const remaining = slices.map((slice): RemainingSlice => ({ ...slice, next: nextKey(slice) }));
  for (;;) {
    let next = Number.POSITIVE_INFINITY;
    for (const slice of remaining) if (slice.next < next) next = slice.next;
    if (next === Number.POSITIVE_INFINITY) return points;
    const periodStartUs = periods.startOf(ledger.snapshotAt(next).atUs as number);
    const lastSeq = ledger.resolveSequence({ knownAtUs: periods.nextStart(periodStartUs) - 1 });
    for (const slice of remaining) {
      if (slice.next > lastSeq) continue;
      onPoint();
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
