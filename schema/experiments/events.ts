import type { StoredExperimentEvent } from '../../src/domains/experiments/events.ts';
import { stringifyExact } from '../../src/lib/exact-json.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { Fact, factPageArgs, factsPage, type JoinedFact } from '../facts/facts.ts';
import { type Counted, totalCountOf } from '../page.ts';
import { checkRecordCount, recordResult } from '../record-results.ts';
import { UserType } from '../users.ts';
import { ExperimentType } from './experiments.ts';

export const ExperimentEventType = builder.objectRef<JoinedFact<StoredExperimentEvent>>('ExperimentEvent');

builder.node(ExperimentEventType, {
  description: 'What a user of an experiment did.',
  interfaces: [Fact],
  id: { resolve: ({ seq }) => seq },
  loadMany: (ids, { experimentEvents }) => experimentEvents.bySeqs(ids.map(Number)),
  fields: (t) => ({
    eventId: t.exposeID('eventId', {
      nullable: true,
      description: 'The sender’s own id; null when it gave none, and then nothing tells a repeat.',
    }),
    experiment: t.field({
      type: ExperimentType,
      description: 'The experiment it names, or else the newest plan whose time holds the event’s.',
      resolve: (event, _args, { experimentEvents, experiments }) =>
        experiments.experimentOf(experimentEvents.experimentKeyOf(event)),
    }),
    variant: t.exposeString('variant', { description: 'What the user was shown; the wire format calls it `version`.' }),
    accountType: t.exposeString('accountType', { description: 'The user’s account type, as the sender says.' }),
    eventType: t.exposeString('eventType', { nullable: true, description: 'What the user did; null when not said.' }),
    isLate: t.boolean({
      description: 'Whether an event that is newer by more than the setting lateAfterMs was there before.',
      resolve: ({ seq }, _args, { experimentEvents }) => experimentEvents.isLate(seq),
    }),
  }),
});

const ExperimentEventConnection = connectionType<JoinedFact<StoredExperimentEvent>, Counted>(
  {
    type: ExperimentEventType,
    name: 'ExperimentEventConnection',
    description: 'A page of experiment events.',
    fields: (t) => ({
      totalCount: t.int({ description: 'How many there are on all pages.', resolve: totalCountOf }),
    }),
  },
  { name: 'ExperimentEventEdge', description: 'An experiment event with its place in the list.' },
);

builder.queryField('experimentEvents', (t) =>
  t.field({
    type: ExperimentEventConnection,
    extensions: { goesThroughAllFacts: true },
    description: 'Events of experiments.',
    args: { ...factPageArgs, ...t.arg.connectionArgs() },
    resolve: (_root, args, context) => factsPage(context.experimentEvents, args, context),
  }),
);

builder.objectField(UserType, 'experimentEvents', (t) =>
  t.field({
    type: ExperimentEventConnection,
    description: 'The user’s events of experiments.',
    args: { ...factPageArgs, ...t.arg.connectionArgs() },
    resolve: ({ userId }, args, context) => factsPage(context.experimentEvents, args, context, userId),
  }),
);

const ExperimentEventInput = builder.inputType('ExperimentEventInput', {
  description: 'An event of an experiment.',
  fields: (t) => ({
    eventId: t.id({
      description: 'The sender’s own id; a repeat with the same content is stored once. Without it nothing is guessed.',
    }),
    userId: t.id({ required: true, description: 'Whose it is; 1 to 256 characters.' }),
    accountType: t.string({ required: true, description: 'The user’s account type; 1 to 256 characters.' }),
    date: t.field({ type: 'WrittenDateTime', required: true, description: 'When it happened.' }),
    eventType: t.string({ description: 'What the user did; null or absent when not said.' }),
    orderValue: t.field({
      type: 'WrittenDecimal',
      description: 'The order’s value; null or absent when nothing was ordered.',
    }),
    version: t.string({ required: true, description: 'The variant that the user was shown; 1 to 256 characters.' }),
  }),
});

const RecordEventsInput = builder.inputType('RecordEventsInput', {
  description: 'Events to record.',
  fields: (t) => ({
    experiment: t.id({
      description: 'The key of the experiment they all belong to; default: the newest plan whose time holds theirs.',
    }),
    events: t.field({
      type: [ExperimentEventInput],
      required: true,
      description: 'In the order they are to be recorded; at most recordsPerMutationMax (1000).',
    }),
  }),
});

const RecordEvents = recordResult('RecordEvents', 'events');

builder.mutationField('recordEvents', (t) =>
  t.field({
    type: RecordEvents.union,
    description:
      'Takes in events of an experiment. Each is judged alone: a bad one never sinks the rest, a repeated `eventId` counts once.',
    args: { input: t.arg({ type: RecordEventsInput, required: true, description: 'The events.' }) },
    resolve: (_root, { input: { experiment, events } }, { imports, importers, config, sentBy }) => {
      const receive = async () => {
        checkRecordCount(events.length, config);
        return imports.ingestRaw(
          importers.experimentEvents,
          () =>
            events.map(({ eventId, userId, accountType, date, eventType, orderValue, version }) => {
              const value = {
                ...(eventId ? { event_id: eventId } : {}),
                ...(experiment ? { experiment } : {}),
                user_id: userId,
                account_type: accountType,
                date,
                event_type: eventType ?? null,
                order_value: orderValue ?? null,
                version,
              };
              return { value, raw: stringifyExact(value) };
            }),
          () => sentBy,
        );
      };
      return RecordEvents.of(receive());
    },
  }),
);
