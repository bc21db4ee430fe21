import type { ArrivalQuality } from '../../src/domains/monitor/arrival-quality.ts';
import type { ArrivalPoint } from '../../src/domains/monitor/arrival-trend.ts';
import type { StoredVariant } from '../../src/domains/monitor/event-passes.ts';
import { timeCountsUpTo } from '../../src/lib/time-counts.ts';
import { builder } from '../builder.ts';
import { TimeGrain } from '../time.ts';
import { MonitorType } from './monitor.ts';

const ArrivalQualityType = builder.objectRef<ArrivalQuality>('ArrivalQuality').implement({
  description: 'How events arrive.',
  fields: (t) => ({
    received: t.field({
      type: 'BigInt',
      description: 'All received events, of every country and time: stored, duplicate and rejected ones.',
      resolve: ({ received }) => received,
    }),
    duplicates: t.field({
      type: 'BigInt',
      description: 'Events that were stored before, of every country and time.',
      resolve: ({ duplicates }) => duplicates,
    }),
    rejected: t.field({
      type: 'BigInt',
      description: 'Rejected events, conflicts included, of every experiment: they often do not name theirs.',
      resolve: ({ rejected }) => rejected,
    }),
    stored: t.field({
      type: 'BigInt',
      description: 'Stored events of the requested country and range, like the following fields.',
      resolve: ({ stored }) => stored,
    }),
    late: t.field({
      type: 'BigInt',
      description: 'Events that arrived after an event that is newer by more than the setting lateAfterMs.',
      resolve: ({ late }) => late,
    }),
    inTheFuture: t.field({
      type: 'BigInt',
      description: 'Events dated after their arrival by more than the setting futureToleranceMs.',
      resolve: ({ inTheFuture }) => inTheFuture,
    }),
    medianDelay: t.field({
      type: 'Duration',
      nullable: true,
      description: 'The median time from an event to its arrival, events in the future left out; null without events.',
      resolve: ({ medianDelayUs }) => durationOf(medianDelayUs),
    }),
    p99Delay: t.field({
      type: 'Duration',
      nullable: true,
      description: 'The 99th percentile of that time; null without events.',
      resolve: ({ p99DelayUs }) => durationOf(p99DelayUs),
    }),
  }),
});

const durationOf = (us: number | null): string | null => (us === null ? null : `PT${us / 1e6}S`);

builder.objectField(MonitorType, 'arrival', (t) =>
  t.field({
    type: ArrivalQualityType,
    extensions: { goesThroughAllFacts: true },
    description: 'How events arrive.',
    resolve(report, _args, { rejects }) {
      const isPast = report.asOf.sequence !== undefined;
      return report.arrivalQuality(
        rejects.unresolvedCount('EXPERIMENT_EVENTS', isPast ? report.snapshot.nowUs : undefined),
      );
    },
  }),
);

const ArrivedVariantType = builder.objectRef<StoredVariant>('ArrivedVariant').implement({
  description: 'What arrived of one variant in a period.',
  fields: (t) => ({
    variant: t.exposeString('variant', { description: 'The variant.' }),
    stored: t.field({ type: 'BigInt', description: 'Its stored events.', resolve: ({ stored }) => stored }),
  }),
});

const ArrivalPointType = builder.objectRef<ArrivalPoint>('ArrivalPoint').implement({
  description: 'What arrived in one period, by the time at which it was received.',
  fields: (t) => ({
    periodStart: t.field({
      type: 'DateTime',
      description: 'The start of the period, inclusive.',
      resolve: ({ periodStartUs }) => periodStartUs,
    }),
    stored: t.field({
      type: 'BigInt',
      description: 'Stored events of the requested country, range and filter.',
      resolve: ({ stored }) => stored,
    }),
    variants: t.field({
      type: [ArrivedVariantType],
      description: 'The stored events by variant; variants without one are left out.',
      resolve: ({ variants }) => variants,
    }),
    late: t.field({
      type: 'BigInt',
      description: 'How many of them arrived after an event that is newer by more than the setting lateAfterMs.',
      resolve: ({ late }) => late,
    }),
    duplicates: t.field({
      type: 'BigInt',
      description: 'Events that were stored before, of every country and time.',
      resolve: ({ duplicates }) => duplicates,
    }),
    rejected: t.field({
      type: 'BigInt',
      description:
        'Events that were rejected, conflicts included, of every experiment, whether or not they were corrected since.',
      resolve: ({ rejected }) => rejected,
    }),
  }),
});

builder.objectField(MonitorType, 'arrivalTrend', (t) =>
  t.field({
    type: [ArrivalPointType],
    extensions: { goesThroughAllFacts: true },
    description:
      'What arrived in each period, by the time of arrival; empty periods are left out. The setting trendPointsMax limits their number. `trend` has the events by their own time and variant.',
    args: { grain: t.arg({ type: TimeGrain, required: true, defaultValue: 'HOUR', description: 'The period.' }) },
    resolve(report, { grain }, { rejects }) {
      const isPast = report.asOf.sequence !== undefined;
      const times = rejects.rejectionTimes('EXPERIMENT_EVENTS');
      return report.arrivalTrend(grain, isPast ? timeCountsUpTo(times, report.snapshot.nowUs) : times);
    },
  }),
);
