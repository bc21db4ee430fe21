import type { Conversation, Followup } from '../../src/domains/conversations/conversations.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { ConflictError, memberOf, OverloadedError, outcomeOf } from '../faults.ts';
import { type Counted, numericCursor, pageOf, selectPage, totalCountOf } from '../page.ts';
import { TimeRangeInput } from '../time.ts';

const ConversationType = builder.objectRef<Conversation>('Conversation');

const FollowupType = builder.objectRef<Followup>('Followup').implement({
  description: 'A follow-up of a client to a conversation.',
  fields: (t) => ({
    uuid: t.field({ type: 'UUID', description: 'The identifier that the client chose.', resolve: ({ uuid }) => uuid }),
    conversation: t.field({
      type: ConversationType,
      nullable: true,
      description: 'Null when its start is not stored: this follow-up is an orphan.',
      resolve: ({ uuid }, _args, { load, conversations }) => load(conversations.byUuids, uuid),
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
  id: { resolve: ({ seq }) => seq },
  loadMany: (ids, { conversations }) => conversations.bySeqs(ids.map(Number)),
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
      description:
        'The follow-ups in the order of recording, including repeats and those recorded before the start. The conversations of one page may have at most followupsMax (100000) together; `followups(uuid)` returns more, page by page.',
      resolve: ({ uuid }, _args, { load, conversations }) => load(conversations.followupsOf, { uuid }),
    }),
  }),
});

const ConversationConnection = connectionType<Conversation, Counted>(
  {
    type: ConversationType,
    name: 'ConversationConnection',
    description: 'A page of conversations.',
    fields: (t) => ({
      totalCount: t.int({ description: 'The number on all pages.', resolve: totalCountOf }),
    }),
  },
  { name: 'ConversationEdge', description: 'A conversation with its cursor.' },
);

builder.queryField('conversation', (t) =>
  t.field({
    type: ConversationType,
    nullable: true,
    description: 'A conversation; null when no start with this UUID is stored.',
    args: { uuid: t.arg({ type: 'UUID', required: true, description: 'The identifier that the client chose.' }) },
    resolve: (_root, { uuid }, { load, conversations }) => load(conversations.byUuids, uuid),
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
    },
    resolve: async (_root, args, { conversations, config, load, ledger }) => {
      const { symbol, range, timeZone } = args;
      const list = { field: 'Query.conversations' };
      const { after, before, cursors, ...selection } = selectPage(list, args, config);
      const sequence = ledger.resolveSequence(selection);
      const [afterSeq, beforeSeq] = [numericCursor(after), numericCursor(before)];
      const asOf = { sequence };
      const page = await conversations.page({ symbol, range, timeZone, asOf, afterSeq, beforeSeq, ...selection });
      const rows = await Promise.all(page.seqs.map((seq) => load(conversations.bySeqs, seq)));
      const found = rows.filter((row) => row !== null);
      return {
        ...pageOf(found, ({ seq }) => seq, { ...page, cursors: cursors.at(sequence) }),
        totalCount: page.totalCount,
      };
    },
  }),
);

const FollowupConnection = connectionType<Followup, Counted>(
  {
    type: FollowupType,
    name: 'FollowupConnection',
    description: 'A page of follow-ups.',
    fields: (t) => ({
      totalCount: t.int({ description: 'The number on all pages.', resolve: totalCountOf }),
    }),
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
    },
    resolve: (_root, args, { conversations, config, ledger }) => {
      const { uuid } = args;
      const { limit, fromEnd, cursors, ...selection } = selectPage({ field: 'Query.followups' }, args, config);
      const [after, before] = [numericCursor(selection.after), numericCursor(selection.before)];
      const sequence = ledger.resolveSequence(selection);
      const page = conversations.followupPage({ uuid, asOf: { sequence }, after, before, limit, fromEnd });
      return {
        ...pageOf(page.rows, ({ seq }) => seq, { ...page, cursors: cursors.at(sequence) }),
        totalCount: page.totalCount,
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
