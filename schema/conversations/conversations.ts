import type { Context } from '../../src/context.ts';
import type { Conversation, Followup } from '../../src/domains/conversations/conversations.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { ConflictError, memberOf, OverloadedError, outcomeOf } from '../faults.ts';
import { numericCursor, pageOf, selectPage } from '../page.ts';
import { foundInSnapshot, type InSnapshot, inSnapshot, localIdOf, recordsByLocalIds, snapshotOf } from '../snapshot.ts';
import { type SnapshotPage, snapshotPageFields } from '../snapshot-page.ts';
import { AsOfInput, TimeRangeInput } from '../time.ts';

/** Why `asOf.validAt` is refused. */
export const conversationsHaveNoValidTime = 'starts and follow-ups happen when they are recorded';

export const conversationsAsOf =
  'The snapshot to use; default: the newest. `validAt` does not apply: starts and follow-ups happen when they are recorded.';

/** A conversation in a snapshot or in the newest state. */
type ConversationNode = Conversation & InSnapshot;
type FollowupNode = Followup & InSnapshot;

const ConversationType = builder.objectRef<ConversationNode>('Conversation');

/** The conversation with a UUID in the snapshot of an object; null when its start is not stored in it. */
const conversationIn = async (
  uuid: string,
  owner: InSnapshot,
  { load, conversations }: Context,
): Promise<ConversationNode | null> => {
  const found = await load(conversations.byUuids, uuid);
  return found && found.seq <= (owner.sequence ?? found.seq) ? foundInSnapshot(found, owner) : null;
};

const FollowupType = builder.objectRef<FollowupNode>('Followup').implement({
  description: 'A follow-up of a client to a conversation.',
  fields: (t) => ({
    uuid: t.field({ type: 'UUID', description: 'The identifier that the client chose.', resolve: ({ uuid }) => uuid }),
    conversation: t.field({
      type: ConversationType,
      nullable: true,
      description: 'Null when its start is not stored: this follow-up is an orphan.',
      resolve: (followup, _args, context) => conversationIn(followup.uuid, followup, context),
    }),
    receivedAt: t.field({
      type: 'DateTime',
      description: 'When it was stored.',
      resolve: ({ receivedAtUs }) => receivedAtUs,
    }),
  }),
});

builder.node(ConversationType, {
  description: 'A conversation: the request of a client whether a symbol is a vowel.',
  id: { resolve: (conversation) => localIdOf(conversation.seq, conversation) },
  loadMany: (ids, context) => recordsByLocalIds(ids, context.conversations.bySeqs, context),
  fields: (t) => ({
    uuid: t.field({ type: 'UUID', description: 'The identifier that the client chose.', resolve: ({ uuid }) => uuid }),
    symbol: t.field({
      type: 'Letter',
      description: 'The letter that the client requested.',
      resolve: ({ symbol }) => symbol,
    }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'When its start was stored.',
      resolve: ({ startedAtUs }) => startedAtUs,
    }),
    isVowelGuess: t.exposeBoolean('isVowelGuess', {
      description: 'The server’s answer: its best guess at whether the symbol is a vowel.',
    }),
    followups: t.field({
      type: [FollowupType],
      nullable: true,
      description:
        'The follow-ups in the order of recording, including repeats and those recorded before the start. The conversations of one page may have at most followupsMax (100000) together; `followups(uuid)` returns more, page by page.',
      resolve: async ({ uuid, sequence }, _args, { load, conversations }) => {
        const followups = await load(conversations.followupsOf, { uuid, sequence });
        return followups.map((followup) => inSnapshot(followup, { sequence }));
      },
    }),
  }),
});

const ConversationConnection = connectionType<ConversationNode, SnapshotPage>(
  {
    type: ConversationType,
    name: 'ConversationConnection',
    description: 'A page of conversations.',
    fields: snapshotPageFields('conversations'),
  },
  { name: 'ConversationEdge', description: 'A conversation with its cursor.' },
);

builder.queryField('conversation', (t) =>
  t.field({
    type: ConversationType,
    nullable: true,
    description: 'A conversation; null when no start with this UUID is stored.',
    args: {
      uuid: t.arg({ type: 'UUID', required: true, description: 'The identifier that the client chose.' }),
      asOf: t.arg({ type: AsOfInput, description: conversationsAsOf }),
    },
    resolve: (_root, { uuid, asOf }, context) =>
      conversationIn(uuid, snapshotOf(asOf, context.ledger, conversationsHaveNoValidTime), context),
  }),
);

builder.queryField('conversations', (t) =>
  t.field({
    type: ConversationConnection,
    description: 'Conversations in the order they started.',
    args: {
      ...t.arg.connectionArgs(),
      symbol: t.arg({ type: 'Letter', description: 'Only those about this letter; default: all.' }),
      range: t.arg({ type: TimeRangeInput, description: 'When they started; default: any time.' }),
      timeZone: t.arg({
        type: 'TimeZone',
        required: true,
        defaultValue: 'UTC',
        description: 'The time zone whose days the range counts.',
      }),
      asOf: t.arg({ type: AsOfInput, description: conversationsAsOf }),
    },
    resolve: async (_root, args, { conversations, config, loadAll, ledger, work }) => {
      const { symbol, range, timeZone } = args;
      const list = { field: 'Query.conversations' };
      const { after, before, cursors, ...selection } = selectPage(list, args, config);
      const owner = snapshotOf(args.asOf, ledger, conversationsHaveNoValidTime);
      const sequence = ledger.resolveSequence({ sequence: selection.sequence ?? owner.sequence });
      const [afterSeq, beforeSeq] = [numericCursor(after), numericCursor(before)];
      const asOf = { sequence };
      const request = { symbol, range, timeZone, asOf, afterSeq, beforeSeq, ...selection };
      const page = await conversations.page(request, work);
      const rows = await loadAll(conversations.bySeqs, page.seqs);
      const found = rows.filter((row) => row !== null).map((row) => inSnapshot(row, owner));
      return {
        ...pageOf(found, ({ seq }) => seq, { ...page, cursors: cursors.at(sequence) }),
        totalCount: page.totalCount,
        sequence,
      };
    },
  }),
);

