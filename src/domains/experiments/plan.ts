/** The planned share of a variant. */
export interface Allocation {
  readonly variant: string;
  /** In any unit: shares are weights divided by their sum. */
  readonly weight: number;
  readonly isControl: boolean;
}

/** The allocation of a country in which it differs from the others. */
export interface MarketAllocation {
  readonly country: string;
  readonly allocation: readonly Allocation[];
}

/** What is planned during a part of an experiment. */
export interface PhasePlan {
  /** Empty: equal shares of the variants that have events. */
  readonly allocation: readonly Allocation[];
  /** The countries that have an allocation of their own. */
  readonly allocationByMarket: readonly MarketAllocation[];
  /** Empty: the markets that have events. */
  readonly markets: readonly string[];
}

/** A part of an experiment with one plan, `[fromUs, toUs)` in microseconds since 1970 UTC; null without bound. */
export interface Phase extends PhasePlan {
  readonly fromUs: number | null;
  readonly toUs: number | null;
}

/** The plan of an experiment. */
export interface Experiment {
  readonly key: string;
  readonly name: string;
  /** Whether a plan was saved; false for a key that only events name. */
  readonly hasPlan: boolean;
  /** Microseconds since 1970 UTC. Null for a draft: it claims no events. */
  readonly startedAtUs: number | null;
  /** Null without bound. */
  readonly endedAtUs: number | null;
  /** In the order of time, at least one, without gaps from null to null: the first one also holds before the start. */
  readonly phases: readonly Phase[];
}

/** A plan as it is saved: it replaces name and period, and adds a phase. */
export interface PlanRevision extends PhasePlan {
  readonly key: string;
  readonly name: string;
  readonly startedAtUs: number | null;
  readonly endedAtUs: number | null;
  /** From when on the rest of the revision is in force, until the next later phase; null from the start. */
  readonly allocationFromUs: number | null;
}

const emptyPhase: Phase = { fromUs: null, toUs: null, allocation: [], allocationByMarket: [], markets: [] };

/** An experiment without a plan: it has neither variants nor markets. */
export const unplanned = (key: string): Experiment => ({
  key,
  name: key,
  hasPlan: false,
  startedAtUs: null,
  endedAtUs: null,
  phases: [emptyPhase],
});

/** The experiment after its plan was saved again; `before` is undefined for the first time. */
export const revised = (before: Experiment | undefined, revision: PlanRevision): Experiment => {
  const { key, name, startedAtUs, endedAtUs, allocation, allocationByMarket, markets, allocationFromUs } = revision;
  const plan = { allocation, allocationByMarket, markets };
  const phases = before && allocationFromUs !== null ? withPhase(before.phases, allocationFromUs, plan) : [plan];
  return { key, name, hasPlan: true, startedAtUs, endedAtUs, phases: chained(phases) };
};

type OpenPhase = PhasePlan & { readonly fromUs?: number | null };

const withPhase = (phases: readonly Phase[], fromUs: number, plan: PhasePlan): OpenPhase[] => {
  const isEarlier = (phase: Phase): boolean => phase.fromUs === null || phase.fromUs < fromUs;
  const later = phases.filter((phase) => phase.fromUs !== null && phase.fromUs > fromUs);
  return [...phases.filter(isEarlier), { fromUs, ...plan }, ...later];
};

/** Joins neighbours with the same plan, so that a later correction is not cut off where nothing changed. */
const chained = (phases: readonly OpenPhase[]): Phase[] => {
  const distinct = phases.filter((phase, index) => index === 0 || !isSamePlan(phase, phases[index - 1] as OpenPhase));
  return distinct.map(({ allocation, allocationByMarket, markets, fromUs = null }, index) => {
    return { fromUs, toUs: distinct[index + 1]?.fromUs ?? null, allocation, allocationByMarket, markets };
  });
};

const isSamePlan = (a: PhasePlan, b: PhasePlan): boolean => planText(a) === planText(b);

const planText = ({ allocation, allocationByMarket, markets }: PhasePlan): string =>
  JSON.stringify([allocation.map(allocationText), allocationByMarket.map(marketText), markets]);
