import { DomainError } from '../../errors.ts';
import { cooperativeSort } from '../../indices/cooperative-sort.ts';
import { createGrouper, type Grouper } from '../../indices/grouper.ts';
import { type Decimal, microsOf } from '../../lib/decimal.ts';
import type { Grain } from '../../lib/periods.ts';
import { Work } from '../../lib/work.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { Dimension, DimensionName, GroupKey } from './dimensions.ts';
import { type AsOf, type EnrichedFacts, joinProbe } from './enrichment.ts';
import type { FactSet, FactSource, StoredFact } from './fact-set.ts';
import type { FactFilter } from './filter.ts';
import { createGroupMeasures, type Measures } from './group-measures.ts';
import { type GroupOrder, groupOrder } from './group-order.ts';
import { countAndSum, type Scan } from './measures.ts';
import { candidatesOf, scanRows } from './scan.ts';

/** Inclusive bounds on the measures of a group. */
export interface MeasureFilter {
  readonly countAtLeast?: number | null | undefined;
  readonly sumAtLeast?: Decimal | null | undefined;
  readonly sumAtMost?: Decimal | null | undefined;
}

export interface AggregateRequest {
  readonly source: FactSource;
  readonly groupBy: readonly DimensionName[];
  readonly grain?: Grain | undefined;
  readonly timeZone: string;
  readonly where?: FactFilter | null | undefined;
  readonly having?: MeasureFilter | undefined;
  readonly asOf?: AsOf | undefined;
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
  groups(offset?: number, limit?: number): Group[];
  /** The index of the group with this key in the order, -1 when there is none. */
  indexOf(key: GroupKey): number;
  readonly total: Measures;
  readonly sequence: number;
  /** What the facts were joined as of. */
  readonly asOf: Pick<AsOf, 'sequence'> & Required<Pick<AsOf, 'validAtUs'>>;
  /** Stored facts of its source by `seq`, in the order of the keys: one statement. */
  readonly bySeqs: (seqs: readonly number[]) => readonly (StoredFact | null)[];
  /** The `seq`s of the facts of each requested group, ascending. One pass over the rows. */
  seqsOf(requests: readonly GroupFactsRequest[]): Promise<number[][]>;
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

export interface EnrichedAggregate {
  /**
   * Joins facts to what was true at their time, then groups and measures them. Costs no SQL on the newest tables. Rejects with
   * LIMIT_EXCEEDED when the aggregates of `work` have more than `queryGroupsMax` groups, and with its reason when it has ended.
   */
  aggregate(request: AggregateRequest, work?: Work): Promise<Aggregation>;
}

export const createEnrichedAggregate = (
  factSets: readonly FactSet[],
  { queryGroupsMax }: { readonly queryGroupsMax: number },
): EnrichedAggregate => ({
  async aggregate(request, work = new Work()) {
    const repeated = request.groupBy.find((name, index) => request.groupBy.indexOf(name) !== index);
    if (repeated) throw new DomainError('BAD_REQUEST', `groupBy names ${repeated} twice`);
    const facts = factSets.find(({ source }) => source === request.source);
    if (!facts) throw new Error(`no fact set has the source ${request.source}`);
    const maybeYield = createYielder(work);
    const probe = joinProbe();
    dimensionsOf(facts, request, probe.facts);
    facts.testOf(request.where, probe.facts, request.timeZone);
    const enriched = await facts.enrichment.at(request.asOf, probe.joins);
    // Aggregates that waited for the same tables would otherwise all begin in one go.
    await maybeYield();
    const dimensions = dimensionsOf(facts, request, enriched);
    const grouper = createGrouper(dimensions);
    const scan = scanOf(facts, request, enriched, { grouper, work });
    const addGroup = (): void => {
      if (++work.groups > queryGroupsMax) throw tooManyGroups(queryGroupsMax);
    };
    const found = await countAndSum(scan, facts.columns, addGroup);
    const totals = { totalCount: sumOf(found.counts), totalAmounts: sumOf(found.amounts) };
    const grouping = { request, facts, enriched, dimensions, grouper, scan, work, ...totals, ...found };
    return aggregationOf(request.having ? await having(request.having, grouping) : grouping);
  },
});

const dimensionsOf = (facts: FactSet, request: AggregateRequest, enriched: EnrichedFacts): Dimension[] =>
  request.groupBy.map((name) => {
    const dimensionOf = facts.dimensions[name];
    if (dimensionOf) return dimensionOf(enriched, request);
    throw new DomainError('BAD_REQUEST', `groupBy names ${name}, which ${request.source} do not have`);
  });

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

const tooManyGroups = (queryGroupsMax: number): DomainError =>
  new DomainError(
    'LIMIT_EXCEEDED',
    `the aggregates of the operation have more than ${queryGroupsMax} groups: filter with where, or group by less (setting queryGroupsMax)`,
  );

const scanOf = (
  facts: FactSet,
  request: AggregateRequest,
  enriched: EnrichedFacts,
  { grouper: { groupOf }, work }: Pick<Grouping, 'grouper' | 'work'>,
): Scan => {
  const test = facts.testOf(request.where, enriched, request.timeZone);
  const candidates = candidatesOf(facts, request.where?.userIds, enriched);
  return (visit) => scanRows(candidates, test, (row) => visit(row, groupOf(row)), work);
};

/** Applies `having`: groups that do not pass it count as empty. */
const having = async (filter: MeasureFilter, grouping: Grouping): Promise<Grouping> => {
  const { scan, sumOf, work } = grouping;
  const counts = grouping.counts.slice();
  const amounts = grouping.amounts.slice();
  const maybeYield = createYielder(work);
  let totalCount = 0;
  let totalAmounts = 0;
  let totalSum = 0n;
  for (let group = 0; group < counts.length; group++) {
    const [count, sum] = [counts[group] as number, sumOf(group)];
    if (passes(filter, count, sum)) {
      totalCount += count;
      totalAmounts += amounts[group] as number;
      totalSum += sum;
    } else {
      counts[group] = 0;
      amounts[group] = 0;
    }
    if (group % 1024 === 0) await maybeYield();
  }
  const filteredScan: Scan = (visit) => scan((row, group) => counts[group] !== 0 && visit(row, group));
  return { ...grouping, counts, amounts, totalCount, totalAmounts, totalSum, scan: filteredScan };
};

const passes = ({ countAtLeast, sumAtLeast, sumAtMost }: MeasureFilter, count: number, sum: bigint): boolean =>
  count >= (countAtLeast ?? 0) &&
  (!sumAtLeast || sum >= microsOf(sumAtLeast)) &&
  (!sumAtMost || sum <= microsOf(sumAtMost));

/** The groups that one scan found, before they are ordered and measured further. */
export interface Grouping {
  readonly request: AggregateRequest;
  readonly facts: FactSet;
  readonly enriched: EnrichedFacts;
  readonly dimensions: readonly Dimension[];
  readonly grouper: Grouper;
  readonly work: Work;
  /** Scans the rows of the groups that pass `having`. */
  readonly scan: Scan;
  readonly counts: readonly number[];
  readonly amounts: readonly number[];
  sumOf(group: number): bigint;
  readonly totalCount: number;
  readonly totalAmounts: number;
  readonly totalSum: bigint;
}

const aggregationOf = async (grouping: Grouping): Promise<Aggregation> => {
  const { request, facts, enriched, dimensions, grouper, scan, counts, work } = grouping;
  const measures = createGroupMeasures(grouping);
  const keyOf = (group: number): GroupKey =>
    Object.fromEntries(
      grouper.codesOf(group).map((code, index) => [request.groupBy[index], dimensions[index]?.valueOf(code)]),
    );
  const found = Uint32Array.from(counts.keys()).filter((group) => counts[group] !== 0);
  const order = await cooperativeSort(found, await groupOrder(grouping, measures.of, found), createYielder(work));
  const aggregation: Aggregation = {
    count: order.length,
    groups: (offset = 0, limit = order.length) =>
      Array.from(order.subarray(offset, offset + limit), (group) => ({
        group,
        key: keyOf(group),
        measures: measures.of(group),
        aggregation,
      })),
    indexOf: (key) =>
      order.findIndex((group) => {
        const codes = grouper.codesOf(group);
        return request.groupBy.every((name, index) => dimensions[index]?.valueOf(codes[index] as number) === key[name]);
      }),
    total: measures.total,
    bySeqs: facts.bySeqs,
    sequence: enriched.sequence,
    asOf: { validAtUs: request.asOf?.validAtUs, sequence: enriched.sequence },
    async seqsOf(requests) {
      const results = requests.map((request) => ({ ...request, seqs: [] as number[] }));
      const byGroup = new Map<number, typeof results>();
      for (const result of results) byGroup.set(result.group, [...(byGroup.get(result.group) ?? []), result]);
      await scan((row, group) => {
        for (const { seqs, limit, fromEnd, afterSeq, beforeSeq } of byGroup.get(group) ?? []) {
          const seq = facts.columns.seqOf(row);
          if (seq <= afterSeq || seq >= beforeSeq || (!fromEnd && seqs.length === limit)) continue;
          seqs.push(seq);
          if (seqs.length === 2 * limit + 512) seqs.splice(0, seqs.length - limit);
        }
      });
      return results.map(({ seqs, limit }) => (limit === 0 ? [] : seqs.slice(-limit)));
    },
  };
  return aggregation;
};
