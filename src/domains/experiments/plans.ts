import type { Dictionary } from '../../indices/dictionary.ts';
import type { AssignmentRule } from '../facts/knowledge.ts';
import { type Experiment, isInPeriod, type PlanRevision, phaseAt, revised, variantsOfPhase } from './plan.ts';

/** What decides which experiment an event belongs to. */
export interface AssignableEvent {
  /** Code of the experiment that the event names; null when it names none. */
  readonly named: number | null;
  readonly atUs: number;
  readonly variant: string;
}

/** The plans as of a sequence number. Never changes. */
export interface Plans {
  /** The plan of each key, in the order in which the keys were first saved. */
  readonly all: readonly Experiment[];
  of(key: string): Experiment | undefined;
  /**
   * The code of the experiment that an event belongs to: the one that the event names. Of the plans that run at its time,
   * otherwise the only one that plans its variant; of several that do, or when none does, the one that started last. Without
   * a running plan `default`, whose code is 0. Saving a plan again changes no order: of equal starts the key saved first
   * counts as the earlier one.
   */
  codeOf(event: AssignableEvent): number;
  /** The same for events that name no experiment: the first rule that an event fits decides, without one `default`. */
  rules(): AssignmentRule[];
}

interface Claimant {
  readonly plan: Experiment;
  readonly code: number;
  /** The variants of each phase. */
  readonly variants: ReadonlyMap<object, ReadonlySet<string>>;
}

/** The plans after all revisions, in the order of the ledger. */
export const plansOf = (revisions: readonly PlanRevision[], keys: Dictionary): Plans => {
  const byKey = new Map<string, Experiment>();
  for (const revision of revisions) byKey.set(revision.key, revised(byKey.get(revision.key), revision));
  return createPlans(byKey, keys);
};

/** The plans after one more revision. */
export const plansWith = ({ all }: Plans, revision: PlanRevision, keys: Dictionary): Plans => {
  const byKey = new Map(all.map((plan) => [plan.key, plan]));
  return createPlans(byKey.set(revision.key, revised(byKey.get(revision.key), revision)), keys);
};

const createPlans = (byKey: ReadonlyMap<string, Experiment>, keys: Dictionary): Plans => {
  const all = [...byKey.values()];
  const claimants = claimantsOf(all, keys);
  return {
    all,
    of: (key) => byKey.get(key),
    codeOf({ named, atUs, variant }) {
      if (named !== null) return named;
      let latest: Claimant | undefined;
      for (const claimant of claimants) {
        if (!isInPeriod(claimant.plan, atUs)) continue;
        if (planVariant(claimant, atUs, variant)) return claimant.code;
        latest ??= claimant;
      }
      return latest?.code ?? 0;
    },
    rules: () => [...claimants.flatMap(rulesOfPhases), ...claimants.map(ruleOfPeriod)],
  };
};

/**
 * The plans that can claim events, the one that started last first. The key of a plan that is not saved yet has no code: it
 * gets the next free one, and stays unknown.
 */
const claimantsOf = (plans: readonly Experiment[], keys: Dictionary): Claimant[] =>
  plans
    .map((plan, order) => ({ plan, order, code: keys.codeOf(plan.key) ?? keys.size }))
    .filter(({ plan }) => plan.startedAtUs !== null)
    .sort((a, b) => (b.plan.startedAtUs as number) - (a.plan.startedAtUs as number) || b.order - a.order)
    .map(({ plan, code }) => ({
      plan,
      code,
      variants: new Map(plan.phases.map((phase) => [phase, new Set(variantsOfPhase(phase))])),
    }));

/** A variant that a phase plans is claimed while it is in force. */
const rulesOfPhases = ({ plan }: Claimant): AssignmentRule[] =>
  plan.phases.map((phase) => ({
    fromUs: later(plan.startedAtUs, phase.fromUs),
    toUs: earlier(plan.endedAtUs, phase.toUs),
    variants: variantsOfPhase(phase),
    experiment: plan.key,
  }));

const ruleOfPeriod = ({ plan }: Claimant): AssignmentRule => ({
  fromUs: plan.startedAtUs,
  toUs: plan.endedAtUs,
  variants: null,
  experiment: plan.key,
});

/** Null is no bound. */
const later = (a: number | null, b: number | null): number | null => (a === null || (b !== null && b > a) ? b : a);
const earlier = (a: number | null, b: number | null): number | null => (a === null || (b !== null && b < a) ? b : a);

const planVariant = ({ plan, variants }: Claimant, atUs: number, variant: string): boolean =>
  variants.get(phaseAt(plan, atUs))?.has(variant) ?? false;
