import type { Context } from '../../src/context.ts';
import type { DimensionName, FactSource } from '../../src/domains/facts/dimensions.ts';
import type { GroupFactsRequest } from '../../src/domains/facts/engine.ts';
import type { Aggregation, Group } from '../../src/domains/facts/enriched-aggregate.ts';
import { DomainError } from '../../src/errors.ts';
import { createPeriods, type Periods } from '../../src/lib/periods.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { numericCursor, pageOf, selectPage, sliceOf } from '../page.ts';
import { SnapshotType } from '../provenance.ts';
import { asOfOf, inSnapshot, type RequestedAsOf } from '../snapshot.ts';
import { AsOfInput, SortDirection, TimeGrain } from '../time.ts';
import { EnrichedDimension, EnrichedKey, EnrichedMeasures } from './enriched-figures.ts';
import { FactConnection } from './facts.ts';
import { EnrichedFilter } from './filters.ts';

const FactSourceEnum = builder.enumType('FactSource', {
  description: 'Kinds of facts.',
  values: {
    TRANSACTIONS: { description: 'Purchases; the amount is the product’s price.' },
    EXPERIMENT_EVENTS: {
      description: 'Events of experiments; the amount is the order’s value, of events that have one.',
    },
  } as const,
});

/** The groups of a source when a request names none: each has its own dimensions. */
const defaultDimensions = {
  TRANSACTIONS: ['USER_STATUS', 'CITY'],
  EXPERIMENT_EVENTS: ['VARIANT', 'COUNTRY'],
} as const satisfies Record<FactSource, readonly DimensionName[]>;

const Measure = builder.enumType('Measure', {
  description: 'A measure by which groups can be ordered.',
  values: {
    COUNT: { description: 'Number of facts.' },
    DISTINCT_USERS: { description: 'Number of different users.' },
    SUM: { description: 'Sum of amounts.' },
    AVERAGE: { description: 'Mean amount.' },
    MIN: { description: 'Least amount.' },
    MAX: { description: 'Greatest amount.' },
    MEDIAN: { description: 'Median amount.' },
  } as const,
});

/** The sizes of pages without `first` and `last`. */
const groupsPerPage = 100;
const factsPerPage = 20;

type PageArgs = Parameters<typeof selectPage>[1];

interface AggregationFactsRequest extends GroupFactsRequest {
  readonly aggregation: Aggregation;
}

/** Finds the facts of several groups with one pass over the rows for each aggregation. */
const seqsOfGroups = async (requests: readonly AggregationFactsRequest[]): Promise<number[][]> => {
  const found = new Map<AggregationFactsRequest, number[]>();
  for (const aggregation of new Set(requests.map((request) => request.aggregation))) {
    const ofAggregation = requests.filter((request) => request.aggregation === aggregation);
    const seqs = await aggregation.seqsOf(ofAggregation);
    ofAggregation.forEach((request, index) => void found.set(request, seqs[index] ?? []));
  }
  return requests.map((request) => found.get(request) ?? []);
};

/** A list of groups: what its pages and the pages of its groups' facts share. */
interface GroupList {
  /** The snapshot that the facts belong to. */
  readonly asOf: RequestedAsOf;
  /** The identity of the list in cursors. */
  readonly identity: string;
  /** The periods of its groups; null without a grain. */
  readonly periods: Periods | null;
  /** The same list as of another sequence number, for the later pages of a group's facts. */
  readonly at: (sequence: number) => Promise<Aggregation>;
}

interface GroupNode extends Group {
  readonly list: GroupList;
}

/** The group as it was when a walk over its facts began. Throws BAD_REQUEST for a cursor of no group. */
const groupAt = async (node: GroupNode, sequence: number | undefined): Promise<Group> => {
  if (sequence === undefined || sequence === node.aggregation.sequence) return node;
  const then = await node.list.at(sequence);
  const group = await then.groupOf(node.key);
  if (group) return group;
  throw new DomainError('BAD_REQUEST', 'the cursor is of a state in which this group has no facts');
};

