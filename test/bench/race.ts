import { isDeepStrictEqual } from 'node:util';
import { type Spread, spreadOf, timed, worst } from './measure.ts';

/** What a round took where the contender knows it better than a clock around it, as a load that starts a process. */
export interface Spent {
  readonly seconds: number;
}

export interface Contender {
  readonly name: string;
  /** What it answers to the questions of the race, in a form that is equal for all. */
  answers(): unknown;
  /** Asks all questions once. Rounds count from 0, so that a question can be another one each time. */
  ask(round: number): unknown;
  /** Processor seconds so far of the processes that answer. Default: those of this process, all threads. */
  cpuSeconds?(): number;
}

/** What one contender took for each question, in the unit of the race. */
export interface Raced {
  readonly name: string;
  readonly wall: Spread;
  readonly cpu: Spread;
  /** The longest stall of the event loop and the most work between two of its iterations, milliseconds. */
  readonly stallMs?: number;
  readonly busyMs?: number;
  /** Bytes of memory or disk a record. */
  readonly bytes?: number;
}

/** Ours leads. */
export interface Race {
  readonly question: string;
  readonly unit: Unit;
  readonly rounds: number;
  readonly entries: readonly Raced[];
}

export type Unit = 'ns' | 'µs' | 'ms' | 's';

const unitsASecond: Readonly<Record<Unit, number>> = { ns: 1e9, µs: 1e6, ms: 1e3, s: 1 };

export interface RaceOptions {
  readonly unit: Unit;
  /** How many questions a round asks; default 1. */
  readonly questions?: number;
  readonly rounds: number;
  /** Whether stalls of the event loop are measured: contenders then answer in this process, and take a while. */
  readonly watchesStalls?: boolean;
}

/** Contenders that answer the same. */
export interface Group {
  readonly question: string;
  readonly contenders: readonly Contender[];
}

/** Throws when one contender answers differently, and says which. */
const compareAnswers = async ({ question, contenders }: Group): Promise<void> => {
  const [ours, ...others] = contenders;
  if (!ours || others.length === 0) throw new Error(`${question}: nobody to compare with`);
  const expected = await ours.answers();
  for (const { name, answers } of others) {
    const found = await answers();
    if (!isDeepStrictEqual(found, expected))
      throw new Error(`${question}: ${name} answers ${excerpt(found)}, ${ours.name} ${excerpt(expected)}`);
  }
};

const excerpt = (answers: unknown): string => JSON.stringify(answers, exact)?.slice(0, 300) ?? 'nothing';

const exact = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

const ownCpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

interface Round {
  readonly wall: number;
  readonly cpu: number;
  readonly stallMs: number;
  readonly busyMs: number;
}

const runRound = async (contender: Contender, round: number, watchesStalls: boolean): Promise<Round> => {
  const { cpuSeconds = ownCpuSeconds } = contender;
  if (watchesStalls) {
    const { seconds, cpuSeconds: cpu, stallMs, busyMs } = await timed(async () => contender.ask(round));
    return { wall: seconds, cpu, stallMs, busyMs };
  }
  const before = cpuSeconds();
  const startMs = performance.now();
  const answer = contender.ask(round);
  const spent = answer instanceof Promise ? await answer : answer;
  const seconds = (performance.now() - startMs) / 1000;
  return { wall: isSpent(spent) ? spent.seconds : seconds, cpu: cpuSeconds() - before, stallMs: 0, busyMs: 0 };
};

const isSpent = (value: unknown): value is Spent =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Spent>).seconds === 'number';

/**
 * The one way in which peers are compared: all answer, and the answers within each group are compared, before a time is measured;
 * then they take turns, those of all groups, another one first in each round: a moment in which the machine is busy is no one's
 * alone.
 */
export const raceTogether = async (options: RaceOptions, groups: readonly Group[]): Promise<Race[]> => {
  const { unit, questions = 1, rounds, watchesStalls = false } = options;
  for (const group of groups) await compareAnswers(group);
  const runs = groups.map(({ contenders }) => contenders.map((contender) => ({ contender, done: [] as Round[] })));
  const all = runs.flat();
  for (let round = 0; round < rounds; round++)
    for (let position = 0; position < all.length; position++) {
      const { contender, done } = all[(position + round) % all.length] as (typeof all)[number];
      done.push(await runRound(contender, round, watchesStalls));
    }
  const scale = unitsASecond[unit] / questions;
  return groups.map(({ question }, index) => ({
    ...{ question, unit, rounds },
    entries: (runs[index] as typeof all).map(({ contender: { name }, done }) => ({
      name,
      wall: spreadOf(done.map(({ wall }) => wall * scale)),
      cpu: spreadOf(done.map(({ cpu }) => cpu * scale)),
      ...(watchesStalls ? worst(done) : {}),
    })),
  }));
};

/** The same of one group. */
export const race = async (
  { question, ...options }: RaceOptions & Pick<Group, 'question'>,
  contenders: readonly Contender[],
): Promise<Race> => {
  const [raced] = await raceTogether(options, [{ question, contenders }]);
  return raced as Race;
};

/** A contender that answers numbered questions by numbers, fast: the answers are compared by a checksum. */
export const byNumber = (name: string, questions: number, ask: (question: number) => number): Contender => {
  const run = (): number => {
    let checksum = 0;
    for (let question = 0; question < questions; question++) checksum = (Math.imul(checksum, 31) + ask(question)) | 0;
    return checksum;
  };
  return { name, answers: run, ask: run };
};

/** The ratio of another contender's median to ours. */
export const timesOurs = ({ entries }: Race, name: string, measure: 'wall' | 'cpu'): number => {
  const [ours] = entries;
  const other = entries.find((entry) => entry.name === name);
  if (!ours || !other) throw new Error(`no contender ${name}`);
  return other[measure].median / ours[measure].median;
};

/** The same race with the bytes of each contender, for so many records. */
export const withBytes = (raced: Race, records: number, bytes: readonly number[]): Race => ({
  ...raced,
  entries: raced.entries.map((entry, position) => ({ ...entry, bytes: (bytes[position] as number) / records })),
});
