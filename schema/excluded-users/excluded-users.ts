import type { Context } from '../../src/context.ts';
import type { StoredExclusion } from '../../src/domains/excluded-users/excluded-users.ts';
import type { ExclusionTerms } from '../../src/domains/excluded-users/exclusion-record.ts';
import type { IngestResult } from '../../src/domains/imports/ingest-result.ts';
import { formatInstant } from '../../src/lib/time.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { type Counted, numericCursor, pageOf, selectPage, totalCountOf } from '../page.ts';
import { Provenance } from '../provenance.ts';
import { ingest, recordResult } from '../record-results.ts';
import { asOfOf, type InSnapshot, inSnapshot, localIdOf, nowUsIn, recordsByLocalIds } from '../snapshot.ts';
import { AsOfInput } from '../time.ts';
import { UserType, userIn } from '../users.ts';
import { writtenRecords } from '../written-records.ts';

const ExclusionEnd = builder.objectRef<StoredExclusion>('ExclusionEnd').implement({
  description: 'The record that ended an exclusion.',
  fields: (t) => ({
    kind: t.field({
      type: builder.enumType('ExclusionEndKind', {
        description: 'How an exclusion ended.',
        values: {
          INCLUDED: { description: 'An inclusion ended all exclusions of the user.' },
          EXCLUDED: { description: 'The same user and time were excluded with another reason.' },
        } as const,
      }),
      description: 'How it ended.',
      resolve: ({ kind }) => kind,
    }),
    reason: t.exposeString('reason', { nullable: true, description: 'The reason; null when it states none.' }),
    provenance: t.field({ type: Provenance, description: 'The source of the record.', resolve: (end) => end }),
  }),
});

const ExclusionType = builder.objectRef<StoredExclusion & InSnapshot>('Exclusion');

builder.node(ExclusionType, {
  description:
    'Experiments leave out what a user does in the half-open time `[from, to)`. The record is never edited; an inclusion of the user ends it.',
  id: { resolve: (row) => localIdOf(row.seq, row) },
  loadMany: (ids, context) =>
    recordsByLocalIds(ids, context.excludedUsers.bySeqs, context).map((row) => (row?.kind === 'EXCLUDED' ? row : null)),
  fields: (t) => ({
    userId: t.exposeID('userId', { description: 'The user; no other record has to name them.' }),
    user: t.field({
      type: UserType,
      nullable: true,
      description: 'The user; null when no other record names one.',
      resolve: (row, _args, context) => userIn(row, row, context),
    }),
    from: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The start, inclusive; null without bound.',
      resolve: ({ fromUs }) => fromUs,
    }),
    to: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The end, exclusive; null without bound.',
      resolve: ({ toUs }) => toUs,
    }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why; null when not stated.' }),
    isExcludedNow: t.boolean({
      description:
        'Whether any current exclusion of the user contains the present instant, or the time of the snapshot in the `id`.',
      resolve(row, _args, context) {
        const { users, excludedUsers } = context;
        const then = row.sequence === undefined ? excludedUsers : excludedUsers.at(row.sequence);
        return then.isExcludedAt(users.codes.codeOf(row.userId) ?? -1, nowUsIn(row, context));
      },
    }),
    end: t.field({
      type: ExclusionEnd,
      nullable: true,
      description: 'The record that ended it; null for a current exclusion.',
      resolve({ seq, sequence }, _args, { load, excludedUsers }) {
        const endSeq = excludedUsers.endSeqOf(seq);
        return endSeq === null || endSeq > (sequence ?? endSeq) ? null : load(excludedUsers.bySeqs, endSeq);
      },
    }),
    provenance: t.field({ type: Provenance, description: 'The source of the record.', resolve: (row) => row }),
  }),
});

const ExclusionConnection = connectionType<StoredExclusion & InSnapshot, Counted>(
  {
    type: ExclusionType,
    name: 'ExclusionConnection',
    description: 'A page of exclusions.',
    fields: (t) => ({
      totalCount: t.int({ description: 'The number of exclusions on all pages.', resolve: totalCountOf }),
    }),
  },
  { name: 'ExclusionEdge', description: 'An exclusion with its cursor.' },
);

builder.queryField('excludedUsers', (t) =>
  t.field({
    type: ExclusionConnection,
    description:
      'The exclusions of users in the order they were recorded. Default: the current ones, whatever their time.',
    args: {
      ...t.arg.connectionArgs(),
      userId: t.arg.id({ description: 'Only exclusions of this user.' }),
      includeEnded: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Whether exclusions that have ended are in the list: the whole history.',
      }),
      asOf: t.arg({
        type: AsOfInput,
        description:
          'The list as it was known then; with `validAt`, only exclusions whose time contains that instant. Default: everything recorded so far.',
      }),
    },
    resolve: (_root, args, { excludedUsers, ledger, config }) => {
      const { limit, fromEnd, after, before, ...walk } = selectPage({ field: 'Query.excludedUsers' }, args, config);
      const asOf = asOfOf(args.asOf, ledger);
      const sequence = ledger.resolveSequence({ sequence: walk.sequence ?? asOf.sequence });
      const { validAtUs } = asOf;
      const filter = { userId: args.userId ?? undefined, includesEnded: args.includeEnded, validAtUs, sequence };
      const range = { limit, fromEnd, after: numericCursor(after), before: numericCursor(before) };
      const page = excludedUsers.page(filter, range);
      const cursors = walk.cursors.at(sequence);
      const rows = page.rows.map((row) => inSnapshot(row, asOf));
      return { ...pageOf(rows, ({ seq }) => seq, { ...page, cursors }), totalCount: page.totalCount };
    },
  }),
);