/** A page of the facts of a group; all groups of a page share one pass over the rows. */
const groupFactsPage = async (node: GroupNode, args: PageArgs, { load, loadAll, config }: Context) => {
  const { list, key } = node;
  const parent = `${list.identity} ${JSON.stringify(key)}`;
  const field = { field: 'EnrichedAggregateGroup.facts', parent, pageSize: factsPerPage };
  const { limit, fromEnd, after, before, ...walk } = selectPage(field, args, config);
  const { aggregation, group, measures } = await groupAt(node, walk.sequence);
  const seqs = await load(seqsOfGroups, {
    ...{ aggregation, group, fromEnd, limit: limit + 1 },
    afterSeq: numericCursor(after) ?? 0,
    beforeSeq: numericCursor(before) ?? Number.POSITIVE_INFINITY,
  });
  const more = seqs.length > limit;
  const selected = more ? (fromEnd ? seqs.slice(1) : seqs.slice(0, limit)) : seqs;
  const rows = await loadAll(aggregation.bySeqs, selected);
  const facts = rows.filter((row) => row !== null).map((row) => inSnapshot(row, list.asOf));
  const { asOf, sequence } = aggregation;
  const page = pageOf(facts, ({ seq }) => seq, {
    hasBefore: fromEnd ? more : after !== undefined,
    hasAfter: fromEnd ? before !== undefined : more,
    cursors: walk.cursors.at(sequence),
    edge: { asOf },
  });
  return { ...page, totalCount: measures.count, sequence };
};

const EnrichedAggregateGroup = builder.objectRef<GroupNode>('EnrichedAggregateGroup').implement({
  description: 'Facts with equal values in all dimensions of `groupBy`.',
  fields: (t) => ({
    key: t.field({
      type: EnrichedKey,
      description: 'The shared values.',
      resolve: ({ key, list: { periods } }) =>
        key.PERIOD === undefined ? key : { ...key, periodEndUs: periods?.nextStart(key.PERIOD) },
    }),
    measures: t.field({
      type: EnrichedMeasures,
      description: 'The measures of the facts.',
      resolve: ({ measures }) => measures,
    }),
    facts: t.field({
      type: FactConnection,
      extensions: { pageSize: factsPerPage },
      description: 'Exactly the facts of this group, in the order of recording; by default the first 20.',
      args: t.arg.connectionArgs(),
      resolve: groupFactsPage,
    }),
  }),
});

const MeasureFilter = builder.inputType('MeasureFilter', {
  description:
    'A filter of groups by their measures; all bounds are inclusive. `total` includes only the groups that pass.',
  fields: (t) => ({
    countAtLeast: t.field({ type: 'BigInt', description: 'The least number of facts.' }),
    sumAtLeast: t.field({ type: 'Decimal', description: 'The least sum.' }),
    sumAtMost: t.field({ type: 'Decimal', description: 'The greatest sum.' }),
  }),
});

const EnrichedOrder = builder.inputType('EnrichedOrder', {
  description: 'One key of the order of groups.',
  isOneOf: true,
  fields: (t) => ({
    byDimension: t.field({
      description: 'By the value of a dimension.',
      type: builder.inputType('DimensionOrder', {
        description: 'An order by the value of a dimension.',
        fields: (f) => ({
          dimension: f.field({ type: EnrichedDimension, required: true, description: 'One of `groupBy`.' }),
          direction: f.field({
            type: SortDirection,
            required: true,
            defaultValue: 'ASC',
            description: 'The direction.',
          }),
        }),
      }),
    }),
    byMeasure: t.field({
      description: 'By a measure.',
      type: builder.inputType('MeasureOrder', {
        description: 'An order by a measure.',
        fields: (f) => ({
          measure: f.field({ type: Measure, required: true, description: 'The measure.' }),
          direction: f.field({
            type: SortDirection,
            required: true,
            defaultValue: 'DESC',
            description: 'The direction.',
          }),
        }),
      }),
    }),
  }),
});

interface WithAggregation {
  readonly aggregation: Aggregation;
}

const GroupConnection = connectionType<GroupNode, WithAggregation>(
  {
    type: EnrichedAggregateGroup,
    name: 'EnrichedAggregateConnection',
    description: 'A page of groups, and the measures of all groups together.',
    fields: (t) => ({
      totalCount: t.int({
        description: 'The number of groups on all pages.',
        resolve: ({ aggregation }) => aggregation.count,
      }),
      total: t.field({
        type: EnrichedMeasures,
        description: 'The measures of all groups together, to check the groups against their total.',
        resolve: ({ aggregation }) => aggregation.total,
      }),
      snapshot: t.field({
        type: SnapshotType,
        description:
          'The snapshot that the measures are computed from; pass its `sequence` as `asOf.sequence` to get the same measures later.',
        resolve: ({ aggregation }, _args, { ledger }) => ledger.snapshotAt(aggregation.sequence),
      }),
    }),
  },
  { name: 'EnrichedAggregateEdge', description: 'A group with its cursor.' },
);

