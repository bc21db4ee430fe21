import type { Context } from '../../src/context.ts';
import type { StatusAsOf, StatusPeriod } from '../../src/domains/user-status/timeline.ts';
import type { StoredStatusChange } from '../../src/domains/user-status/user-status.ts';
import { spanOf } from '../../src/lib/time-range.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { type Counted, limitOf, numericCursor, pageOf, selectPage, totalCountOf } from '../page.ts';
import { ingest, recordResult } from '../record-results.ts';
import { type InSnapshot, inSnapshot, localIdOf, nowUsIn, snapshotOf } from '../snapshot.ts';
import { AsOfInput, TimeRangeInput } from '../time.ts';
import { UserType, userIn } from '../users.ts';
import { writtenRecords } from '../written-records.ts';
import { type ChangeNode, StatusChange, StatusExplanationType } from './explanation.ts';
import { UserStatusEnum } from './status.ts';
import { type StatusAnswer, StatusInBatch } from './status-in-batch.ts';

const StatusPeriodType = builder.objectRef<StatusPeriod>('StatusPeriod').implement({
  description: 'A status with the half-open time `[validFrom, validTo)` in which it held.',
  fields: (t) => ({
    status: t.field({ type: UserStatusEnum, description: 'The status.', resolve: ({ status }) => status }),
    validFrom: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The start of the period; null for the time before the first change.',
      resolve: ({ validFromUs }) => validFromUs,
    }),
    validTo: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The start of the next status; null without a next status.',
      resolve: ({ validToUs }) => validToUs,
    }),
  }),
});

export const UserStatusAsOf = builder.objectRef<StatusAnswer>('UserStatusAsOf').implement({
  description: 'The status of a user at an instant.',
  fields: (t) => ({
    userId: t.exposeID('userId', { description: 'The requested user.' }),
    at: t.field({ type: 'DateTime', description: 'The requested instant.', resolve: ({ atUs }) => atUs }),
    status: t.field({
      type: UserStatusEnum,
      description: 'The status at that instant.',
      resolve: ({ status }) => status,
    }),
    validFrom: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'The start of this status; null before the first change. A repeat of the same status extends it and does not start it again.',
      resolve: ({ validFromUs }) => validFromUs,
    }),
    validTo: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The time of the next change of status; null without one.',
      resolve: ({ validToUs }) => validToUs,
    }),
    user: t.field({
      type: UserType,
      nullable: true,
      description: 'The user; null when no record names one.',
      resolve: ({ userId, owner }, _args, context) => userIn({ userId }, owner, context),
    }),
    explanation: t.field({
      type: StatusExplanationType,
      description: 'Which record decided, and why the others did not.',
      resolve: (answer, _args, { userStatus }) => ({ ...userStatus.explain(answer), owner: answer.owner }),
    }),
  }),
});

/** A status of an object. Each field by its name, because to spread the status costs more than to find it. */
export const statusOf = (
  { userId, atUs, sequence, status, decidedBySeq, validFromUs, validToUs }: StatusAsOf,
  owner: InSnapshot,
): StatusAnswer => ({ userId, atUs, sequence, status, decidedBySeq, validFromUs, validToUs, owner });

/** The status of a user at an instant, in a snapshot or in the newest state. */
const statusIn = (userId: string, atUs: number, owner: InSnapshot, { userStatus }: Context): StatusAnswer =>
  statusOf(userStatus.statusAt(userId, atUs, owner), owner);

builder.queryField('userStatus', (t) =>
  t.field({
    type: UserStatusAsOf,
    description:
      'The status of a user at an instant. It is `NON_PAYING` for an unknown user and before the first change.',
    args: {
      userId: t.arg.id({ required: true, description: 'The user’s own id.' }),
      date: t.arg({
        type: 'DateTime',
        required: true,
        description: 'The instant; a change at exactly this instant counts.',
      }),
      asOf: t.arg({
        type: AsOfInput,
        description:
          'The snapshot to use, of which the user and the records below are, too; default: the newest. `validAt` does not apply: `date` is that instant.',
      }),
    },
    resolve: (_root, { userId, date, asOf }, context) =>
      statusIn(userId, date, snapshotOf(asOf, context.ledger, '`date` is that instant'), context),
  }),
);

builder.queryField('userStatuses', (t) =>
  t.field({
    type: [UserStatusAsOf],
    description:
      'The statuses of many users at one instant, in the order of the ids. Each is that of `userStatus`; an id that no user can have refuses the request.',
    args: {
      userIds: t.arg.idList({ required: true, description: 'The users; at most the setting pageSizeMax (1000).' }),
      at: t.arg({
        type: 'DateTime',
        required: true,
        description: 'The instant; a change at exactly this instant counts.',
      }),
      asOf: t.arg({
        type: AsOfInput,
        description: 'The snapshot to use; default: the newest. `validAt` does not apply: `at` is that instant.',
      }),
    },
    async resolve(_root, { userIds, at, asOf }, { userStatus, ledger, config, yieldAfter }) {
      limitOf('userIds', userIds.length, config);
      const owner = snapshotOf(asOf, ledger, '`at` is that instant');
      const batch = userStatus.statusesAt(userIds, at, owner);
      await yieldAfter(batch.length);
      return userIds.map((_userId, index) => new StatusInBatch(batch, index, owner));
    },
  }),
);

