import { builder } from '../builder.ts';
import { ExperimentEventType } from './events.ts';

builder.subscriptionField('eventRecorded', (t) =>
  t.field({
    type: ExperimentEventType,
    description:
      'Every accepted event of experiments, in the order they were recorded. With `afterSequence` those stored since come first: whoever comes back with the last `provenance.sequence` seen misses none and gets none twice.',
    args: {
      experiment: t.arg.id({ description: 'Only events of the experiment with this key.' }),
      countries: t.arg.stringList({
        description: 'Only events of users of these countries as users files say now; `unknown` where none does.',
      }),
      afterSequence: t.arg({
        type: 'BigInt',
        description: 'Only events recorded after this sequence number; default: only those that come from now on.',
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
