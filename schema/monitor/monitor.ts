import type { MarketHealth } from '../../src/domains/monitor/checks.ts';
import type { MonitorReport } from '../../src/domains/monitor/report.ts';
import type { VariantExposure } from '../../src/domains/monitor/snapshot.ts';
import type { TrendPoint } from '../../src/domains/monitor/trend.ts';
import { builder } from '../builder.ts';
import { ExperimentType } from '../experiments/experiments.ts';
import { everyArg, liveField } from '../live.ts';
import { SnapshotType } from '../provenance.ts';
import { TimeGrain, TimeRangeInput } from '../time.ts';
import { type InReport, MonitorCheckType, MonitorVerdictEnum, SampleRatioTest } from './checks.ts';

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
      description: 'Users whose first recorded event in this variant is in the period.',
      resolve: (point) => point.newUserCount,
    }),
  }),
});

const MarketHealthType = builder.objectRef<InReport<MarketHealth>>('MarketHealth').implement({
  description: 'How an experiment runs in one country.',
  fields: (t) => ({
    country: t.exposeString('country', { description: 'The country, or `unknown`.' }),
    verdict: t.field({
      type: MonitorVerdictEnum,
      description: 'The worst of its checks.',
      resolve: ({ verdict }) => verdict,
    }),
    firstEventAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The time of the earliest event; null without events.',
      resolve: ({ firstEventAtUs }) => firstEventAtUs,
    }),
    lastEventAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The time of the latest event; null without events.',
      resolve: ({ lastEventAtUs }) => lastEventAtUs,
    }),
    userCount: t.field({
      type: 'BigInt',
      description: 'The number of different users.',
      resolve: ({ userCount }) => userCount,
    }),
    sampleRatio: t.field({
      type: SampleRatioTest,
      description: 'How the users of the country are split.',
      resolve: ({ sampleRatio, report }) => ({ ...sampleRatio, report }),
    }),
  }),
});

export const MonitorType = builder.objectRef<MonitorReport>('Monitor').implement({
  description: 'How an experiment runs at this moment.',
  fields: (t) => ({
    experiment: t.field({
      type: ExperimentType,
      description: 'The experiment; without a plan, equal shares of the variants with events are assumed.',
      resolve: ({ snapshot }) => snapshot.experiment,
    }),
    isPlanned: t.boolean({
      description: 'Whether variants are planned; false: equal shares of the variants with events are assumed.',
      resolve: ({ snapshot }) => snapshot.experiment.allocation.length > 0,
    }),
    watermark: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'The time of the newest event minus the setting lateAfterMs: an older event is late; null without events.',
      resolve: ({ watermarkUs }) => watermarkUs,
    }),
    deployment: t.field({
      type: [DeploymentCellType],
      description:
        'Events per country and variant, as REST `/monitor` returns them; planned countries and variants without events have a count of 0.',
      resolve: (report) => report.exposures(),
    }),
    verdict: t.field({
      type: MonitorVerdictEnum,
      description: 'The worst verdict of the checks; NOT_ENOUGH_DATA only when all users together are too few.',
      resolve: ({ health }) => health.verdict,
    }),
    checks: t.field({
      type: [MonitorCheckType],
      description: 'Every check, the worst first.',
      resolve: (report) => report.health.checks.map((check) => ({ ...check, report })),
    }),
    markets: t.field({
      type: [MarketHealthType],
      description: 'Every country, in alphabetical order.',
      resolve: (report) => report.health.markets.map((market) => ({ ...market, report })),
    }),
    trend: t.field({
      type: [DeploymentPointType],
      extensions: { goesThroughAllFacts: true },
      description:
        'Events per period, country and variant; empty points are left out. The setting trendPointsMax limits their number.',
      args: { grain: t.arg({ type: TimeGrain, required: true, defaultValue: 'HOUR', description: 'The period.' }) },
      resolve: (report, { grain }) => report.trend(grain),
    }),
    snapshot: t.field({
      type: SnapshotType,
      description: 'The ledger’s snapshot that the figures are computed from.',
      resolve: ({ snapshot }, _args, { ledger }) => ledger.snapshotAt(snapshot.sequence),
    }),
  }),
});

const which = builder.args((t) => ({
  experiment: t.id({
    description: 'The key of the experiment; default: the running experiment, or the one saved last.',
  }),
  country: t.string({ description: 'Only this market, which may be `unknown`; default: all markets.' }),
}));

builder.queryField('monitor', (t) =>
  t.field({
    type: MonitorType,
    description: 'Whether an A/B test runs as planned, in each market.',
    args: {
      ...which,
      range: t.arg({ type: TimeRangeInput, description: 'Only events that happened in this time; default: all.' }),
      timeZone: t.arg({
        type: 'TimeZone',
        required: true,
        defaultValue: 'UTC',
        description: 'The time zone of days and of the periods of the trend.',
      }),
    },
    resolve: (_root, { experiment, country, range, timeZone }, { monitor }) =>
      monitor.report({
        experiment: experiment ?? undefined,
        country: country ?? undefined,
        range: range ?? undefined,
        timeZone,
      }),
  }),
);

builder.subscriptionField('monitor', (t) =>
  t.field({
    type: MonitorType,
    description: 'The monitor whenever it changes, at most once per `every`. The first result is sent immediately.',
    args: { ...which, ...everyArg() },
    subscribe: (_root, { experiment, country, every }, context) => {
      const request = { experiment: experiment ?? undefined, country: country ?? undefined, timeZone: 'UTC' };
      return liveField(
        context,
        every,
        () => context.monitor.report(request),
        (report) => report.fingerprint(),
      );
    },
    resolve: (report) => report,
  }),
);
