import type { DimensionName, GroupKey } from '../../src/domains/facts/dimensions.ts';
import type { Aggregation, Group, GroupFactsRequest } from '../../src/domains/facts/enriched-aggregate.ts';
import type { FactSource } from '../../src/domains/facts/fact-set.ts';
import { DomainError } from '../../src/errors.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { numericCursor, pageOf, selectPage } from '../page.ts';
import { SnapshotType } from '../provenance.ts';
import { asOfOf, type InSnapshot, inSnapshot } from '../snapshot.ts';
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

/** A group, and the snapshot that its facts belong to. */
interface GroupNode extends Group {
  readonly owner: InSnapshot;
}

const EnrichedAggregateGroup = builder.objectRef<GroupNode>('EnrichedAggregateGroup').implement({
  description: 'Facts with equal values in all dimensions of `groupBy`.',
  fields: (t) => ({
    key: t.field({ type: EnrichedKey, description: 'The shared values.', resolve: ({ key }) => key }),
    measures: t.field({
      type: EnrichedMeasures,
      description: 'The measures of the facts.',
      resolve: ({ measures }) => measures,
    }),
    facts: t.field({
      type: FactConnection,
      description: 'Exactly the facts of this group, in the order of recording.',
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 20,
          description: 'The number of facts; at most pageSizeMax (1000).',
        }),
        after: t.arg.string({ description: 'Only facts after this cursor.' }),
      },
      resolve: async ({ aggregation, group, measures, owner }, args, { load, yieldAfter, config }) => {
        const { limit, after } = selectPage(args, config);
        const request = { aggregation, group, afterSeq: numericCursor(after) ?? 0, limit: limit + 1 };
        const seqs = await load(seqsOfGroups, request);
        const rows = await Promise.all(seqs.slice(0, limit).map((seq) => load(aggregation.bySeqs, seq)));
        const facts = rows.filter((row) => row !== null).map((row) => inSnapshot(row, owner));
        await yieldAfter(facts.length);
        const sides = { hasBefore: after !== undefined, hasAfter: seqs.length > limit };
        const { edges, pageInfo } = pageOf(facts, ({ seq }) => seq, sides);
        const { asOf } = aggregation;
        return { edges: edges.map((edge) => ({ ...edge, asOf })), pageInfo, totalCount: measures.count };
      },
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
    extensions: { goesThroughAllFacts: true },
    description:
      'Facts joined to what was true of their user and address at their own time, then grouped and measured. By default: revenue by status and city, or with `source: EXPERIMENT_EVENTS` events by variant and country.',
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
      first: t.arg.int({
        required: true,
        defaultValue: 100,
        description: 'The number of groups; at most pageSizeMax (1000).',
      }),
      after: t.arg.string({ description: 'Only groups after this cursor.' }),
    },
    resolve: async (_root, { first, after, ...args }, { enrichedAggregate, ledger, config }) => {
      const { limit, after: position } = selectPage({ first, after }, config);
      const asOf = asOfOf(args.asOf, ledger);
      const aggregation = await enrichedAggregate.aggregate({
        source: args.source,
        groupBy: args.groupBy ?? defaultDimensions[args.source],
        grain: args.grain ?? undefined,
        where: args.where,
        having: args.having ?? undefined,
        asOf,
        timeZone: args.timeZone,
        orderBy: (args.orderBy ?? []).map(({ byDimension, byMeasure }) => ({
          dimension: byDimension?.dimension,
          measure: byMeasure?.measure,
          descending: (byDimension ?? byMeasure)?.direction === 'DESC',
        })),
      });
      const start = position === undefined ? 0 : startAfter(aggregation, position);
      const groups = aggregation.groups(start, limit).map((group) => ({ ...group, owner: asOf }));
      const sides = { hasBefore: start > 0, hasAfter: start + limit < aggregation.count };
      return { ...pageOf(groups, ({ key }) => JSON.stringify(key), sides), aggregation };
    },
  }),
);

const startAfter = (aggregation: Aggregation, position: string): number => {
  const index = aggregation.indexOf(groupKeyOf(position));
  if (index >= 0) return index + 1;
  throw new DomainError(
    'BAD_REQUEST',
    'after is the cursor of a group that no longer exists; start again from the first page',
  );
};

const groupKeyOf = (position: string): GroupKey => {
  try {
    return JSON.parse(position) as GroupKey;
  } catch {
    throw new DomainError('BAD_REQUEST', 'after is not a cursor of this list');
  }
};
