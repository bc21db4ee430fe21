import type { Context } from '../../src/context.ts';
import type { FactFilter } from '../../src/domains/facts/filter.ts';
import type { MarketHealth } from '../../src/domains/monitor/checks.ts';
import type { MonitorRequest } from '../../src/domains/monitor/request.ts';
import type { TimeRange } from '../../src/lib/time-range.ts';
import { builder } from '../builder.ts';
import { ExperimentType } from '../experiments/experiments.ts';
import { ExperimentEventFilter } from '../facts/filters.ts';
import { everyArg, liveField } from '../live.ts';
import { SnapshotType } from '../provenance.ts';
import { asOfOf, inSnapshot } from '../snapshot.ts';
import { AsOfInput, TimeRangeInput } from '../time.ts';
import { type InReport, MonitorCheckType, type MonitorNode, MonitorVerdictEnum, SampleRatioTest } from './checks.ts';

export const MarketHealthType = builder.objectRef<InReport<MarketHealth>>('MarketHealth').implement({
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

/** What identifies a request in cursors. */
export const identityOf = (args: object): string => JSON.stringify(args);

export const reportIn = async (
  { monitor, work }: Pick<Context, 'monitor' | 'work'>,
  request: MonitorRequest,
  identity: string,
): Promise<MonitorNode> => {
  const { asOf = {} } = request;
  const at = (sequence: number) => monitor.report({ ...request, asOf: { validAtUs: asOf.validAtUs, sequence } }, work);
  return { ...(await monitor.report(request, work)), asOf: { sequence: asOf.sequence }, identity, at };
};

export const MonitorType = builder.objectRef<MonitorNode>('Monitor').implement({
  description: 'How an experiment runs: at this moment, or as it was at a snapshot.',
  fields: (t) => ({
    experiment: t.field({
      type: ExperimentType,
      description: 'The experiment; without a plan, equal shares of the variants with events are assumed.',
      resolve: ({ snapshot, asOf }) => inSnapshot(snapshot.experiment, asOf),
    }),
    isPlanned: t.boolean({
      description: 'Whether variants are planned; false: equal shares of the variants with events are assumed.',
      resolve: ({ snapshot }) => snapshot.isPlanned,
    }),
    watermark: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'The time of the newest event minus the setting lateAfterMs: an older event is late; null without events.',
      resolve: ({ watermarkUs }) => watermarkUs,
    }),
    verdict: t.field({
      type: MonitorVerdictEnum,
      description:
        'The worst verdict of the checks; NOT_ENOUGH_DATA only when all users together are too few, NO_DATA when no event counts.',
      resolve: ({ health }) => health.verdict,
    }),
    sentence: t.string({
      description:
        'The verdict in one sentence for people: what is broken, since when, how far from the plan and for whom. The checks have a message each.',
      resolve: (report) => report.sentence(),
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
    excludedUserCount: t.field({
      type: 'BigInt',
      description: 'Users of whom events are left out because they are in the list of excluded users.',
      resolve: ({ snapshot }) => snapshot.excludedUserCount,
    }),
    returningUserCount: t.field({
      type: 'BigInt',
      description:
        'With `range`: users with events in it who were first seen before it. They do not count; 0 without `range`.',
      resolve: ({ snapshot }) => snapshot.returningUserCount,
    }),
    outsideEventCount: t.field({
      type: 'BigInt',
      description: 'Events that name the experiment and are dated outside of its period. They do not count.',
      resolve: ({ snapshot }) => snapshot.outsideCount,
    }),
    snapshot: t.field({
      type: SnapshotType,
      description: 'The ledger’s snapshot that the figures are computed from.',
      resolve: ({ snapshot }, _args, { ledger }) => ledger.snapshotAt(snapshot.sequence),
    }),
  }),
});

/** Which users and events of an experiment count. */
const partArgs = builder.args((t) => ({
  country: t.string({ description: 'Only this market, which may be `unknown`; default: all markets.' }),
  where: t.field({ type: ExperimentEventFilter, description: 'Only events that match this filter; default: all.' }),
}));

const whichArgs = builder.args((t) => ({
  experiment: t.string({
    description: 'The key of the experiment; default: the running experiment, or the one saved last.',
  }),
  ...partArgs,
}));

/** The part of an experiment at an instant or snapshot. `asOf` says what it defaults to. */
export const reportArgs = (asOf: string) =>
  builder.args((t) => ({
    ...partArgs,
    range: t.field({
      type: TimeRangeInput,
      description:
        'Only users who were first seen in this time, and their events in it; default: all. Others with events in it are returning users.',
    }),
    asOf: t.field({ type: AsOfInput, description: asOf }),
    timeZone: t.field({
      type: 'TimeZone',
      required: true,
      defaultValue: 'UTC',
      description: 'The time zone of days and of the periods of the trend.',
    }),
  }));

interface Which {
  readonly experiment?: string | null | undefined;
  readonly country?: string | null | undefined;
  readonly where?: FactFilter | null | undefined;
  readonly range?: TimeRange | null | undefined;
  readonly timeZone?: string | undefined;
}

/** The request of the arguments, for the newest state. */
export const requestOf = ({ experiment, country, where, range, timeZone = 'UTC' }: Which): MonitorRequest => ({
  experiment: experiment ?? undefined,
  country: country ?? undefined,
  where: where ?? undefined,
  range: range ?? undefined,
  timeZone,
});

builder.queryField('monitor', (t) =>
  t.field({
    type: MonitorType,
    description: 'Whether an A/B test runs as planned, in each market.',
    args: {
      experiment: whichArgs.experiment,
      ...reportArgs(
        'The snapshot: events, countries, exclusions, plans and figures as they were known then, with its time as «now»; `validAt` is the instant at which `where` joins events. Default: the newest snapshot and the clock.',
      ),
    },
    resolve: (_root, args, context) =>
      reportIn(context, { ...requestOf(args), asOf: asOfOf(args.asOf, context.ledger) }, identityOf(args)),
  }),
);

builder.subscriptionField('monitor', (t) =>
  t.field({
    type: MonitorType,
    description: 'The monitor whenever it changes, at most once per `every`. The first result is sent immediately.',
    args: { ...whichArgs, ...everyArg() },
    subscribe: (_root, { every, ...which }, context) => {
      const request = requestOf(which);
      return liveField(
        context,
        every,
        () => reportIn(context, request, identityOf(which)),
        (report) => report.fingerprint(),
      );
    },
    resolve: (report) => report,
  }),
);
