import type { CumulativeShare, ShareTrend, ShareTrendPoint } from '../../src/domains/monitor/share-trend.ts';
import { builder } from '../builder.ts';
import { MonitorType } from './monitor.ts';

const CumulativeShareType = builder.objectRef<CumulativeShare>('CumulativeShare').implement({
  description: 'A variant’s part of the users so far, each counted for the variant of the first event.',
  fields: (t) => ({
    variant: t.exposeString('variant', { description: 'The variant.' }),
    userCount: t.field({ type: 'BigInt', description: 'The number of its users.', resolve: ({ users }) => users }),
    share: t.exposeFloat('share', { description: 'Its part of the users, 0 to 1.' }),
    expectedShare: t.exposeFloat('expectedShare', {
      description: 'The planned part, 0 to 1, by the shares in force when each of the users was first seen.',
    }),
    lower: t.exposeFloat('lower', {
      description: 'The lower end of the band, inclusive: at a share below it, the sequential test is crossed.',
    }),
    upper: t.exposeFloat('upper', {
      description: 'The upper end of the band, inclusive: at a share above it, the sequential test is crossed.',
    }),
  }),
});

const ShareTrendPointType = builder.objectRef<ShareTrendPoint>('ShareTrendPoint').implement({
  description: 'The shares of the users who were first seen up to a time.',
  fields: (t) => ({
    at: t.field({
      type: 'DateTime',
      description: 'When the last of the users was first seen.',
      resolve: ({ atUs }) => atUs,
    }),
    userCount: t.field({ type: 'BigInt', description: 'The number of users.', resolve: ({ users }) => users }),
    shares: t.field({
      type: [CumulativeShareType],
      description: 'The shares of all planned variants.',
      resolve: ({ shares }) => [...shares],
    }),
  }),
});

const ShareTrendType = builder.objectRef<ShareTrend>('ShareTrend').implement({
  description:
    'How the split of users developed, in the order in which they were first seen. Each variant has the band that belongs to the sequential test of the verdict: a split as planned ever leaves it with the probability `alpha` at most.',
  fields: (t) => ({
    country: t.exposeString('country', { nullable: true, description: 'The market; null: all markets together.' }),
    alpha: t.exposeFloat('alpha', {
      description: 'The setting monitorAlpha divided by Holm’s factor, as in the verdict.',
    }),
    brokenSince: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When the test left the band, as `SampleRatioTest.brokenSince` says; one of the points has this time. The test counts users in the order in which they arrived: where that is not the order of time, the lines may leave their bands at another time.',
      resolve: ({ brokenSinceUs }) => brokenSinceUs,
    }),
    points: t.field({
      type: [ShareTrendPointType],
      description: 'In the order of time, the last with all users; empty while fewer than two variants are known.',
      resolve: ({ points }) => [...points],
    }),
  }),
});

builder.objectField(MonitorType, 'shareTrend', (t) =>
  t.field({
    type: ShareTrendType,
    extensions: { goesThroughAllFacts: true },
    description: 'The cumulative share of each variant over time, with its band.',
    args: {
      country: t.arg.string({
        description: 'The market; default: that of the monitor, or all markets together.',
      }),
      points: t.arg.int({
        required: true,
        defaultValue: 200,
        description:
          'The greatest number of points, in even steps of users: 2 to the setting shareTrendPointsMax (1000).',
      }),
    },
    resolve: (report, { country, points }) => report.shareTrend({ country: country ?? undefined, points }),
  }),
);
