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

/** How an experiment is meant to be deployed. */
export interface Experiment {
  readonly key: string;
  readonly name: string;
  /** Microseconds since 1970 UTC; null without bound. */
  readonly startedAtUs: number | null;
  readonly endedAtUs: number | null;
  /** Empty: the variants that are seen, in equal shares. */
  readonly allocation: readonly Allocation[];
  /** Empty: the markets that are seen. */
  readonly markets: readonly string[];
}

/** Everything that was planned up to a sequence number. Never changes once made. */
export interface Plans {
  /** The newest plan of each key, those saved last at the end. */
  readonly all: readonly Experiment[];
  /**
   * The code of the experiment that an event belongs to: the one it names, or, when it names none, that of the newest
   * plan whose time holds the event's; `default` when there is none.
   */
  codeAt(named: number | null, atUs: number): number;
}

export interface Experiments {
  /** Keys of experiments by their codes, of planned ones and of those that events name. */
  readonly keys: Dictionary;
  plans(): Plans;
  plansAt(sequence: number): Plans;
  /** Whether a plan or an event names it. */
  isKnown(key: string): boolean;
  /** The plan of a key; for one without a plan the bare experiment. */
  experimentOf(key: string): Experiment;
  /** The experiment meant when none is named: a running one, else one that has begun, else any, of several the one saved last; else `default`. */
  current(nowUs: number): Experiment;
  /** Saves a plan as a whole. Throws VALIDATION_FAILED naming the fields. The same again changes nothing. */
  save(experiment: Experiment, sentBy?: string | null): Promise<Experiment>;
}

/** The experiment of events that name none and that no plan claims. */
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
    apply(more) {
      const last = rows.at(-1)?.seq ?? 0;
      for (const row of more) if (row.seq > last) rows.push(row);
      newest = plansOf(rows, keys);
    },
  });

  const planOf = (key: string): Experiment | undefined => newest.all.find((plan) => plan.key === key);
  const experimentOf = (key: string): Experiment => planOf(key) ?? bare(key);

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
      const running = newest.all.findLast((plan) => holds(plan, nowUs));
      const begun = newest.all.findLast(({ startedAtUs }) => startedAtUs === null || startedAtUs <= nowUs);
      return running ?? begun ?? newest.all.at(-1) ?? bare(defaultKey);
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

const bare = (key: string): Experiment => ({
  key,
  name: key,
  startedAtUs: null,
  endedAtUs: null,
  allocation: [],
  markets: [],
});

const holds = ({ startedAtUs, endedAtUs }: Experiment, atUs: number): boolean =>
  (startedAtUs === null || startedAtUs <= atUs) && (endedAtUs === null || atUs < endedAtUs);

const plansOf = (rows: readonly Experiment[], keys: Dictionary): Plans => {
  const byKey = new Map<string, Experiment>();
  for (const row of rows) {
    byKey.delete(row.key);
    byKey.set(row.key, planIn(row));
  }
  const all = [...byKey.values()];
  const claims = all.map((plan) => ({ plan, code: keys.intern(plan.key) })).reverse();
  return {
    all,
    codeAt: (named, atUs) => named ?? claims.find(({ plan }) => holds(plan, atUs))?.code ?? 0,
  };
};

const problemsOf = ({ key, name, startedAtUs, endedAtUs, allocation, markets }: Experiment): FieldProblem[] => {
  const problems = [
    ...idProblems(name === key ? { key } : { key, name }),
    ...allocation.flatMap(({ variant }, place) => idProblems({ [`allocation.${place}.variant`]: variant })),
    ...markets.flatMap((market, place) => idProblems({ [`markets.${place}`]: market })),
  ];
  const refuse = (path: string, code: FieldProblem['code'], message: string) => problems.push({ path, code, message });
  if (startedAtUs !== null && endedAtUs !== null && endedAtUs <= startedAtUs)
    refuse('endedAt', 'OUT_OF_RANGE', 'endedAt must lie after startedAt');
  for (const [place, { weight }] of allocation.entries())
    if (!(weight > 0 && weight <= 1e9))
      refuse(`allocation.${place}.weight`, 'OUT_OF_RANGE', `allocation.${place}.weight must be more than 0, to 1e9`);
  if (allocation.length === 1) refuse('allocation', 'OUT_OF_RANGE', 'allocation must name two variants or more');
  if (allocation.length > variantsMax)
    refuse('allocation', 'OUT_OF_RANGE', `allocation must name at most ${variantsMax} variants`);
  if (markets.length > marketsMax) refuse('markets', 'OUT_OF_RANGE', `markets must be at most ${marketsMax}`);
  if (allocation.filter(({ isControl }) => isControl).length > 1)
    refuse('allocation', 'NOT_ALLOWED', 'allocation may have one control only');
  for (const [path, names] of [
    ['allocation', allocation.map(({ variant }) => variant)],
    ['markets', markets],
  ] as const) {
    const repeated = names.find((each, place) => names.indexOf(each) !== place);
    if (repeated !== undefined) refuse(path, 'NOT_ALLOWED', `${path} names ${JSON.stringify(repeated)} twice`);
  }
  return problems;
};
