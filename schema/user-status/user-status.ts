import type { IgnoredChange, StatusExplanation } from '../../src/domains/user-status/explanation.ts';
import type { StatusAsOf, StatusPeriod } from '../../src/domains/user-status/timeline.ts';
import type { StoredStatusChange } from '../../src/domains/user-status/user-status.ts';
import { spanOf } from '../../src/lib/time-range.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { limitOf, numericCursor, pageOf, selectPage } from '../page.ts';
import { Provenance } from '../provenance.ts';
import { ingest, recordResult } from '../record-results.ts';
import { TimeRangeInput } from '../time.ts';
import { UserType } from '../users.ts';
import { writtenRecords } from '../written-records.ts';
import { UserStatusEnum } from './status.ts';

const StatusChange = builder.objectRef<StoredStatusChange>('StatusChange');

builder.node(StatusChange, {
  description: 'A recorded change of status. It is never edited; a later record for the same instant corrects it.',
  id: { resolve: ({ seq }) => seq },
  loadMany: (ids, { userStatus }) => userStatus.bySeqs(ids.map(Number)),
  fields: (t) => ({
    userId: t.exposeID('userId', { description: 'The user whose status changed.' }),
    user: t.field({
      type: UserType,
      nullable: true,
      description: 'The user; never null for a stored change.',
      resolve: ({ userId }, _args, { users }) => users.userOf(userId),
    }),
    status: t.field({ type: UserStatusEnum, description: 'The status from then on.', resolve: ({ status }) => status }),
    effectiveAt: t.field({
      type: 'DateTime',
      description: 'The instant from which the status holds.',
      resolve: ({ effectiveAtUs }) => effectiveAtUs,
    }),
    recordedAt: t.field({
      type: 'DateTime',
      description: 'When the change was stored.',
      resolve: ({ recordedAtUs }) => recordedAtUs,
    }),
    provenance: t.field({ type: Provenance, description: 'The source of the record.', resolve: (change) => change }),
  }),
});

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

const IgnoredStatusChange = builder.objectRef<IgnoredChange>('IgnoredStatusChange').implement({
  description: 'A record that did not decide, and why.',
  fields: (t) => ({
    change: t.field({
      type: StatusChange,
      description: 'The record.',
      resolve: async ({ seq }, _args, { load, userStatus }) =>
        (await load(userStatus.bySeqs, seq)) as StoredStatusChange,
    }),
    reason: t.field({
      type: builder.enumType('IgnoredReason', {
        description: 'Why a record did not decide a status.',
        values: {
          AFTER_THE_DATE: { description: 'It takes effect after the requested date.' },
          SUPERSEDED: { description: 'A later change, or a later record for the same instant, supersedes it.' },
          DUPLICATE: { description: 'It states the same status for the same instant as the record that decided.' },
        } as const,
      }),
      description: 'Why it did not decide.',
      resolve: ({ reason }) => reason,
    }),
  }),
});

const StatusExplanationType = builder.objectRef<StatusExplanation>('StatusExplanation').implement({
  description: 'Which record decided, and why the others did not.',
  fields: (t) => ({
    rule: t.field({
      type: builder.enumType('StatusRule', {
        description: 'The rule that determined a status.',
        values: {
          LATEST_CHANGE_AT_OR_BEFORE: {
            description: 'The latest change at or before the date; of equal times the later record.',
          },
          NO_CHANGE_YET: { description: 'The user is known, but no change had taken effect: non-paying.' },
          UNKNOWN_USER: { description: 'No record names the user: non-paying.' },
        } as const,
      }),
      description: 'The rule that applied.',
      resolve: ({ rule }) => rule,
    }),
    decidedBy: t.field({
      type: StatusChange,
      nullable: true,
      description: 'The record that decided; null when none did.',
      resolve: ({ decidedBySeq }, _args, { load, userStatus }) =>
        decidedBySeq === null ? null : load(userStatus.bySeqs, decidedBySeq),
    }),
    ignored: t.field({
      type: [IgnoredStatusChange],
      description: 'The user’s other records, the latest `effectiveAt` first.',
      args: {
        first: t.arg.int({
          defaultValue: 100,
          required: true,
          description: 'The largest number of records to return; at most pageSizeMax (1000).',
        }),
      },
      resolve: ({ ignored }, { first }, { config }) => ignored.slice(0, limitOf('first', first, config)),
    }),
  }),
});

export const UserStatusAsOf = builder.objectRef<StatusAsOf>('UserStatusAsOf').implement({
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
      resolve: ({ userId }, _args, { users }) => users.userOf(userId),
    }),
    explanation: t.field({
      type: StatusExplanationType,
      description: 'Which record decided, and why the others did not.',
      resolve: (asOf, _args, { userStatus }) => userStatus.explain(asOf),
    }),
  }),
});

const knownAtArg = 'Use only what had been recorded by then; default: everything.';

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
      knownAt: t.arg({ type: 'DateTime', description: knownAtArg }),
    },
    resolve: (_root, { userId, date, knownAt }, { userStatus }) =>
      userStatus.statusAt(userId, date, { knownAtUs: knownAt ?? undefined }),
  }),
);

const StatusChangeConnection = connectionType(
  { type: StatusChange, name: 'StatusChangeConnection', description: 'A page of status changes.' },
  { name: 'StatusChangeEdge', description: 'A status change with its cursor.' },
);

builder.objectFields(UserType, (t) => ({
  status: t.field({
    type: UserStatusAsOf,
    description: 'The status at an instant.',
    args: {
      at: t.arg({ type: 'DateTime', description: 'The instant; default now.' }),
      knownAt: t.arg({ type: 'DateTime', description: knownAtArg }),
    },
    resolve: ({ userId }, { at, knownAt }, { userStatus, nowUs }) =>
      userStatus.statusAt(userId, at ?? nowUs(), { knownAtUs: knownAt ?? undefined }),
  }),
  statusTimeline: t.field({
    type: [StatusPeriodType],
    description:
      'The status over time, gaps included, oldest first; the first period has no start, the last period no end. A first record with `NON_PAYING` ends the period before it, about which nothing was known.',
    args: {
      range: t.arg({ type: TimeRangeInput, description: 'Only periods that overlap this range; `last` ends now.' }),
      knownAt: t.arg({ type: 'DateTime', description: knownAtArg }),
    },
    resolve: ({ userId }, { range, knownAt }, { userStatus, nowUs }) =>
      userStatus.timeline(userId, range ? spanOf(range, 'UTC', nowUs()) : {}, { knownAtUs: knownAt ?? undefined }),
  }),
  statusChanges: t.field({
    type: StatusChangeConnection,
    args: t.arg.connectionArgs(),
    description: 'The recorded changes in the order of recording, corrections included.',
    resolve: ({ userId }, args, { userStatus, ledger, config }) => {
      const list = { field: 'User.statusChanges', parent: userId };
      const { limit, fromEnd, after, before, ...walk } = selectPage(list, args, config);
      const sequence = ledger.resolveSequence(walk);
      const request = { limit, fromEnd, after: numericCursor(after), before: numericCursor(before) };
      const page = userStatus.changesOf(userId, request, sequence);
      return pageOf(page.rows, ({ seq }) => seq, { ...page, cursors: walk.cursors.at(sequence) });
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
      RecordStatusChanges.of(ingest(context, context.importers.statusChanges, changes.map(recordOf), { face })),
  }),
);
