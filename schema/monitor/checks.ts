import type { Crossovers, MonitorCheck, UnknownUsers } from '../../src/domains/monitor/checks.ts';
import type { DeploymentGap } from '../../src/domains/monitor/gaps.ts';
import type { SampleRatio, VariantCount } from '../../src/domains/monitor/sample-ratio.ts';
import type { Suspect } from '../../src/domains/monitor/suspects.ts';
import { builder } from '../builder.ts';
import { EnrichedDimension } from '../facts/enriched-figures.ts';
import { numericCursor, pageOf, selectPage } from '../page.ts';
import { UserConnection } from '../users.ts';

export const MonitorVerdictEnum = builder.enumType('MonitorVerdict', {
  description: 'What is to be thought of it.',
  values: {
    HEALTHY: { description: 'As it should be.' },
    WATCH: { description: 'Not as it should be, but too little to act on.' },
    BROKEN: { description: 'Not as it should be: act.' },
    NOT_ENOUGH_DATA: { description: 'Fewer users than the setting monitorUsersMin: too few to tell.' },
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
};

export const MonitorCheckType = builder.interfaceRef<MonitorCheck>('MonitorCheck').implement({
  description: 'One thing that could be wrong with the deployment of an experiment.',
  resolveType: ({ kind }) => typeOfKind[kind],
  fields: (t) => ({
    verdict: t.field({ type: MonitorVerdictEnum, description: 'What was found.', resolve: ({ verdict }) => verdict }),
    message: t.exposeString('message', { description: 'One plain sentence for a person.' }),
    country: t.exposeString('country', { nullable: true, description: 'The market it concerns; null: all.' }),
  }),
});

const VariantCountType = builder.objectRef<VariantCount>('VariantCount').implement({
  description: 'Users of a variant.',
  fields: (t) => ({
    variant: t.exposeString('variant', { description: 'The variant.' }),
    users: t.field({ type: 'BigInt', description: 'Users that are there.', resolve: ({ users }) => users }),
    expected: t.exposeFloat('expected', { description: 'Users that there should be by the planned shares.' }),
  }),
});

const SrmSuspect = builder.objectRef<Suspect>('SrmSuspect').implement({
  description: 'A segment whose users are split unevenly.',
  fields: (t) => ({
    dimension: t.field({
      type: EnrichedDimension,
      description: 'What the segment is cut by, as it was at each user’s first event; `PERIOD` is the UTC day.',
      resolve: ({ dimension }) => dimension,
    }),
    value: t.exposeString('value', { description: 'The value its users share.' }),
    users: t.field({ type: 'BigInt', description: 'Users of the segment.', resolve: ({ users }) => users }),
    chiSquared: t.exposeFloat('chiSquared', {
      description: 'Pearson chi-squared of its own split: segments are ranked by it.',
    }),
    contribution: t.exposeFloat('contribution', {
      description: 'The part of chi-squared that it makes up among the segments of its dimension, 0 to 1.',
    }),
  }),
});

export const SampleRatioTest = builder.objectRef<SampleRatio>('SampleRatioTest').implement({
  description:
    'Are users split as they should be? Counts users, not events, each for the first variant it was seen in. The verdict rests on the sequential test, because the monitor is looked at again and again.',
  interfaces: [MonitorCheckType],
  fields: (t) => ({
    observed: t.field({
      type: [VariantCountType],
      description: 'Users of each planned variant.',
      resolve: ({ observed }) => [...observed],
    }),
    chiSquared: t.exposeFloat('chiSquared', {
      nullable: true,
      description:
        'Pearson chi-squared over users, for one look at the end; null without users or with one variant only.',
    }),
    degreesOfFreedom: t.exposeInt('degreesOfFreedom', { nullable: true, description: 'Number of variants less one.' }),
    pValue: t.exposeFloat('pValue', {
      nullable: true,
      description: 'How probable so large a chi-squared is by chance, for one look.',
    }),
    adjustedPValue: t.exposeFloat('adjustedPValue', {
      nullable: true,
      description: 'The same, corrected for the number of markets tested (Holm); of all markets together as it is.',
    }),
    sequentialPValue: t.exposeFloat('sequentialPValue', {
      nullable: true,
      description: 'Valid however often it is looked at (Lindon & Malek, arXiv:2011.03567); it never rises.',
    }),
    maxDeviation: t.exposeFloat('maxDeviation', {
      nullable: true,
      description:
        'The largest difference between a share and its plan, 0 to 1. Below the setting monitorDeviationMin (0.01) nothing alarms, however many users.',
    }),
    brokenSince: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'The time of the event with which the sequential test crossed its line, alpha by Holm’s factor; null unless it has.',
      resolve: ({ brokenSinceUs }) => brokenSinceUs,
    }),
    suspects: t.field({
      type: [SrmSuspect],
      description: 'The segments that explain most of the imbalance, the strongest first; of 30 users at least.',
      args: {
        first: t.arg.int({ required: true, defaultValue: 5, description: 'How many; at most pageSizeMax (1000).' }),
      },
      resolve: async (ratio, { first }, { load, monitor, config }) => {
        const { limit } = selectPage({ first }, config);
        return (await load(monitor.suspectsOf, ratio)).slice(0, limit);
      },
    }),
  }),
});