const allocationText = ({ variant, weight, isControl }: Allocation): unknown => [variant, weight, isControl];
const marketText = ({ country, allocation }: MarketAllocation): unknown => [country, allocation.map(allocationText)];

/** The phase in force at an instant. */
export const phaseAt = ({ phases }: Experiment, atUs: number): Phase =>
  phases.findLast(({ fromUs }) => fromUs === null || fromUs <= atUs) as Phase;

/** The allocation in force in a country during a phase. */
export const allocationIn = ({ allocation, allocationByMarket }: PhasePlan, country: string): readonly Allocation[] =>
  allocationByMarket.find((each) => each.country === country)?.allocation ?? allocation;

/** All allocations of a phase: the general one first. */
const allocationsOf = ({ allocation, allocationByMarket }: PhasePlan): (readonly Allocation[])[] => [
  allocation,
  ...allocationByMarket.map((market) => market.allocation),
];

/** The names of all variants that a phase plans in any country. */
export const variantsOfPhase = (phase: PhasePlan): string[] => [
  ...new Set(allocationsOf(phase).flatMap((allocation) => allocation.map(({ variant }) => variant))),
];

/** The phases as they were in force: cut to the period of the experiment. */
export const phasesInPeriod = ({ startedAtUs, endedAtUs, phases }: Experiment): Phase[] =>
  phases
    .filter(({ fromUs, toUs }) => {
      const isBefore = toUs !== null && startedAtUs !== null && toUs <= startedAtUs;
      const isAfter = fromUs !== null && endedAtUs !== null && fromUs >= endedAtUs;
      return !isBefore && !isAfter;
    })
    .map((phase) => ({
      ...phase,
      fromUs:
        startedAtUs === null || (phase.fromUs !== null && phase.fromUs > startedAtUs) ? phase.fromUs : startedAtUs,
      toUs: endedAtUs === null || (phase.toUs !== null && phase.toUs < endedAtUs) ? phase.toUs : endedAtUs,
    }));

/** The names of all variants that are ever planned, those of the newest phase first. */
export const plannedVariants = (experiment: Experiment): string[] => [
  ...new Set(phasesInPeriod(experiment).toReversed().flatMap(variantsOfPhase)),
];

/** Whether variants are planned; otherwise equal shares of the variants that have events are assumed. */
export const isPlanned = (experiment: Experiment): boolean => plannedVariants(experiment).length > 0;

/** The markets that are ever planned; empty: the markets that have events. */
export const plannedMarkets = (experiment: Experiment): string[] => [
  ...new Set(phasesInPeriod(experiment).flatMap(({ markets }) => markets)),
];

/**
 * The variant that the others are compared with: the control of the newest phase in the period that has one, or else the first
 * variant of the newest phase in it.
 */
export const plannedControl = (experiment: Experiment): string | undefined => {
  const allocations = phasesInPeriod(experiment).toReversed().flatMap(allocationsOf);
  const control = allocations.flat().find(({ isControl }) => isControl) ?? allocations.flat()[0];
  return control?.variant;
};

/** Where an experiment is between its plan and its end. */
export type ExperimentState = 'UNPLANNED' | 'DRAFT' | 'SCHEDULED' | 'RUNNING' | 'ENDED';

export const stateAt = ({ hasPlan, startedAtUs, endedAtUs }: Experiment, atUs: number): ExperimentState => {
  if (!hasPlan) return 'UNPLANNED';
  if (startedAtUs === null) return 'DRAFT';
  if (atUs < startedAtUs) return 'SCHEDULED';
  return endedAtUs !== null && atUs >= endedAtUs ? 'ENDED' : 'RUNNING';
};

/** Whether an instant is within the period of an experiment; a bound that is null does not limit it. */
export const isInPeriod = (
  { startedAtUs, endedAtUs }: Pick<Experiment, 'startedAtUs' | 'endedAtUs'>,
  atUs: number,
): boolean => (startedAtUs === null || startedAtUs <= atUs) && (endedAtUs === null || atUs < endedAtUs);
