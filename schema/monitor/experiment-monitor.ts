import { builder } from '../builder.ts';
import { ExperimentType } from '../experiments/experiments.ts';
import { asOfOf, localIdOf } from '../snapshot.ts';
import { identityOf, MonitorType, reportArgs, reportIn, requestOf } from './monitor.ts';

builder.objectField(ExperimentType, 'monitor', (t) =>
  t.field({
    type: MonitorType,
    // A list of experiments costs one pass: each goes through its own events only.
    extensions: { goesThroughAllFacts: true },
    description:
      'Whether it runs as planned, in each market: the same as the root field `monitor` for this experiment.',
    args: reportArgs(
      'The snapshot; default: that in the `id` of the experiment, or else the newest one and the clock. `validAt` is the instant at which `where` joins events.',
    ),
    resolve: (experiment, args, context) => {
      const request = {
        ...requestOf({ ...args, experiment: experiment.key }),
        asOf: asOfOf(args.asOf, context.ledger, experiment),
      };
      return reportIn(context, request, `${localIdOf(experiment.key, experiment)} ${identityOf(args)}`);
    },
  }),
);
