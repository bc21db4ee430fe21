import type { MarketHealth } from '../../src/domains/monitor/checks.ts';
import type { MonitorReport } from '../../src/domains/monitor/monitor.ts';
import type { VariantOutcome } from '../../src/domains/monitor/outcomes.ts';
import type { DeploymentCell } from '../../src/domains/monitor/snapshot.ts';
import type { ArrivalQuality, DeploymentPoint } from '../../src/domains/monitor/trend.ts';
import type { ConfidenceInterval } from '../../src/lib/statistics/confidence-sequence.ts';
import { builder } from '../builder.ts';
import { ExperimentType } from '../experiments/experiments.ts';
import { everyArg, liveField } from '../live.ts';
import { SnapshotType } from '../provenance.ts';
import { TimeGrain, TimeRangeInput } from '../time.ts';
import { MonitorCheckType, MonitorVerdictEnum, SampleRatioTest } from './checks.ts';

const DeploymentCellType = builder.objectRef<DeploymentCell>('DeploymentCell').implement({
  description: 'A country and variant.',
  fields: (t) => ({
    country: t.exposeString('country', { description: '`unknown` for users whose country no users file says.' }),
    variant: t.exposeString('variant', { description: 'The variant.' }),
    eventCount: t.field({ type: 'BigInt', description: 'Number of events.', resolve: (cell) => cell.eventCount }),
    userCount: t.field({
      type: 'BigInt',
      description: 'Number of different users; one seen in two variants counts in both.',
      resolve: (cell) => cell.userCount,
    }),
    share: t.exposeFloat('share', {
      description: 'The variant’s part of the country’s users, 0 to 1; 0 without users.',
    }),
    expectedShare: t.exposeFloat('expectedShare', {
      nullable: true,
      description: 'The planned part, equal ones without a plan; null for a variant that is not planned.',
    }),
  }),
});

const DeploymentPointType = builder.objectRef<DeploymentPoint>('DeploymentPoint').implement({
  description: 'A country and variant in one period.',
  fields: (t) => ({
    periodStart: t.field({
      type: 'DateTime',
      description: 'When the period begins, inside.',
      resolve: ({ periodStartUs }) => periodStartUs,
    }),
    country: t.exposeString('country', { description: 'The country, or `unknown`.' }),
    variant: t.exposeString('variant', { description: 'The variant.' }),
    eventCount: t.field({ type: 'BigInt', description: 'Number of events.', resolve: (point) => point.eventCount }),
    newUserCount: t.field({
      type: 'BigInt',
      description: 'Users whose first event in this variant, of those that have come, is of the period.',
      resolve: (point) => point.newUserCount,
    }),
  }),
});

const MarketHealthType = builder.objectRef<MarketHealth>('MarketHealth').implement({
  description: 'How an experiment is doing in one country.',
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
      description: 'Time of its earliest event; null without events.',
      resolve: ({ firstEventAtUs }) => firstEventAtUs,
    }),
    lastEventAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Time of its latest event; null without events.',
      resolve: ({ lastEventAtUs }) => lastEventAtUs,
    }),
    userCount: t.field({
      type: 'BigInt',
      description: 'Number of different users.',
      resolve: ({ userCount }) => userCount,
    }),
    sampleRatio: t.field({
      type: SampleRatioTest,
      description: 'How its users are split.',
      resolve: ({ sampleRatio }) => sampleRatio,
    }),
  }),
});

const ArrivalQualityType = builder.objectRef<ArrivalQuality>('ArrivalQuality').implement({
  description: 'How events arrive.',
  fields: (t) => ({
    received: t.field({
      type: 'BigInt',
      description: 'All that came, whatever country and range: those stored, duplicates and rejected ones.',
      resolve: ({ received }) => received,
    }),
    duplicates: t.field({
      type: 'BigInt',
      description: 'Those that had come before, whatever country and range.',
      resolve: ({ duplicates }) => duplicates,
    }),
    rejected: t.field({
      type: 'BigInt',
      description: 'Those not taken in, conflicts included, of any experiment: they often do not say of which.',
      resolve: ({ rejected }) => rejected,
    }),
    stored: t.field({
      type: 'BigInt',
      description: 'Those stored, of the country and range asked for, as all that follows.',
      resolve: ({ stored }) => stored,
    }),
    late: t.field({
      type: 'BigInt',
      description: 'Those that came when one newer by more than the setting lateAfterMs was there.',
      resolve: ({ late }) => late,
    }),
    inTheFuture: t.field({
      type: 'BigInt',
      description: 'Those dated after their coming by more than the setting futureToleranceMs.',
      resolve: ({ inTheFuture }) => inTheFuture,
    }),
    medianDelay: t.field({
      type: 'Duration',
      nullable: true,
      description: 'Between an event and its coming, those in the future left out; null without events.',
      resolve: ({ medianDelayUs }) => durationOf(medianDelayUs),
    }),
    p99Delay: t.field({
      type: 'Duration',
      nullable: true,
      description: 'What 99 of 100 delays do not exceed; null without events.',
      resolve: ({ p99DelayUs }) => durationOf(p99DelayUs),
    }),
  }),
});

const durationOf = (us: number | null): string | null => (us === null ? null : `PT${us / 1e6}S`);

const Interval = builder.objectRef<ConfidenceInterval>('Interval').implement({
  description: 'A confidence interval.',
  fields: (t) => ({
    estimate: t.exposeFloat('estimate', { description: 'What is measured.' }),
    lower: t.exposeFloat('lower', { description: 'Its lower bound.' }),
    upper: t.exposeFloat('upper', { description: 'Its upper bound.' }),
    level: t.exposeFloat('level', { description: 'How probably it holds the true value at all times together.' }),
  }),
});

