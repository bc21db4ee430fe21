import { DomainError } from '../../errors.ts';
import { createNumberTable, pairKey } from '../../indices/number-table.ts';
import { selectNth } from '../../indices/select-nth.ts';
import type { ConfidenceInterval } from '../../lib/statistics/confidence-sequence.ts';
import { GroupMoments, type Moments } from '../../lib/statistics/moments.ts';
import { type Stratum, stratifiedDifference, type ValueRange } from '../../lib/statistics/stratified-difference.ts';
import type { Work } from '../../lib/work.ts';
import { createYielder } from '../../lib/yielding.ts';
import { plannedControl } from '../experiments/plan.ts';
import type { UserOutcomes } from './event-passes.ts';
import { type ReportSources, scopeOf, variantsOf } from './snapshot.ts';
import { phaseIndexAt } from './split-plan.ts';

export type OutcomeMetric = 'ORDER_VALUE_PER_USER' | 'ORDERS_PER_USER' | 'CONVERSION';

export interface OutcomeRequest {
  readonly metric: OutcomeMetric;
  /** The types of events that are orders; undefined: events with a value above 0. */
  readonly eventTypes?: readonly string[] | undefined;
  /** Values of users above this quantile count as the quantile, above 0 and at most 1; undefined: none. */
  readonly cap?: number | undefined;
  /** Whether users are compared within their market. */
  readonly byMarket: boolean;
}

export interface VariantOutcome {
  readonly variant: string;
  readonly isControl: boolean;
  /** Users who saw only this variant. */
  readonly users: number;
  /** Users who saw this variant first and then another one: they count in none. */
  readonly crossoverUserCount: number;
  /** Per user; 0 without users. */
  readonly mean: number;
  /** Values above it count as this; null without a cap. */
  readonly cappedAt: number | null;
  /** Compared with the control, within strata; null for the control, and while the data does not suffice. */
  readonly absoluteDifference: ConfidenceInterval | null;
  readonly relativeDifference: ConfidenceInterval | null;
  /** Users of both variants in strata where one of these has no user; 0 for the control. */
  readonly leftOutUserCount: number;
}

const metrics: Readonly<Record<OutcomeMetric, (users: UserOutcomes, index: number) => number>> = {
  ORDER_VALUE_PER_USER: (users, index) => users.valueOf(index),
  ORDERS_PER_USER: (users, index) => users.ordersOf(index),
  CONVERSION: (users, index) => (users.ordersOf(index) > 0 ? 1 : 0),
};

const ranges: Readonly<Record<OutcomeMetric, ValueRange>> = {
  // Refunds can leave less than 0.
  ORDER_VALUE_PER_USER: 'ANY',
  ORDERS_PER_USER: 'NON_NEGATIVE',
  CONVERSION: 'BINARY',
};

/**
 * What the users of each variant did, compared with the planned control, or else with the first variant. All events are
 * read once for each selection of event types. Throws VALIDATION_FAILED with the arguments at fault.
 */
export const createOutcomes = (sources: ReportSources): ((request: OutcomeRequest) => Promise<VariantOutcome[]>) => {
  const usersByTypes = new Map<string, Promise<UserOutcomes>>();
  return async (request) => {
    checkRequest(request);
    const key = JSON.stringify(request.eventTypes ?? null);
    const users = usersByTypes.get(key) ?? sources.passes.outcomes(scopeOf(sources), request.eventTypes);
    usersByTypes.set(key, users);
    return compareVariants(sources, request, await measureUsers(await users, request, sources));
  };
};

const checkRequest = ({ metric, eventTypes, cap }: OutcomeRequest): void => {
  const refuse = (path: string, message: string): never => {
    throw new DomainError('VALIDATION_FAILED', message, { problems: [{ path, code: 'OUT_OF_RANGE', message }] });
  };
  if (eventTypes?.length === 0)
    refuse('eventTypes', 'eventTypes must name at least one type; leave it out to count events with a value above 0');
  if (cap === undefined) return;
  if (!(cap > 0 && cap <= 1)) refuse('cap', 'cap must be a quantile above 0 and at most 1, for example 0.99');
  if (metric === 'CONVERSION')
    refuse('cap', 'cap does not apply to CONVERSION, whose values are 0 and 1: leave it out');
};

/** The users of a variant in a stratum. */
interface Cell {
  /** Codes. */
  readonly variant: number;
  readonly stratum: number;
  readonly moments: Moments;
}

interface MeasuredUsers {
  readonly cells: readonly Cell[];
  readonly cappedAt: number | null;
  /** By the code of the variant, with holes. */
  readonly crossovers: readonly number[];
}

/** Users measured without looking at the clock. */
const usersPerSlice = 4096;

/** The cell of users who count in none. */
const noCell = 0xffffffff;

