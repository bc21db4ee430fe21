import type { Grain } from '../../lib/periods.ts';
import type { Work } from '../../lib/work.ts';
import type { SeqPage, SeqPageRequest, SeqSpan } from './page.ts';

/** Conversations that started in a span of the ledger. */
export interface StartsRequest {
  /** The state that is counted: a follow-up that is recorded later does not count, nor does a later start. */
  readonly sequence: number;
  /** Of starts; it ends at `sequence` or before. */
  readonly span: SeqSpan;
}

export interface StartPageRequest extends StartsRequest, Omit<SeqPageRequest, keyof SeqSpan> {
  /** Only those that started with this letter. */
  readonly symbol?: string | undefined;
}

export interface FiguresRequest extends StartsRequest {
  /** Letters in lower case, each once. */
  readonly symbols: readonly string[];
}

/** Counts of the conversations of a letter, and of their follow-ups of any time. */
export interface StartCounts {
  readonly count: number;
  readonly followups: number;
  readonly wrongGuesses: number;
  /** The `seq` of the first and the last start; 0 without one. */
  readonly firstSeq: number;
  readonly lastSeq: number;
}

export interface PeriodCounts extends Pick<StartCounts, 'count' | 'followups'> {
  readonly periodStartUs: number;
  readonly symbol: string;
}

export interface TrendRequest {
  readonly grain: Grain;
  /** Days and periods begin in this zone. */
  readonly timeZone: string;
}

/** What a trend may cost. */
export interface TrendBudget {
  readonly work: Work;
  /** To be called for each point, before it takes memory; throws when there are too many. */
  readonly onPoint: () => void;
}

export interface StartFigures {
  /** In the order of the requested symbols. */
  readonly symbols: readonly StartCounts[];
  /** Follow-ups, of any time, of conversations whose start is not recorded in the state. */
  readonly orphanFollowups: number;
  /** The counts by the period of the start, oldest first, then in the order of the symbols; only of symbols that have any. */
  trend(request: TrendRequest, budget: TrendBudget): Promise<readonly PeriodCounts[]>;
}

/**
 * Counts conversations and their follow-ups, by the letter that each started with. A follow-up that is recorded before the
 * start of its conversation is an orphan until then. This interface is all that an engine has to implement; records are read
 * from the ledger by their `seq`. Answers are of one state of the ledger.
 */
export interface ConversationEngine {
  /** The `seq`s of a page of starts, ascending. */
  page(request: StartPageRequest, work?: Work): Promise<SeqPage>;
  /** Reads the newest state before it returns, where that is in memory: it changes meanwhile. */
  figures(request: FiguresRequest, work: Work): Promise<StartFigures>;
  /** The `seq` of the last start up to a sequence number; 0 without one. */
  lastStartUpTo(sequence: number): number | Promise<number>;
  /** How many follow-ups of all conversations are recorded up to a sequence number, orphans included. */
  followupsUpTo(sequence: number): number | Promise<number>;
  /** How many follow-ups a conversation has as of the newest state; null when only the ledger knows. */
  followupsOf(uuid: string): number | null;
}
