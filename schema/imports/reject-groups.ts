import type { Config } from '../../src/config.ts';
import type { RejectGroup, SettleGroupRequest } from '../../src/domains/imports/reject-groups.ts';
import type { SettledGroup } from '../../src/domains/imports/rejects.ts';
import { DomainError } from '../../src/errors.ts';
import type { ImportTargetName } from '../../src/import-targets.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { memberOf, NotFoundError, OverloadedError, outcomeOf, ValidationError } from '../faults.ts';
import { type Counted, numericCursor, pageOf, selectPage, totalCountOf } from '../page.ts';
import { ImportTargetEnum, ImportType } from './imports.ts';
import { RejectedRecordConnection, RejectedRecordState, RejectedRecordType, rejectedPage } from './rejects.ts';

const RejectGroupType = builder.objectRef<RejectGroup>('RejectGroup');

builder.node(RejectGroupType, {
  description:
    'Rejected records with the same target, source, import and first problem. Each record belongs to one group, so the counts of all groups add up.',
  id: { resolve: ({ id }) => id },
  loadMany: (ids, { rejects }) => rejects.groupsByIds(ids.map(Number)),
  fields: (t) => ({
    target: t.field({
      type: ImportTargetEnum,
      description: 'What the records should have become.',
      resolve: ({ target }) => target as ImportTargetName,
    }),
    source: t.exposeString('source', { description: 'Name of the imported file, or `api`.' }),
    import: t.field({
      type: ImportType,
      nullable: true,
      description: 'The import they belong to; null for records sent through the API.',
      resolve: ({ importId }, _args, { load, imports }) =>
        importId === null ? null : load(imports.importsByIds, importId),
    }),
    field: t.exposeString('field', {
      description: 'The path of the first problem of each record; empty for one that is not of a field.',
    }),
    code: t.exposeString('code', { description: 'The code of that problem, such as `MALFORMED`.' }),
    openCount: t.field({
      type: 'BigInt',
      description: 'The number of records that are neither resolved nor discarded.',
      resolve: ({ open }) => open,
    }),
    resolvedCount: t.field({
      type: 'BigInt',
      description: 'The number of records that were corrected and stored.',
      resolve: ({ resolved }) => resolved,
    }),
    discardedCount: t.field({
      type: 'BigInt',
      description: 'The number of records that were discarded for good.',
      resolve: ({ discarded }) => discarded,
    }),
    newestAt: t.field({
      type: 'DateTime',
      description: 'When the example was received.',
      resolve: ({ newestAtUs }) => newestAtUs,
    }),
    example: t.field({
      type: RejectedRecordType,
      nullable: true,
      description: 'The newest open record, or the newest one when none is open.',
      resolve: ({ newestId }, _args, { load, rejects }) => load(rejects.byIds, newestId),
    }),
    rejectedRecords: t.field({
      type: RejectedRecordConnection,
      description: 'Exactly its records, the newest first.',
      args: {
        ...t.arg.connectionArgs(),
        state: t.arg({ type: RejectedRecordState, description: 'Only those in this state, such as `OPEN`.' }),
      },
      resolve({ id }, args, context) {
        const selection = selectPage({ field: 'RejectGroup.rejectedRecords', parent: id }, args, context.config);
        return rejectedPage(context, { groupId: id, state: args.state ?? undefined }, selection);
      },
    }),
  }),
});

const RejectGroupConnection = connectionType<RejectGroup, Counted>(
  {
    type: RejectGroupType,
    name: 'RejectGroupConnection',
    description: 'A page of groups of rejected records.',
    fields: (t) => ({
      totalCount: t.int({ description: 'The number of groups on all pages.', resolve: totalCountOf }),
    }),
  },
  { name: 'RejectGroupEdge', description: 'A group of rejected records with its cursor.' },
);

builder.queryField('rejectGroups', (t) =>
  t.field({
    type: RejectGroupConnection,
    description:
      'Rejected records by target, source, import and first problem, the group with the newest record first. No record is read for the counts.',
    args: {
      ...t.arg.connectionArgs(),
      target: t.arg({ type: ImportTargetEnum, description: 'Only records of this target.' }),
      import: t.arg.globalID({ for: [ImportType], description: 'Only records of this import.' }),
      includeSettled: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Whether to list groups without open records, too.',
      }),
    },
    resolve(_root, args, { rejects, config }) {
      const { target, import: ofImport, includeSettled } = args;
      const { limit, fromEnd, after, before, cursors } = selectPage({ field: 'Query.rejectGroups' }, args, config);
      const filter = {
        target: target ?? undefined,
        importId: ofImport ? Number(ofImport.id) : undefined,
        isOpen: includeSettled ? undefined : true,
      };
      const request = { limit, fromEnd, after: numericCursor(after), before: numericCursor(before) };
      const page = rejects.groups(filter, request);
      return { ...pageOf(page.rows, ({ newestId }) => newestId, { ...page, cursors }), totalCount: page.totalCount };
    },
  }),
);

