import type { Grouper } from '../../../indices/group-numbers.ts';
import { createGrouper } from '../../../indices/grouper.ts';
import { microsOf } from '../../../lib/decimal.ts';
import type { Work } from '../../../lib/work.ts';
import { createYielder } from '../../../lib/yielding.ts';
import type {
  FactGroups,
  GroupBudget,
  GroupFactsRequest,
  GroupQuery,
  MeasureFilter,
  NumbersOfGroups,
} from '../engine.ts';
import { type CodedValues, dimensionsOf } from './coded-dimensions.ts';
import type { CumulativeGroups } from './cumulative-groups.ts';
import { type EnrichedFacts, joinProbe } from './enrichment.ts';
import type { FilterReading } from './filter-rows.ts';
import { type CountsAndSums, countAndSum, distinctUsers, eachRow, extremes, medians, type Scan } from './measures.ts';
import type { MemoryFacts } from './memory-facts.ts';
import { blockRows } from './row-filter.ts';
import { candidatesOf, scanBlocks } from './scan.ts';

export interface GroupServices {
  readonly facts: MemoryFacts;
  readonly cumulative: CumulativeGroups;
}

/** Joins facts to what was true at their time, then groups and counts them. Costs no SQL on the newest tables. */
export const groupFacts = async (
  { facts, cumulative }: GroupServices,
  query: GroupQuery,
  { work, onGroup }: GroupBudget,
): Promise<FactGroups> => {
  const maybeYield = createYielder(work);
  const [ofDimensions, ofFilter] = [joinProbe(), joinProbe()];
  dimensionsOf(facts, query, ofDimensions.facts);
  facts.rowFilterOf(query.where, { enriched: ofFilter.facts, timeZone: query.timeZone });
  const joins = new Set([...ofDimensions.joins, ...ofFilter.joins]);
  const enriched = await facts.enrichment.at(query.asOf, joins, work);
  // Questions that waited for the same tables would otherwise all begin in one go.
  await maybeYield();
  const dimensions = dimensionsOf(facts, query, enriched);
  const known = await cumulative.find({ query, enriched, dimensions }, work);
  const grouper = known?.grouper ?? createGrouper(dimensions);
  const reading = { enriched, timeZone: query.timeZone, known: known?.known };
  const scan = await scanOf(facts, query.where, reading, { grouper, work });
  let groups = 0;
  const onGroups = (now: number): void => {
    for (; groups < now; groups++) onGroup();
  };
  // Of groups that were known before, some may have no rows.
  const onFound = known ? () => undefined : onGroups;
  const { totalSum, ...found } = known?.sums ?? (await countAndSum(scan, facts.columns, grouper, onFound));
  if (known) for (const count of found.counts) if (count > 0) onGroup();
  const total = { count: sumOf(found.counts), amounts: sumOf(found.amounts), sum: totalSum };
  const counted = { ...found, total, scan };
  const passing = query.having ? await having(query.having, counted, work) : counted;
  return { ...factGroups({ facts, enriched, dimensions, grouper, work }, passing), numbering: known?.numbering };
};

interface Grouping {
  readonly facts: MemoryFacts;
  readonly enriched: EnrichedFacts;
  readonly dimensions: readonly CodedValues[];
  readonly grouper: Grouper;
  readonly work: Work;
}

/** Counted groups, and the scan of their rows. */
type CountedGroups = Omit<CountsAndSums, 'totalSum'> & Pick<FactGroups, 'total'> & { readonly scan: Scan };

const factGroups = (
  { facts, enriched, dimensions, grouper, work }: Grouping,
  { scan, ...counted }: CountedGroups,
): FactGroups => {
  const { columns } = facts;
  const groups = counted.counts.length;
  return {
    ...counted,
    sequence: enriched.sequence,
    valueOf: (group, index) => (dimensions[index] as CodedValues).valueOf(grouper.codeAt(group, index)),
    extremes: () => extremes(scan, columns, groups),
    medians: () => medians(scan, columns, counted.amounts, work),
    distinctUsers: () => distinctUsers(scan, columns, groups),
    seqsOf: (requests) => seqsOf(scan, facts, requests),
  };
};

