import type { Row, Tx } from '../../../db/store.ts';
import { experiments } from '../../../db/tables/experiments.ts';
import { DomainError, type FieldProblem } from '../../errors.ts';
import { createDictionary, type Dictionary } from '../../indices/dictionary.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { idProblems, sentByApi } from '../../ledger/record.ts';

export interface Allocation {
  readonly variant: string;
  /** In any unit: shares are weights divided by their sum. */
  readonly weight: number;
  readonly isControl: boolean;
}

/** The plan of an experiment. */
export interface Experiment {
  readonly key: string;
  readonly name: string;
  /** Microseconds since 1970 UTC; null without bound. */
  readonly startedAtUs: number | null;
  readonly endedAtUs: number | null;
  /** Empty: equal shares of the variants that have events. */
  readonly allocation: readonly Allocation[];
  /** Empty: the markets that have events. */
  readonly markets: readonly string[];
}

/** The plans as of a sequence number. Never changes. */
export interface Plans {
  /** The newest plan of each key, in the order in which these were saved. */
  readonly all: readonly Experiment[];
  /**
   * The code of the experiment that an event belongs to: the experiment that the event names; otherwise that of the
   * newest plan whose period contains the time of the event; otherwise `default`.
   */
  codeAt(named: number | null, atUs: number): number;
}

export interface Experiments {
  /** Keys of the experiments that have a plan or are named by an event, by their codes. */
  readonly keys: Dictionary;
  plans(): Plans;
  plansAt(sequence: number): Plans;
  /** Whether a plan or an event names the key. */
  isKnown(key: string): boolean;
  /** The plan of a key; an experiment without a plan has neither variants nor markets. */
  experimentOf(key: string): Experiment;
  /** The default of requests: the running plan saved last, else the started one, else any, else `default`. */
  current(nowUs: number): Experiment;
  /** Saves a plan as a whole; an unchanged plan is not saved again. Throws VALIDATION_FAILED with the fields at fault. */
  save(experiment: Experiment, sentBy?: string | null): Promise<Experiment>;
}

/** The experiment of events that name none and belong to no plan. */
const defaultKey = 'default';
const variantsMax = 100;
const marketsMax = 1000;

export const createExperiments = (ledger: Ledger): Experiments => {
  const keys = createDictionary();
  keys.intern(defaultKey);
  const rows: Pick<Row<typeof experiments>, 'seq' | keyof Experiment>[] = [];
  let newest = plansOf([], keys);

  ledger.subscribe(experiments, ['seq', 'key', 'name', 'startedAtUs', 'endedAtUs', 'allocation', 'markets'], {
    name: 'experiments',
    apply(added) {
      const last = rows.at(-1)?.seq ?? 0;
      for (const row of added) if (row.seq > last) rows.push(row);
      newest = plansOf(rows, keys);
    },
  });

  const planOf = (key: string): Experiment | undefined => newest.all.find((plan) => plan.key === key);
  const experimentOf = (key: string): Experiment => planOf(key) ?? unplanned(key);

  return {
    keys,
    plans: () => newest,
    plansAt: (sequence) =>
      plansOf(
        rows.filter(({ seq }) => seq <= sequence),
        keys,
      ),
    isKnown: (key) => keys.codeOf(key) !== undefined,
    experimentOf,
    current(nowUs) {
      const running = newest.all.findLast((plan) => isActiveAt(plan, nowUs));
      const started = newest.all.findLast(({ startedAtUs }) => startedAtUs === null || startedAtUs <= nowUs);
      return running ?? started ?? newest.all.at(-1) ?? unplanned(defaultKey);
    },
    async save(experiment, sentBy = null) {
      const problems = problemsOf(experiment);
      const message = problems.map((problem) => problem.message).join('; ');
      if (problems.length > 0) throw new DomainError('VALIDATION_FAILED', message, { problems });
      await ledger.write((tx) => append(tx, experiment, sentBy));
      return experiment;
    },
  };
};

const append = (tx: Tx, experiment: Experiment, sentBy: string | null): void => {
  const { key, name, startedAtUs, endedAtUs, allocation, markets } = experiment;
  const row = { key, name, startedAtUs, endedAtUs, allocation: [...allocation], markets: [...markets] };
  const known = tx.findLatest(experiments, { key });
  if (known && JSON.stringify(planIn(known)) === JSON.stringify(row)) return;
  tx.append(experiments, { ...row, ...sentByApi(sentBy) });
};

const planIn = ({ key, name, startedAtUs, endedAtUs, allocation, markets }: Experiment): Experiment => ({
  key,
  name,
  startedAtUs,
  endedAtUs,
  allocation,
  markets,
});

const unplanned = (key: string): Experiment => ({
  key,
  name: key,
  startedAtUs: null,
  endedAtUs: null,
  allocation: [],
  markets: [],
});

const isActiveAt = ({ startedAtUs, endedAtUs }: Experiment, atUs: number): boolean =>
  (startedAtUs === null || startedAtUs <= atUs) && (endedAtUs === null || atUs < endedAtUs);

const plansOf = (rows: readonly Experiment[], keys: Dictionary): Plans => {
  const byKey = new Map<string, Experiment>();
  for (const row of rows) {
    byKey.delete(row.key);
    byKey.set(row.key, planIn(row));
  }
  const all = [...byKey.values()];
  const newestFirst = all.map((plan) => ({ plan, code: keys.intern(plan.key) })).reverse();
  return {
    all,
    codeAt: (named, atUs) => named ?? newestFirst.find(({ plan }) => isActiveAt(plan, atUs))?.code ?? 0,
  };
};

const problemsOf = ({ key, name, startedAtUs, endedAtUs, allocation, markets }: Experiment): FieldProblem[] => {
  const problems = [
    ...idProblems(name === key ? { key } : { key, name }),
    ...allocation.flatMap(({ variant }, index) => idProblems({ [`allocation.${index}.variant`]: variant })),
    ...markets.flatMap((market, index) => idProblems({ [`markets.${index}`]: market })),
  ];
  const addProblem = (path: string, code: FieldProblem['code'], message: string) =>
    problems.push({ path, code, message });
  if (startedAtUs !== null && endedAtUs !== null && endedAtUs <= startedAtUs)
    addProblem('endedAt', 'OUT_OF_RANGE', 'endedAt must be after startedAt');
  for (const [index, { weight }] of allocation.entries())
    if (!(weight > 0 && weight <= 1e9))
      addProblem(
        `allocation.${index}.weight`,
        'OUT_OF_RANGE',
        `allocation.${index}.weight must be above 0 and at most 1e9`,
      );
  if (allocation.length === 1) addProblem('allocation', 'OUT_OF_RANGE', 'allocation must name at least two variants');
  if (allocation.length > variantsMax)
    addProblem('allocation', 'OUT_OF_RANGE', `allocation must name at most ${variantsMax} variants`);
  if (markets.length > marketsMax)
    addProblem('markets', 'OUT_OF_RANGE', `markets must name at most ${marketsMax} countries`);
  if (allocation.filter(({ isControl }) => isControl).length > 1)
    addProblem('allocation', 'NOT_ALLOWED', 'allocation may have at most one control');
  for (const [path, names] of [
    ['allocation', allocation.map(({ variant }) => variant)],
    ['markets', markets],
  ] as const) {
    const repeated = names.find((name, index) => names.indexOf(name) !== index);
    if (repeated !== undefined) addProblem(path, 'NOT_ALLOWED', `${path} names ${JSON.stringify(repeated)} twice`);
  }
  return problems;
};
