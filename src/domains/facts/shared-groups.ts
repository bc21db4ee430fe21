import { LRUCache } from 'lru-cache';
import type { KnownAsOf } from '../../ledger/ledger.ts';
import { SharedWork, type Work } from '../../lib/work.ts';
import type { FactGroups, GroupQuery } from './engine.ts';
import type { FactSet } from './fact-set.ts';
import { createGroupMeasures, type GroupMeasures } from './group-measures.ts';

/** The question of a request, and what it may cost. */
export interface GroupsRequest {
  readonly facts: FactSet;
  readonly query: GroupQuery;
  readonly work: Work;
  /** Called for groups before they take memory; throws when the request has too many. */
  readonly spend: (groups: number) => void;
}

/** Groups with their measures, which may cost further passes over the facts. */
export interface MeasuredGroups {
  readonly groups: FactGroups;
  readonly measures: GroupMeasures;
}

interface SharedAnswer {
  readonly shared: SharedWork;
  readonly found: Promise<MeasuredGroups>;
}

export interface SharedGroupsLimits {
  /** Groups of all answers that are remembered together. */
  readonly rememberedGroupsMax: number;
}

/** Answers that are remembered: each holds the state of the facts that it is of. */
const answersMax = 64;

/**
 * The groups that were asked for last, of one state each: requests with the same question share one computation and its
 * answer, those at the same time, too.
 */
export class SharedGroups {
  readonly #resolveSequence: (asOf: KnownAsOf) => number;
  readonly #answers: LRUCache<string, SharedAnswer>;

  constructor(resolveSequence: (asOf: KnownAsOf) => number, { rememberedGroupsMax }: SharedGroupsLimits) {
    this.#resolveSequence = resolveSequence;
    this.#answers = new LRUCache({ max: answersMax, maxSize: rememberedGroupsMax, sizeCalculation: () => 1 });
  }

  async find(request: GroupsRequest): Promise<MeasuredGroups> {
    const key = this.#keyOf(request);
    const known = this.#answers.get(key);
    if (!known || known.shared.hasEnded) return this.#compute(key, request);
    known.shared.add(request.work);
    let found: MeasuredGroups;
    try {
      found = await known.found;
    } catch {
      // It has failed for the request that began it, which may have had too many other groups.
      request.work.check();
      return this.#compute(key, request);
    }
    request.spend(found.groups.counts.length);
    return found;
  }

  async #compute(key: string, { facts, query, work, spend }: GroupsRequest): Promise<MeasuredGroups> {
    const shared = new SharedWork();
    shared.add(work);
    const budget = { work: shared, onGroup: () => spend(1) };
    const found = facts.engine
      .group(query, budget)
      .then((groups) => ({ groups, measures: createGroupMeasures(groups) }));
    const answer = { shared, found };
    this.#answers.set(key, answer);
    try {
      const { groups } = await found;
      // A copy, because a cache does not change the size of the same value.
      if (this.#answers.peek(key) === answer) this.#answers.set(key, { ...answer }, { size: groups.counts.length + 1 });
    } catch (error) {
      if (this.#answers.peek(key) === answer) this.#answers.delete(key);
      throw error;
    }
    return found;
  }

  /** Equal for equal questions about one state. The newest state may be a later one when its turn comes. */
  #keyOf({ facts, query }: GroupsRequest): string {
    const { asOf, groupBy, grain, timeZone, where, having } = query;
    const isNewest = asOf?.sequence === undefined && asOf?.knownAtUs === undefined;
    const state = [isNewest, this.#resolveSequence(asOf ?? {}), asOf?.validAtUs];
    return JSON.stringify([facts.source, state, groupBy, grain, timeZone, where, having]);
  }
}
