import type { OutcomeRequest, VariantOutcome } from '../../src/domains/monitor/outcomes.ts';
import type { ConfidenceInterval } from '../../src/lib/statistics/confidence-sequence.ts';
import { builder } from '../builder.ts';
import { MarketHealthType, MonitorType } from './monitor.ts';

const Interval = builder.objectRef<ConfidenceInterval>('Interval').implement({
  description: 'A confidence interval.',
  fields: (t) => ({
    estimate: t.exposeFloat('estimate', { description: 'The point estimate.' }),
    lower: t.exposeFloat('lower', { description: 'The lower bound.' }),
    upper: t.exposeFloat('upper', { description: 'The upper bound.' }),
    level: t.exposeFloat('level', {
      description: 'The probability that the intervals of all times together contain the true value.',
    }),
  }),
});

const VariantOutcomeType = builder.objectRef<VariantOutcome>('VariantOutcome').implement({
  description: 'What the users of a variant did.',
  fields: (t) => ({
    variant: t.exposeString('variant', { description: 'The variant.' }),
    isControl: t.exposeBoolean('isControl', {
      description:
        'Whether the other variants are compared with this one: the planned control, or else the first variant.',
    }),
    users: t.field({
      type: 'BigInt',
      description: 'The number of users who saw only this variant.',
      resolve: ({ users }) => users,
    }),
    crossoverUserCount: t.field({
      type: 'BigInt',
      description: 'The number of users who saw this variant first and then another one; they count in none.',
      resolve: ({ crossoverUserCount }) => crossoverUserCount,
    }),
    mean: t.exposeFloat('mean', {
      description:
        'The mean of the metric per user, users without an order included. Differences compare users within the phases of the plan: after a change of the allocation they are not the difference of these means.',
    }),
    cappedAt: t.exposeFloat('cappedAt', {
      nullable: true,
      description:
        'The quantile of all users that `cap` names: a user’s value above it counts as this; null without a cap.',
    }),
    absoluteDifference: t.field({
      type: Interval,
      nullable: true,
      description:
        'mean - mean of the control, within strata, valid however often it is looked at (arXiv:2103.06476); null for the control and while the data does not suffice.',
      resolve: ({ absoluteDifference }) => absoluteDifference,
    }),
    relativeDifference: t.field({
      type: Interval,
      nullable: true,
      description:
        'mean / mean of the control - 1, within strata, valid however often it is looked at (arXiv:2103.06476); null for the control, while the data does not suffice, and while the mean of the control may be 0.',
      resolve: ({ relativeDifference }) => relativeDifference,
    }),
    leftOutUserCount: t.field({
      type: 'BigInt',
      description:
        'The number of users of both variants that the differences leave out, because one of the variants has no user in their stratum.',
      resolve: ({ leftOutUserCount }) => leftOutUserCount,
    }),
  }),
});

const OutcomeMetric = builder.enumType('OutcomeMetric', {
  description: 'A metric per user. An order is an event with an order value above 0; see the argument eventTypes.',
  values: {
    ORDER_VALUE_PER_USER: { description: 'Sum of order values, less refunds: order values below 0.' },
    ORDERS_PER_USER: { description: 'Number of orders.' },
    CONVERSION: { description: 'Whether the user ordered at all; the mean is the share of users who did.' },
  } as const,
});

const outcomeArgs = builder.args((t) => ({
  metric: t.field({
    type: OutcomeMetric,
    required: true,
    defaultValue: 'ORDER_VALUE_PER_USER',
    description: 'The metric.',
  }),
  eventTypes: t.stringList({
    description:
      'The types of the events that are orders, with or without an order value; default: all events with an order value above 0. Refunds of other types lower the value too.',
  }),
  cap: t.float({
    description:
      'Winsorizes: the value of a user above this quantile of all users counts as the quantile. Above 0 and at most 1, for example 0.999; not for CONVERSION.',
  }),
  byMarket: t.boolean({
    required: true,
    defaultValue: false,
    description: 'Whether users are compared within their market too, not only within the phases of the plan.',
  }),
}));

interface OutcomeArgs {
  readonly metric: OutcomeRequest['metric'];
  readonly eventTypes?: readonly string[] | null | undefined;
  readonly cap?: number | null | undefined;
  readonly byMarket: boolean;
}

const requestOf = ({ metric, eventTypes, cap, byMarket }: OutcomeArgs): OutcomeRequest => ({
  ...{ metric, byMarket, eventTypes: eventTypes ?? undefined, cap: cap ?? undefined },
});

builder.objectField(MonitorType, 'outcomes', (t) =>
  t.field({
    type: [VariantOutcomeType],
    extensions: { goesThroughAllFacts: true },
    description:
      'What the users of the variants did from their first exposure on, with intervals that stay valid however often they are looked at.',
    args: outcomeArgs,
    resolve: (report, args) => report.outcomes(requestOf(args)),
  }),
);

builder.objectField(MarketHealthType, 'outcomes', (t) =>
  t.field({
    type: [VariantOutcomeType],
    extensions: { goesThroughAllFacts: true },
    description: 'What the users of the variants did in this country, as `Monitor.outcomes` of it.',
    args: outcomeArgs,
    resolve: ({ country, report }, args) => report.marketOutcomes(country, requestOf(args)),
  }),
);
