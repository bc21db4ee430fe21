import { DomainError } from '../../src/errors.ts';
import { preview } from '../../src/lib/problems.ts';
import { builder } from '../builder.ts';
import { ExperimentEventType } from './events.ts';

const sequenceIn = (lastEventId: string | null | undefined): number | null => {
  if (!lastEventId) return null;
  if (/^\d{1,15}$/.test(lastEventId)) return Number(lastEventId);
  throw new DomainError(
    'BAD_REQUEST',
    `the header last-event-id must be the id of an event, which is a sequence number, not ${preview(lastEventId)}`,
  );
};

builder.subscriptionField('eventRecorded', (t) =>
  t.field({
    type: ExperimentEventType,
    description:
      'Every accepted event of experiments, in the order of recording. With `afterSequence` the events stored since come first: a client that resumes with the last `provenance.sequence` it received misses no event and receives none twice. The id of each server-sent event is this number, so EventSource, which sends it back as `Last-Event-ID`, resumes by itself.',
    extensions: { eventIdOf: ({ seq }: { readonly seq: number }) => seq },
    args: {
      experiment: t.arg.string({ description: 'Only events of the experiment with this key.' }),
      countries: t.arg.stringList({
        description:
          'Only events of users whose current country is one of these; `unknown` for users without a country.',
      }),
      afterSequence: t.arg({
        type: 'BigInt',
        description: 'Only events recorded after this sequence number; default: only events recorded from now on.',
      }),
    },
    subscribe: (_root, { experiment, countries, afterSequence }, { recordedEvents, lastEventId }) =>
      recordedEvents.after({
        experiment: experiment ?? undefined,
        countries: countries ?? undefined,
        // A client that subscribes again sends the arguments of its first time.
        afterSequence: sequenceIn(lastEventId) ?? afterSequence ?? undefined,
      }),
    resolve: (event) => event,
  }),
);
