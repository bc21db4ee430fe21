import { LRUCache } from 'lru-cache';
import type { Work } from '../../../lib/work.ts';
import type { DimensionName } from '../dimensions.ts';
import type { GroupQuery } from '../engine.ts';
import type { FactFilter } from '../filter.ts';
import { type CodedValues, dimensionsOf } from './coded-dimensions.ts';
import { type EnrichedFacts, joinProbe, type NewestFacts } from './enrichment.ts';
import { dimensionsOfFilter, hasConditions, inOrder, isOfDimensions } from './filter-parts.ts';
import { rangeOf } from './filter-rows.ts';
import type { CumulativeAnswer, GroupingQuestion } from './grouping-question.ts';
import { GroupingSums, type GroupingSumsLimits } from './grouping-sums.ts';
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

/** Facts in a group on average, below which groups are not worth it that are finer than those of the question. */
const factsOfFineGroup = 16;
/** More periods, and finer groups, than these are not remembered: they would take more than two bytes a fact. */
const fineGroupsMax = 2 ** 16;

/** What is requested, and of which state. */
interface Question {
  readonly query: GroupQuery;
  readonly enriched: EnrichedFacts;
  /** One for each of `groupBy`. */
  readonly dimensions: readonly CodedValues[];
}

interface NewestQuestion extends Question {
  readonly enriched: NewestFacts;
}

/**
 * Answers questions about the newest facts, of all times or of a span, from sums of their groups up to checkpoints, also when a
 * filter has conditions on other dimensions: then the groups are by these, too. For questions with further conditions it knows
 * the group of each fact. Both are made when a grouping is requested for the second time, and then follow: a late record costs
 * the rows that it changes.
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
  async find({ query, enriched, dimensions }: Question, work: Work): Promise<CumulativeAnswer | undefined> {
    if (!this.#mayAnswer(query, enriched)) return undefined;
    const question = { query, enriched, dimensions };
    const ofFilter = dimensionsOfFilter(query.where ?? {});
    const isFiner = ofFilter.some((name) => !query.groupBy.includes(name)) && !query.groupBy.includes('USER');
    const finer = isFiner ? await this.#findBy(inOrder([...query.groupBy, ...ofFilter]), question, work) : undefined;
    return finer ?? this.#findBy(inOrder(query.groupBy), question, work);
  }

  async #findBy(
    names: readonly DimensionName[],
    question: NewestQuestion,
    work: Work,
  ): Promise<CumulativeAnswer | undefined> {
    const { grain, timeZone } = question.query;
    const key = [...names, ...(names.includes('PERIOD') ? [grain, timeZone] : [])].join();
    const known = this.#groupings.get(key);
    if (!known) {
      this.#groupings.set(key, new GroupingSums(this.#facts, this.#sumsLimits));
      return undefined;
    }
    if (known.isUnfit) return undefined;
    const answer = await this.#answerOf(known, this.#questionBy(names, question), work);
    this.#forgetBeyondLimit(key);
    return answer;
  }

  #questionBy(names: readonly DimensionName[], question: NewestQuestion): GroupingQuestion {
    const { query, enriched } = question;
    const probe = joinProbe();
    dimensionsOf(this.#facts, { ...query, groupBy: names }, probe.facts);
    const further = dimensionsOf(this.#facts, { ...query, groupBy: names }, enriched);
    // The question's own ones: another one for periods may have other codes.
    const dimensions = names.map(
      (name, index) => (question.dimensions[query.groupBy.indexOf(name)] ?? further[index]) as CodedValues,
    );
    return { query, enriched, names, dimensions, joins: probe.joins, groupsMax: this.#groupsMaxOf(names, question) };
  }

  #groupsMaxOf(names: readonly DimensionName[], { query, enriched }: NewestQuestion): number {
    const isFine = names.includes('PERIOD') || names.some((name) => !query.groupBy.includes(name));
    if (!isFine) return Number.POSITIVE_INFINITY;
    // With fewer facts between checkpoints, sums of fewer facts are worth their memory, too.
    const factsMin = Math.min(factsOfFineGroup, this.#limits.checkpointRows);
    return Math.min(fineGroupsMax, enriched.rows / factsMin);
  }

  async #answerOf(known: GroupingSums, question: GroupingQuestion, work: Work): Promise<CumulativeAnswer | undefined> {
    const { query, enriched, names } = question;
    const { range, ...others } = query.where ?? {};
    if (!isOfDimensions(others, names)) return known.findGroups(question, work);
    const filter = hasConditions(others) ? others : undefined;
    if (!range) return known.find({ ...question, filter, span: undefined }, work);
    const ordered = await this.#orders.byTime(enriched.rows);
    if (!ordered) return undefined;
    const { fromUs, toUs } = rangeOf({ range }, this.#facts.columns, enriched.rows, query.timeZone);
    return known.find({ ...question, filter, span: { ordered, fromUs, toUs } }, work);
  }

  #mayAnswer(query: GroupQuery, enriched: EnrichedFacts): enriched is NewestFacts {
    if (!enriched.chunksOf || isOfUsers(query.where)) return false;
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
