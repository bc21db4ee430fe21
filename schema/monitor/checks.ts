import type { Context } from '../../src/context.ts';
import type { Crossovers, MonitorCheck, UnknownUsers } from '../../src/domains/monitor/checks.ts';
import type { DataCheck } from '../../src/domains/monitor/data-checks.ts';
import type { ExposureGap } from '../../src/domains/monitor/gaps.ts';
import type { MonitorReport } from '../../src/domains/monitor/report.ts';
import type { SampleRatio, VariantCount } from '../../src/domains/monitor/sample-ratio.ts';
import type { Suspect } from '../../src/domains/monitor/suspects.ts';
import { builder } from '../builder.ts';
import { EnrichedDimension } from '../facts/enriched-figures.ts';
import { limitOf, pageOf, selectPage, sliceOf } from '../page.ts';
import type { InSnapshot } from '../snapshot.ts';
import { UserConnection, userIn } from '../users.ts';

type PageArgs = Parameters<typeof selectPage>[1];

/** A report and the request that it answers. */
export interface MonitorNode extends MonitorReport {
  /** The snapshot that the objects below belong to. */
  readonly asOf: InSnapshot;
  /** What identifies the request in cursors. */
  readonly identity: string;
  /** The same as of another sequence number, for later pages of the lists below. */
  readonly at: (sequence: number) => Promise<MonitorReport>;
}

/** A part of a report with the report it belongs to. */
export type InReport<T> = T & { readonly report: MonitorNode };

export const MonitorVerdictEnum = builder.enumType('MonitorVerdict', {
  description: 'The result of a check.',
  values: {
    HEALTHY: { description: 'As planned.' },
    WATCH: { description: 'Not as planned, but not certain or too small to act on.' },
    BROKEN: { description: 'Not as planned: act.' },
    NOT_ENOUGH_DATA: { description: 'Too few users to decide: fewer than the setting monitorUsersMin.' },
    NO_DATA: { description: 'No event counts.' },
  } as const,
});

const typeOfKind: Readonly<Record<MonitorCheck['kind'], string>> = {
  SAMPLE_RATIO: 'SampleRatioTest',
  CROSSOVERS: 'CrossoverCheck',
  UNKNOWN_USERS: 'UnknownUserCheck',
  VARIANT_MISSING: 'DeploymentGap',
  MARKET_MISSING: 'DeploymentGap',
  VARIANT_UNEXPECTED: 'DeploymentGap',
  MARKET_UNEXPECTED: 'DeploymentGap',
  WENT_SILENT: 'DeploymentGap',
  NO_EVENTS: 'DataCheck',
  STRAY_VARIANT: 'DataCheck',
  SIMILAR_NAMES: 'DataCheck',
  PLACEHOLDER_USER: 'DataCheck',
  OUTSIZED_USER: 'DataCheck',
  OUTSIZED_ORDER: 'DataCheck',
  OUTSIDE_PERIOD: 'DataCheck',
  OVERLAPPING_PLANS: 'DataCheck',
};

export const MonitorCheckType = builder.interfaceRef<MonitorCheck>('MonitorCheck').implement({
  description: 'One check of how an experiment runs.',
  resolveType: ({ kind }) => typeOfKind[kind],
  fields: (t) => ({
    verdict: t.field({ type: MonitorVerdictEnum, description: 'The result.', resolve: ({ verdict }) => verdict }),
    message: t.exposeString('message', { description: 'The result in one sentence.' }),
    country: t.exposeString('country', { nullable: true, description: 'The market; null: all markets.' }),
  }),
});

const VariantCountType = builder.objectRef<VariantCount>('VariantCount').implement({
  description: 'Users of a variant.',
  fields: (t) => ({
    variant: t.exposeString('variant', { description: 'The variant.' }),
    users: t.field({ type: 'BigInt', description: 'The number of users with events.', resolve: ({ users }) => users }),
    expected: t.exposeFloat('expected', { description: 'The number of users by the planned shares.' }),
  }),
});

