import type { Context } from '../../src/context.ts';
import type { RejectedRecord, RejectFilter } from '../../src/domains/imports/rejects.ts';
import type { ImportTargetName } from '../../src/import-targets.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import {
  ConflictError,
  FieldProblemType,
  memberOf,
  NotFoundError,
  OverloadedError,
  outcomeOf,
  ValidationError,
} from '../faults.ts';
import { type Counted, numericCursor, type PageSelection, pageOf, selectPage, totalCountOf } from '../page.ts';
import { ImportTargetEnum, ImportType } from './imports.ts';

export const RejectedRecordState = builder.enumType('RejectedRecordState', {
  description: 'The state of a rejected record.',
  values: {
    OPEN: { description: 'It is neither resolved nor discarded.' },
    RESOLVED: { description: 'It was corrected and stored.' },
    DISCARDED: { description: 'It was discarded for good.' },
  } as const,
});

export const RejectedRecordType = builder.objectRef<RejectedRecord>('RejectedRecord');

export const RejectedRecordConnection = connectionType<RejectedRecord, Counted>(
  {
    type: RejectedRecordType,
    name: 'RejectedRecordConnection',
    description: 'A page of rejected records.',
    fields: (t) => ({
      totalCount: t.int({
        description: 'The number of records on all pages.',
        resolve: totalCountOf,
      }),
    }),
  },
  { name: 'RejectedRecordEdge', description: 'A rejected record with its cursor.' },
);

builder.node(RejectedRecordType, {
  description: 'A record that was not stored, with its original text.',
  id: { resolve: ({ id }) => id },
  loadMany: (ids, { rejects }) => rejects.byIds(ids.map(Number)),
  fields: (t) => ({
    receivedAt: t.field({
      type: 'DateTime',
      description: 'When it was received.',
      resolve: ({ receivedAtUs }) => receivedAtUs,
    }),
    source: t.exposeString('source', { description: 'Name of the imported file, or `api`.' }),
    target: t.field({
      type: ImportTargetEnum,
      description: 'What the record should have become.',
      resolve: ({ target }) => target as ImportTargetName,
    }),
    line: t.exposeInt('line', {
      nullable: true,
      description: 'Line of the file, from 1; null for records of the API.',
    }),
    raw: t.exposeString('raw', {
      description:
        'The original text of the record; one that a mutation sent has the field names of files, as `retryWith` takes it.',
    }),
    problems: t.field({
      type: [FieldProblemType],
      description: 'Why it was not stored.',
      resolve: ({ problems }) => problems as (typeof FieldProblemType)['$inferType'][],
    }),
    state: t.field({ type: RejectedRecordState, description: 'Its state.', resolve: ({ state }) => state }),
    settledAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was resolved or discarded; null while it is open.',
      resolve: ({ settledAtUs }) => settledAtUs,
    }),
    settlement: t.exposeString('settlement', {
      nullable: true,
      description: 'The corrected record as JSON, or why it was discarded; null while it is open.',
    }),
    settledSequence: t.field({
      type: 'BigInt',
      nullable: true,
      description: 'The sequence number of the record that was stored for it; null when none was.',
      resolve: ({ settledSeq }) => settledSeq,
    }),
    import: t.field({
      type: ImportType,
      nullable: true,
      description: 'The import it belongs to; null for records sent through the API.',
      resolve: ({ importId }, _args, { load, imports }) =>
        importId === null ? null : load(imports.importsByIds, importId),
    }),
  }),
});

export const rejectedPage = (
  { rejects }: Pick<Context, 'rejects'>,
  filter: RejectFilter,
  { limit, fromEnd, after, before, cursors }: PageSelection,
) => {
  const page = rejects.page(filter, { limit, fromEnd, after: numericCursor(after), before: numericCursor(before) });
  return { ...pageOf(page.rows, ({ id }) => id, { ...page, cursors }), totalCount: page.totalCount };
};

builder.objectField(ImportType, 'rejectedRecords', (t) =>
  t.field({
    type: RejectedRecordConnection,
    args: t.arg.connectionArgs(),
    description: 'Its records that were not stored, conflicts included, the newest first; also those resolved since.',
    resolve({ id }, args, context) {
      const selection = selectPage({ field: 'Import.rejectedRecords', parent: id }, args, context.config);
      return rejectedPage(context, { importId: id }, selection);
    },
  }),
);

builder.queryField('rejectedRecord', (t) =>
  t.field({
    type: RejectedRecordType,
    nullable: true,
    description: 'A rejected record; null when there is none with this `id`.',
    args: { id: t.arg.globalID({ required: true, for: [RejectedRecordType], description: 'The `id` of the record.' }) },
    resolve: (_root, { id: { id } }, { load, rejects }) => load(rejects.byIds, Number(id)),
  }),
);

