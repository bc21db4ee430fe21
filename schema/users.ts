import type { User } from '../src/domains/users.ts';
import { builder } from './builder.ts';

export const UserType = builder.objectRef<User>('User');

builder.node(UserType, {
  description: 'A person as the records name them. Sources meet on `userId`, which is text: `0001` is not `1`.',
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

builder.queryField('user', (t) =>
  t.field({
    type: UserType,
    nullable: true,
    description: 'A user; null when no record names one by this id.',
    args: { userId: t.arg.id({ required: true, description: 'The user’s own id.' }) },
    resolve: (_root, { userId }, { users }) => users.userOf(userId),
  }),
);
