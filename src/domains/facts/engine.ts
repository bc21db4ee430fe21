import type { KnownAsOf } from '../../ledger/ledger.ts';
import type { Decimal } from '../../lib/decimal.ts';
import type { Grain } from '../../lib/periods.ts';
import type { Work } from '../../lib/work.ts';
import type { DimensionName } from './dimensions.ts';
import type { FactFilter } from './filter.ts';

/** Which knowledge an enrichment may use. Default: each fact's own time, everything recorded. */
export interface AsOf extends KnownAsOf {
  /** The instant at which facts are enriched, microseconds; undefined: each fact's own time. */
  readonly validAtUs?: number | undefined;
}

/** Inclusive bounds on the measures of a group. */
export interface MeasureFilter {
  readonly countAtLeast?: number | null | undefined;
  readonly sumAtLeast?: Decimal | null | undefined;
  readonly sumAtMost?: Decimal | null | undefined;
}

/** Which facts to group by what. Its dimensions and conditions are checked: the facts have them. */
export interface GroupQuery {
  /** Without PERIOD, `grain` is ignored. */
  readonly groupBy: readonly DimensionName[];
  readonly grain?: Grain | undefined;
  /** Days and periods begin in this zone. */
  readonly timeZone: string;
  readonly where?: FactFilter | null | undefined;
  readonly having?: MeasureFilter | undefined;
  readonly asOf?: AsOf | undefined;
}

/** What a question may cost. */
export interface GroupBudget {
  readonly work: Work;
  /** To be called for each group, before it takes memory; throws when there are too many. */
  readonly onGroup: () => void;
}

/** A number for each group. */
export type NumbersOfGroups = readonly number[] | Uint32Array;

/**
 * The groups of facts of one state, numbered from 0. What is not a property costs another pass over the facts. Amounts are
 * in millionths, and exact. In arrays, the index after the last group stands for all groups together.
 */
export interface FactGroups {
  /** The sequence number that the facts and all they are joined to are of. */
  readonly sequence: number;
  /** Of answers with the same object, groups with the same number have the same values. Default: of no other answer. */
  readonly numbering?: object | undefined;
  /** The number of facts of each group; 0 for one that does not pass `having`, which counts nowhere. */
  readonly counts: NumbersOfGroups;
  /** The number of facts of each group that have an amount. */
  readonly amounts: NumbersOfGroups;
  sumOf(group: number): bigint;
  readonly total: { readonly count: number; readonly amounts: number; readonly sum: bigint };
  /** A group's value of the dimension at an index of `groupBy`: text, 0 or 1, or the start of a period in microseconds. */
  valueOf(group: number, index: number): string | number;
  /** Of groups that have an amount. */
  extremes(): Promise<Extremes>;
  /** The median of an even number of amounts is the mean of the middle two, rounded half to even. */
  medians(): Promise<readonly bigint[]>;
  distinctUsers(): Promise<readonly number[]>;
  /** The `seq`s of the facts of each requested group, ascending. */
  seqsOf(requests: readonly GroupFactsRequest[]): Promise<number[][]>;
}

export interface Extremes {
  minOf(group: number): bigint;
  maxOf(group: number): bigint;
}

/** The first or last `limit` facts of a group between two `seq`s, both exclusive. */
export interface GroupFactsRequest {
  readonly group: number;
  readonly afterSeq: number;
  readonly beforeSeq: number;
  readonly limit: number;
  /** True: the last ones. */
  readonly fromEnd: boolean;
}

export type FactOrderField = 'OCCURRED_AT' | 'RECEIVED_AT' | 'AMOUNT';

export interface FactPageRequest {
  readonly where?: FactFilter | null | undefined;
  /** The snapshot of the list, and the valid time of the filter. */
  readonly asOf?: AsOf | undefined;
  /** Only this user's facts. */
  readonly userId?: string | undefined;
  /** Ties are in the order of `seq`; facts without an amount come before the least amount. */
  readonly orderBy: FactOrderField;
  readonly descending: boolean;
  /** Rows beyond this `seq` in the order, towards its end. */
  readonly afterSeq?: number | undefined;
  readonly beforeSeq?: number | undefined;
  readonly limit: number;
  /** True: the last `limit` rows instead of the first. */
  readonly fromEnd: boolean;
}

export interface FactPage {
  /** Frozen. */
  readonly seqs: readonly number[];
  /** The sequence number of the list. */
  readonly sequence: number;
  /** The number of facts on all pages: another pass over them when a filter selects them. */
  totalCount(work?: Work): number | Promise<number>;
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
}

/** The properties of all facts of a state that are read. */
export interface FactValuesRequest {
  /** Without PERIOD. The facts have them. */
  readonly dimensions: readonly DimensionName[];
  readonly asOf: AsOf;
}

/** The values of a dimension, one code a fact. */
export interface FactValues {
  /** In the order of `seq`. */
  readonly codes: Uint32Array;
  /** By code: texts, 0 or 1. */
  readonly values: readonly (string | number)[];
}

/**
 * Holds the facts of one kind and answers questions about them: this interface is all that an engine has to implement, and
 * `dimensions.ts` and `filter.ts` define the words of its questions. Every answer is of one state of the ledger, by default
 * of the newest when the question arrives, and rejects with the reason of `work` when that has ended. Engines differ in
 * nothing that a client can see: the same tests run on all of them.
 */
export interface FactEngine {
  /** Joins facts to what was true at their time, then groups and counts them. */
  group(query: GroupQuery, budget: GroupBudget): Promise<FactGroups>;
  /** Throws BAD_REQUEST when `afterSeq` or `beforeSeq` is the number of no fact of the list's state. */
  page(request: FactPageRequest, work?: Work): Promise<FactPage>;
  /** The values of each requested dimension for every fact of a state: as much memory as there are facts. */
  values(request: FactValuesRequest): Promise<readonly FactValues[]>;
  /** Does what the first question would otherwise have to wait for. */
  warm(): Promise<void>;
}