const SrmSuspect = builder.objectRef<Suspect>('SrmSuspect').implement({
  description: 'A segment whose users are split unevenly.',
  fields: (t) => ({
    dimension: t.field({
      type: EnrichedDimension,
      description:
        'The dimension of the segment, by its value at the first event of each user; `PERIOD` is the UTC day.',
      resolve: ({ dimension }) => dimension,
    }),
    value: t.exposeString('value', { description: 'The value that the users of the segment share.' }),
    users: t.field({
      type: 'BigInt',
      description: 'The number of users of the segment.',
      resolve: ({ users }) => users,
    }),
    chiSquared: t.exposeFloat('chiSquared', {
      description: 'Pearson’s chi-squared of the split of the segment; the segments are ordered by it.',
    }),
    contribution: t.exposeFloat('contribution', {
      description: 'The part of chi-squared that the segment contributes among the segments of its dimension, 0 to 1.',
    }),
  }),
});

export const SampleRatioTest = builder.objectRef<InReport<SampleRatio>>('SampleRatioTest').implement({
  description:
    'Whether users are split as planned. Counts users, not events, each for the variant of the user’s first event. The verdict rests on the sequential test, which stays valid when the monitor is looked at repeatedly.',
  interfaces: [MonitorCheckType],
  fields: (t) => ({
    observed: t.field({
      type: [VariantCountType],
      description: 'The users of each planned variant.',
      resolve: ({ observed }) => [...observed],
    }),
    chiSquared: t.exposeFloat('chiSquared', {
      nullable: true,
      description:
        'Pearson’s chi-squared over users, valid for a single look at the end; null without users or with only one variant.',
    }),
    degreesOfFreedom: t.exposeInt('degreesOfFreedom', {
      nullable: true,
      description: 'The number of variants minus one.',
    }),
    pValue: t.exposeFloat('pValue', {
      nullable: true,
      description: 'The probability of such a large chi-squared by chance, valid for a single look.',
    }),
    adjustedPValue: t.exposeFloat('adjustedPValue', {
      nullable: true,
      description:
        'The p-value corrected for the number of tested markets (Holm); not corrected for all markets together.',
    }),
    sequentialPValue: t.exposeFloat('sequentialPValue', {
      nullable: true,
      description:
        'The p-value of the sequential test (Lindon & Malek, arXiv:2011.03567), valid however often it is looked at; it never rises.',
    }),
    maxDeviation: t.exposeFloat('maxDeviation', {
      nullable: true,
      description:
        'The largest difference between an observed and a planned share, 0 to 1. Below the setting monitorDeviationMin (0.01) the verdict is never BROKEN.',
    }),
    brokenSince: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'The time of the event with which the sequential p-value fell to its limit, alpha divided by Holm’s factor; null before.',
      resolve: ({ brokenSinceUs }) => brokenSinceUs,
    }),
    suspects: t.field({
      type: [SrmSuspect],
      description: 'The segments that explain most of the imbalance, the strongest first; each has at least 30 users.',
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 5,
          description: 'The number of segments, at most the setting pageSizeMax (1000).',
        }),
      },
      resolve: async ({ country, report }, { first }, { config }) => {
        const limit = limitOf('first', first, config);
        return (await report.suspects(country)).slice(0, limit);
      },
    }),
  }),
});

builder.objectRef<ExposureGap>('DeploymentGap').implement({
  description: 'A market or variant that sends no events, or that should send none.',
  interfaces: [MonitorCheckType],
  fields: (t) => ({
    variant: t.exposeString('variant', { nullable: true, description: 'The variant; null: all variants.' }),
    kind: t.field({
      type: builder.enumType('GapKind', {
        description: 'What differs from the plan.',
        values: {
          VARIANT_MISSING: {
            description: 'A planned variant without users in the market, which its planned share makes too improbable.',
          },
          MARKET_MISSING: {
            description:
              'A planned market without events; BROKEN once the experiment has monitorUsersMin users for each planned market.',
          },
          VARIANT_UNEXPECTED: { description: 'A variant with events that is not planned.' },
          MARKET_UNEXPECTED: { description: 'A market with events that is not planned.' },
          WENT_SILENT: {
            description:
              'No event for much longer than the earlier events explain, while other markets or variants continued; only WATCH while it may be the first night or weekend observed.',
          },
        } as const,
      }),
      description: 'What differs from the plan.',
      resolve: ({ kind }) => kind,
    }),
    since: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The time of the last event, or of the first unexpected event; null when there is none.',
      resolve: ({ sinceUs }) => sinceUs,
    }),
  }),
});

const examplesPerPage = 10;

