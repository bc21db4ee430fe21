import type { Store, Tx } from '../../../db/store.ts';
import { alertChanges, alertCursors, alertRules } from '../../../db/tables/alerts.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { sentByApi } from '../../ledger/record.ts';
import { createYielder } from '../../lib/yielding.ts';
import { ApiRecords } from './api-records.ts';
import type { AlertDeliveries } from './deliveries.ts';
import type { AlertEvent } from './events.ts';
import { type ExperimentSources, observeExperiments, runningExperiments } from './experiments.ts';
import { endedImports, type ImportLimits, observeImport } from './imports.ts';
import { bodyOf } from './message.ts';
import type { Observation } from './observation.ts';
import { observeApiRecords } from './rates.ts';
import { observeRefreshes } from './refreshes.ts';
import type { AlertRule, AlertRules } from './rules.ts';
import { observeSilence, type SilenceLimits } from './silence.ts';
import type { AlertStates } from './states.ts';

export interface EvaluationServices extends ExperimentSources {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly rules: AlertRules;
  readonly deliveries: AlertDeliveries;
  readonly states: AlertStates;
  /** Names of the targets whose records may be sent through the API. */
  readonly apiTargets: readonly string[];
  /** Name of the target of synchronizations. */
  readonly userFiles: string;
  /** The link of a message to the result of a GraphQL query. */
  readonly linkTo: (query: string) => string;
  readonly limits: ImportLimits &
    SilenceLimits & {
      readonly alertEveryMs: number;
      readonly alertIdleMs: number;
      readonly alertExperimentsMax: number;
      readonly alertWindowMs: number;
    };
}

/** The state of experiments depends on the ledger, the rules and, slowly, on the time. */
interface LastLook {
  readonly sequence: number;
  readonly rules: readonly AlertRule[];
  readonly atMs: number;
}

/**
 * Judges what the rules watch, one evaluation at a time and at most every `alertEveryMs`. A change of state and the message
 * about it are stored in one transaction, so that neither exists without the other.
 */
