import type { FactEngine, FactGroups, GroupQuery } from '../../src/domains/facts/engine.ts';
import { Work } from '../../src/lib/work.ts';

/** Everything that an engine says of a question, in an order of its own. */
export const answerOf = async (engine: Pick<FactEngine, 'group'>, query: GroupQuery) => {
  const groups = await engine.group(query, { work: new Work(), onGroup: () => undefined });
  const [extremes, medians, users] = await Promise.all([groups.extremes(), groups.medians(), groups.distinctUsers()]);
  const { counts, amounts, total } = groups;
  const numbers = [...counts.keys()].filter((group) => counts[group] !== 0);
  const seqs = await groups.seqsOf(numbers.map((group) => requestOf(groups, group)));
  const measures = (group: number, ofAmounts: number) => ({
    users: users[group],
    ...(ofAmounts === 0 ? {} : { median: medians[group], min: extremes.minOf(group), max: extremes.maxOf(group) }),
  });
  const each = numbers.map((group, index) => ({
    key: query.groupBy.map((_name, dimension) => groups.valueOf(group, dimension)),
    count: counts[group],
    amounts: amounts[group],
    sum: groups.sumOf(group),
    ...measures(group, amounts[group] as number),
    seqs: seqs[index],
  }));
  return {
    sequence: groups.sequence,
    total: { ...total, ...measures(counts.length, total.amounts) },
    groups: new Map(each.map((group) => [JSON.stringify(group.key), group])),
  };
};

/** The first facts of some groups, the last ones of others. */
const requestOf = (groups: FactGroups, group: number) => ({
  group,
  afterSeq: 0,
  beforeSeq: Number.POSITIVE_INFINITY,
  limit: 3,
  fromEnd: (groups.counts[group] as number) % 2 === 0,
});
