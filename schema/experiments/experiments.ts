import type { Allocation, Experiment, MarketAllocation, Phase } from '../../src/domains/experiments/plan.ts';
import type { SavedPlan } from '../../src/domains/experiments/plan-editor.ts';
import { builder } from '../builder.ts';
import { memberOf, OverloadedError, outcomeOf, ValidationError } from '../faults.ts';
import { asOfOf, type InSnapshot, inSnapshot, localIdOf, nowUsIn, parseLocalId } from '../snapshot.ts';
import { AsOfInput } from '../time.ts';

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

const MarketAllocationType = builder.objectRef<MarketAllocation>('MarketAllocation').implement({
  description: 'The allocation of a country that has its own.',
  fields: (t) => ({
    country: t.exposeString('country', { description: 'The country.' }),
    allocation: t.field({
      type: [VariantAllocation],
      description: 'The variants and their shares in this country.',
      resolve: ({ allocation }) => [...allocation],
    }),
  }),
});

const ExperimentPhase = builder.objectRef<Phase>('ExperimentPhase').implement({
  description:
    'A part of an experiment with one allocation. Each user is judged by the phase of the first event that counts.',
  fields: (t) => ({
    from: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The beginning, inclusive; null without bound.',
      resolve: ({ fromUs }) => fromUs,
    }),
    to: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The end, exclusive; null without bound.',
      resolve: ({ toUs }) => toUs,
    }),
    allocation: t.field({
      type: [VariantAllocation],
      description: 'The variants and their shares; empty: equal shares of the variants that have events.',
      resolve: ({ allocation }) => [...allocation],
    }),
    allocationByMarket: t.field({
      type: [MarketAllocationType],
      description: 'The countries whose allocation differs.',
      resolve: ({ allocationByMarket }) => [...allocationByMarket],
    }),
    markets: t.stringList({
      description: 'The countries in which the experiment runs; empty: the countries that have events.',
      resolve: ({ markets }) => [...markets],
    }),
  }),
});

const ExperimentStateEnum = builder.enumType('ExperimentState', {
  description: 'Where an experiment is between its plan and its end.',
  values: {
    UNPLANNED: { description: 'Only events name it: no plan was saved.' },
    DRAFT: { description: 'Its plan has no start and claims no events.' },
    SCHEDULED: { description: 'It starts later.' },
    RUNNING: { description: 'It has started and has not ended.' },
    ENDED: { description: 'It has ended.' },
  } as const,
});

export const ExperimentType = builder.objectRef<Experiment & InSnapshot>('Experiment');

builder.node(ExperimentType, {
  description: 'The plan of an A/B test.',
  id: { resolve: (experiment) => localIdOf(experiment.key, experiment) },
  loadOne(localId, { experiments, experimentEvents, ledger }) {
    const parsed = parseLocalId(localId, ledger);
    if (!parsed) return null;
    const { id: key, sequence } = parsed;
    const known = sequence === undefined ? experiments : experimentEvents.experimentsAt(sequence);
    return known.isKnown(key) ? inSnapshot(known.experimentOf(key), parsed) : null;
  },
  fields: (t) => ({
    key: t.exposeString('key', {
      description: 'The key that events name; `default` for events that belong to no plan.',
    }),
    name: t.exposeString('name', { description: 'The display name; the key when no name was given.' }),
    startedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The start of the experiment, inclusive; null for a draft, which claims no events.',
      resolve: ({ startedAtUs }) => startedAtUs,
    }),
    endedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The end of the experiment, exclusive; null without bound.',
      resolve: ({ endedAtUs }) => endedAtUs,
    }),
    state: t.field({
      type: ExperimentStateEnum,
      description: 'Where it is between its plan and its end now, or at the time of the snapshot in the `id`.',
      resolve: (experiment, _args, context) => context.planEditor.stateAt(experiment, nowUsIn(experiment, context)),
    }),
    allocation: t.field({
      type: [VariantAllocation],
      description:
        'The variants and their shares now, or at the time of the snapshot in the `id`; empty: equal shares of the variants that have events.',
      resolve: (experiment, _args, context) => [
        ...context.planEditor.phaseAt(experiment, nowUsIn(experiment, context)).allocation,
      ],
    }),
    markets: t.stringList({
      description:
        'The countries in which the experiment runs now, or at the time of the snapshot in the `id`; empty: the countries that have events.',
      resolve: (experiment, _args, context) => [
        ...context.planEditor.phaseAt(experiment, nowUsIn(experiment, context)).markets,
      ],
    }),
    phases: t.field({
      type: [ExperimentPhase],
      description:
        'The allocations from the start to the end, in the order of time, those that are scheduled included.',
      args: {
        asOf: t.arg({
          type: AsOfInput,
          description: 'The plan as it was known by then, before later corrections; `validAt` does not apply.',
        }),
      },
      resolve: (experiment, { asOf }, { planEditor, ledger }) =>
        planEditor.phases(experiment, { sequence: asOfOf(asOf, ledger, experiment).sequence }),
    }),
  }),
});

