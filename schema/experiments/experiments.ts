import type { Allocation, Experiment } from '../../src/domains/experiments/experiments.ts';
import { builder } from '../builder.ts';
import { memberOf, OverloadedError, outcomeOf, ValidationError } from '../faults.ts';

const VariantAllocation = builder.objectRef<Allocation>('VariantAllocation').implement({
  description: 'The share of users that a variant should get.',
  fields: (t) => ({
    variant: t.exposeString('variant', { description: 'The variant; events name it as `version`.' }),
    weight: t.exposeFloat('weight', { description: 'Its share is its weight divided by the sum of all weights.' }),
    isControl: t.exposeBoolean('isControl', { description: 'Whether the others are compared with it.' }),
  }),
});

export const ExperimentType = builder.objectRef<Experiment>('Experiment');

builder.node(ExperimentType, {
  description: 'How an A/B test is meant to be deployed.',
  id: { resolve: ({ key }) => key },
  loadOne: (key, { experiments }) => (experiments.isKnown(key) ? experiments.experimentOf(key) : null),
  fields: (t) => ({
    key: t.exposeString('key', { description: 'What events name it by; `default` for events that no plan claims.' }),
    name: t.exposeString('name', { description: 'A name for people; the key when none was given.' }),
    startedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Events from then on belong to it; null without bound.',
      resolve: ({ startedAtUs }) => startedAtUs,
    }),
    endedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Events before then belong to it; null without bound.',
      resolve: ({ endedAtUs }) => endedAtUs,
    }),
    allocation: t.field({
      type: [VariantAllocation],
      description: 'The variants and their shares; empty: those that are seen, in equal shares.',
      resolve: ({ allocation }) => [...allocation],
    }),
    markets: t.stringList({
      description: 'The countries in which it should run; empty: those that are seen.',
      resolve: ({ markets }) => [...markets],
    }),
  }),
});

builder.queryField('experiments', (t) =>
  t.field({
    type: [ExperimentType],
    description: 'Every experiment that was saved, the one saved last first.',
    resolve: (_root, _args, { experiments }) => experiments.plans().all.toReversed(),
  }),
);

const VariantAllocationInput = builder.inputType('VariantAllocationInput', {
  description: 'The share of users that a variant should get.',
  fields: (t) => ({
    variant: t.string({ required: true, description: 'The variant, as events name it in `version`.' }),
    weight: t.float({ required: true, description: 'More than 0; shares are weights divided by their sum.' }),
    isControl: t.boolean({
      required: true,
      defaultValue: false,
      description: 'Whether the others are compared with it; by default the first variant is.',
    }),
  }),
});

const SaveExperimentInput = builder.inputType('SaveExperimentInput', {
  description: 'The plan of an experiment, as a whole: it replaces an earlier one of the same key.',
  fields: (t) => ({
    key: t.string({ required: true, description: 'What events name it by; 1 to 256 characters.' }),
    name: t.string({ description: 'A name for people; default: the key.' }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'Events that name no experiment belong to it from then on; default: without bound.',
    }),
    endedAt: t.field({ type: 'DateTime', description: 'And until then, exclusive; default: without bound.' }),
    allocation: t.field({
      type: [VariantAllocationInput],
      description: 'Two variants or more; default: those that are seen, in equal shares.',
    }),
    markets: t.stringList({ description: 'Countries as users files write them; default: those that are seen.' }),
  }),
});

const SaveExperimentPayload = builder.objectRef<{ experiment: Experiment }>('SaveExperimentPayload').implement({
  description: 'The plan as it was saved.',
  fields: (t) => ({
    experiment: t.field({ type: ExperimentType, description: 'The experiment.', resolve: (saved) => saved.experiment }),
  }),
});

const SaveExperimentResult = builder.unionType('SaveExperimentResult', {
  description: 'The experiment, or why it was not saved.',
  types: [SaveExperimentPayload, ValidationError, OverloadedError],
  resolveType: memberOf('SaveExperimentPayload'),
});

builder.mutationField('saveExperiment', (t) =>
  t.field({
    // What is sent in is counted otherwise from then on.
    extensions: { scopes: ['admin'] },
    type: SaveExperimentResult,
    description:
      'Plans an experiment, also afterwards: events that name none belong to the newest plan whose time holds theirs. Where API keys are in use it needs one of scope `admin`.',
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