const ExcludeUsersInput = builder.inputType('ExcludeUsersInput', {
  description: 'Users whom experiments leave out in one half-open time `[from, to)`, past or future.',
  fields: (t) => ({
    userIds: t.field({
      type: ['WrittenID'],
      required: { list: true, items: false },
      description: 'The users, known or not; 1 to 256 characters each, at most recordsPerMutationMax (1000).',
    }),
    from: t.field({
      type: 'DateTime',
      description: 'Leave out what the users do from this instant on; default: without bound.',
    }),
    to: t.field({
      type: 'DateTime',
      description: 'Leave out what the users do before this instant; default: without bound.',
    }),
    reason: t.string({ description: 'Why, such as `bot` or `staff`; at most 1000 characters.' }),
  }),
});

const IncludeUsersInput = builder.inputType('IncludeUsersInput', {
  description: 'Users whom experiments count again.',
  fields: (t) => ({
    userIds: t.field({
      type: ['WrittenID'],
      required: { list: true, items: false },
      description: 'The users; at most recordsPerMutationMax (1000).',
    }),
    reason: t.string({ description: 'Why; at most 1000 characters.' }),
  }),
});

const ExcludeUsers = recordResult<StoredExclusion>('ExcludeUsers', 'exclusions', {
  result: 'ExclusionResult',
  field: 'exclusion',
  type: ExclusionType,
  description: 'The stored exclusion: the new one, for a duplicate the current one; null when it was rejected.',
  bySeqs: ({ excludedUsers }) => excludedUsers.bySeqs,
});

const IncludeUsers = recordResult<StoredExclusion>('IncludeUsers', 'inclusions', {
  result: 'InclusionResult',
  field: 'inclusion',
  type: ExclusionEnd,
  description:
    'The stored inclusion: the new one, for a duplicate the latest one of the user; null without one, and when it was rejected.',
  bySeqs: ({ excludedUsers }) => excludedUsers.bySeqs,
});

const { face, recordOf } = writtenRecords({
  fields: { userId: 'user_id', action: 'action', from: 'from', to: 'to', reason: 'reason' },
});

/** Records the same for each of the users. Rejects with VALIDATION_FAILED for terms at fault; nothing is stored then. */
const ingestEach = async (
  context: Context,
  kind: StoredExclusion['kind'],
  userIds: readonly unknown[],
  terms: ExclusionTerms,
): Promise<IngestResult> => {
  const { fromUs, toUs, reason } = context.excludedUsers.normalizeTerms(terms);
  const shared = {
    action: kind === 'INCLUDED' ? 'include' : null,
    from: fromUs === null ? null : formatInstant(fromUs),
    to: toUs === null ? null : formatInstant(toUs),
    reason,
  };
  const recordOfUser = (userId: unknown) => recordOf({ userId, ...shared });
  return ingest(context, context.importers.excludedUsers, { sent: userIds, recordOf: recordOfUser }, { face });
};

builder.mutationFields((t) => ({
  excludeUsers: t.field({
    type: ExcludeUsers.union,
    description:
      'Excludes users from experiments, such as bots and staff. Their events stay stored. Each id is judged alone. A current exclusion of the same user and time is a duplicate; with another reason it is a correction.',
    args: { input: t.arg({ type: ExcludeUsersInput, required: true, description: 'The users.' }) },
    resolve: (_root, { input: { userIds, from, to, reason } }, context) => {
      const terms = { fromUs: from ?? null, toUs: to ?? null, reason: reason ?? null };
      return ExcludeUsers.of(ingestEach(context, 'EXCLUDED', userIds, terms));
    },
  }),
  includeUsers: t.field({
    type: IncludeUsers.union,
    description:
      'Ends all exclusions of users: experiments count all of their events again. The history stays (`excludedUsers(includeEnded: true)`). Each id is judged alone; a user without a current exclusion is a duplicate.',
    args: { input: t.arg({ type: IncludeUsersInput, required: true, description: 'The users.' }) },
    resolve: (_root, { input: { userIds, reason } }, context) =>
      IncludeUsers.of(ingestEach(context, 'INCLUDED', userIds, { fromUs: null, toUs: null, reason: reason ?? null })),
  }),
}));
