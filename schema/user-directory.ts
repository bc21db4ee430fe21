import type { UserFilter } from '../src/domains/user-directory/filter.ts';
import type { UserAgeBandCount, UserGroupCount, UserStatistics } from '../src/domains/user-directory/statistics.ts';
import { builder } from './builder.ts';
import { AgeBand } from './facts/enriched-figures.ts';
import { pageOf, selectPage } from './page.ts';
import { SnapshotType } from './provenance.ts';
import { asOfOf, inSnapshot, nowUsIn } from './snapshot.ts';
import { AsOfInput, SortDirection } from './time.ts';
import { UserStatusEnum } from './user-status/status.ts';
import { UserConnection } from './users.ts';

const UserStatusFilter = builder.inputType('UserStatusFilter', {
  description: 'The status of users at an instant.',
  fields: (t) => ({
    in: t.field({ type: [UserStatusEnum], required: true, description: 'The statuses that match.' }),
    at: t.field({ type: 'DateTime', description: 'The instant; default: now.' }),
  }),
});

type UserFilterArgs = Omit<UserFilter, 'ageAtUs'> & { readonly ageAt?: number | null | undefined };

const filterOf = ({ ageAt, ...where }: UserFilterArgs = {}): UserFilter => ({ ...where, ageAtUs: ageAt });

const UserFilterInput = builder.inputRef<UserFilterArgs>('UserFilter').implement({
  description: 'A filter of users. All conditions must hold; an empty list of values matches no user.',
  fields: (t) => ({
    userIds: t.idList({ description: 'The ids of the users.' }),
    nameContains: t.string({
      description: 'A part of first and last name with a space between them, in any case; 1 to 256 characters.',
    }),
    search: t.string({
      description:
        'The beginning of the user id, or a part of first and last name with a space between them, in any case; 1 to 256 characters.',
    }),
    hasImage: t.boolean({ description: 'Whether the user has an image.' }),
    isAgeKnown: t.boolean({
      description: 'Whether the user has an age: false for users without a birth date up to `ageAt`.',
    }),
    ageAtLeast: t.int({
      description: 'The least number of completed years, inclusive; users without a birth date do not match.',
    }),
    ageAtMost: t.int({
      description: 'The greatest number of completed years, inclusive; users without a birth date do not match.',
    }),
    ageAt: t.field({
      type: 'DateTime',
      description: 'The instant on whose day, in UTC, ages are computed, such as `2025-10-01`; default: now.',
    }),
    countries: t.stringList({ description: 'The user’s country, or `unknown`.' }),
    genders: t.stringList({ description: 'The user’s gender, or `unknown`.' }),
    status: t.field({ type: UserStatusFilter, description: 'The user’s status.' }),
  }),
});

const UserOrder = builder.inputType('UserOrder', {
  description: 'The order of users.',
  fields: (t) => ({
    by: t.field({
      type: builder.enumType('UserOrderField', {
        description: 'A key by which users can be ordered.',
        values: {
          USER_ID: { description: 'The id, by code unit: `10` sorts before `9`.' },
          NAME: {
            description:
              'The last name, then the first name, by code unit, then the id; users without a file are greatest.',
          },
          AGE: {
            description:
              'The age to the millisecond, then the id; the youngest user is least, users without a file are greatest.',
          },
        } as const,
      }),
      required: true,
      description: 'The key of the order.',
    }),
    direction: t.field({ type: SortDirection, required: true, defaultValue: 'ASC', description: 'The direction.' }),
  }),
});

const usersAsOf =
  'The snapshot to use; default: the newest. `validAt` is the instant at which statuses and ages of the filter count; default: now, of a snapshot its own time.';

builder.queryField('users', (t) =>
  t.field({
    type: UserConnection,
    extensions: { goesThroughAllFacts: true },
    description: 'All users that a record names.',
    args: {
      ...t.arg.connectionArgs(),
      where: t.arg({ type: UserFilterInput, description: 'Only users that match this filter.' }),
      orderBy: t.arg({ type: UserOrder, description: 'Default: by user id, ascending.' }),
      asOf: t.arg({ type: AsOfInput, description: usersAsOf }),
    },
    resolve: async (_root, args, { userDirectory, users, ledger, config, work }) => {
      const { where, orderBy } = args;
      const asOf = asOfOf(args.asOf, ledger);
      const { limit, fromEnd, after, before, ...walk } = selectPage({ field: 'Query.users' }, args, config);
      const descending = orderBy?.direction === 'DESC';
      const order = { orderBy: orderBy?.by ?? 'USER_ID', descending };
      const request = { where: filterOf(where ?? undefined), ...order, limit, fromEnd, after, before };
      const sequence = walk.sequence ?? asOf.sequence;
      const page = await userDirectory.page({ ...request, asOf: { ...asOf, sequence } }, work);
      const rows = page.rows.map(({ userId, position }) =>
        // Not `userOf`: the newest state of a later page may not have the user any more.
        inSnapshot({ userId, ...users.attributesAt(userId, asOf.sequence), position }, asOf),
      );
      return {
        ...pageOf(rows, ({ position }) => position, { ...page, cursors: walk.cursors.at(page.sequence) }),
        totalCount: page.totalCount,
        sequence: page.sequence,
      };
    },
  }),
);

