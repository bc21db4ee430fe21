import type { UserFilter } from '../src/domains/user-directory/filter.ts';
import type { UserGroupCount, UserStatistics } from '../src/domains/user-directory/statistics.ts';
import type { UserImage } from '../src/domains/users/image-columns.ts';
import type { User } from '../src/domains/users/users.ts';
import { DomainError } from '../src/errors.ts';
import { ageOn, dateOfMs, dayOfDate, dayOfMs, dayOfUs } from '../src/lib/age.ts';
import { imagePath } from '../src/lib/image-name.ts';
import { builder } from './builder.ts';
import { pageOf, pageWanted, totalCountOf } from './page.ts';
import { SortDirection } from './time.ts';
import { UserStatusEnum } from './user-status/status.ts';

export const UserType = builder.objectRef<User>('User');

const UserImageType = builder.objectRef<UserImage>('UserImage').implement({
  description: 'The image of a user as it was verified.',
  fields: (t) => ({
    url: t.field({
      type: 'URL',
      description: 'Where this server has it, whatever the source does; the same content has the same address.',
      resolve: ({ sha256, contentType }, _args, { origin }) => origin + imagePath(sha256, contentType),
    }),
    contentType: t.exposeString('contentType', { description: 'By its bytes: `image/png` or `image/jpeg`.' }),
    width: t.exposeInt('width', { description: 'In pixels.' }),
    height: t.exposeInt('height', { description: 'In pixels.' }),
    byteSize: t.field({ type: 'BigInt', description: 'Bytes.', resolve: ({ byteSize }) => byteSize }),
    sha256: t.exposeString('sha256', { description: 'Of its bytes, in hex.' }),
  }),
});

/** The day that an argument names. Throws BAD_REQUEST for one that is too far away. */
const dayOf = (name: string, date: string | null | undefined): number | null => {
  if (date == null) return null;
  const day = dayOfDate(date);
  if (day !== null) return day;
  throw new DomainError('BAD_REQUEST', `${name} must be a date from 1685-01-01 to 2254-12-31`);
};

builder.node(UserType, {
  description: 'A person as the sources describe them. Sources meet on `userId`, which is text: `0001` is not `1`.',
  id: { resolve: ({ userId }) => userId },
  loadOne: (userId, { users }) => users.userOf(userId),
  fields: (t) => ({
    userId: t.exposeID('userId', { description: 'The user’s own id, opaque text of 1 to 256 characters.' }),
    firstName: t.string({
      nullable: true,
      description: 'As the user’s own file says; null without one.',
      resolve: ({ userId }, _args, { userFiles }) => userFiles.detailsOfUser(userId)?.firstName ?? null,
    }),
    lastName: t.string({
      nullable: true,
      description: 'As the user’s own file says; null without one.',
      resolve: ({ userId }, _args, { userFiles }) => userFiles.detailsOfUser(userId)?.lastName ?? null,
    }),
    birthDate: t.field({
      type: 'LocalDate',
      nullable: true,
      description: 'The day in UTC, as the user’s own file says; null without one.',
      resolve({ userId }, _args, { userFiles }) {
        const details = userFiles.detailsOfUser(userId);
        return details && dateOfMs(details.birthMs);
      },
    }),
    age: t.int({
      nullable: true,
      description:
        'Completed years in UTC; born on 29 February, a year is complete on 1 March where there is no such day. Null without a birth date, and before it.',
      args: { on: t.arg({ type: 'LocalDate', description: 'On which day; default today.' }) },
      resolve({ userId }, { on }, { userFiles, nowUs }) {
        const details = userFiles.detailsOfUser(userId);
        return details && ageOn(dayOfMs(details.birthMs), dayOf('on', on) ?? dayOfUs(nowUs()));
      },
    }),
    image: t.field({
      type: UserImageType,
      nullable: true,
      description: 'The image beside the user’s file; null without one.',
      resolve: ({ userId }, _args, { userFiles }) => userFiles.imageOfUser(userId),
    }),
    hasImage: t.boolean({
      description: 'Whether there is one.',
      resolve: ({ userId }, _args, { userFiles }) => userFiles.imageOfUser(userId) !== null,
    }),
    country: t.exposeString('country', {
      nullable: true,
      description: 'As the newest users file writes it; null when none says.',
    }),
    gender: t.exposeString('gender', {
      nullable: true,
      description: 'As the newest users file writes it; null when none says.',
    }),
  }),
});

export const UserConnection = builder.connectionObject(
  {
    type: UserType,
    name: 'UserConnection',
    description: 'A page of users.',
    fields: (t) => ({
      totalCount: t.int({ description: 'How many there are on all pages.', resolve: totalCountOf }),
    }),
  },
  { name: 'UserEdge', description: 'A user with the place in the list.' },
);

builder.queryField('user', (t) =>
  t.field({
    type: UserType,
    nullable: true,
    description: 'A user; null when no record names one by this id.',
    args: { userId: t.arg.id({ required: true, description: 'The user’s own id.' }) },
    resolve: (_root, { userId }, { users }) => users.userOf(userId),
  }),
);

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
  t.connection(
    {
      type: UserType,
      extensions: { goesThroughAllFacts: true },
      description: 'Everyone a record names.',
      args: {
        where: t.arg({ type: UserFilterInput, description: 'Only those for whom this holds.' }),
        orderBy: t.arg({ type: UserOrder, description: 'Default: by user id, ascending.' }),
      },
      resolve: async (_root, { where, orderBy, ...args }, { userDirectory, config }) => {
        const { limit, fromEnd, after, before } = pageWanted(args, config);
        const descending = orderBy?.direction === 'DESC';
        const order = { orderBy: orderBy?.by ?? 'USER_ID', descending };
        const page = await userDirectory.page({ where: filterOf(where), ...order, limit, fromEnd, after, before });
        return { ...pageOf(page.rows, page.placeOf, page), totalCount: page.totalCount };
      },
    },
    UserConnection,
  ),
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