/** The number of users of the same check of another report; 0 when it has none. */
const usersOfCheck = ({ health }: MonitorReport, country: string | null): number => {
  const found = health.checks.find((check) => check.kind === 'CROSSOVERS' && check.country === country);
  return found?.kind === 'CROSSOVERS' ? found.users : 0;
};

/** A page of the users of a check, of the snapshot at which the walk began. */
const examplesPage = async ({ country, report }: InReport<Crossovers>, args: PageArgs, context: Context) => {
  const parent = JSON.stringify([report.identity, country]);
  const list = { field: 'CrossoverCheck.examples', parent, pageSize: examplesPerPage };
  const { cursors, ...selection } = selectPage(list, args, context.config);
  const { sequence = report.snapshot.sequence } = selection;
  const then = sequence === report.snapshot.sequence ? report : await report.at(sequence);
  const totalCount = usersOfCheck(then, country);
  const { start, end, ...sides } = sliceOf({ cursors, ...selection }, totalCount);
  const users = then
    .crossoverUsers(country, start, end - start)
    .map((code) => userIn({ userId: context.users.codes.textOf(code) }, report.asOf, context))
    .filter((user) => user !== null);
  const page = pageOf(users, (_user, index) => start + index, { ...sides, cursors: cursors.at(sequence) });
  return { ...page, totalCount, sequence };
};

builder.objectRef<InReport<Crossovers>>('CrossoverCheck').implement({
  description: 'Users seen in more than one variant.',
  interfaces: [MonitorCheckType],
  fields: (t) => ({
    users: t.field({ type: 'BigInt', description: 'The number of such users.', resolve: ({ users }) => users }),
    share: t.exposeFloat('share', {
      description:
        'Their part of all users, 0 to 1; BROKEN once it is certainly above 0.01, however often it is looked at.',
    }),
    examples: t.field({
      type: UserConnection,
      extensions: { pageSize: examplesPerPage },
      description: 'Such users, in the order in which their second variant was recorded; by default the first 10.',
      args: t.arg.connectionArgs(),
      resolve: examplesPage,
    }),
  }),
});

builder.objectRef<UnknownUsers>('UnknownUserCheck').implement({
  description:
    'Users with events that no users file lists, by variant: an uneven split of them biases the figures of every market.',
  interfaces: [MonitorCheckType],
  fields: (t) => ({
    users: t.field({ type: 'BigInt', description: 'The number of such users.', resolve: ({ users }) => users }),
    events: t.field({ type: 'BigInt', description: 'The number of their events.', resolve: ({ events }) => events }),
    byVariant: t.field({
      type: [VariantCountType],
      description: 'Their users by variant.',
      resolve: ({ byVariant }) => [...byVariant],
    }),
  }),
});

builder.objectRef<DataCheck>('DataCheck').implement({
  description: 'Something in the data or the plans that makes figures wrong or missing, whatever the split.',
  interfaces: [MonitorCheckType],
  fields: (t) => ({
    kind: t.field({
      type: builder.enumType('DataCheckKind', {
        description: 'What was found.',
        values: {
          NO_EVENTS: { description: 'No event counts.' },
          STRAY_VARIANT: {
            description: 'Without a plan: a variant with less than 1 % of the users. It is no variant under test.',
          },
          SIMILAR_NAMES: {
            description: 'Names that differ only in case, blanks, invisible characters or Unicode form.',
          },
          PLACEHOLDER_USER: {
            description: 'A user id such as `undefined` or `0` with more than 1 % of the events.',
          },
          OUTSIZED_USER: { description: 'A user with 5 % of the events or more, at least 100.' },
          OUTSIZED_ORDER: { description: 'An order with 20 % of the whole order value or more.' },
          OUTSIDE_PERIOD: { description: 'Events dated outside of the period of the experiment. They do not count.' },
          OVERLAPPING_PLANS: {
            description: 'Another plan of the same time and variants could claim the events that name no experiment.',
          },
        } as const,
      }),
      description: 'What was found.',
      resolve: ({ kind }) => kind,
    }),
    count: t.field({
      type: 'BigInt',
      description: 'The number of events, users, names or plans at fault.',
      resolve: ({ count }) => count,
    }),
    examples: t.stringList({ description: 'Some of them, at most 5.', resolve: ({ examples }) => [...examples] }),
  }),
});
