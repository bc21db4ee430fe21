import type { KnownAsOf, Ledger } from '../../ledger/ledger.ts';
import type { ExperimentEvents } from './events.ts';
import type { Experiments, PlanInput } from './experiments.ts';
import { type Experiment, type ExperimentState, type Phase, phaseAt, phasesInPeriod, stateAt } from './plan.ts';

export interface SavedPlan {
  readonly experiment: Experiment;
  /** How many events that name no experiment belong to another experiment by the plan than before. */
  readonly movedEventCount: number;
}

export interface SaveOptions {
  /** Only say what saving would do. */
  readonly dryRun: boolean;
  readonly sentBy: string | null;
}

interface EditorServices {
  readonly experiments: Experiments;
  readonly experimentEvents: ExperimentEvents;
  readonly ledger: Pick<Ledger, 'resolveSequence'>;
  readonly nowUs: () => number;
}

/** Saves plans, and shows what they say of which time. */
export class PlanEditor {
  readonly #services: EditorServices;

  constructor(services: EditorServices) {
    this.#services = services;
  }

  /** Saves a plan and counts the events that it moves. Throws VALIDATION_FAILED with the fields at fault. */
  async save(plan: PlanInput, { dryRun, sentBy }: SaveOptions): Promise<SavedPlan> {
    const { experiments, experimentEvents } = this.#services;
    const { experiment, before, after } = experiments.preview(plan);
    const movedEventCount = await experimentEvents.movedBy(before, after);
    return { experiment: dryRun ? experiment : await experiments.save(plan, sentBy), movedEventCount };
  }

  /** The phase in force at an instant, microseconds since 1970 UTC. */
  phaseAt(experiment: Experiment, atUs: number): Phase {
    return phaseAt(experiment, atUs);
  }

  /** Where an experiment is between its plan and its end at an instant, microseconds since 1970 UTC. */
  stateAt(experiment: Experiment, atUs: number): ExperimentState {
    return stateAt(experiment, atUs);
  }

  /** All phases within the period of the experiment, in the order of time, as they were known; none before the first plan. */
  phases(experiment: Experiment, knownAsOf: KnownAsOf = {}): Phase[] {
    const { experiments, ledger } = this.#services;
    if (knownAsOf.sequence === undefined && knownAsOf.knownAtUs === undefined) return phasesInPeriod(experiment);
    const then = experiments.plansAt(ledger.resolveSequence(knownAsOf)).of(experiment.key);
    return then ? phasesInPeriod(then) : [];
  }
}