builder.objectRef<DeploymentGap>('DeploymentGap').implement({
  description: 'A market or variant from which nothing comes, or which should not be there.',
  interfaces: [MonitorCheckType],
  fields: (t) => ({
    variant: t.exposeString('variant', { nullable: true, description: 'The variant it concerns; null: all.' }),
    kind: t.field({
      type: builder.enumType('GapKind', {
        description: 'What is not as planned.',
        values: {
          VARIANT_MISSING: {
            description: 'A planned variant that no user of the market is in, which by its share is too improbable.',
          },
          MARKET_MISSING: {
            description:
              'A planned market without events; broken once there are monitorUsersMin users for each planned market.',
          },
          VARIANT_UNEXPECTED: { description: 'A variant that is not planned.' },
          MARKET_UNEXPECTED: { description: 'A market that is not planned.' },
          WENT_SILENT: {
            description:
              'Nothing has come for much longer than its own rhythm explains, while others went on; to be watched only if it may be a night or weekend and none was seen yet.',
          },
        } as const,
      }),
      description: 'What is not as planned.',
      resolve: ({ kind }) => kind,
    }),
    since: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The time of the last event, or of the first that should not be; null when there is none.',
      resolve: ({ sinceUs }) => sinceUs,
    }),
  }),
});

builder.objectRef<Crossovers>('CrossoverCheck').implement({
  description: 'Users seen in more than one variant.',
  interfaces: [MonitorCheckType],
  fields: (t) => ({
    users: t.field({ type: 'BigInt', description: 'How many.', resolve: ({ users }) => users }),
    share: t.exposeFloat('share', {
      description: 'Their part of all users, 0 to 1; broken once it is surely over 0.01, however often one looks.',
    }),
    examples: t.field({
      type: UserConnection,
      description: 'Some of them, in the order they were found out.',
      args: {
        first: t.arg.int({ required: true, defaultValue: 10, description: 'How many; at most pageSizeMax (1000).' }),
        after: t.arg.string({ description: 'Only what comes after this cursor.' }),
      },
      resolve: ({ users: totalCount, codesFrom }, args, { users, config }) => {
        const { limit, after } = selectPage(args, config);
        const from = after === undefined ? 0 : (numericCursor(after) ?? 0) + 1;
        const page = codesFrom(from, limit).map((code) => users.userOf(users.codes.textOf(code)));
        const found = page.filter((user) => user !== null).map((user, place) => ({ ...user, place: from + place }));
        const sides = { hasBefore: from > 0, hasAfter: from + limit < totalCount };
        return { ...pageOf(found, ({ place }) => place, sides), totalCount };
      },
    }),
  }),
});

builder.objectRef<UnknownUsers>('UnknownUserCheck').implement({
  description: 'Events whose user is not in the user table, by variant: an imbalance here biases every market figure.',
  interfaces: [MonitorCheckType],
  fields: (t) => ({
    users: t.field({ type: 'BigInt', description: 'How many users.', resolve: ({ users }) => users }),
    events: t.field({ type: 'BigInt', description: 'How many events they have.', resolve: ({ events }) => events }),
    byVariant: t.field({
      type: [VariantCountType],
      description: 'Their users by variant.',
      resolve: ({ byVariant }) => [...byVariant],
    }),
  }),
});