/** Groups users by variant and stratum, caps their values at the quantile of all of them, and takes the moments. */
const measureUsers = async (
  users: UserOutcomes,
  { metric, cap, byMarket }: OutcomeRequest,
  sources: ReportSources,
): Promise<MeasuredUsers> => {
  const { work } = sources;
  const phaseOf = phasesOf(sources, users);
  const [strata, cells] = [createNumberTable(), createNumberTable()];
  const codes: { readonly variant: number; readonly stratum: number }[] = [];
  const cellOf = new Uint32Array(users.userCount).fill(noCell);
  const values = new Float64Array(users.userCount);
  const crossovers: number[] = [];
  let counted = 0;
  const inSlices = createSlicer(users.userCount, work);
  await inSlices((index) => {
    const variant = users.variantOf(index);
    if (users.isCrossover(index)) {
      crossovers[variant] = (crossovers[variant] ?? 0) + 1;
      return;
    }
    const stratum = strata.intern(pairKey(phaseOf(index), byMarket ? users.marketOf(index) : 0));
    const cell = cells.intern(pairKey(stratum, variant));
    if (cell === codes.length) codes.push({ variant, stratum });
    cellOf[index] = cell;
    values[index] = metrics[metric](users, index);
    counted++;
  });
  const cappedAt = cap === undefined || counted === 0 ? null : await quantileOf({ values, cellOf, counted }, cap, work);
  const moments = new GroupMoments(codes.length);
  const cappedValueOf = (index: number): number => Math.min(values[index] as number, cappedAt ?? Infinity);
  const countedOnly = (visit: (cell: number, value: number) => void) => (index: number) => {
    if (cellOf[index] !== noCell) visit(cellOf[index] as number, cappedValueOf(index));
  };
  await inSlices(countedOnly((cell, value) => moments.addValue(cell, value)));
  await inSlices(countedOnly((cell, value) => moments.addDeviation(cell, value)));
  const measured = codes.map((code, cell) => ({ ...code, moments: moments.momentsOf(cell) }));
  return { cells: measured, cappedAt, crossovers };
};

/** A number for the phase and the shares in force at the first exposure: such users were assigned with equal probabilities. */
const phasesOf = (
  { services, snapshot: { split } }: ReportSources,
  users: UserOutcomes,
): ((index: number) => number) => {
  if (!split) return () => 0;
  const { textOf } = services.users.countries.names;
  return (index) => {
    const phase = phaseIndexAt(split, users.firstAtUs(index));
    // Markets with an allocation of their own are compared apart.
    return phase * split.strata.length + split.stratumOf(phase, textOf(users.marketOf(index)));
  };
};

const createSlicer = (count: number, work: Work) => {
  const yieldIfDue = createYielder(work);
  return async (visit: (index: number) => void): Promise<void> => {
    for (let index = 0; index < count; index++) {
      if (index % usersPerSlice === 0) await yieldIfDue();
      visit(index);
    }
  };
};

/**
 * The value of the nearest rank, the smallest that at least a part `cap` of the counted users do not exceed (definition 1
 * of Hyndman & Fan 1996, The American Statistician 50, 361–365). Only high values are cut: the low ones are refunds.
 */
interface CountedValues {
  readonly values: Float64Array;
  readonly cellOf: Uint32Array;
  readonly counted: number;
}

const quantileOf = ({ values, cellOf, counted }: CountedValues, cap: number, work: Work): Promise<number> => {
  const sorted = values.filter((_, index) => cellOf[index] !== noCell);
  // Without the rounding error of the product, which would add a rank to 0.07 of 100.
  const rank = Math.ceil(Number((cap * counted).toPrecision(12)));
  return selectNth(sorted, rank - 1, createYielder(work));
};

const compareVariants = (
  { services, snapshot }: ReportSources,
  { metric }: OutcomeRequest,
  { cells, cappedAt, crossovers }: MeasuredUsers,
): VariantOutcome[] => {
  const { variants } = services.experimentEvents.events;
  const names = variantsOf(snapshot);
  const control = plannedControl(snapshot.experiment) ?? names[0];
  const cellsOf = (name: string | undefined): readonly Cell[] => {
    const code = variants.codeOf(name ?? '');
    return cells.filter(({ variant }) => variant === code);
  };
  const ofControl = cellsOf(control);
  return names.map((variant) => {
    const own = cellsOf(variant);
    const isControl = variant === control;
    const users = own.reduce((sum, { moments }) => sum + moments.count, 0);
    const total = own.reduce((sum, { moments }) => sum + moments.count * moments.mean, 0);
    const { absolute, relative, leftOutUserCount } = isControl
      ? { absolute: null, relative: null, leftOutUserCount: 0 }
      : stratifiedDifference(strataOf(own, ofControl), { range: ranges[metric] });
    return {
      ...{ variant, isControl, users, cappedAt, leftOutUserCount },
      crossoverUserCount: crossovers[variants.codeOf(variant) ?? -1] ?? 0,
      mean: users === 0 ? 0 : total / users,
      absoluteDifference: absolute,
      relativeDifference: relative,
    };
  });
};

const noUsers: Moments = { count: 0, mean: 0, variance: 0, third: 0, fourth: 0 };

const strataOf = (treatment: readonly Cell[], control: readonly Cell[]): Stratum[] => {
  const codes = new Set([...treatment, ...control].map(({ stratum }) => stratum));
  const momentsIn = (cells: readonly Cell[], code: number): Moments =>
    cells.find(({ stratum }) => stratum === code)?.moments ?? noUsers;
  return [...codes].map((code) => ({ treatment: momentsIn(treatment, code), control: momentsIn(control, code) }));
};