const UserGroupCountType = builder.objectRef<UserGroupCount>('UserGroupCount').implement({
  description: 'Users who share a value.',
  fields: (t) => ({
    label: t.exposeString('label', { description: 'The value; `unknown` when no source states it.' }),
    count: t.field({ type: 'BigInt', description: 'The number of users.', resolve: ({ count }) => count }),
  }),
});

const UserAgeBandCountType = builder.objectRef<UserAgeBandCount>('UserAgeBandCount').implement({
  description:
    'Users of an age. The filter `ageAtLeast` and `ageAtMost` of the band, or `isAgeKnown: false`, has exactly them.',
  fields: (t) => ({
    band: t.field({
      type: AgeBand,
      nullable: true,
      description: 'The ages; null for users of unknown age.',
      resolve: ({ band }) => band,
    }),
    count: t.field({ type: 'BigInt', description: 'The number of users.', resolve: ({ count }) => count }),
  }),
});

const statusLabels: Readonly<Record<string, string>> = {
  paying: 'PAYING',
  cancelled: 'CANCELLED',
  'non-paying': 'NON_PAYING',
};

const UserStatisticsType = builder.objectRef<UserStatistics & { readonly atUs: number }>('UserStatistics').implement({
  description: 'Statistics of users; the largest group first.',
  fields: (t) => ({
    count: t.field({ type: 'BigInt', description: 'The number of users.', resolve: ({ count }) => count }),
    withImage: t.field({
      type: 'BigInt',
      description: 'The number of users with an image.',
      resolve: (all) => all.withImage,
    }),
    averageAge: t.float({
      nullable: true,
      description: 'The mean of the completed years of users whose birth date is known; null without such users.',
      resolve: ({ averageAge }) => averageAge,
    }),
    medianAge: t.float({
      nullable: true,
      description:
        'The median of the completed years, of an even number the mean of the middle two; null without such users.',
      resolve: ({ medianAge }) => medianAge,
    }),
    byAgeBand: t.field({
      type: [UserAgeBandCountType],
      description:
        'The users by completed years: all bands in the order of age, last the users of unknown age if there are any.',
      resolve: ({ byAgeBand }) => [...byAgeBand],
    }),
    byCountry: t.field({
      type: [UserGroupCountType],
      description: 'The users by country according to users files.',
      resolve: ({ byCountry }) => [...byCountry],
    }),
    byGender: t.field({
      type: [UserGroupCountType],
      description: 'The users by gender according to users files.',
      resolve: ({ byGender }) => [...byGender],
    }),
    byStatus: t.field({
      type: [UserGroupCountType],
      extensions: { goesThroughAllFacts: true },
      description: 'The users by status; labels are those of `UserStatus`.',
      args: {
        at: t.arg({
          type: 'DateTime',
          description: 'The instant; default: `asOf.validAt`, or now, of a snapshot its own time.',
        }),
      },
      resolve: async ({ byStatus, atUs }, { at }, { work }) => {
        const groups = await byStatus(at ?? atUs, work);
        return groups.map(({ label, count }) => ({ label: statusLabels[label] ?? label, count }));
      },
    }),
    snapshot: t.field({
      type: SnapshotType,
      description: 'The snapshot that was counted; pass its `sequence` as `asOf.sequence` to count it again later.',
      resolve: ({ sequence }, _args, { ledger }) => ledger.snapshotAt(sequence),
    }),
  }),
});

builder.queryField('userStatistics', (t) =>
  t.field({
    type: UserStatisticsType,
    extensions: { goesThroughAllFacts: true },
    description: 'Statistics of all users that a record names; ages are computed at `where.ageAt`.',
    args: {
      where: t.arg({ type: UserFilterInput, description: 'Only users that match this filter.' }),
      asOf: t.arg({ type: AsOfInput, description: usersAsOf }),
    },
    async resolve(_root, { where, asOf: input }, context) {
      const asOf = asOfOf(input, context.ledger);
      const statistics = await context.userDirectory.statistics(filterOf(where ?? undefined), asOf, context.work);
      return { ...statistics, atUs: asOf.validAtUs ?? nowUsIn(asOf, context) };
    },
  }),
);
