import type { Context } from '../src/context.ts';
import type { UserImage } from '../src/domains/users/image-columns.ts';
import type { StoredProfile } from '../src/domains/users/user-records.ts';
import type { UserProfile } from '../src/domains/users/users.ts';
import type { StoredOrigin } from '../src/ledger/record.ts';
import { ageOn, dateOfMs, dayOfMs, dayOfUs } from '../src/lib/age.ts';
import { imagePath } from '../src/lib/image-name.ts';
import { builder } from './builder.ts';
import { connectionType } from './connection.ts';
import { limitOf } from './page.ts';
import { Provenance } from './provenance.ts';
import { foundInSnapshot, type InSnapshot, localIdOf, nowUsIn, parseLocalId, snapshotOf } from './snapshot.ts';
import { type SnapshotPage, snapshotPageFields } from './snapshot-page.ts';
import { AsOfInput } from './time.ts';

/** A user in a snapshot or in the newest state. */
export type UserNode = UserProfile & InSnapshot;

export const UserType = builder.objectRef<UserNode>('User');

/** The user of an object in the object's snapshot; null when no record names the user. */
export const userIn = (
  { userId }: { readonly userId: string },
  owner: InSnapshot,
  { users }: Pick<Context, 'users'>,
): UserNode | null => foundInSnapshot(users.userOf(userId, owner.sequence), owner);

/** The origin of a record of a user's own files, which exists: records are never removed. */
const originOfFile = async (seq: number, { load, userRecords }: Context): Promise<StoredOrigin> =>
  (await load(userRecords.filesBySeqs, seq)) as StoredOrigin;

const UserImageType = builder.objectRef<UserImage>('UserImage').implement({
  description: 'The image of a user as it was verified.',
  fields: (t) => ({
    url: t.field({
      type: 'URL',
      description:
        'The address on this server, which does not depend on the source; equal content has the same address.',
      resolve: ({ sha256, contentType }, _args, { origin }) => origin + imagePath(sha256, contentType),
    }),
    contentType: t.exposeString('contentType', {
      description: 'The type according to the bytes: `image/png` or `image/jpeg`.',
    }),
    width: t.exposeInt('width', { description: 'The width in pixels.' }),
    height: t.exposeInt('height', { description: 'The height in pixels.' }),
    byteSize: t.field({ type: 'BigInt', description: 'The size in bytes.', resolve: ({ byteSize }) => byteSize }),
    sha256: t.exposeString('sha256', { description: 'The SHA-256 of the bytes, in hexadecimal.' }),
    name: t.exposeString('name', { description: 'The name of its file in the source of user files.' }),
    provenance: t.field({
      type: Provenance,
      extensions: { cost: 5 },
      description: 'The source of the record.',
      resolve: ({ seq }, _args, context) => originOfFile(seq, context),
    }),
  }),
});

const UserAttributeRecord = builder.objectRef<StoredProfile>('UserAttributeRecord').implement({
  description: 'What one record of a users file states of a user.',
  fields: (t) => ({
    country: t.exposeString('country', { nullable: true, description: 'The country; null when it states none.' }),
    gender: t.exposeString('gender', { nullable: true, description: 'The gender; null when it states none.' }),
    provenance: t.field({ type: Provenance, description: 'The source of the record.', resolve: (record) => record }),
  }),
});

