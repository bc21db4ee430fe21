import { builder } from '../builder.ts';
import { ExperimentEventType } from './events.ts';

builder.subscriptionField('eventRecorded', (t) =>
  t.field({
    type: ExperimentEventType,
    description:
      'Every accepted event of experiments, in the order of recording. With `afterSequence` the events stored since come first: a client that resumes with the last `provenance.sequence` it received misses no event and receives none twice.',
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
    subscribe: (_root, { experiment, countries, afterSequence }, { recordedEvents }) =>
      recordedEvents.after({
        experiment: experiment ?? undefined,
        countries: countries ?? undefined,
        afterSequence: afterSequence ?? undefined,
      }),
    resolve: (event) => event,
  }),
);
