import type { VariantOutcome } from '../../src/domains/monitor/outcomes.ts';
import type { ConfidenceInterval } from '../../src/lib/statistics/confidence-sequence.ts';
import { builder } from '../builder.ts';
import { MonitorType } from './monitor.ts';

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
      description: 'The number of users of the variant.',
      resolve: ({ users }) => users,
    }),
    mean: t.exposeFloat('mean', { description: 'The mean of the metric per user, users without an order included.' }),
    relativeDifference: t.field({
      type: Interval,
      nullable: true,
      description:
        'mean / mean of the control - 1, valid however often it is looked at (arXiv:2103.06476); null for the control and while the data does not suffice.',
      resolve: ({ relativeDifference }) => relativeDifference,
    }),
  }),
});

const OutcomeMetric = builder.enumType('OutcomeMetric', {
  description: 'A metric per user; an order is an event with an order value.',
  values: {
    ORDER_VALUE_PER_USER: { description: 'Sum of order values.' },
    ORDERS_PER_USER: { description: 'Number of orders.' },
    CONVERSION: { description: 'Whether the user ordered at all; the mean is the share of users who did.' },
  } as const,
});

builder.objectField(MonitorType, 'outcomes', (t) =>
  t.field({
    type: [VariantOutcomeType],
    description: 'What the users of the variants did, with intervals that stay valid however often they are looked at.',
    args: {
      metric: t.arg({
        type: OutcomeMetric,
        required: true,
        defaultValue: 'ORDER_VALUE_PER_USER',
        description: 'The metric.',
      }),
    },
    resolve: (report, { metric }) => report.outcomes(metric),
  }),
);
