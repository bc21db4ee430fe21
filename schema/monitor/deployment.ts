import type { VariantExposure } from '../../src/domains/monitor/snapshot.ts';
import type { TrendPoint } from '../../src/domains/monitor/trend.ts';
import { builder } from '../builder.ts';
import { TimeGrain } from '../time.ts';
import { MonitorType } from './monitor.ts';

const DeploymentCellType = builder.objectRef<VariantExposure>('DeploymentCell').implement({
  description: 'The events of a country and variant.',
  fields: (t) => ({
    country: t.exposeString('country', {
      description: 'The country; `unknown` for users without a country in the users files.',
    }),
    variant: t.exposeString('variant', { description: 'The variant.' }),
    eventCount: t.field({ type: 'BigInt', description: 'The number of events.', resolve: (cell) => cell.eventCount }),
    userCount: t.field({
      type: 'BigInt',
      description: 'The number of different users; a user with events in two variants counts in both.',
      resolve: (cell) => cell.userCount,
    }),
    share: t.exposeFloat('share', {
      description: 'The variant’s part of the country’s users, 0 to 1; 0 without users.',
    }),
    expectedShare: t.exposeFloat('expectedShare', {
      nullable: true,
      description: 'The planned share, equal shares without a plan; null for a variant that is not planned.',
    }),
  }),
});

const DeploymentPointType = builder.objectRef<TrendPoint>('DeploymentPoint').implement({
  description: 'The events of a country and variant in one period.',
  fields: (t) => ({
    periodStart: t.field({
      type: 'DateTime',
      description: 'The start of the period, inclusive.',
      resolve: ({ periodStartUs }) => periodStartUs,
    }),
    country: t.exposeString('country', { description: 'The country, or `unknown`.' }),
    variant: t.exposeString('variant', { description: 'The variant.' }),
    eventCount: t.field({ type: 'BigInt', description: 'The number of events.', resolve: (point) => point.eventCount }),
    newUserCount: t.field({
      type: 'BigInt',
      description: 'Users whose first event in this variant is in the period.',
      resolve: (point) => point.newUserCount,
    }),
  }),
});

builder.objectFields(MonitorType, (t) => ({
  deployment: t.field({
    type: [DeploymentCellType],
    description:
      'Events per country and variant, as REST `/monitor` returns them; planned countries and variants without events have a count of 0.',
    resolve: (report) => report.exposures(),
  }),
  trend: t.field({
    type: [DeploymentPointType],
    extensions: { goesThroughAllFacts: true },
    description:
      'Events per period, country and variant; empty points are left out. The setting trendPointsMax limits their number.',
    args: { grain: t.arg({ type: TimeGrain, required: true, defaultValue: 'HOUR', description: 'The period.' }) },
    resolve: (report, { grain }) => report.trend(grain),
  }),
}));
