import {
  type Allocation,
  allocationIn,
  type Experiment,
  phasesInPeriod,
  plannedVariants,
} from '../experiments/plan.ts';

/** The shares under test: which weights each user is judged by. */
export interface SplitPlan {
  /** The names of all variants that are planned in any stratum. */
  readonly variants: readonly string[];
  /** The distinct weights, by the index of the variant; 0 for a variant that is not planned there. */
  readonly strata: readonly (readonly number[])[];
  /** The beginnings of the phases, ascending, the first -Infinity. */
  readonly phasesFromUs: readonly number[];
  /** The index of the stratum of a phase in a country. */
  stratumOf(phase: number, country: string): number;
}

/** The beginnings of the phases, ascending. The first one also holds before the start. */
export const phaseStarts = (experiment: Experiment): number[] =>
  phasesInPeriod(experiment).map(({ fromUs }, index) =>
    index > 0 && fromUs !== null ? fromUs : Number.NEGATIVE_INFINITY,
  );

/** The index of the phase in force at an instant. */
export const phaseIndexAt = ({ phasesFromUs }: Pick<SplitPlan, 'phasesFromUs'>, atUs: number): number => {
  let phase = phasesFromUs.length - 1;
  while (phase > 0 && atUs < (phasesFromUs[phase] as number)) phase--;
  return phase;
};

/**
 * The shares that a plan puts under test. An allocation that is not planned has equal weights for `arms`, the variants that
 * have events. Null while fewer than two variants are known.
 */
export const splitPlanOf = (experiment: Experiment, arms: readonly string[]): SplitPlan | null => {
  const phases = phasesInPeriod(experiment);
  const isOpen = phases.some(({ allocation }) => allocation.length === 0);
  const variants = [...new Set([...plannedVariants(experiment), ...(isOpen ? arms : [])])];
  if (variants.length < 2) return null;
  const equal = (arms.length > 1 ? arms : variants).map((variant) => ({ variant, weight: 1 }));
  const strata: number[][] = [];
  const indexByText = new Map<string, number>();
  const stratumOfWeights = (allocation: readonly Pick<Allocation, 'variant' | 'weight'>[]): number => {
    const planned = allocation.length > 0 ? allocation : equal;
    const weights = variants.map((name) => planned.find(({ variant }) => variant === name)?.weight ?? 0);
    const text = shareText(weights);
    const known = indexByText.get(text);
    if (known !== undefined) return known;
    indexByText.set(text, strata.length);
    return strata.push(weights) - 1;
  };
  const byPhase = phases.map((phase) => ({
    general: stratumOfWeights(phase.allocation),
    byCountry: new Map(
      phase.allocationByMarket.map(({ country }) => [country, stratumOfWeights(allocationIn(phase, country))]),
    ),
  }));
  return {
    variants,
    strata,
    phasesFromUs: phaseStarts(experiment),
    stratumOf(phase, country) {
      const { general, byCountry } = byPhase[phase] as (typeof byPhase)[number];
      return byCountry.get(country) ?? general;
    },
  };
};

/** Equal for weights that mean the same shares. */
const shareText = (weights: readonly number[]): string => {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => (weight / sum).toPrecision(12)).join();
};
