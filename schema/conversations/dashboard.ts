import type {
  DashboardFigures,
  SymbolPoint,
  SymbolSummary,
  SymbolTotals,
} from '../../src/domains/conversations/dashboard.ts';
import { builder } from '../builder.ts';
import { everyArg, liveField } from '../live.ts';
import { SnapshotType } from '../provenance.ts';
import { snapshotOf } from '../snapshot.ts';
import { AsOfInput, TimeGrain, TimeRangeInput } from '../time.ts';
import { conversationsAsOf, conversationsHaveNoValidTime } from './conversations.ts';

const SymbolSummaryType = builder.objectRef<SymbolSummary>('SymbolSummary').implement({
  description: 'The conversations about a letter.',
  fields: (t) => ({
    symbol: t.field({ type: 'Letter', description: 'The letter.', resolve: ({ symbol }) => symbol }),
    count: t.field({
      type: 'BigInt',
      description: 'The number of conversations about the letter that started.',
      resolve: ({ count }) => count,
    }),
    earliest: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The start of the first conversation; null without conversations.',
      resolve: ({ earliestUs }) => earliestUs,
    }),
    latest: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The start of the last conversation; null without conversations.',
      resolve: ({ latestUs }) => latestUs,
    }),
    followups: t.field({
      type: 'BigInt',
      description: 'The number of follow-ups to those conversations, at any time, repeats included.',
      resolve: ({ followups }) => followups,
    }),
    followupRate: t.exposeFloat('followupRate', {
      nullable: true,
      description:
        'Follow-ups divided by conversations: above 1 when they are followed up again and again. Null without a conversation.',
    }),
    guessAccuracy: t.exposeFloat('guessAccuracy', {
      nullable: true,
      description:
        'Share of the guesses that were right, 0 to 1; null for `y`, which is both, and without a conversation.',
    }),
  }),
});

const SymbolTotalsType = builder.objectRef<SymbolTotals>('SymbolTotals').implement({
  description: 'The conversations about all requested letters.',
  fields: (t) => ({
    count: t.field({
      type: 'BigInt',
      description: 'The number of conversations that started.',
      resolve: ({ count }) => count,
    }),
    followups: t.field({
      type: 'BigInt',
      description: 'The number of follow-ups to these conversations, at any time.',
      resolve: ({ followups }) => followups,
    }),
    earliest: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The start of the first conversation; null without conversations.',
      resolve: ({ earliestUs }) => earliestUs,
    }),
    latest: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The start of the last conversation; null without conversations.',
      resolve: ({ latestUs }) => latestUs,
    }),
  }),
});

const SymbolPointType = builder.objectRef<SymbolPoint>('SymbolPoint').implement({
  description: 'The conversations about a letter that started in a period.',
  fields: (t) => ({
    periodStart: t.field({
      type: 'DateTime',
      description: 'The start of the period; of a period that the range cuts, only the part in the range counts.',
      resolve: ({ periodStartUs }) => periodStartUs,
    }),
    symbol: t.field({ type: 'Letter', description: 'The letter.', resolve: ({ symbol }) => symbol }),
    count: t.field({
      type: 'BigInt',
      description: 'The number of conversations that started.',
      resolve: ({ count }) => count,
    }),
    followups: t.field({
      type: 'BigInt',
      description: 'The number of follow-ups to these conversations, at any time.',
      resolve: ({ followups }) => followups,
    }),
  }),
});

const DashboardType = builder.objectRef<DashboardFigures>('Dashboard').implement({
  description: 'The figures of the business user on symbol conversations that started in the range.',
  fields: (t) => ({
    symbols: t.field({
      type: [SymbolSummaryType],
      description: 'One entry for each requested letter, letters without conversations included.',
      resolve: ({ symbols }) => [...symbols],
    }),
    total: t.field({
      type: SymbolTotalsType,
      description: 'The figures of all these letters together.',
      resolve: ({ total }) => total,
    }),
    trend: t.field({
      type: [SymbolPointType],
      extensions: { goesThroughAllFacts: true },
      description:
        'The figures by period of `timeZone`, oldest first, then by letter; without conversations there is no point. At most trendPointsMax (10000).',
      args: {
        grain: t.arg({ type: TimeGrain, required: true, defaultValue: 'DAY', description: 'The length of a period.' }),
      },
      resolve: async ({ trend }, { grain }, { work }) => [...(await trend(grain, work))],
    }),
    orphanFollowups: t.field({
      type: 'BigInt',
      description: 'The number of follow-ups, at any time, of conversations whose start is not stored.',
      resolve: ({ orphanFollowups }) => orphanFollowups,
    }),
    snapshot: t.field({
      type: SnapshotType,
      description: 'The snapshot that the figures are computed from.',
      resolve: ({ snapshot }) => snapshot,
    }),
  }),
});

builder.queryField('dashboard', (t) =>
  t.field({
    type: DashboardType,
    description:
      'The business user’s figures on symbol conversations. In memory their cost does not grow with the number of conversations; with ClickHouse it grows with those of the range.',
    args: {
      symbols: t.arg({ type: ['Letter'], description: 'The letters; default: all 26.' }),
      range: t.arg({
        type: TimeRangeInput,
        description: 'Only conversations that started in this time; default: all.',
      }),
      timeZone: t.arg({
        type: 'TimeZone',
        required: true,
        defaultValue: 'UTC',
        description: 'The time zone of days and periods.',
      }),
      asOf: t.arg({ type: AsOfInput, description: conversationsAsOf }),
    },
    resolve: (_root, { asOf, ...args }, { dashboard, ledger, work }) =>
      dashboard.figures({ ...args, asOf: snapshotOf(asOf, ledger, conversationsHaveNoValidTime) }, work),
  }),
);

builder.subscriptionField('dashboard', (t) =>
  t.field({
    type: DashboardType,
    description: 'The figures whenever they change, at most once per `every`. The first result is sent immediately.',
    args: {
      ...everyArg(),
      symbols: t.arg({ type: ['Letter'], description: 'The letters; default: all 26.' }),
    },
    subscribe: (_root, { every, symbols }, context) =>
      liveField(
        context,
        every,
        () => context.dashboard.figures({ symbols, timeZone: 'UTC' }, context.work),
        fingerprint,
      ),
    resolve: (figures) => figures,
  }),
);

/** All other figures of a dashboard follow from these, because conversations are only added. */
const fingerprint = ({ symbols, orphanFollowups }: DashboardFigures): string =>
  [...symbols.flatMap(({ count, followups }) => [count, followups]), orphanFollowups].join();
