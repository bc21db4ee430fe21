import { LRUCache } from 'lru-cache';
import type { Row, Tx } from '../../../db/store.ts';
import { experiments } from '../../../db/tables/experiments.ts';
import { DomainError } from '../../errors.ts';
import { createDictionary, type Dictionary } from '../../indices/dictionary.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { sentByApi } from '../../ledger/record.ts';
import { compareTexts } from '../../lib/compare.ts';
import { type Experiment, isInPeriod, type PlanRevision, unplanned } from './plan.ts';
import { planProblems } from './plan-problems.ts';
import { type Plans, plansOf, plansWith } from './plans.ts';

/** A plan as a client saves it. */
export interface PlanInput extends Omit<PlanRevision, 'allocationFromUs'> {
  /**
   * When the allocation came or comes into force. Undefined: now, or for a plan that has not started yet from its start.
   */
  readonly allocationFromUs?: number | undefined;
}

/** What saving a plan would do. */
export interface PlanPreview {
  readonly experiment: Experiment;
  readonly before: Plans;
  readonly after: Plans;
}

/** The experiments that are known as of one sequence number. */
export interface KnownExperiments {
  plans(): Plans;
  /** The keys that a plan or an event names, and `default`, in order. */
  allKeys(): string[];
  /** Whether it is one of these keys. */
  isKnown(key: string): boolean;
  /** The plan of a key; an experiment without a plan has neither variants nor markets. */
  experimentOf(key: string): Experiment;
  /** The default of requests: the running plan that started last, else the one that started last, else any, else `default`. */
  current(nowUs: number): Experiment;
}

/** The newest state, and earlier ones. */
export interface Experiments extends KnownExperiments {
  /** Keys of the experiments that have a plan or are named by an event, by their codes. */
  readonly keys: Dictionary;
  plansAt(sequence: number): Plans;
  /** The experiments as of a sequence number, where `namedKeys` are the keys that events name until then. */
  at(sequence: number, namedKeys: () => Iterable<string>): KnownExperiments;
  /** Throws VALIDATION_FAILED with the fields at fault. */
  preview(plan: PlanInput): PlanPreview;
  /** Saves a plan; one that changes nothing is not saved again. Throws VALIDATION_FAILED with the fields at fault. */
  save(plan: PlanInput, sentBy?: string | null): Promise<Experiment>;
}

/** The experiment of events that name none and belong to no plan. */
const defaultKey = 'default';

const rowColumns = [
  ...(['seq', 'key', 'name', 'startedAtUs', 'endedAtUs'] as const),
  ...(['allocation', 'allocationFromUs', 'allocationByMarket', 'markets'] as const),
] as const;
type PlanRow = Pick<Row<typeof experiments>, (typeof rowColumns)[number]>;

export const createExperiments = (ledger: Ledger, nowUs: () => number): Experiments => {
  const keys = createDictionary();
  keys.intern(defaultKey);
  const rows: PlanRow[] = [];
  let newest = plansOf([], keys);

  ledger.subscribe(experiments, rowColumns, {
    name: 'experiments',
    apply(added) {
      const last = rows.at(-1)?.seq ?? 0;
      for (const row of added.rows()) {
        if (row.seq <= last) continue;
        rows.push(row);
        keys.intern(row.key);
      }
      newest = plansOf(rows, keys);
    },
    exchange(columns) {
      keys.exchange(columns.within('keys'));
      rows.push(...(columns.value('plans', rows) ?? []));
      newest = plansOf(rows, keys);
    },
  });

  /** The plans after so many revisions: fields of many events request the same ones again. */
  const earlier = new LRUCache<number, Plans>({ max: cachedPlansMax });
  const plansAt = (sequence: number): Plans => {
    const revisions = rows.filter(({ seq }) => seq <= sequence);
    const known = earlier.get(revisions.length) ?? plansOf(revisions, keys);
    earlier.set(revisions.length, known);
    return known;
  };

  const preview = (plan: PlanInput): PlanPreview => {
    const before = newest;
    const revision = revisionOf(plan, before.of(plan.key), nowUs());
    const after = plansWith(before, revision, keys);
    return { before, after, experiment: after.of(plan.key) as Experiment };
  };

  return {
    keys,
    plansAt,
    at(sequence, namedKeys) {
      const plans = plansAt(sequence);
      let known: Set<string> | undefined;
      const knownKeys = (): Set<string> => {
        known ??= new Set([defaultKey, ...plans.all.map(({ key }) => key), ...namedKeys()]);
        return known;
      };
      return { ...readPlans(() => plans), allKeys: () => inOrder(knownKeys()), isKnown: (key) => knownKeys().has(key) };
    },
    ...readPlans(() => newest),
    allKeys: () => inOrder(Array.from({ length: keys.size }, (_, code) => keys.textOf(code))),
    isKnown: (key) => keys.codeOf(key) !== undefined,
    preview,
    async save(plan, sentBy = null) {
      return ledger.write((tx) => append(tx, plan, { plans: newest, keys, sentBy }));
    },
  };
};

const cachedPlansMax = 8;

const readPlans = (plans: () => Plans): Pick<KnownExperiments, 'plans' | 'experimentOf' | 'current'> => ({
  plans,
  experimentOf: (key) => plans().of(key) ?? unplanned(key),
  current: (atUs) => currentOf(plans().all, atUs) ?? unplanned(defaultKey),
});

const inOrder = (keys: Iterable<string>): string[] => [...keys].sort(compareTexts);

interface PlanTarget {
  readonly plans: Plans;
  readonly keys: Dictionary;
  readonly sentBy: string | null;
}

const append = (tx: Tx, plan: PlanInput, { plans, keys, sentBy }: PlanTarget): Experiment => {
  const before = plans.of(plan.key);
  const revision = revisionOf(plan, before, tx.nowUs);
  const experiment = plansWith(plans, revision, keys).of(plan.key) as Experiment;
  if (before && JSON.stringify(before) === JSON.stringify(experiment)) return experiment;
  const { allocation, allocationByMarket, markets, ...fields } = revision;
  tx.append(experiments, {
    ...fields,
    allocation: [...allocation],
    allocationByMarket: allocationByMarket.map((each) => ({ ...each, allocation: [...each.allocation] })),
    markets: [...markets],
    ...sentByApi(sentBy),
  });
  return experiment;
};

/** Fills in when the allocation comes into force. Throws VALIDATION_FAILED. */
const revisionOf = (plan: PlanInput, before: Experiment | undefined, nowUs: number): PlanRevision => {
  const { key, name, startedAtUs, endedAtUs, allocation, allocationByMarket, markets, allocationFromUs } = plan;
  const hasStarted = before !== undefined && before.startedAtUs !== null && before.startedAtUs <= nowUs;
  const fields = { key, name, startedAtUs, endedAtUs, allocation, allocationByMarket, markets };
  const problems = planProblems({ ...fields, allocationFromUs: allocationFromUs ?? null });
  const message = problems.map((problem) => problem.message).join('; ');
  if (problems.length > 0) throw new DomainError('VALIDATION_FAILED', message, { problems });
  return { ...fields, allocationFromUs: allocationFromUs ?? (hasStarted ? nowUs : null) };
};

const currentOf = (plans: readonly Experiment[], nowUs: number): Experiment | undefined => {
  const started = plans
    .filter(({ startedAtUs }) => startedAtUs !== null && startedAtUs <= nowUs)
    .toSorted((a, b) => (a.startedAtUs as number) - (b.startedAtUs as number));
  return started.findLast((plan) => isInPeriod(plan, nowUs)) ?? started.at(-1) ?? plans.at(-1);
};