builder.queryField('rejectedRecords', (t) =>
  t.field({
    type: RejectedRecordConnection,
    description: 'Records that were not stored, conflicts included, the newest first.',
    args: {
      ...t.arg.connectionArgs(),
      import: t.arg.globalID({ for: [ImportType], description: 'Only those of this import.' }),
      source: t.arg.string({ description: 'Only those of files with this name, or `api`.' }),
      target: t.arg({ type: ImportTargetEnum, description: 'Only those of this target.' }),
      state: t.arg({ type: RejectedRecordState, description: 'Only those in this state, such as `OPEN`.' }),
    },
    resolve: (_root, args, context) => {
      const { import: ofImport, source, target, state } = args;
      const importId = ofImport ? Number(ofImport.id) : undefined;
      const filter = {
        importId,
        source: source ?? undefined,
        target: target ?? undefined,
        state: state ?? undefined,
      };
      return rejectedPage(context, filter, selectPage({ field: 'Query.rejectedRecords' }, args, context.config));
    },
  }),
);

const RejectedRecordActionInput = builder.inputType('RejectedRecordActionInput', {
  description: 'What to do with a rejected record. Exactly one of the two.',
  isOneOf: true,
  fields: (t) => ({
    retryWith: t.string({
      description:
        'The corrected record: a JSON object with the field names of its file, such as `{"user_id": "u-1", …}`, or a row as its CSV file writes them. It is read with the options of its import.',
    }),
    discardBecause: t.string({ description: 'Why it is discarded; 1 to 1000 characters.' }),
  }),
});

const ResolveRejectedRecordInput = builder.inputType('ResolveRejectedRecordInput', {
  description: 'A rejected record and what to do with it.',
  fields: (t) => ({
    rejectedRecordId: t.globalID({ required: true, for: [RejectedRecordType], description: 'The `id` of the record.' }),
    action: t.field({ type: RejectedRecordActionInput, required: true, description: 'What to do with it.' }),
  }),
});

const DiscardRejectedRecordInput = builder.inputType('DiscardRejectedRecordInput', {
  description: 'A rejected record to discard.',
  fields: (t) => ({
    rejectedRecordId: t.globalID({ required: true, for: [RejectedRecordType], description: 'The `id` of the record.' }),
    reason: t.string({ required: true, description: 'Why it is discarded; 1 to 1000 characters.' }),
  }),
});

const ResolveRejectedRecordPayload = builder
  .objectRef<{ rejectedRecord: RejectedRecord }>('ResolveRejectedRecordPayload')
  .implement({
    description: 'The updated record.',
    fields: (t) => ({
      rejectedRecord: t.field({
        type: RejectedRecordType,
        description: 'The record.',
        resolve: ({ rejectedRecord }) => rejectedRecord,
      }),
    }),
  });

const ResolveRejectedRecordResult = builder.unionType('ResolveRejectedRecordResult', {
  description: 'The updated record, or why nothing has changed.',
  types: [ResolveRejectedRecordPayload, NotFoundError, ValidationError, ConflictError, OverloadedError],
  resolveType: memberOf('ResolveRejectedRecordPayload'),
});

const members = ['NotFoundError', 'ValidationError', 'ConflictError', 'OverloadedError'];

const settled = async (work: Promise<RejectedRecord>) =>
  outcomeOf(
    work.then((rejectedRecord) => ({ rejectedRecord })),
    members,
  );

builder.mutationFields((t) => ({
  resolveRejectedRecord: t.field({
    type: ResolveRejectedRecordResult,
    description:
      'Stores the corrected record as part of its import, or discards the record. A repeat returns the same result and stores nothing.',
    args: { input: t.arg({ type: ResolveRejectedRecordInput, required: true, description: 'What to do.' }) },
    resolve: (_root, { input: { rejectedRecordId, action } }, { rejects }) => {
      const id = Number(rejectedRecordId.id);
      const { retryWith, discardBecause } = action;
      return settled(retryWith == null ? rejects.discard(id, discardBecause ?? '') : rejects.resolve(id, retryWith));
    },
  }),
  discardRejectedRecord: t.field({
    type: ResolveRejectedRecordResult,
    description: 'Discards a rejected record for good. It still counts as rejected; a repeat changes nothing.',
    args: {
      input: t.arg({ type: DiscardRejectedRecordInput, required: true, description: 'The record and the reason.' }),
    },
    resolve: (_root, { input: { rejectedRecordId, reason } }, { rejects }) =>
      settled(rejects.discard(Number(rejectedRecordId.id), reason)),
  }),
}));
