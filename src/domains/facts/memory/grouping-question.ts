import type { Grouper } from '../../../indices/group-numbers.ts';
import type { RowOrder } from '../../../indices/row-order.ts';
import type { DimensionName, JoinName } from '../dimensions.ts';
import type { GroupQuery } from '../engine.ts';
import type { FactFilter } from '../filter.ts';
import type { CodedValues } from './coded-dimensions.ts';
import type { NewestFacts } from './enrichment.ts';
import type { KnownGroups } from './filter-rows.ts';
import type { CountsAndSums } from './measures.ts';

/** A question about the newest state, which a grouping by its dimensions and perhaps further ones can answer. */
export interface GroupingQuestion {
  readonly query: GroupQuery;
  readonly enriched: NewestFacts;
  /** Of the grouping. */
  readonly names: readonly DimensionName[];
  /** One for each name. */
  readonly dimensions: readonly CodedValues[];
  /** What the dimensions are joined by. */
  readonly joins: ReadonlySet<JoinName>;
  /** With more groups, the question has another way. */
  readonly groupsMax: number;
}

/** Groups of a question that are known; they may have no facts. */
export interface CumulativeAnswer {
  /** Undefined when a scan has to count the facts. */
  readonly sums: CountsAndSums | undefined;
  readonly grouper: Grouper;
  /** By which its groups are numbered. */
  readonly numbering: object;
  /** The groups of the grouping. */
  readonly known: KnownGroups;
}

/** A half-open span of time; without one of its ends, up to or from any time. */
export interface SpanInOrder {
  readonly fromUs: number | undefined;
  readonly toUs: number | undefined;
  /** All rows of the state by time, and perhaps later ones. */
  readonly ordered: RowOrder;
}

export interface SummedQuestion extends GroupingQuestion {
  /** Default: all times. */
  readonly span: SpanInOrder | undefined;
  /** Conditions on dimensions of the grouping. */
  readonly filter: FactFilter | undefined;
}
