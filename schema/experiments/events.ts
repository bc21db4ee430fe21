import type { StoredExperimentEvent } from '../../src/domains/experiments/events.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import {
  Fact,
  type FactNode,
  factConnectionFields,
  factEdgeFields,
  factPageArgs,
  factsOfUser,
  factsPage,
  type JoinedInList,
} from '../facts/facts.ts';
import { ExperimentEventFilter } from '../facts/filters.ts';
import { ingest, recordResult } from '../record-results.ts';
import { inSnapshot, localIdOf, recordsByLocalIds } from '../snapshot.ts';
import type { SnapshotPage } from '../snapshot-page.ts';
import { UserType } from '../users.ts';
import { writtenRecords } from '../written-records.ts';
import { ExperimentType } from './experiments.ts';

export const ExperimentEventType = builder.objectRef<FactNode<StoredExperimentEvent>>('ExperimentEvent');

builder.node(ExperimentEventType, {
  description: 'An event of a user who takes part in an experiment.',
  interfaces: [Fact],
  id: { resolve: (fact) => localIdOf(fact.seq, fact) },
  loadMany: (ids, context) => recordsByLocalIds(ids, context.experimentEvents.bySeqs, context),
  fields: (t) => ({
    eventId: t.exposeID('eventId', {
      nullable: true,
      description:
        'The sender’s own id within the experiment that the event names. Without one (null) a repeated event cannot be recognized.',
    }),
    experiment: t.field({
      type: ExperimentType,
      description:
        'The experiment that the event names; otherwise that of the plan that runs at its time and plans its variant, or that started last.',
      resolve(event, _args, { experimentEvents, experiments }) {
        const { sequence } = event;
        const known = sequence === undefined ? experiments : experimentEvents.experimentsAt(sequence);
        return inSnapshot(known.experimentOf(experimentEvents.experimentKeyOf(event, sequence)), event);
      },
    }),
    variant: t.exposeString('variant', {
      description: 'The variant that the user saw; the wire format calls it `version`.',
    }),
    accountType: t.exposeString('accountType', { description: 'The user’s account type as the sender states it.' }),
    eventType: t.exposeString('eventType', { nullable: true, description: 'What the user did; null when not stated.' }),
    isLate: t.boolean({
      description: 'Whether the event arrived after an event that is newer by more than the setting lateAfterMs.',
      resolve: ({ seq }, _args, { experimentEvents }) => experimentEvents.isLate(seq),
    }),
  }),
});

export const ExperimentEventConnection = connectionType<FactNode<StoredExperimentEvent>, SnapshotPage, JoinedInList>(
  {
    type: ExperimentEventType,
    name: 'ExperimentEventConnection',
    description: 'A page of experiment events.',
    fields: factConnectionFields,
  },
  { name: 'ExperimentEventEdge', description: 'An experiment event with its cursor.', fields: factEdgeFields },
);

builder.queryField('experimentEvent', (t) =>
  t.field({
    type: ExperimentEventType,
    description: 'An event by the sender’s own id; null when none is stored.',
    args: {
      eventId: t.arg.id({ required: true, description: 'The sender’s own id within the experiment.' }),
      experiment: t.arg.string({
        description: 'The key of the experiment that the event names; default: an event that names none.',
      }),
    },
    nullable: true,
    resolve: (_root, { eventId, experiment }, { load, experimentEvents }) =>
      load(experimentEvents.byEventIds, { eventId, experiment: experiment ?? null }),
  }),
);

builder.queryField('experimentEvents', (t) =>
  t.field({
    type: ExperimentEventConnection,
    extensions: { goesThroughAllFacts: true },
    description: 'Events of experiments.',
    args: { ...factPageArgs(ExperimentEventFilter), ...t.arg.connectionArgs() },
    resolve: (_root, args, context) =>
      factsPage(context.experimentEvents, args, context, { field: 'Query.experimentEvents' }),
  }),
);