const SettleRejectGroupPayload = builder.objectRef<SettledGroup>('SettleRejectGroupPayload').implement({
  description: 'What became of the records of a group that one call tried.',
  fields: (t) => ({
    rejectGroup: t.field({
      type: RejectGroupType,
      description: 'The group with its counts afterwards.',
      resolve: ({ group }) => group,
    }),
    storedCount: t.int({ description: 'Records that are stored now.', resolve: ({ stored }) => stored }),
    discardedCount: t.int({ description: 'Records that are discarded now.', resolve: ({ discarded }) => discarded }),
    refusedCount: t.int({ description: 'Records that are still open.', resolve: ({ refused }) => refused }),
    refusals: t.stringList({
      description: 'Why records are still open, of the first 10.',
      resolve: ({ firstRefusals }) => firstRefusals.map(({ error }) => error.message),
    }),
    lastRecordId: t.id({
      nullable: true,
      description: 'The last record tried, to pass as `after` of the next call; null when no open record was left.',
      resolve: ({ lastId }) => lastId,
    }),
  }),
});

const SettleRejectGroupResult = builder.unionType('SettleRejectGroupResult', {
  description: 'What became of the records, or why nothing has changed.',
  types: [SettleRejectGroupPayload, NotFoundError, ValidationError, OverloadedError],
  resolveType: memberOf('SettleRejectGroupPayload'),
});

const groupFields = {
  first:
    'The greatest number of records, the oldest first: 1 to the setting recordsPerMutationMax (1000), which is the default. Call again with `after` for the others.',
  after: 'Only records after this one: `lastRecordId` of the call before.',
};

const RetryRejectGroupInput = builder.inputType('RetryRejectGroupInput', {
  description: 'A group of rejected records to retry.',
  fields: (t) => ({
    rejectGroupId: t.globalID({ required: true, for: [RejectGroupType], description: 'The `id` of the group.' }),
    first: t.int({ description: groupFields.first }),
    after: t.id({ description: groupFields.after }),
  }),
});

const DiscardRejectGroupInput = builder.inputType('DiscardRejectGroupInput', {
  description: 'A group of rejected records to discard.',
  fields: (t) => ({
    rejectGroupId: t.globalID({ required: true, for: [RejectGroupType], description: 'The `id` of the group.' }),
    reason: t.string({ required: true, description: 'Why they are discarded; 1 to 1000 characters.' }),
    first: t.int({ description: groupFields.first }),
    after: t.id({ description: groupFields.after }),
  }),
});

/** Throws BAD_REQUEST or LIMIT_EXCEEDED for a number of records out of range. */
const requestOf = (
  first: number | null | undefined,
  after: string | null | undefined,
  { recordsPerMutationMax }: Pick<Config, 'recordsPerMutationMax'>,
): SettleGroupRequest => {
  const limit = first ?? recordsPerMutationMax;
  if (limit < 1) throw new DomainError('BAD_REQUEST', 'first must be at least 1');
  if (limit > recordsPerMutationMax)
    throw new DomainError(
      'LIMIT_EXCEEDED',
      `first must be at most ${recordsPerMutationMax} (setting recordsPerMutationMax)`,
    );
  return { limit, after: numericCursor(after ?? undefined) };
};

const members = ['NotFoundError', 'ValidationError', 'OverloadedError'];

builder.mutationFields((t) => ({
  retryRejectGroup: t.field({
    type: SettleRejectGroupResult,
    description:
      'Retries the open records of a group with their original texts, read with the options of their import, such as after a plan or a source was corrected. Each is stored as part of its import, or stays open.',
    args: { input: t.arg({ type: RetryRejectGroupInput, required: true, description: 'The group.' }) },
    resolve: (_root, { input: { rejectGroupId, first, after } }, { rejects, config }) => {
      const request = requestOf(first, after, config);
      return outcomeOf(rejects.settleGroup(Number(rejectGroupId.id), request), members);
    },
  }),
  discardRejectGroup: t.field({
    type: SettleRejectGroupResult,
    description: 'Discards the open records of a group for good. They still count as rejected.',
    args: { input: t.arg({ type: DiscardRejectGroupInput, required: true, description: 'The group and the reason.' }) },
    resolve: (_root, { input: { rejectGroupId, first, after, reason } }, { rejects, config }) => {
      const request = { ...requestOf(first, after, config), reason };
      return outcomeOf(rejects.settleGroup(Number(rejectGroupId.id), request), members);
    },
  }),
}));
