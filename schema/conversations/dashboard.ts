import type {
  DashboardFigures,
  SymbolPoint,
  SymbolSummary,
  SymbolTotals,
} from '../../src/domains/conversations/dashboard.ts';
import { builder } from '../builder.ts';
import { everyArg, liveField } from '../live.ts';
import { SnapshotType } from '../provenance.ts';
import { TimeGrain, TimeRangeInput } from '../time.ts';

const SymbolSummaryType = builder.objectRef<SymbolSummary>('SymbolSummary').implement({
  description: 'The conversations about a letter.',
  fields: (t) => ({
    symbol: t.field({ type: 'Letter', description: 'The letter.', resolve: ({ symbol }) => symbol }),
    count: t.field({
      type: 'BigInt',
      description: 'How many conversations began with it.',
      resolve: ({ count }) => count,
    }),
    earliest: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the first of them began; null without one.',
      resolve: ({ earliestUs }) => earliestUs,
    }),
    latest: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the last of them began; null without one.',
      resolve: ({ latestUs }) => latestUs,
    }),
    followups: t.field({
      type: 'BigInt',
      description: 'Follow-ups to those conversations, whenever they came, repeats included.',
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
  description: 'The conversations about all letters asked for.',
  fields: (t) => ({
    count: t.field({ type: 'BigInt', description: 'How many began.', resolve: ({ count }) => count }),
    followups: t.field({
      type: 'BigInt',
      description: 'Follow-ups to them, whenever they came.',
      resolve: ({ followups }) => followups,
    }),
    earliest: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the first of them began; null without one.',
      resolve: ({ earliestUs }) => earliestUs,
    }),
    latest: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the last of them began; null without one.',
      resolve: ({ latestUs }) => latestUs,
    }),
  }),
});

const SymbolPointType = builder.objectRef<SymbolPoint>('SymbolPoint').implement({
  description: 'The conversations about a letter that began in a period.',
  fields: (t) => ({
    periodStart: t.field({
      type: 'DateTime',
      description: 'When the period begins; of one that the range cuts, only what is in the range counts.',
      resolve: ({ periodStartUs }) => periodStartUs,
    }),
    symbol: t.field({ type: 'Letter', description: 'The letter.', resolve: ({ symbol }) => symbol }),
    count: t.field({ type: 'BigInt', description: 'How many began.', resolve: ({ count }) => count }),
    followups: t.field({
      type: 'BigInt',
      description: 'Follow-ups to them, whenever they came.',
      resolve: ({ followups }) => followups,
    }),
  }),
});

const DashboardType = builder.objectRef<DashboardFigures>('Dashboard').implement({
  description: 'The business user’s figures on symbol conversations: of those that began in the range.',
  fields: (t) => ({
    symbols: t.field({
      type: [SymbolSummaryType],
      description: 'One line a letter asked for, letters without conversations included.',
      resolve: ({ symbols }) => [...symbols],
    }),
    total: t.field({
      type: SymbolTotalsType,
      description: 'Of these lines together.',
      resolve: ({ total }) => total,
    }),
    trend: t.field({
      type: [SymbolPointType],
      extensions: { goesThroughAllFacts: true },
      description:
        'The figures by period of `timeZone`, oldest first, then by letter; without conversations there is no point. At most trendPointsMax (10000).',
      args: {
        grain: t.arg({ type: TimeGrain, required: true, defaultValue: 'DAY', description: 'How long a period is.' }),
      },
      resolve: ({ trend }, { grain }) => trend(grain),
    }),
    orphanFollowups: t.field({
      type: 'BigInt',
      description: 'Follow-ups, whenever they came, whose conversation was never seen to begin.',
      resolve: ({ orphanFollowups }) => orphanFollowups,
    }),
    snapshot: t.field({
      type: SnapshotType,
      description: 'The state of the store that the figures rest on.',
      resolve: ({ snapshot }) => snapshot,
    }),
  }),
});

builder.queryField('dashboard', (t) =>
  t.field({
    type: DashboardType,
    description: 'The business user’s figures on symbol conversations, at a cost that does not grow with their number.',
    args: {
      symbols: t.arg({ type: ['Letter'], description: 'Which letters; default: all 26.' }),
      range: t.arg({ type: TimeRangeInput, description: 'When conversations began; default: ever.' }),
      timeZone: t.arg({
        type: 'TimeZone',
        required: true,
        defaultValue: 'UTC',
        description: 'Where days and periods begin.',
      }),
    },
    resolve: (_root, args, { dashboard }) => dashboard.figures(args),
  }),
);

builder.subscriptionField('dashboard', (t) =>
  t.field({
    type: DashboardType,
    description: 'The figures at once, then anew whenever they have changed, at most once per `every`.',
    args: {
      ...everyArg(),
      symbols: t.arg({ type: ['Letter'], description: 'Which letters; default: all 26.' }),
    },
    subscribe: (_root, { every, symbols }, context) =>
      liveField(context, every, () => context.dashboard.figures({ symbols, timeZone: 'UTC' }), fingerprint),
    resolve: (figures) => figures,
  }),
);

/** Whatever else a dashboard says follows from these, as conversations are only ever added. */
const fingerprint = ({ symbols, orphanFollowups }: DashboardFigures): string =>
  [...symbols.flatMap(({ count, followups }) => [count, followups]), orphanFollowups].join();