const sumOf = (counts: NumbersOfGroups): number => {
  let sum = 0;
  for (let group = 0; group < counts.length; group++) sum += counts[group] as number;
  return sum;
};

const scanOf = async (
  facts: MemoryFacts,
  where: GroupQuery['where'],
  reading: FilterReading,
  { grouper, work }: { readonly grouper: Grouper; readonly work: Work },
): Promise<Scan> => {
  const filter = facts.rowFilterOf(where, reading);
  const candidates = await candidatesOf(facts, where?.userIds, reading.enriched, work);
  return (visit) => {
    const groups = new Uint32Array(blockRows);
    const visitBlock = (rows: Uint32Array): void => {
      grouper.readGroups(rows, groups, 'ASCENDING');
      visit(rows, groups);
    };
    return scanBlocks({ candidates, filter }, visitBlock, work);
  };
};

/** Applies `having`: groups that do not pass it count as empty. */
const having = async (filter: MeasureFilter, counted: CountedGroups, work: Work): Promise<CountedGroups> => {
  const { scan, sumOf } = counted;
  const counts = counted.counts.slice();
  const amounts = counted.amounts.slice();
  const maybeYield = createYielder(work);
  let total = { count: 0, amounts: 0, sum: 0n };
  for (let group = 0; group < counts.length; group++) {
    const [count, sum] = [counts[group] as number, sumOf(group)];
    if (passes(filter, count, sum)) {
      total = {
        count: total.count + count,
        amounts: total.amounts + (amounts[group] as number),
        sum: total.sum + sum,
      };
    } else {
      counts[group] = 0;
      amounts[group] = 0;
    }
    if (group % 1024 === 0) await maybeYield();
  }
  return { sumOf, counts, amounts, total, scan: scanOfGroups(scan, (group) => counts[group] !== 0) };
};

/** The rows of a scan that are in these groups. */
const scanOfGroups =
  (scan: Scan, isAmong: (group: number) => boolean): Scan =>
  (visit) => {
    const [rowsAmong, groupsAmong] = [new Uint32Array(blockRows), new Uint32Array(blockRows)];
    return scan((rows, groups) => {
      let length = 0;
      for (let index = 0; index < rows.length; index++) {
        const group = groups[index] as number;
        if (!isAmong(group)) continue;
        rowsAmong[length] = rows[index] as number;
        groupsAmong[length++] = group;
      }
      visit(rowsAmong.subarray(0, length), groupsAmong);
    });
  };

const passes = ({ countAtLeast, sumAtLeast, sumAtMost }: MeasureFilter, count: number, sum: bigint): boolean =>
  count >= (countAtLeast ?? 0) &&
  (!sumAtLeast || sum >= microsOf(sumAtLeast)) &&
  (!sumAtMost || sum <= microsOf(sumAtMost));

/** One pass over the rows for all requests. */
const seqsOf = async (
  scan: Scan,
  { columns }: MemoryFacts,
  requests: readonly GroupFactsRequest[],
): Promise<number[][]> => {
  const results = requests.map((request) => ({ ...request, seqs: [] as number[] }));
  const byGroup = new Map<number, typeof results>();
  for (const result of results) byGroup.set(result.group, [...(byGroup.get(result.group) ?? []), result]);
  const visit = (row: number, group: number): void => {
    for (const { seqs, limit, fromEnd, afterSeq, beforeSeq } of byGroup.get(group) ?? []) {
      const seq = columns.seqOf(row);
      if (seq <= afterSeq || seq >= beforeSeq || (!fromEnd && seqs.length === limit)) continue;
      seqs.push(seq);
      if (seqs.length === 2 * limit + 512) seqs.splice(0, seqs.length - limit);
    }
  };
  await scan(eachRow(visit));
  return results.map(({ seqs, limit }) => (limit === 0 ? [] : seqs.slice(-limit)));
};
