import { DomainError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { Work } from '../../lib/work.ts';
import { createYielder } from '../../lib/yielding.ts';
import { type FactSource, type GroupKey, hasDimension } from './dimensions.ts';
import type { AsOf, GroupFactsRequest, GroupQuery } from './engine.ts';
import type { FactSet, StoredFact } from './fact-set.ts';
import { checkFilter, type FilterLimits } from './filter.ts';
import { GroupKeys } from './group-keys.ts';
import type { Measures } from './group-measures.ts';
import { checkOrder, type GroupOrder, GroupsInOrder, KnownOrders } from './group-order.ts';
import { type MeasuredGroups, SharedGroups, type SharedGroupsLimits } from './shared-groups.ts';

export interface AggregateRequest extends GroupQuery {
  readonly source: FactSource;
  readonly orderBy: readonly GroupOrder[];
}

export interface Group {
  /** Its number within the aggregation, not its index in the order. */
  readonly group: number;
  readonly key: GroupKey;
  readonly measures: Measures;
  readonly aggregation: Aggregation;
}

export interface Aggregation {
  /** Number of groups that pass `having`. */
  readonly count: number;
  /** Groups in the requested order: all, or up to `limit` from an offset. */
  groups(offset?: number, limit?: number): Promise<Group[]>;
  /** The group with this key. */
  groupOf(key: GroupKey): Promise<Group | undefined>;
  readonly total: Measures;
  readonly sequence: number;
  /** What the facts were joined as of. */
  readonly asOf: Pick<AsOf, 'sequence'> & Required<Pick<AsOf, 'validAtUs'>>;
  /** Stored facts of its source by `seq`, in the order of the keys: one statement. */
  readonly bySeqs: (seqs: readonly number[]) => readonly (StoredFact | null)[];
  /** The `seq`s of the facts of each requested group, ascending. One pass over the facts. */
  seqsOf(requests: readonly GroupFactsRequest[]): Promise<number[][]>;
}

export interface EnrichedAggregate {
  /**
   * Joins facts to what was true at their time, then groups and measures them. Rejects with LIMIT_EXCEEDED when the aggregates
   * of `work` have more than `queryGroupsMax` groups, and with its reason when it has ended.
   */
  aggregate(request: AggregateRequest, work?: Work): Promise<Aggregation>;
}

export interface AggregateLimits extends FilterLimits, SharedGroupsLimits {
  readonly queryGroupsMax: number;
}

export const createEnrichedAggregate = (
  factSets: readonly FactSet[],
  { resolveSequence }: Pick<Ledger, 'resolveSequence'>,
  limits: AggregateLimits,
): EnrichedAggregate => {
  const shared = new SharedGroups(resolveSequence, limits);
  const [knownOrders, groupKeys] = [new KnownOrders(), new GroupKeys()];
  const { queryGroupsMax } = limits;
  return {
    async aggregate({ source, orderBy, ...query }, work = new Work()) {
      const facts = factSets.find((each) => each.source === source);
      if (!facts) throw new Error(`no fact set has the source ${source}`);
      checkQuery(query, source, limits);
      checkOrder(orderBy, query.groupBy);
      const spend = (groups: number): void => {
        work.groups += groups;
        if (work.groups > queryGroupsMax) throw tooManyGroups(queryGroupsMax);
      };
      const found = await shared.find({ facts, query, work, spend });
      // Others may wait for the same answer.
      work.check();
      return aggregationOf({ ...found, query, orderBy, work, facts, knownOrders, groupKeys });
    },
  };
};

/** Throws BAD_REQUEST or LIMIT_EXCEEDED for what facts of this kind cannot answer. */
const checkQuery = ({ groupBy, grain, where }: GroupQuery, source: FactSource, limits: FilterLimits): void => {
  const repeated = groupBy.find((name, index) => groupBy.indexOf(name) !== index);
  if (repeated) throw new DomainError('BAD_REQUEST', `groupBy names ${repeated} twice`);
  const missing = groupBy.find((name) => !hasDimension(source, name));
  if (missing) throw new DomainError('BAD_REQUEST', `groupBy names ${missing}, which ${source} do not have`);
  if (groupBy.includes('PERIOD') && !grain)
    throw new DomainError('BAD_REQUEST', 'grain is missing: groupBy PERIOD needs it');
  if (where) checkFilter(where, source, limits);
};

const tooManyGroups = (queryGroupsMax: number): DomainError =>
  new DomainError(
    'LIMIT_EXCEEDED',
    `the aggregates of the operation have more than ${queryGroupsMax} groups: filter with where, or group by less (setting queryGroupsMax)`,
  );

interface GroupedFacts extends MeasuredGroups {
  readonly query: GroupQuery;
  readonly orderBy: readonly GroupOrder[];
  readonly work: Work;
  readonly facts: FactSet;
  readonly knownOrders: KnownOrders;
  readonly groupKeys: GroupKeys;
}

/** Groups between two looks at the clock. */
const groupsPerLook = 16_384;

const aggregationOf = async (grouped: GroupedFacts): Promise<Aggregation> => {
  const { groups, measures, query, facts, work } = grouped;
  const { sequence } = groups;
  const { groupBy } = query;
  const ordered = await GroupsInOrder.of({ ...grouped, groupBy });
  const count = ordered.unordered.length;
  const aggregation: Aggregation = {
    count,
    async groups(offset = 0, limit = count) {
      const page = await ordered.between(offset, offset + limit);
      const found = new Array<Group>(page.length);
      const maybeYield = createYielder(work);
      for (let index = 0; index < page.length; index++) {
        found[index] = new GroupOf(shared, page[index] as number);
        if (index % groupsPerLook === groupsPerLook - 1) await maybeYield();
      }
      return found;
    },
    async groupOf(key) {
      const maybeYield = createYielder(work);
      for (const [index, group] of ordered.unordered.entries()) {
        if (groupBy.every((name, dimension) => groups.valueOf(group, dimension) === key[name]))
          return new GroupOf(shared, group);
        if (index % groupsPerLook === groupsPerLook - 1) await maybeYield();
      }
      return undefined;
    },
    total: measures.total,
    bySeqs: (seqs) => facts.bySeqs(seqs),
    sequence,
    asOf: { validAtUs: query.asOf?.validAtUs, sequence },
    seqsOf: groups.seqsOf,
  };
  const shared = { keyOf: grouped.groupKeys.of(groups, groupBy), measuresOf: measures.of, aggregation };
  return aggregation;
};

interface SharedOfGroups {
  readonly keyOf: (group: number) => GroupKey;
  readonly measuresOf: (group: number) => Measures;
  readonly aggregation: Aggregation;
}

/** Makes what it consists of when that is read: an aggregation may have a million groups. */
class GroupOf implements Group {
  readonly group: number;
  readonly #shared: SharedOfGroups;

  constructor(shared: SharedOfGroups, group: number) {
    this.#shared = shared;
    this.group = group;
  }

  get key(): GroupKey {
    return this.#shared.keyOf(this.group);
  }

  get measures(): Measures {
    return this.#shared.measuresOf(this.group);
  }

  get aggregation(): Aggregation {
    return this.#shared.aggregation;
  }
}