builder.queryField('experiment', (t) =>
  t.field({
    type: ExperimentType,
    description: 'An experiment by its key; null when neither a plan nor an event names it.',
    args: { key: t.arg.string({ required: true, description: 'The key that events name.' }) },
    nullable: true,
    resolve: (_root, { key }, { experiments }) => (experiments.isKnown(key) ? experiments.experimentOf(key) : null),
  }),
);

builder.queryField('experiments', (t) =>
  t.field({
    type: [ExperimentType],
    description: 'Every saved experiment, the one that was first saved last first.',
    args: {
      asOf: t.arg({
        type: AsOfInput,
        description: 'The snapshot, with the plans as they were known then; `validAt` does not apply.',
      }),
    },
    resolve(_root, args, { experiments, ledger }) {
      const asOf = asOfOf(args.asOf, ledger);
      const plans = asOf.sequence === undefined ? experiments.plans() : experiments.plansAt(asOf.sequence);
      return plans.all.map((experiment) => inSnapshot(experiment, asOf)).reverse();
    },
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

const MarketAllocationInput = builder.inputType('MarketAllocationInput', {
  description: 'The allocation of a country that has its own.',
  fields: (t) => ({
    country: t.string({ required: true, description: 'The country, one of `markets` if these are given.' }),
    allocation: t.field({
      type: [VariantAllocationInput],
      required: true,
      description: 'The variants and their shares in this country, at least two.',
    }),
  }),
});

const SaveExperimentInput = builder.inputType('SaveExperimentInput', {
  description:
    'The plan of an experiment. It replaces the name and period of an earlier plan of the same key; its allocation and markets are in force from `allocationFrom` on, and earlier ones remain as phases.',
  fields: (t) => ({
    key: t.string({ required: true, description: 'The key that events name; 1 to 256 characters.' }),
    name: t.string({ description: 'The display name; default: the key.' }),
    startedAt: t.field({
      type: 'DateTime',
      description:
        'The start, inclusive: earlier events do not count. Without it the plan is a draft and claims no events that name no experiment.',
    }),
    endedAt: t.field({
      type: 'DateTime',
      description: 'The end, exclusive: later events do not count; default: without bound.',
    }),
    allocation: t.field({
      type: [VariantAllocationInput],
      description: 'At least two variants; default: equal shares of the variants that have events.',
    }),
    allocationFrom: t.field({
      type: 'DateTime',
      description:
        'When allocation and markets came or come into force, until the next later phase. A time in the past corrects the plan. Default: now, or the start for a plan that has not started.',
    }),
    allocationByMarket: t.field({
      type: [MarketAllocationInput],
      description: 'The countries whose allocation differs from `allocation`.',
    }),
    markets: t.stringList({
      description: 'Countries as users files spell them; default: the countries that have events.',
    }),
    dryRun: t.boolean({
      required: true,
      defaultValue: false,
      description: 'Save nothing, only say what saving would do.',
    }),
  }),
});

const SaveExperimentPayload = builder.objectRef<SavedPlan>('SaveExperimentPayload').implement({
  description: 'The saved plan, or in a dry run what saving would do.',
  fields: (t) => ({
    experiment: t.field({
      type: ExperimentType,
      description:
        'The experiment; in a dry run as it would be. A client that keeps objects by their `id` does better to read `phases` there.',
      resolve: (saved) => saved.experiment,
    }),
    phases: t.field({
      type: [ExperimentPhase],
      description:
        'The phases of the plan, or in a dry run those that would result, in the order of time: `Experiment.phases` of the saved plan.',
      resolve: ({ experiment }, _args, { planEditor }) => planEditor.phases(experiment),
    }),
    movedEventCount: t.field({
      type: 'BigInt',
      description:
        'The number of events that belong to another experiment than before: events that name none and are claimed by another plan now.',
      resolve: (saved) => saved.movedEventCount,
    }),
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
      'Saves the plan of an experiment, before or after its events. Events that name no experiment belong to the plan that runs at their time: the only one that plans their variant, or else the one that started last. Where API keys are used, the key needs the scope `admin`.',
    args: { input: t.arg({ type: SaveExperimentInput, required: true, description: 'The plan.' }) },
    resolve: (_root, { input }, { planEditor, sentBy }) => {
      const { key, name, startedAt, endedAt, allocation, allocationFrom, allocationByMarket, markets, dryRun } = input;
      const plan = {
        key,
        name: name ?? key,
        startedAtUs: startedAt ?? null,
        endedAtUs: endedAt ?? null,
        allocation: allocation ?? [],
        allocationFromUs: allocationFrom ?? undefined,
        allocationByMarket: allocationByMarket ?? [],
        markets: markets ?? [],
      };
      return outcomeOf(planEditor.save(plan, { dryRun, sentBy }), ['ValidationError', 'OverloadedError']);
    },
  }),
);