const StatusChangeConnection = connectionType<ChangeNode, Counted>(
  {
    type: StatusChange,
    name: 'StatusChangeConnection',
    description: 'A page of status changes.',
    fields: (t) => ({
      totalCount: t.int({ description: 'The number of changes on all pages.', resolve: totalCountOf }),
    }),
  },
  { name: 'StatusChangeEdge', description: 'A status change with its cursor.' },
);

const userAsOf = 'The snapshot to use; default: that of the user, or the newest.';

builder.objectFields(UserType, (t) => ({
  status: t.field({
    type: UserStatusAsOf,
    description: 'The status at an instant.',
    args: {
      at: t.arg({ type: 'DateTime', description: 'The instant; default: now, of a snapshot its own time.' }),
      asOf: t.arg({
        type: AsOfInput,
        description: `${userAsOf} \`validAt\` does not apply: \`at\` is that instant.`,
      }),
    },
    resolve(user, { at, asOf }, context) {
      const snapshot = snapshotOf(asOf, context.ledger, '`at` is that instant', user);
      return statusIn(user.userId, at ?? nowUsIn(snapshot, context), snapshot, context);
    },
  }),
  statusTimeline: t.field({
    type: [StatusPeriodType],
    description:
      'The status over time, gaps included, oldest first; the first period has no start, the last period no end. A first record with `NON_PAYING` ends the period before it, about which nothing was known.',
    args: {
      range: t.arg({
        type: TimeRangeInput,
        description: 'Only periods that overlap this range; `last` ends now, of a snapshot at its own time.',
      }),
      asOf: t.arg({
        type: AsOfInput,
        description: `${userAsOf} \`validAt\` does not apply: a timeline has all instants.`,
      }),
    },
    resolve(user, { range, asOf }, context) {
      const snapshot = snapshotOf(asOf, context.ledger, 'a timeline has all instants', user);
      const span = range ? spanOf(range, 'UTC', nowUsIn(snapshot, context)) : {};
      return context.userStatus.timeline(user.userId, span, snapshot);
    },
  }),
  statusChanges: t.field({
    type: StatusChangeConnection,
    args: t.arg.connectionArgs(),
    description: 'The recorded changes in the order of recording, corrections included.',
    resolve: (user, args, { userStatus, ledger, config }) => {
      const { userId } = user;
      const list = { field: 'User.statusChanges', parent: localIdOf(userId, user) };
      const { limit, fromEnd, after, before, ...walk } = selectPage(list, args, config);
      const sequence = ledger.resolveSequence({ sequence: walk.sequence ?? user.sequence });
      const request = { limit, fromEnd, after: numericCursor(after), before: numericCursor(before) };
      const page = userStatus.changesOf(userId, request, sequence);
      const rows = page.rows.map((row) => inSnapshot(row, user));
      return {
        ...pageOf(rows, ({ seq }) => seq, { ...page, cursors: walk.cursors.at(sequence) }),
        totalCount: page.totalCount,
      };
    },
  }),
}));

const StatusChangeInput = builder.inputType('StatusChangeInput', {
  description: 'A change of a user’s status. A required field that is missing rejects this change only.',
  fields: (t) => ({
    userId: t.field({
      type: 'WrittenID',
      description: 'Required: the user whose status changes; 1 to 256 characters.',
    }),
    status: t.field({
      type: 'WrittenUserStatus',
      description: 'Required: the status from then on; the words of files, such as `paying`, are accepted, too.',
    }),
    effectiveAt: t.field({
      type: 'WrittenDateTime',
      description: 'Required: the instant from which the status holds; it may be in the past.',
    }),
  }),
});

const RecordStatusChangesInput = builder.inputType('RecordStatusChangesInput', {
  description: 'Changes to record.',
  fields: (t) => ({
    changes: t.field({
      type: [StatusChangeInput],
      required: { list: true, items: false },
      description: 'The changes in the order in which they are recorded; at most recordsPerMutationMax (1000).',
    }),
  }),
});

const RecordStatusChanges = recordResult<StoredStatusChange>('RecordStatusChanges', 'status changes', {
  result: 'StatusChangeResult',
  field: 'statusChange',
  type: StatusChange,
  description:
    'The stored change: the new one, for a duplicate the one that was stored before; null when it was rejected.',
  bySeqs: ({ userStatus }) => userStatus.bySeqs,
});

const { face, recordOf } = writtenRecords({
  fields: { userId: 'user_id', effectiveAt: 'created_at', status: 'status' },
  words: { status: { PAYING: 'paying', CANCELLED: 'cancelled', NON_PAYING: 'non-paying' } },
});

builder.mutationField('recordStatusChanges', (t) =>
  t.field({
    type: RecordStatusChanges.union,
    description:
      'Records changes of status. Each change is validated alone: an invalid one does not affect the others. A change that repeats the recorded status of that user and instant is a duplicate; a change to another status is a correction.',
    args: { input: t.arg({ type: RecordStatusChangesInput, required: true, description: 'The changes.' }) },
    resolve: (_root, { input: { changes } }, context) =>
      RecordStatusChanges.of(ingest(context, context.importers.statusChanges, { sent: changes, recordOf }, { face })),
  }),
);
