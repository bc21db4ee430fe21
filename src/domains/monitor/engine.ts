import type { Grain } from '../../lib/periods.ts';
import type { TimeRange, TimeSpan } from '../../lib/time-range.ts';
import type { Work } from '../../lib/work.ts';
import type { FactFilter } from '../facts/filter.ts';
import type { ArrivalPattern } from './arrival-pattern.ts';
import type { CountedSelection, PassScope, StoredCounts, StoredQuality, TrendCounts } from './event-passes.ts';

/** Which events are counted, in words that need no domain. */
export interface EventSelection {
  /** The key of the experiment that they belong to, by the plans as of the sequence number. */
  readonly experiment: string;
  /** Everything is as of it. */
  readonly sequence: number;
  /** The instant at which `where` joins events; undefined: their own time. */
  readonly validAtUs: number | undefined;
  /** The time of the experiment: events outside of it do not count. */
  readonly period: TimeSpan;
  readonly where: FactFilter | undefined;
  /** Only users whose first event is in it, and their events in it. */
  readonly range: TimeRange | undefined;
  readonly timeZone: string;
  readonly excluded: readonly ExcludedTimes[];
  /** The batches of which more events can come, see `FactKnowledge.batchOf`: their events are counted and not judged. */
  readonly openBatches: readonly number[];
}

/** When a user is excluded: bounds of disjoint half-open times, ascending; infinite ones without bound. */
export interface ExcludedTimes {
  readonly userId: string;
  readonly bounds: readonly number[];
}

export interface SelectionTotals {
  readonly events: number;
  readonly outside: number;
  readonly excludedUsers: number;
  readonly returningUsers: number;
  /** Of the events, those that name no experiment. */
  readonly unnamed: number;
  /** Order values above 0, in millionths. */
  readonly orders: { readonly count: number; readonly total: bigint; readonly largest: bigint };
  /** The first user with the largest of them. */
  readonly largestUser: string | null;
  /** The first events outside of the period that were stored. */
  readonly outsideExamples: readonly { readonly userId: string; readonly atUs: number }[];
  /** In the order of their first events in the ledger. */
  readonly accountTypes: readonly string[];
  readonly eventTypes: readonly string[];
}

/** What a user did in a variant. */
export interface UserVariant {
  readonly userId: string;
  readonly variant: string;
  readonly events: number;
  readonly lastSeq: number;
  /** The earliest event by its own time, of equal times the one stored first. */
  readonly first: {
    readonly atUs: number;
    readonly seq: number;
    readonly accountType: string;
    readonly eventType: string;
  };
  /** The event that is judged first: groups of events that arrived together, in order, and the times within. Null for none. */
  readonly judged: { readonly group: number; readonly atUs: number; readonly seq: number } | null;
}

/** How the events of a country and variant follow each other, in the order in which they are judged. */
export interface CellPattern {
  readonly country: string;
  readonly variant: string;
  /** Positions among all events. */
  readonly firstPosition: number;
  readonly lastPosition: number;
  readonly firstAtUs: number;
  readonly lastAtUs: number;
  /** The latest time of an event that is not dated after its storing; null without one. */
  readonly newestAtUs: number | null;
  readonly firstRecordedAtUs: number;
  readonly lastRecordedAtUs: number;
  /** The parts that the events of the cell have in the patterns of all events, by receipt, of the country and of the cell. */
  readonly all: PatternPart;
  readonly byReceipt: PatternPart;
  readonly market: PeerPart;
  readonly cell: PeerPart;
}

export type PatternPart = Pick<ArrivalPattern, 'arrivals' | 'longestPauseUs'>;
export type PeerPart = PatternPart & Pick<ArrivalPattern, 'peersAtFirst' | 'peersAtLast' | 'longestPeerRun'>;

/** What a user of a market, or of all, did from the first exposure on. */
export interface UserOutcome {
  readonly userId: string;
  readonly variant: string;
  readonly firstAtUs: number;
  readonly isCrossover: boolean;
  readonly orders: number;
  /** In millionths, refunds subtracted. */
  readonly value: bigint;
}

/**
 * How much of the patterns is exact. All times always are. What is not has its bounds: every event for an arrival, and no pause.
 * BOUNDS costs a sum, RECEIPT puts all events in order, ALL does so for each market as well.
 */
export type PatternDetail = 'BOUNDS' | 'RECEIPT' | 'ALL';

/** The selected events. Each call costs at least one pass over them, wherever they are. */
export interface SelectedEvents {
  totals(work: Work): Promise<SelectionTotals>;
  /** In the order in which the users' first events in the variants were stored. */
  eachUser(visit: (row: UserVariant) => void, work: Work): Promise<void>;
  patterns(detail: PatternDetail, work: Work): Promise<CellPattern[]>;
  trend(scope: PassScope, grain: Grain, onPoint: () => void): Promise<TrendCounts[]>;
  stored(scope: PassScope, grain: Grain, onPoint: () => void): Promise<StoredCounts[]>;
  storedQuality(scope: PassScope): Promise<StoredQuality>;
  /** In the order in which the users' first events were stored. */
  eachOutcome(
    scope: PassScope,
    eventTypes: readonly string[] | undefined,
    visit: (outcome: UserOutcome) => void,
  ): Promise<void>;
  cell(
    scope: PassScope,
    country: string,
    variant: string,
  ): Promise<{ readonly seqs: readonly number[]; readonly userIds: readonly string[] }>;
  seqs(scope: PassScope, selection: CountedSelection): Promise<readonly number[]>;
}

/**
 * Counts events that are kept outside of this process. Every result is what the columns in memory would give, for which the
 * same tests run on both. Rejects with FACTS_UNAVAILABLE while the engine cannot be reached.
 */
export interface MonitorEngine {
  select(selection: EventSelection): SelectedEvents;
}
