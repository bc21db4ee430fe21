import type { UserFilter } from '../src/domains/user-directory/filter.ts';
import type { UserGroupCount, UserStatistics } from '../src/domains/user-directory/statistics.ts';
import { builder } from './builder.ts';
import { pageOf, selectPage } from './page.ts';
import { SortDirection } from './time.ts';
import { UserStatusEnum } from './user-status/status.ts';
import { dayOf, UserConnection } from './users.ts';

const UserStatusFilter = builder.inputType('UserStatusFilter', {
  description: 'The status of users at an instant.',
  fields: (t) => ({
    in: t.field({ type: [UserStatusEnum], required: true, description: 'One of these.' }),
    at: t.field({ type: 'DateTime', description: 'When; default: now.' }),
  }),
});

/** The filter as clients write it: days are dates. */
type UserFilterArgs = Omit<UserFilter, 'ageOnDay'> & { readonly ageOn?: string | null | undefined };

const filterOf = (where: UserFilterArgs | null | undefined): UserFilter => ({
  ...where,
  ageOnDay: dayOf('where.ageOn', where?.ageOn),
});

const UserFilterInput = builder.inputRef<UserFilterArgs>('UserFilter').implement({
  description: 'Which users count. Everything given must hold; an empty list of values holds for nobody.',
  fields: (t) => ({
    userIds: t.idList({ description: 'These users.' }),
    nameContains: t.string({
      description: 'A part of first and last name with a space between them, in any case; 1 to 256 characters.',
    }),
    hasImage: t.boolean({ description: 'Whether they have an image.' }),
    ageAtLeast: t.int({ description: 'Completed years, inside; who has no birth date is left out.' }),
    ageAtMost: t.int({ description: 'Completed years, inside; who has no birth date is left out.' }),
    ageOn: t.field({ type: 'LocalDate', description: 'The day on which ages count; default today, in UTC.' }),
    countries: t.stringList({ description: 'Their country, or `unknown`.' }),
    genders: t.stringList({ description: 'Their gender, or `unknown`.' }),
    status: t.field({ type: UserStatusFilter, description: 'Their status.' }),
  }),
});

const UserOrder = builder.inputType('UserOrder', {
  description: 'The order of users.',
  fields: (t) => ({
    by: t.field({
      type: builder.enumType('UserOrderField', {
        description: 'What users can be ordered by.',
        values: {
          USER_ID: { description: 'Their id, by code unit: `10` comes before `9`.' },
          NAME: {
            description: 'Last name, then first name, by code unit, then id; those without a file are greatest.',
          },
          AGE: {
            description: 'The youngest is least, to the millisecond, then id; those without a file are greatest.',
          },
        } as const,
      }),
      required: true,
      description: 'What orders them.',
    }),
    direction: t.field({ type: SortDirection, required: true, defaultValue: 'ASC', description: 'Which way.' }),
  }),
});

builder.queryField('users', (t) =>
  t.field({
    type: UserConnection,
    extensions: { goesThroughAllFacts: true },
    description: 'Everyone a record names.',
    args: {
      ...t.arg.connectionArgs(),
      where: t.arg({ type: UserFilterInput, description: 'Only those for whom this holds.' }),
      orderBy: t.arg({ type: UserOrder, description: 'Default: by user id, ascending.' }),
    },
    resolve: async (_root, { where, orderBy, ...args }, { userDirectory, config }) => {
      const { limit, fromEnd, after, before } = selectPage(args, config);
      const descending = orderBy?.direction === 'DESC';
      const order = { orderBy: orderBy?.by ?? 'USER_ID', descending };
      const page = await userDirectory.page({ where: filterOf(where), ...order, limit, fromEnd, after, before });
      return { ...pageOf(page.rows, page.cursorOf, page), totalCount: page.totalCount };
    },
  }),
);

const UserGroupCountType = builder.objectRef<UserGroupCount>('UserGroupCount').implement({
  description: 'Users who share a value.',
  fields: (t) => ({
    label: t.exposeString('label', { description: 'The value; `unknown` where no source says.' }),
    count: t.field({ type: 'BigInt', description: 'How many.', resolve: ({ count }) => count }),
  }),
});

const statusLabels: Readonly<Record<string, string>> = {
  paying: 'PAYING',
  cancelled: 'CANCELLED',
  'non-paying': 'NON_PAYING',
};

const UserStatisticsType = builder.objectRef<UserStatistics>('UserStatistics').implement({
  description: 'Figures of users; the largest group first.',
  fields: (t) => ({
    count: t.field({ type: 'BigInt', description: 'How many.', resolve: ({ count }) => count }),
    withImage: t.field({ type: 'BigInt', description: 'How many with an image.', resolve: (all) => all.withImage }),
    averageAge: t.float({
      nullable: true,
      description: 'Mean of the completed years of those whose birth date is known; null without any.',
      resolve: ({ averageAge }) => averageAge,
    }),
    medianAge: t.float({
      nullable: true,
      description: 'Of an even number the mean of the middle two; null without any.',
      resolve: ({ medianAge }) => medianAge,
    }),
    byCountry: t.field({
      type: [UserGroupCountType],
      description: 'By country as users files say.',
      resolve: ({ byCountry }) => [...byCountry],
    }),
    byGender: t.field({
      type: [UserGroupCountType],
      description: 'By gender as users files say.',
      resolve: ({ byGender }) => [...byGender],
    }),
    byStatus: t.field({
      type: [UserGroupCountType],
      extensions: { goesThroughAllFacts: true },
      description: 'By status, as `UserStatus` names it.',
      args: { at: t.arg({ type: 'DateTime', description: 'When; default: now.' }) },
      resolve: async ({ byStatus }, { at }, { nowUs }) => {
        const groups = await byStatus(at ?? nowUs());
        return groups.map(({ label, count }) => ({ label: statusLabels[label] ?? label, count }));
      },
    }),
  }),
});

builder.queryField('userStatistics', (t) =>
  t.field({
    type: UserStatisticsType,
    extensions: { goesThroughAllFacts: true },
    description: 'Figures of everyone a record names; ages count on `where.ageOn`.',
    args: { where: t.arg({ type: UserFilterInput, description: 'Only those for whom this holds.' }) },
    resolve: (_root, { where }, { userDirectory }) => userDirectory.statistics(filterOf(where)),
  }),
);