builder.objectField(UserType, 'experimentEvents', (t) =>
  t.field({
    type: ExperimentEventConnection,
    description: 'The user’s events of experiments.',
    args: { ...factPageArgs(ExperimentEventFilter), ...t.arg.connectionArgs() },
    resolve: (user, args, context) =>
      factsPage(context.experimentEvents, args, context, factsOfUser('User.experimentEvents', user)),
  }),
);

const ExperimentEventInput = builder.inputType('ExperimentEventInput', {
  description: 'An event of an experiment. A required field that is missing rejects this event only.',
  fields: (t) => ({
    eventId: t.field({
      type: 'WrittenID',
      description:
        'The sender’s own id within the experiment; events with the same id and content are stored once. Without an id every event is new.',
    }),
    experiment: t.field({
      type: 'WrittenString',
      description: 'The key of its experiment; default: that of the input.',
    }),
    userId: t.field({ type: 'WrittenID', description: 'Required: the user of the event; 1 to 256 characters.' }),
    accountType: t.field({
      type: 'WrittenString',
      description: 'Required: the user’s account type; 1 to 256 characters.',
    }),
    occurredAt: t.field({
      type: 'WrittenDateTime',
      description:
        'Required: when the event happened. Also in seconds, milliseconds, microseconds or nanoseconds since 1970 (10, 13, 16 or 19 digits, text or number), or as RFC 5322 has it.',
    }),
    eventType: t.field({
      type: 'WrittenString',
      description: 'What the user did; null or absent when not known.',
    }),
    amount: t.field({
      type: 'WrittenDecimal',
      description: 'The value of the order; null or absent when nothing was ordered.',
    }),
    variant: t.field({
      type: 'WrittenString',
      description: 'Required: the variant that the user saw; 1 to 256 characters.',
    }),
  }),
});

const RecordEventsInput = builder.inputType('RecordEventsInput', {
  description: 'Events to record.',
  fields: (t) => ({
    experiment: t.string({
      description:
        'The key of the experiment of all events that name none; default: for each event the plan that runs at its time and plans its variant, or that started last.',
    }),
    idempotencyKey: t.string({
      description:
        'Makes the mutation idempotent: the same events with this key again have the same result, and nothing is stored; other events with it are refused. A key is known for the setting idempotencyKeyMs (a day), and belongs to the API key of the sender.',
    }),
    events: t.field({
      type: [ExperimentEventInput],
      required: { list: true, items: false },
      description:
        'The events in the order in which they are recorded; at most the setting recordsPerMutationMax (1000).',
    }),
  }),
});

const RecordEvents = recordResult<FactNode<StoredExperimentEvent>>('RecordEvents', 'events', {
  result: 'ExperimentEventResult',
  field: 'event',
  type: ExperimentEventType,
  description:
    'The stored event: the new one, for a duplicate or conflict the one that was stored before; null when it was rejected.',
  bySeqs: ({ experimentEvents }) => experimentEvents.bySeqs,
});

const { face, recordOf } = writtenRecords({
  fields: {
    eventId: 'event_id',
    experiment: 'experiment',
    userId: 'user_id',
    accountType: 'account_type',
    occurredAt: 'date',
    eventType: 'event_type',
    amount: 'order_value',
    variant: 'version',
  },
});

builder.mutationField('recordEvents', (t) =>
  t.field({
    type: RecordEvents.union,
    description:
      'Records events of an experiment. Each event is validated alone: an invalid event does not affect the others, and a repeated `eventId` is stored once.',
    args: { input: t.arg({ type: RecordEventsInput, required: true, description: 'The events.' }) },
    resolve: (_root, { input: { experiment, events, idempotencyKey } }, context) => {
      const withExperiment = (event: (typeof events)[number]) =>
        recordOf(event && { ...event, experiment: event.experiment ?? experiment });
      const options = { idempotencyKey: idempotencyKey ?? undefined, face };
      return RecordEvents.of(
        ingest(context, context.importers.experimentEvents, { sent: events, recordOf: withExperiment }, options),
      );
    },
  }),
);