const VariantOutcomeType = builder.objectRef<VariantOutcome>('VariantOutcome').implement({
  description: 'What the users of a variant did.',
  fields: (t) => ({
    variant: t.exposeString('variant', { description: 'The variant.' }),
    isControl: t.exposeBoolean('isControl', {
      description: 'Whether the others are compared with it: the planned control, or else the first variant.',
    }),
    users: t.field({ type: 'BigInt', description: 'Users of the variant.', resolve: ({ users }) => users }),
    mean: t.exposeFloat('mean', { description: 'The metric per user, those who ordered nothing included.' }),
    relativeDifference: t.field({
      type: Interval,
      nullable: true,
      description:
        'mean / the control’s mean - 1, valid however often one looks (arXiv:2103.06476); null for the control and while there is too little to tell.',
      resolve: ({ relativeDifference }) => relativeDifference,
    }),
  }),
});

const OutcomeMetric = builder.enumType('OutcomeMetric', {
  description: 'What is measured of each user; an order is an event with an order value.',
  values: {
    ORDER_VALUE_PER_USER: { description: 'Sum of order values.' },
    ORDERS_PER_USER: { description: 'Number of orders.' },
    CONVERSION: { description: 'Whether the user ordered at all: the share of users who did.' },
  } as const,
});

const MonitorType = builder.objectRef<MonitorReport>('Monitor').implement({
  description: 'How an experiment is deployed at this moment.',
  fields: (t) => ({
    experiment: t.field({
      type: ExperimentType,
      description: 'The experiment; without a plan the variants that are seen are taken for planned in equal shares.',
      resolve: ({ sight }) => sight.experiment,
    }),
    isPlanned: t.boolean({
      description: 'Whether variants were planned; false: those seen are taken as equal shares.',
      resolve: ({ sight }) => sight.experiment.allocation.length > 0,
    }),
    watermark: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The newest event’s time less the setting lateAfterMs: an older event is late; null without events.',
      resolve: ({ sight }, _args, { monitor }) => monitor.watermarkOf(sight),
    }),
    deployment: t.field({
      type: [DeploymentCellType],
      description:
        'Events per country and variant, what REST `/monitor` answers; empty cells are there with a count of 0.',
      resolve: ({ sight }, _args, { monitor }) => monitor.cellsOf(sight),
    }),
    verdict: t.field({
      type: MonitorVerdictEnum,
      description: 'The worst of its checks; of markets too small to tell only when all are.',
      resolve: ({ health }) => health.verdict,
    }),
    checks: t.field({
      type: [MonitorCheckType],
      description: 'Every check, the worst first.',
      resolve: ({ health }) => [...health.checks],
    }),
    markets: t.field({
      type: [MarketHealthType],
      description: 'Every country, in order.',
      resolve: ({ health }) => [...health.markets],
    }),
    trend: t.field({
      type: [DeploymentPointType],
      extensions: { goesThroughAllFacts: true },
      description:
        'Events per period, country and variant; what is empty is left out. At most trendPointsMax (setting).',
      args: { grain: t.arg({ type: TimeGrain, required: true, defaultValue: 'HOUR', description: 'The period.' }) },
      resolve: ({ sight }, { grain }, { monitor }) => monitor.trendOf(sight, grain),
    }),
    arrival: t.field({
      type: ArrivalQualityType,
      extensions: { goesThroughAllFacts: true },
      description: 'How events arrive.',
      resolve: ({ sight }, _args, { monitor, rejects }) =>
        monitor.arrivalOf(sight, rejects.keptOf('EXPERIMENT_EVENTS')),
    }),
    outcomes: t.field({
      type: [VariantOutcomeType],
      description: 'What the variants did, with intervals that stay valid however often one looks.',
      args: {
        metric: t.arg({
          type: OutcomeMetric,
          required: true,
          defaultValue: 'ORDER_VALUE_PER_USER',
          description: 'What is measured.',
        }),
      },
      resolve: ({ sight }, { metric }, { monitor }) => monitor.outcomesOf(sight, metric),
    }),
    snapshot: t.field({
      type: SnapshotType,
      description: 'What the figures rest on.',
      resolve: ({ sight }, _args, { ledger }) => ledger.snapshotAt(sight.sequence),
    }),
  }),
});

const which = builder.args((t) => ({
  experiment: t.id({ description: 'Key of the experiment; default: the running one, or the one saved last.' }),
  country: t.string({ description: 'Only this market, `unknown` included; default: all.' }),
}));

builder.queryField('monitor', (t) =>
  t.field({
    type: MonitorType,
    description: 'Is the A/B test deployed as it should be, in each market?',
    args: {
      ...which,
      range: t.arg({ type: TimeRangeInput, description: 'Only events of this time, of their own; default: all.' }),
      timeZone: t.arg({
        type: 'TimeZone',
        required: true,
        defaultValue: 'UTC',
        description: 'Where days and the periods of the trend begin.',
      }),
    },
    resolve: (_root, { experiment, country, range, timeZone }, { monitor }) =>
      monitor.at({
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
    description: 'The figures anew whenever they change, at most once per `every`. The first result comes at once.',
    args: { ...which, ...everyArg() },
    subscribe: (_root, { experiment, country, every }, context) => {
      const request = { experiment: experiment ?? undefined, country: country ?? undefined, timeZone: 'UTC' };
      return liveField(
        context,
        every,
        () => context.monitor.at(request),
        ({ sight, health }) => context.monitor.fingerprintOf(sight, health),
      );
    },
    resolve: (sight) => sight,
  }),
);
