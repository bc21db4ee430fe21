import { LRUCache } from 'lru-cache';
import type { Work } from '../../../lib/work.ts';
import type { GroupQuery } from '../engine.ts';
import type { FactFilter } from '../filter.ts';
import type { EnrichedFacts, NewestFacts } from './enrichment.ts';
import { rangeOf } from './filter-rows.ts';
import {
  type CumulativeAnswer,
  type GroupingState,
  GroupingSums,
  type GroupingSumsLimits,
  type NewestState,
} from './grouping-sums.ts';
import type { MemoryFacts } from './memory-facts.ts';
import type { PageOrders } from './page-orders.ts';

export interface CumulativeGroupLimits {
  /** Facts between two checkpoints. */
  readonly checkpointRows: number;
  /** Sums at all checkpoints together. */
  readonly checkpointSumsMax: number;
}

/** Dimensions by which facts were grouped last. */
const groupingsMax = 32;

/** Below so many times the distance of checkpoints, a scan is as fast. */
const distancesMin = 4;

/**
 * Answers questions about the newest facts, of all times or of a span, from sums of their groups up to checkpoints; for those
 * with other filters it knows the group of each fact. Both are made when a grouping is requested for the second time, and then
 * follow: a late record costs the rows that it changes.
 */
export class CumulativeGroups {
  readonly #facts: MemoryFacts;
  readonly #orders: PageOrders;
  readonly #limits: CumulativeGroupLimits;
  readonly #groupings = new LRUCache<string, GroupingSums>({ max: groupingsMax });

  constructor(facts: MemoryFacts, orders: PageOrders, limits: CumulativeGroupLimits) {
    this.#facts = facts;
    this.#orders = orders;
    this.#limits = limits;
  }

  /** Undefined when a scan has to answer. */
  async find(state: GroupingState, work: Work): Promise<CumulativeAnswer | undefined> {
    const { query, enriched } = state;
    if (!this.#mayAnswer(query, enriched)) return undefined;
    const key = query.groupBy.join();
    const known = this.#groupings.get(key);
    if (!known) {
      this.#groupings.set(key, new GroupingSums(this.#facts, this.#sumsLimits));
      return undefined;
    }
    if (known.isUnfit) return undefined;
    const answer = await this.#answerOf(known, { ...state, enriched }, work);
    this.#forgetBeyondLimit(key);
    return answer;
  }

  async #answerOf(known: GroupingSums, state: NewestState, work: Work): Promise<CumulativeAnswer | undefined> {
    const { query, enriched } = state;
    if (!hasRangeOnly(query.where)) return known.findGroups(state, work);
    const ordered = await this.#orders.byTime(enriched.rows);
    if (!ordered) return undefined;
    const { fromUs, toUs } = query.where
      ? rangeOf(query.where, this.#facts.columns, enriched.rows, query.timeZone)
      : {};
    return known.find({ ...state, ordered, fromUs, toUs }, work);
  }

  #mayAnswer(query: GroupQuery, enriched: EnrichedFacts): enriched is NewestFacts {
    if (!enriched.chunksOf || query.groupBy.includes('PERIOD') || isOfUsers(query.where)) return false;
    return enriched.rows >= distancesMin * this.#limits.checkpointRows;
  }

  /** A grouping takes at most half, so that there are sums for another one. */
  get #sumsLimits(): GroupingSumsLimits {
    const { checkpointRows, checkpointSumsMax } = this.#limits;
    return { checkpointRows, sumsMax: checkpointSumsMax / 2 };
  }

  #forgetBeyondLimit(used: string): void {
    const cellsOf = (key: string): number => this.#groupings.peek(key)?.cells ?? 0;
    // From the one that was used longest ago.
    const keys = [...this.#groupings.rkeys()];
    let cells = keys.reduce((total, key) => total + cellsOf(key), 0);
    for (const key of keys) {
      if (cells <= this.#limits.checkpointSumsMax) return;
      if (key === used) continue;
      cells -= cellsOf(key);
      this.#groupings.delete(key);
    }
  }
}

/** Whether the filter names users, whose rows are found without a scan. */
const isOfUsers = (where: FactFilter | null | undefined): boolean => where?.userIds != null;

/** Whether the filter has no condition but on time. */
const hasRangeOnly = (where: FactFilter | null | undefined): boolean =>
  Object.entries(where ?? {}).every(([name, condition]) => name === 'range' || condition == null);
