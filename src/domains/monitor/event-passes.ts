import type { Grain } from '../../lib/periods.ts';
import type { Work } from '../../lib/work.ts';
import type { Arrival } from '../experiments/event-columns.ts';

/** Which of the counted events a pass reads. */
export interface PassScope {
  /** Only users of this market; undefined: all. */
  readonly country: string | undefined;
  readonly work: Work;
}

/** The events of a period, country and variant. */
export interface TrendCounts {
  readonly periodStartUs: number;
  readonly country: string;
  readonly variant: string;
  readonly eventCount: number;
  readonly lateEventCount: number;
  /** Users whose first event in this variant, by its own time, falls into the period. */
  readonly newUserCount: number;
}

/** What was stored in a period. */
export interface StoredCounts {
  readonly periodStartUs: number;
  readonly stored: number;
  readonly late: number;
  /** By variant, in the order of their first arrival. */
  readonly variants: readonly StoredVariant[];
}

export interface StoredVariant {
  readonly variant: string;
  readonly stored: number;
}

/** How events were stored. */
export interface StoredQuality {
  readonly stored: number;
  readonly late: number;
  readonly inTheFuture: number;
  /** From an event to its storing, microseconds, by the nearest rank; events dated after it are left out. */
  readonly medianDelayUs: number | null;
  readonly p99DelayUs: number | null;
}

/** What a market and variant counts, in the order of the ledger. */
export interface CellEvents {
  /** The sequence numbers of its events. */
  readonly seqs: readonly number[];
  /** The codes of its users, in the order of their first event there. */
  readonly users: readonly number[];
}

/** Which of the counted events; default: all. */
export interface CountedSelection {
  readonly variants?: readonly string[] | undefined;
  readonly arrival?: Arrival | undefined;
}

/** What each user did from the first exposure on, by an index in the order of the users' first events in the ledger. */
export interface UserOutcomes {
  readonly userCount: number;
  /** Code of the variant of the first exposure: of the earliest event by its own time, of equal times the one stored first. */
  variantOf(index: number): number;
  /** Code of the country. */
  marketOf(index: number): number;
  /** When the first exposure was, microseconds. */
  firstAtUs(index: number): number;
  /** Whether the user saw several variants. */
  isCrossover(index: number): boolean;
  ordersOf(index: number): number;
  /** The exact sum of the values of orders and refunds, rounded once. */
  valueOf(index: number): number;
}

/** Results for which all counted events are read. `onPoint` is called for each point before it takes memory. */
export interface EventPasses {
  trend(scope: PassScope, grain: Grain, onPoint: () => void): Promise<TrendCounts[]>;
  /** By the time of storing. */
  stored(scope: PassScope, grain: Grain, onPoint: () => void): Promise<StoredCounts[]>;
  storedQuality(scope: PassScope): Promise<StoredQuality>;
  /**
   * An order is an event with a value above 0; with `eventTypes` an event of one of these types, with or without a value. An
   * event with a value below 0 is a refund: it lowers the value of the user, whatever its type, and is no order.
   */
  outcomes(scope: PassScope, eventTypes: readonly string[] | undefined): Promise<UserOutcomes>;
  cell(scope: PassScope, country: string, variant: string): Promise<CellEvents>;
  /** Their sequence numbers, ascending. */
  seqs(scope: PassScope, selection: CountedSelection): Promise<readonly number[]>;
}
