import { instantOf, localTimeOf } from '../../format/times.ts';
import type {
  ExperimentPlanFragment,
  PlannedPhaseFragment,
  SaveExperimentInput,
  VariantAllocationInput,
} from '../../generated/graphql.ts';

/** A variant as a person types it. */
export interface DraftShare {
  readonly variant: string;
  readonly weight: string;
}

export interface DraftMarket {
  readonly country: string;
  readonly shares: readonly DraftShare[];
}

/** A plan as a person types it: times in the zone of the page, empty where there is none. */
export interface PlanDraft {
  readonly key: string;
  readonly name: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly shares: readonly DraftShare[];
  /** Of the variant that the others are compared with; empty: the first. */
  readonly control: string;
  readonly markets: readonly string[];
  readonly byMarket: readonly DraftMarket[];
  readonly allocationFrom: string;
  /** The instants that the form was opened with, by their text: of a time that clocks show twice the text names the first. */
  readonly known: Readonly<Record<string, string>>;
}

/** What is wrong, by the path of the field as the server names it. */
export type FieldFaults = Readonly<Record<string, string>>;

const evenShares = (variants: readonly string[]): DraftShare[] =>
  variants.map((variant) => ({ variant, weight: '50' }));

export const newDraft = (key = '', variants: readonly string[] = ['A', 'B']): PlanDraft => ({
  ...{ key, name: '', startedAt: '', endedAt: '', control: variants[0] ?? '' },
  shares: evenShares(variants),
  ...{ markets: [], byMarket: [], allocationFrom: '', known: {} },
});

type Phase = PlannedPhaseFragment;

const sharesOf = (allocation: Phase['allocation']): DraftShare[] =>
  allocation.map(({ variant, weight }) => ({ variant, weight: String(weight) }));

/** The phase in force now, or the last one of an experiment that has ended. */
export const phaseInForce = (phases: readonly Phase[], nowMs: number): Phase | undefined =>
  phases.findLast(({ from }) => from === null || Date.parse(from) <= nowMs) ?? phases[0];

const timeText = (iso: string | null, zone: string): string => (iso === null ? '' : localTimeOf(iso, zone));

/** The plan as it is, with the shares of one phase. An ended plan can only be corrected, so its phase is named by its time. */
export const draftOf = (plan: ExperimentPlanFragment, phase: Phase | undefined, zone: string): PlanDraft => ({
  key: plan.key,
  name: plan.name === plan.key ? '' : plan.name,
  startedAt: timeText(plan.startedAt, zone),
  endedAt: timeText(plan.endedAt, zone),
  shares: sharesOf(phase?.allocation ?? []),
  control: phase?.allocation.find(({ isControl }) => isControl)?.variant ?? '',
  markets: phase?.markets ?? [],
  byMarket: (phase?.allocationByMarket ?? []).map(({ country, allocation }) => ({
    country,
    shares: sharesOf(allocation),
  })),
  allocationFrom: plan.state === 'ENDED' ? timeText(phase?.from ?? null, zone) : '',
  known: Object.fromEntries(
    [plan.startedAt, plan.endedAt, phase?.from ?? null]
      .filter((iso) => iso !== null)
      .map((iso) => [localTimeOf(iso, zone), iso]),
  ),
});

const timeFault = 'Write a time such as 2025-10-07 20:22.';
const weightFault = 'Write a number above 0.';

const isWeight = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text)) && Number(text) > 0;

const allocationOf = (shares: readonly DraftShare[], control: string): VariantAllocationInput[] =>
  shares.map(({ variant, weight }) => ({ variant, weight: Number(weight), isControl: variant === control }));

const weightFaults = (path: string, shares: readonly DraftShare[]): [string, string][] =>
  shares.flatMap(({ weight }, index): [string, string][] =>
    isWeight(weight) ? [] : [[`${path}.${index}.weight`, weightFault]],
  );

/** The input of the mutation, or what keeps it from being one. All other rules are the server's. */
export const inputOf = (
  draft: PlanDraft,
  zone: string,
): { readonly input: SaveExperimentInput } | { readonly faults: FieldFaults } => {
  const times = { startedAt: draft.startedAt, endedAt: draft.endedAt, allocationFrom: draft.allocationFrom };
  const read = Object.entries(times).map(([name, text]) => {
    const isEmpty = text.trim() === '';
    return { name, isEmpty, instant: isEmpty ? undefined : (draft.known[text] ?? instantOf(text, zone)) };
  });
  const faults = [
    ...read.filter(({ isEmpty, instant }) => !isEmpty && instant === undefined).map(({ name }) => [name, timeFault]),
    ...weightFaults('allocation', draft.shares),
    ...draft.byMarket.flatMap(({ shares }, index) => weightFaults(`allocationByMarket.${index}.allocation`, shares)),
    ...(draft.key.trim() === '' ? [['key', 'Write the key that events name.']] : []),
  ];
  if (faults.length > 0) return { faults: Object.fromEntries(faults) };
  const instants = Object.fromEntries(read.map(({ name, instant }) => [name, instant ?? null]));
  return {
    input: {
      ...instants,
      key: draft.key,
      name: draft.name.trim() === '' ? null : draft.name,
      allocation: draft.shares.length === 0 ? null : allocationOf(draft.shares, draft.control),
      markets: draft.markets.length === 0 ? null : [...draft.markets],
      allocationByMarket: draft.byMarket.map(({ country, shares }) => ({
        country,
        allocation: allocationOf(shares, draft.control),
      })),
    },
  };
};

/** The faults of a field and of all below it that no field of the form shows on its own. */
export const faultsBelow = (faults: FieldFaults, path: string): string | undefined => {
  const own = Object.entries(faults).filter(([name]) => name === path || name.startsWith(`${path}.`));
  return own.length === 0 ? undefined : own.map(([, message]) => message).join(' ');
};

/** The part of a variant in all weights, 0 to 1; null while a weight is no number. */
export const shareOf = (shares: readonly DraftShare[], index: number): number | null => {
  if (!shares.every(({ weight }) => isWeight(weight))) return null;
  const total = shares.reduce((sum, { weight }) => sum + Number(weight), 0);
  return Number(shares[index]?.weight) / total;
};