const FollowupConnection = connectionType<FollowupNode, SnapshotPage>(
  {
    type: FollowupType,
    name: 'FollowupConnection',
    description: 'A page of follow-ups.',
    fields: snapshotPageFields('follow-ups'),
  },
  { name: 'FollowupEdge', description: 'A follow-up with its cursor.' },
);

builder.queryField('followups', (t) =>
  t.field({
    type: FollowupConnection,
    description: 'Follow-ups in the order of recording, including repeats and orphans.',
    args: {
      ...t.arg.connectionArgs(),
      uuid: t.arg({
        type: 'UUID',
        description: 'Only those of this conversation, whether or not its start is stored; default: all.',
      }),
      asOf: t.arg({ type: AsOfInput, description: conversationsAsOf }),
    },
    resolve: (_root, args, { conversations, config, ledger }) => {
      const { uuid } = args;
      const { limit, fromEnd, cursors, ...selection } = selectPage({ field: 'Query.followups' }, args, config);
      const [after, before] = [numericCursor(selection.after), numericCursor(selection.before)];
      const owner = snapshotOf(args.asOf, ledger, conversationsHaveNoValidTime);
      const sequence = ledger.resolveSequence({ sequence: selection.sequence ?? owner.sequence });
      const page = conversations.followupPage({ uuid, asOf: { sequence }, after, before, limit, fromEnd });
      const rows = page.rows.map((row) => inSnapshot(row, owner));
      return {
        ...pageOf(rows, ({ seq }) => seq, { ...page, cursors: cursors.at(sequence) }),
        totalCount: page.totalCount,
        sequence,
      };
    },
  }),
);

const StartConversationInput = builder.inputType('StartConversationInput', {
  description: 'A conversation to start.',
  fields: (t) => ({
    uuid: t.field({
      type: 'UUID',
      required: true,
      description:
        'The identifier that the client chose; a repeat with the same symbol is stored once and gets the same answer.',
    }),
    symbol: t.field({ type: 'Letter', required: true, description: 'The letter that the client requests.' }),
  }),
});

const StartConversationPayload = builder
  .objectRef<{ conversation: Conversation }>('StartConversationPayload')
  .implement({
    description: 'The conversation is stored.',
    fields: (t) => ({
      conversation: t.field({
        type: ConversationType,
        description: 'The conversation with its guess; for a repeat the stored one.',
        resolve: ({ conversation }) => conversation,
      }),
    }),
  });

builder.mutationField('startConversation', (t) =>
  t.field({
    type: builder.unionType('StartConversationResult', {
      description: 'The conversation, or why it was not started.',
      types: [StartConversationPayload, ConflictError, OverloadedError],
      resolveType: memberOf('StartConversationPayload'),
    }),
    description: 'Starts a conversation: is the symbol a vowel? A UUID that started with another symbol is a conflict.',
    args: { input: t.arg({ type: StartConversationInput, required: true, description: 'The conversation.' }) },
    resolve: (_root, { input: { uuid, symbol } }, { conversations, sentBy }) =>
      outcomeOf(
        conversations.start(uuid, symbol, sentBy).then((conversation) => ({ conversation })),
        ['ConflictError', 'OverloadedError'],
      ),
  }),
);

const FollowUpConversationInput = builder.inputType('FollowUpConversationInput', {
  description: 'A follow-up to a conversation.',
  fields: (t) => ({
    uuid: t.field({ type: 'UUID', required: true, description: 'The identifier of the conversation.' }),
  }),
});

const FollowUpConversationPayload = builder.objectRef<Followup>('FollowUpConversationPayload').implement({
  description: 'The follow-up is stored.',
  fields: (t) => ({
    followup: t.field({ type: FollowupType, description: 'The follow-up.', resolve: (followup) => followup }),
    conversation: t.field({
      type: ConversationType,
      nullable: true,
      description: 'Null when its start is not stored; the follow-up is stored nevertheless.',
      resolve: ({ uuid }, _args, { load, conversations }) => load(conversations.byUuids, uuid),
    }),
  }),
});

builder.mutationField('followUpConversation', (t) =>
  t.field({
    type: builder.unionType('FollowUpConversationResult', {
      description: 'The follow-up, or why it was not stored.',
      types: [FollowUpConversationPayload, OverloadedError],
      resolveType: memberOf('FollowUpConversationPayload'),
    }),
    description: 'Follows a conversation up. Every call counts, because repeats cannot be recognized.',
    args: { input: t.arg({ type: FollowUpConversationInput, required: true, description: 'The follow-up.' }) },
    resolve: (_root, { input: { uuid } }, { conversations, sentBy }) =>
      outcomeOf(conversations.followUp(uuid, sentBy), ['OverloadedError']),
  }),
);