builder.queryField('enrichedAggregate', (t) =>
  t.field({
    type: GroupConnection,
    extensions: { goesThroughAllFacts: true, pageSize: groupsPerPage },
    description:
      'Facts joined to what was true of their user and address at their own time, then grouped and measured. By default: revenue by status and city, or with `source: EXPERIMENT_EVENTS` events by variant and country. The page has 100 groups by default, and later pages are of the snapshot of the first.',
    args: {
      source: t.arg({
        type: FactSourceEnum,
        required: true,
        defaultValue: 'TRANSACTIONS',
        description: 'The kind of facts; events have no address and therefore no CITY.',
      }),
      groupBy: t.arg({
        type: [EnrichedDimension],
        description:
          'The dimensions of the groups; default: USER_STATUS and CITY for TRANSACTIONS, VARIANT and COUNTRY for EXPERIMENT_EVENTS. An empty list puts all facts into one group, or returns no group without facts.',
      }),
      grain: t.arg({ type: TimeGrain, description: 'The length of `PERIOD`; required with it.' }),
      where: t.arg({ type: EnrichedFilter, description: 'Only facts that match this filter; default: all.' }),
      having: t.arg({ type: MeasureFilter, description: 'Only groups that pass this filter; default: all.' }),
      asOf: t.arg({
        type: AsOfInput,
        description: 'The valid time and the snapshot to use; default: the facts’ own time and the newest snapshot.',
      }),
      timeZone: t.arg({
        type: 'TimeZone',
        required: true,
        defaultValue: 'UTC',
        description: 'The time zone of periods and days.',
      }),
      orderBy: t.arg({
        type: [EnrichedOrder],
        description: 'The order of groups; ties and the default order are by each dimension of `groupBy`, ascending.',
      }),
      ...t.arg.connectionArgs(),
    },
    resolve: async (_root, args, { enrichedAggregate, ledger, config, work }) => {
      const selection = selectPage({ field: 'Query.enrichedAggregate', pageSize: groupsPerPage }, args, config);
      const asOf = asOfOf(args.asOf, ledger);
      const request = {
        source: args.source,
        groupBy: args.groupBy ?? defaultDimensions[args.source],
        grain: args.grain ?? undefined,
        where: args.where,
        having: args.having ?? undefined,
        timeZone: args.timeZone,
        orderBy: (args.orderBy ?? []).map(({ byDimension, byMeasure }) => ({
          dimension: byDimension?.dimension,
          measure: byMeasure?.measure,
          descending: (byDimension ?? byMeasure)?.direction === 'DESC',
        })),
      };
      const { validAtUs } = asOf;
      const aggregateAt = (sequence: number | undefined): Promise<Aggregation> =>
        enrichedAggregate.aggregate({ ...request, asOf: { validAtUs, sequence } }, work);
      const aggregation = await aggregateAt(selection.sequence ?? asOf.sequence);
      const { start, end, ...sides } = sliceOf(selection, aggregation.count);
      const periods = args.grain ? createPeriods(args.grain, args.timeZone) : null;
      const list = { asOf, at: memoized(aggregateAt), identity: selection.cursors.identity, periods };
      const groups = (await aggregation.groups(start, end - start)).map((each): GroupNode => {
        const { group, key, measures } = each;
        return { group, key, measures, aggregation, list };
      });
      const cursors = selection.cursors.at(aggregation.sequence);
      return { ...pageOf(groups, (_group, index) => start + index, { ...sides, cursors }), aggregation };
    },
  }),
);

/** Calls a function once for each argument. */
const memoized = <T>(compute: (argument: number) => T): ((argument: number) => T) => {
  const results = new Map<number, T>();
  return (argument) => {
    const known = results.get(argument) ?? compute(argument);
    results.set(argument, known);
    return known;
  };
};
