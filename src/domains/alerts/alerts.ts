import { setTimeout as delay } from 'node:timers/promises';
import type { Row, Store } from '../../../db/store.ts';
import { alertChanges, alertDeliveries } from '../../../db/tables/alerts.ts';
import { DomainError, serverIsClosing } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { pageOfTable, type TablePage, type TablePageRequest } from '../../ledger/table-page.ts';
import type { DebugLog } from '../../lib/debug-log.ts';
import { AlertDeliveries, type AlertDelivery, type AlertReport, type DeliveryLimits, testEvent } from './deliveries.ts';
import { AlertEvaluation, type EvaluationServices } from './evaluation.ts';
import { bodyOf } from './message.ts';
import {
  type AddedAlertRule,
  type AddOptions,
  type AlertRule,
  AlertRules,
  type NewAlertRule,
  type RuleServices,
  ruleNotFound,
} from './rules.ts';
import { type AlertStates, createAlertStates } from './states.ts';

export type AlertChange = Row<typeof alertChanges>;

export interface AlertLimits extends DeliveryLimits {
  /** Empty for the address that the server listens on. */
  readonly publicUrl: string;
  readonly host: string;
  readonly port: number;
  readonly followMs: number;
}

export interface AlertServices
  extends Omit<EvaluationServices, 'rules' | 'deliveries' | 'states' | 'linkTo' | 'limits'>,
    Omit<RuleServices, 'limits'> {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly wallUs: () => number;
  readonly log: DebugLog;
  readonly limits: AlertLimits & EvaluationServices['limits'] & RuleServices['limits'];
}

const testPollMs = 50;
/** How many intervals of following the store a running server has to begin a test that another process started. */
const followIntervals = 6;

/** Reports changes of state to hooks. A server judges and sends; other processes store rules and tests for it. */
export class Alerts {
  readonly rules: AlertRules;
  readonly deliveries: AlertDeliveries;
  readonly states: AlertStates;
  readonly #services: AlertServices;
  readonly #evaluation: AlertEvaluation;
  #baseUrl: string;
  #isStarted = false;
  #isStopped = false;

  constructor(services: AlertServices) {
    this.#services = services;
    const { publicUrl, host, port } = services.limits;
    this.#baseUrl = publicUrl || `http://${host}:${port}`;
    this.states = createAlertStates(services.ledger);
    this.rules = new AlertRules(services);
    this.deliveries = new AlertDeliveries({ ...services, rules: this.rules });
    const { rules, deliveries, states } = this;
    const linkTo = (query: string): string => this.#linkTo(query);
    this.#evaluation = new AlertEvaluation({ ...services, rules, deliveries, states, linkTo });
  }

  /** Begins to judge and to send. `address` is the URL of this server, where it is known. */
  start(address: string | undefined, report: AlertReport): void {
    if (address !== undefined && this.#services.limits.publicUrl === '') this.#baseUrl = address;
    this.#isStarted = true;
    this.deliveries.start(report);
    this.#evaluation.start((error) => report.fault(error));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([this.#evaluation.stop(), this.deliveries.stop()]);
  }

  /** Looks at rules and messages again, because another process may have changed them. */
  refresh(): void {
    this.rules.refresh();
    this.deliveries.plan();
  }

  /** The messages of active rules by their state. */
  deliveryCounts(): { readonly state: string; readonly count: number }[] {
    const { store } = this.#services;
    const countOf = (ruleId: number, state: AlertDelivery['state']) => store.count(alertDeliveries, { ruleId, state });
    return alertDeliveries.state.enumValues.map((state) => ({
      state,
      count: this.rules.active().reduce((sum, { id }) => sum + countOf(id, state), 0),
    }));
  }

  add(rule: NewAlertRule, options: AddOptions): Promise<AddedAlertRule> {
    return this.rules.add(rule, options);
  }

  remove(id: number, sentBy: string | null): Promise<AlertRule> {
    return this.rules.remove(id, sentBy);
  }

  /**
   * Sends a test message once and resolves with its delivery at the end of the attempt. A server that runs on the same data
   * sends it, with its settings; without one this process does. Throws NOT_FOUND.
   */
  async test(id: number): Promise<AlertDelivery> {
    const { store, limits } = this.#services;
    const [rule] = this.rules.byIds([id]);
    if (!rule) throw ruleNotFound(id);
    if (rule.removedAtUs !== null)
      throw new DomainError('BAD_REQUEST', `alert ${id} was removed: it sends no messages`);
    const deliveryId = await store.write((tx) => this.deliveries.enqueue(tx, this.#testOf(rule, tx.nowUs)));
    const leaveUntilMs = performance.now() + (this.#isStarted ? 0 : limits.followMs * followIntervals);
    for (;;) {
      const delivery = this.deliveries.byIds([deliveryId])[0] as AlertDelivery;
      if (delivery.state !== 'PENDING') return delivery;
      if (this.#isStopped) throw serverIsClosing();
      // A process that sends it may have ended.
      if (performance.now() >= leaveUntilMs) await this.deliveries.send(deliveryId);
      await delay(testPollMs);
    }
  }

  /** Changes of the state of what a rule watches, the newest first. */
  changes(ruleId: number, page: TablePageRequest): TablePage<AlertChange> {
    return pageOfTable(this.#services.store, alertChanges, { key: 'seq', direction: 'desc', match: { ruleId } }, page);
  }

  #testOf(rule: AlertRule, nowUs: number) {
    const { id: ruleId, event, format } = rule;
    const sentence = `This is a test of alert ${ruleId}: messages about ${event} arrive here.`;
    const message = {
      ...{ type: testEvent, atUs: nowUs, ruleId, state: 'OK' as const, subject: 'test', sentence },
      ...{ figures: { event }, sequence: null, link: this.#linkTo(`{ alerts { nodes { number event } } }`) },
    };
    return { ruleId, event: testEvent, subject: 'test', changeSeq: null, body: bodyOf(message, format) };
  }

  /** GraphiQL with the query in a browser, its result for programs. */
  #linkTo(query: string): string {
    return `${this.#baseUrl}/graphql?query=${encodeURIComponent(query)}`;
  }
}