builder.node(UserType, {
  description: 'A user as the sources describe them. Sources are joined on `userId`, which is text: `0001` is not `1`.',
  id: { resolve: (user) => localIdOf(user.userId, user) },
  loadOne(localId, context) {
    const parsed = parseLocalId(localId, context.ledger);
    return parsed && userIn({ userId: parsed.id }, parsed, context);
  },
  fields: (t) => ({
    userId: t.exposeID('userId', { description: 'The user’s own id, opaque text of 1 to 256 characters.' }),
    firstName: t.string({
      nullable: true,
      description: 'The first name according to the user’s own file; null without a file.',
      resolve: ({ userId, sequence }, _args, { userFiles }) =>
        userFiles.detailsOfUser(userId, sequence)?.firstName ?? null,
    }),
    lastName: t.string({
      nullable: true,
      description: 'The last name according to the user’s own file; null without a file.',
      resolve: ({ userId, sequence }, _args, { userFiles }) =>
        userFiles.detailsOfUser(userId, sequence)?.lastName ?? null,
    }),
    birthDate: t.field({
      type: 'LocalDate',
      nullable: true,
      description: 'The birth date in UTC according to the user’s own file; null without a file.',
      resolve({ userId, sequence }, _args, { userFiles }) {
        const details = userFiles.detailsOfUser(userId, sequence);
        return details && dateOfMs(details.birthMs);
      },
    }),
    age: t.int({
      nullable: true,
      description:
        'Completed years in UTC; born on 29 February, a year is complete on 1 March where there is no such day. Null without a birth date, and before it.',
      args: {
        at: t.arg({
          type: 'DateTime',
          description:
            'The instant whose day in UTC counts, such as `2025-10-01`; default: now, or the time of the snapshot in the `id`.',
        }),
      },
      resolve(user, { at }, context) {
        const details = context.userFiles.detailsOfUser(user.userId, user.sequence);
        return details && ageOn(dayOfMs(details.birthMs), dayOfUs(at ?? nowUsIn(user, context)));
      },
    }),
    image: t.field({
      type: UserImageType,
      nullable: true,
      description: 'The image next to the user’s file; null without an image.',
      resolve: ({ userId, sequence }, _args, { userFiles }) => userFiles.imageOfUser(userId, sequence),
    }),
    hasImage: t.boolean({
      description: 'Whether the user has an image.',
      resolve: ({ userId, sequence }, _args, { userFiles }) => userFiles.imageOfUser(userId, sequence) !== null,
    }),
    country: t.exposeString('country', {
      nullable: true,
      description: 'The country as the newest users file writes it; null when no users file states it.',
    }),
    gender: t.exposeString('gender', {
      nullable: true,
      description: 'The gender as the newest users file writes it; null when no users file states it.',
    }),
  }),
});

builder.objectFields(UserType, (t) => ({
  attributeRecords: t.field({
    type: [UserAttributeRecord],
    extensions: { cost: 5 },
    description:
      'What users files state of the user, the last record first. It alone decides `country` and `gender`, as a whole: the others are superseded.',
    args: {
      first: t.arg.int({
        required: true,
        defaultValue: 20,
        description: 'The largest number of records to return; at most pageSizeMax (1000).',
      }),
    },
    resolve: ({ userId, sequence }, { first }, { userRecords, config }) =>
      userRecords.profilesOf(userId, limitOf('first', first, config), sequence),
  }),
  fileProvenance: t.field({
    type: Provenance,
    nullable: true,
    extensions: { cost: 5 },
    description: 'The source of the names and the birth date: the record of the user’s own file; null without a file.',
    resolve({ userId, sequence }, _args, context) {
      const details = context.userFiles.detailsOfUser(userId, sequence);
      return details && originOfFile(details.seq, context);
    },
  }),
}));

export const UserConnection = connectionType<UserNode, SnapshotPage>(
  {
    type: UserType,
    name: 'UserConnection',
    description: 'A page of users.',
    fields: snapshotPageFields('users'),
  },
  { name: 'UserEdge', description: 'A user with their cursor.' },
);

builder.queryField('user', (t) =>
  t.field({
    type: UserType,
    nullable: true,
    description: 'A user; null when no record names this id.',
    args: {
      userId: t.arg.id({ required: true, description: 'The user’s own id.' }),
      asOf: t.arg({
        type: AsOfInput,
        description:
          'The snapshot whose user is returned: null when no record up to it names the id. Default: the newest. `validAt` does not apply: `status` and `age` have an instant of their own.',
      }),
    },
    resolve: (_root, { userId, asOf }, context) =>
      userIn({ userId }, snapshotOf(asOf, context.ledger, '`status` and `age` have an instant of their own'), context),
  }),
);
