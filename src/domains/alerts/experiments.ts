import { DomainError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { formatInstant } from '../../lib/time.ts';
import { Work } from '../../lib/work.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { Experiments } from '../experiments/experiments.ts';
import type { Monitor } from '../monitor/monitor.ts';
import type { MonitorReport } from '../monitor/report.ts';
import type { Figures } from './message.ts';
import { literal, type Observation } from './observation.ts';

export interface ExperimentSources {
  readonly monitor: Monitor;
  readonly ledger: Pick<Ledger, 'snapshot'>;
  readonly experiments: Experiments;
  readonly nowUs: () => number;
}

/**
 * The experiments that run: by their plans, or else the one that the monitor shows by default; and those that only events
 * name. Anybody who may send events can name experiments, so of the latter at most `max` less the planned ones are judged,
 * the last that were named.
 */
export const runningExperiments = ({ experiments, nowUs }: ExperimentSources, max: number): string[] => {
  const now = nowUs();
  const plans = experiments.plans().all;
  const running = plans.filter(
    ({ startedAtUs, endedAtUs }) => (startedAtUs ?? -Infinity) <= now && (endedAtUs ?? Infinity) > now,
  );
  const planned = new Set(plans.map(({ key }) => key));
  const keys = new Set(running.length > 0 ? running.map(({ key }) => key) : [experiments.current(now).key]);
  for (let code = experiments.keys.size - 1; code >= 0 && keys.size < max; code--) {
    const key = experiments.keys.textOf(code);
    if (!planned.has(key)) keys.add(key);
  }
  return [...keys];
};

/** The verdict of the monitor on each of these experiments. Those that nothing names yet are left out. */
export async function* observeExperiments(
  sources: ExperimentSources,
  keys: Iterable<string>,
): AsyncGenerator<Observation> {
  const yieldIfDue = createYielder(undefined);
  for (const key of keys) {
    await yieldIfDue();
    if (sources.experiments.isKnown(key)) yield await observe(sources, key);
  }
}

/** An experiment whose events have so many names that it cannot be judged is broken. */
const observe = async ({ monitor, ledger }: ExperimentSources, key: string): Promise<Observation> => {
  const request = { experiment: key, timeZone: 'UTC' };
  try {
    return observationOf(key, await monitor.report(request, new Work()));
  } catch (error) {
    if (!(error instanceof DomainError && error.code === 'LIMIT_EXCEEDED')) throw error;
    const known = { subject: key, sentence: error.message, judgedSeq: ledger.snapshot().sequence };
    return { ...known, isBroken: true, figures: { experiment: key }, query: queryOf(key) };
  }
};

const queryOf = (key: string): string =>
  `{ monitor(experiment: ${literal(key)}) { verdict checks { verdict message } } }`;

/** WATCH, NOT_ENOUGH_DATA and HEALTHY are not broken. */
const observationOf = (key: string, { health, snapshot }: MonitorReport): Observation => {
  const { verdict, checks } = health;
  const isBroken = verdict === 'BROKEN';
  const worst = checks[0];
  const sentence = worst?.message ?? 'There is no check.';
  return {
    subject: key,
    isBroken,
    sentence: isBroken ? sentence : `The verdict is ${verdict}. ${sentence}`,
    figures: { experiment: key, verdict, ...(worst ? figuresOf(worst) : {}) },
    query: queryOf(key),
    judgedSeq: snapshot.sequence,
  };
};

/** The figures of a check, whatever its kind: everything but its sentence, with instants as text. */
const figuresOf = (check: MonitorReport['health']['checks'][number]): Figures => {
  const { message: _message, verdict: _verdict, kind, ...figures } = check;
  return { check: kind, ...(readable(figures) as Figures) };
};

/** Names of instants end in `Us`, microseconds since 1970 UTC. */
const readable = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => {
      const isInstant = /[a-z]Us$/.test(name);
      if (!isInstant) return [name, readable(each)];
      return [name.slice(0, -2), typeof each === 'number' ? formatInstant(each) : each];
    }),
  );
};
