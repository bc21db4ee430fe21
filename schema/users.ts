import type { UserFilter } from '../src/domains/user-directory.ts';
import type { User } from '../src/domains/users.ts';
import { builder } from './builder.ts';
import { pageOf, pageWanted, totalCountOf } from './page.ts';
import { UserStatusEnum } from './status.ts';
import { SortDirection } from './time.ts';

export const UserType = builder.objectRef<User>('User');

builder.node(UserType, {
  description: 'A person as the sources describe them. Sources meet on `userId`, which is text: `0001` is not `1`.',
  id: { resolve: ({ userId }) => userId },
  loadOne: (userId, { users }) => users.userOf(userId),
  fields: (t) => ({
    userId: t.exposeID('userId', { description: 'The user’s own id, opaque text of 1 to 256 characters.' }),
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

const UserFilterInput = builder.inputRef<UserFilter>('UserFilter').implement({
  description: 'Which users count. Everything given must hold; an empty list of values holds for nobody.',
  fields: (t) => ({
    userIds: t.idList({ description: 'These users.' }),
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
        values: { USER_ID: { description: 'Their id, by code unit: `10` comes before `9`.' } } as const,
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
        const page = await userDirectory.page({ where, descending, limit, fromEnd, after, before });
        return { ...pageOf(page.rows, ({ userId }) => userId, page), totalCount: page.totalCount };
      },
    },
    UserConnection,
  ),
);
