import type { Allocation, Experiment } from '../../src/domains/experiments/experiments.ts';
import { builder } from '../builder.ts';
import { memberOf, OverloadedError, outcomeOf, ValidationError } from '../faults.ts';

const VariantAllocation = builder.objectRef<Allocation>('VariantAllocation').implement({
  description: 'The planned share of a variant.',
  fields: (t) => ({
    variant: t.exposeString('variant', { description: 'The variant; events name it in `version`.' }),
    weight: t.exposeFloat('weight', {
      description: 'The weight; the share is the weight divided by the sum of all weights.',
    }),
    isControl: t.exposeBoolean('isControl', { description: 'Whether the other variants are compared with this one.' }),
  }),
});

export const ExperimentType = builder.objectRef<Experiment>('Experiment');

builder.node(ExperimentType, {
  description: 'The plan of an A/B test.',
  id: { resolve: ({ key }) => key },
  loadOne: (key, { experiments }) => (experiments.isKnown(key) ? experiments.experimentOf(key) : null),
  fields: (t) => ({
    key: t.exposeString('key', {
      description: 'The key that events name; `default` for events that belong to no plan.',
    }),
    name: t.exposeString('name', { description: 'The display name; the key when no name was given.' }),
    startedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The start of the experiment, inclusive; null without bound.',
      resolve: ({ startedAtUs }) => startedAtUs,
    }),
    endedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The end of the experiment, exclusive; null without bound.',
      resolve: ({ endedAtUs }) => endedAtUs,
    }),
    allocation: t.field({
      type: [VariantAllocation],
      description: 'The variants and their shares; empty: equal shares of the variants that have events.',
      resolve: ({ allocation }) => [...allocation],
    }),
    markets: t.stringList({
      description: 'The countries in which the experiment runs; empty: the countries that have events.',
      resolve: ({ markets }) => [...markets],
    }),
  }),
});

builder.queryField('experiments', (t) =>
  t.field({
    type: [ExperimentType],
    description: 'Every saved experiment, the one saved last first.',
    resolve: (_root, _args, { experiments }) => experiments.plans().all.toReversed(),
  }),
);

const VariantAllocationInput = builder.inputType('VariantAllocationInput', {
  description: 'The planned share of a variant.',
  fields: (t) => ({
    variant: t.string({ required: true, description: 'The variant, as events name it in `version`.' }),
    weight: t.float({
      required: true,
      description: 'The weight, above 0; the share is the weight divided by the sum of all weights.',
    }),
    isControl: t.boolean({
      required: true,
      defaultValue: false,
      description:
        'Whether the other variants are compared with this one; without a control, the first variant is the control.',
    }),
  }),
});

const SaveExperimentInput = builder.inputType('SaveExperimentInput', {
  description: 'The plan of an experiment; it replaces an earlier plan of the same key as a whole.',
  fields: (t) => ({
    key: t.string({ required: true, description: 'The key that events name; 1 to 256 characters.' }),
    name: t.string({ description: 'The display name; default: the key.' }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'Events that name no experiment belong to this one from this time on; default: without bound.',
    }),
    endedAt: t.field({ type: 'DateTime', description: 'The end of that period, exclusive; default: without bound.' }),
    allocation: t.field({
      type: [VariantAllocationInput],
      description: 'At least two variants; default: equal shares of the variants that have events.',
    }),
    markets: t.stringList({
      description: 'Countries as users files spell them; default: the countries that have events.',
    }),
  }),
});

const SaveExperimentPayload = builder.objectRef<{ experiment: Experiment }>('SaveExperimentPayload').implement({
  description: 'The saved plan.',
  fields: (t) => ({
    experiment: t.field({ type: ExperimentType, description: 'The experiment.', resolve: (saved) => saved.experiment }),
  }),
});

const SaveExperimentResult = builder.unionType('SaveExperimentResult', {
  description: 'The saved experiment, or the reason why it was not saved.',
  types: [SaveExperimentPayload, ValidationError, OverloadedError],
  resolveType: memberOf('SaveExperimentPayload'),
});

builder.mutationField('saveExperiment', (t) =>
  t.field({
    // A plan changes how all events are counted.
    extensions: { scopes: ['admin'] },
    type: SaveExperimentResult,
    description:
      'Saves the plan of an experiment, before or after its events: events that name no experiment belong to the newest plan whose period contains their time. Where API keys are used, the key needs the scope `admin`.',
    args: { input: t.arg({ type: SaveExperimentInput, required: true, description: 'The plan.' }) },
    resolve: (_root, { input }, { experiments, sentBy }) => {
      const { key, name, startedAt, endedAt, allocation, markets } = input;
      const plan = {
        key,
        name: name ?? key,
        startedAtUs: startedAt ?? null,
        endedAtUs: endedAt ?? null,
        allocation: allocation ?? [],
        markets: markets ?? [],
      };
      const saved = experiments.save(plan, sentBy).then((experiment) => ({ experiment }));
      return outcomeOf(saved, ['ValidationError', 'OverloadedError']);
    },
  }),
);