export class AlertEvaluation {
  readonly #services: EvaluationServices;
  readonly #apiRecords = new Map<number, ApiRecords>();
  #lastLook: LastLook | null = null;
  #running: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(services: EvaluationServices) {
    this.#services = services;
  }

  start(onError: (error: unknown) => void): void {
    const once = async (): Promise<void> => {
      await this.#evaluate().catch((error: unknown) => {
        if (!this.#isStopped) onError(error);
      });
      if (this.#isStopped) return;
      this.#timer = setTimeout(run, this.#services.limits.alertEveryMs).unref();
    };
    const run = (): void => {
      this.#running = once();
    };
    run();
  }

  /** Ends after the evaluation that runs. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Without rules it costs nothing. */
  async #evaluate(): Promise<void> {
    const { rules, deliveries } = this.#services;
    const active = rules.active();
    const of = (...events: readonly AlertEvent[]) => active.filter(({ event }) => events.includes(event));
    if (active.length > 0) {
      await this.#judgeImports(of('rejects.rate', 'sync.failed', 'import.failed'));
      await this.#judgeRefreshes(of('import.failed'));
      await this.#judgeExperiments(of('experiment.broken'));
      await this.#judgeApiRecords(of('rejects.rate'));
      await this.#judgeSilence(of('source.silent'));
    }
    deliveries.plan();
  }

  async #judgeExperiments(rules: readonly AlertRule[]): Promise<void> {
    const { ledger, limits } = this.#services;
    if (rules.length === 0) return;
    const look = {
      sequence: ledger.snapshot().sequence,
      rules: this.#services.rules.active(),
      atMs: performance.now(),
    };
    const last = this.#lastLook;
    const isUnchanged = last !== null && last.sequence === look.sequence && last.rules === look.rules;
    if (isUnchanged && look.atMs - last.atMs < limits.alertIdleMs) return;
    const named = rules.flatMap(({ experiment }) => experiment ?? []);
    const hasUnnamed = rules.some(({ experiment }) => experiment === null);
    // An experiment that ended while it was broken is still watched: a correction may change the verdict.
    const broken = rules.flatMap(({ id }) => this.#services.states.brokenSubjects(id));
    const keys = new Set([
      ...named,
      ...broken,
      ...(hasUnnamed ? runningExperiments(this.#services, limits.alertExperimentsMax) : []),
    ]);
    for await (const observation of observeExperiments(this.#services, keys)) {
      if (this.#isStopped) return;
      const concerned = rules.filter(({ experiment }) => experiment === null || experiment === observation.subject);
      await this.#apply(concerned, observation);
    }
    this.#lastLook = look;
  }

  /** In the transaction that moves the position, so that no end is judged twice or skipped. */
  async #judgeImports(rules: readonly AlertRule[]): Promise<void> {
    const { store, ledger } = this.#services;
    while (!this.#isStopped && endedImports(store) !== null)
      await ledger.write((tx) => {
        const found = endedImports(store);
        if (!found) return;
        for (const each of found.ended)
          for (const rule of rules) {
            const observation = observeImport(rule, each, { ...this.#services, judgedSeq: ledger.snapshot().sequence });
            if (observation) this.#store(tx, rule, observation);
          }
        tx.update(alertCursors, { id: 1 }, found.position);
      });
  }

  async #judgeRefreshes(rules: readonly AlertRule[]): Promise<void> {
    const { store, ledger, states } = this.#services;
    for (const rule of rules) {
      const found = observeRefreshes(store, states.brokenSubjects(rule.id), ledger.snapshot().sequence);
      for (const each of found) await this.#apply([rule], each);
    }
  }

  async #judgeApiRecords(rules: readonly AlertRule[]): Promise<void> {
    const { ledger, nowUs, limits } = this.#services;
    for (const id of this.#apiRecords.keys()) if (!rules.some((rule) => rule.id === id)) this.#apiRecords.delete(id);
    const yieldIfDue = createYielder(undefined);
    for (const rule of rules) {
      const known = this.#apiRecords.get(rule.id);
      const targets = this.#services.apiTargets;
      const records = known ?? new ApiRecords({ ...this.#services, targets }, rule.windowMs ?? limits.alertWindowMs);
      this.#apiRecords.set(rule.id, records);
      const counts = await records.countsAt(nowUs(), yieldIfDue);
      const judgedSeq = ledger.snapshot().sequence;
      for (const each of observeApiRecords(rule, counts, { limits, judgedSeq })) await this.#apply([rule], each);
    }
  }

  async #judgeSilence(rules: readonly AlertRule[]): Promise<void> {
    const { store, ledger, limits, nowUs } = this.#services;
    for (const rule of rules) {
      const sources = { store, limits, nowUs: nowUs(), judgedSeq: ledger.snapshot().sequence };
      await this.#apply([rule], observeSilence(rule, sources));
    }
  }

  /** Stores what has changed; without a change it writes nothing. */
  async #apply(rules: readonly AlertRule[], observation: Observation): Promise<void> {
    const changed = rules.filter(
      ({ id }) => this.#services.states.stateOf(id, observation.subject) !== stateIn(observation),
    );
    if (changed.length === 0 || this.#isStopped) return;
    await this.#services.ledger.write((tx) => {
      for (const rule of changed) this.#store(tx, rule, observation);
    });
  }

  /** Stores a change of state with its message. Another process may have stored it, or a later one, already. */
  #store(tx: Tx, rule: AlertRule, observation: Observation): void {
    const { deliveries, linkTo } = this.#services;
    const { subject, sentence, figures, query, judgedSeq } = observation;
    const [ruleId, state] = [rule.id, stateIn(observation)];
    if (tx.findLatest(alertRules, { id: ruleId })?.removedAtUs !== null) return;
    const last = tx.findLatest(alertChanges, { ruleId, subject });
    if ((last?.state ?? 'OK') === state || (last?.judgedSeq ?? 0) > judgedSeq) return;
    const change = { ruleId, subject, state, message: sentence, figures, judgedSeq };
    const changeSeq = tx.append(alertChanges, { ...sentByApi(null), ...change });
    const message = {
      ...{ type: rule.event, atUs: tx.nowUs, ruleId, state, subject, sentence, figures },
      ...{ sequence: changeSeq, link: linkTo(query) },
    };
    const body = bodyOf(message, rule.format);
    deliveries.enqueue(tx, { ruleId, event: rule.event, subject, changeSeq, body });
  }
}

const stateIn = ({ isBroken }: Observation): 'OK' | 'BROKEN' => (isBroken ? 'BROKEN' : 'OK');
