import { randomBytes } from 'node:crypto';
import type { Match, Row, Store, Tx } from '../../../db/store.ts';
import { alertAttempts, alertDeliveries, alertRules } from '../../../db/tables/alerts.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { pageOfTable, type TablePage, type TablePageRequest } from '../../ledger/table-page.ts';
import type { DebugLog } from '../../lib/debug-log.ts';
import { isOtherProcessAlive } from '../../lib/process-alive.ts';
import { type AttemptResult, type SendLimits, sendMessage } from './attempt.ts';
import type { AlertRules } from './rules.ts';

export type AlertDelivery = Row<typeof alertDeliveries>;

export type AlertAttempt = Row<typeof alertAttempts>;

export interface DeliveryLimits extends SendLimits {
  readonly alertRetryMs: number;
  readonly alertRetryMsMax: number;
  readonly alertGiveUpMs: number;
  readonly alertSendsAtOnce: number;
}

export interface DeliveryServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly rules: AlertRules;
  readonly limits: DeliveryLimits;
  /** The clock of the network, microseconds since 1970 UTC: retries and signatures go by it even where tests freeze time. */
  readonly wallUs: () => number;
  readonly log: DebugLog;
}

/** What operators should know. */
export interface AlertReport {
  /** A message will not be delivered. */
  failed(delivery: Pick<AlertDelivery, 'id' | 'ruleId' | 'event' | 'attempts' | 'responseStatus'>): void;
  /** A fault of this program. */
  fault(error: unknown): void;
}

/** The event of messages that test a rule; they are sent once. */
export const testEvent = 'alert.test';

/** Pending messages of a rule that one look considers. */
const pendingPerRule = 1000;
/** The longest time without a look: timers are limited to 24 days, and clocks may be set. */
const sleepMsMax = 60_000;
/** The pause after a fault of this program, such as a full write queue. */
const errorMs = 1000;
/** For how long, beyond the timeout of an attempt, other processes leave a claimed message alone. */
const claimMarginMs = 5000;

/** The outbox of messages: stored with the changes that they report, delivered at least once, in order for each subject. */
export class AlertDeliveries {
  readonly #services: DeliveryServices;
  /** The messages that this process sends, by id. */
  readonly #running = new Map<number, { readonly ruleId: number; readonly done: Promise<void> }>();
  readonly #stop = new AbortController();
  #report: AlertReport | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(services: DeliveryServices) {
    this.#services = services;
  }

  /** Begins to send what is pending. */
  start(report: AlertReport): void {
    this.#report = report;
    this.plan();
  }

  /** Ends the attempts that run; their messages are due again at the next start. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the server stopped'));
    clearTimeout(this.#timer);
    await Promise.allSettled([...this.#running.values()].map(({ done }) => done));
  }

  /** Stores a message in the transaction of the change that it reports; returns its id. */
  enqueue(tx: Tx, message: Pick<AlertDelivery, 'ruleId' | 'event' | 'subject' | 'changeSeq' | 'body'>): number {
    const nowUs = this.#services.wallUs();
    return tx.insert(alertDeliveries, {
      ...message,
      messageId: `msg_${randomBytes(18).toString('base64url')}`,
      state: 'PENDING',
      attempts: 0,
      createdAtUs: nowUs,
      nextAttemptAtUs: nowUs,
    });
  }

  /** Looks for messages that are due; call it when there may be new ones. Does nothing before `start`. */
  plan(): void {
    clearTimeout(this.#timer);
    if (!this.#report || this.#stop.signal.aborted) return;
    const { rules, limits, wallUs } = this.#services;
    const nowUs = wallUs();
    let nextAtUs = Infinity;
    for (const { id: ruleId } of rules.active())
      for (const head of this.#headsOf(ruleId)) {
        // The end of a message that is being sent plans again.
        if (this.#running.size >= limits.alertSendsAtOnce) return;
        if (this.#isBusyWith(ruleId)) break;
        const dueAtUs = this.#dueAtUs(head);
        if (dueAtUs <= nowUs) this.#runAndPlan(head);
        else nextAtUs = Math.min(nextAtUs, dueAtUs);
      }
    if (nextAtUs < Infinity) this.#planIn(Math.ceil((nextAtUs - nowUs) / 1000));
  }

  /** Sends a message now, unless a process has claimed it; resolves at the end of the attempt. */
  async send(id: number): Promise<void> {
    const [delivery] = this.byIds([id]);
    if (delivery) await this.#run(delivery);
  }

  readonly byIds = (ids: readonly number[]): (AlertDelivery | null)[] =>
    rowsByKey(this.#services.store, alertDeliveries, 'id', ids);

  /** The newest first. */
  page(match: Match<typeof alertDeliveries>, page: TablePageRequest): TablePage<AlertDelivery> {
    return pageOfTable(this.#services.store, alertDeliveries, { key: 'id', direction: 'desc', match }, page);
  }

  /** The attempts of each of these deliveries, the first one first: one statement. */
  readonly attemptsOf = (deliveryIds: readonly number[]): AlertAttempt[][] => {
    const rows = this.#services.store.rowsIn(alertAttempts, 'deliveryId', deliveryIds);
    rows.sort((a, b) => a.seq - b.seq);
    const byDelivery = new Map<number, AlertAttempt[]>(deliveryIds.map((id) => [id, []]));
    for (const row of rows) byDelivery.get(row.deliveryId)?.push(row);
    return deliveryIds.map((id) => byDelivery.get(id) ?? []);
  };

  /** The oldest pending message of each subject of a rule. */
  #headsOf(ruleId: number): AlertDelivery[] {
    const match = { ruleId, state: 'PENDING' } as const;
    const request = { key: 'id', direction: 'asc', match, limit: pendingPerRule } as const;
    const pending = this.#services.store.page(alertDeliveries, request);
    const heads = new Map<string, AlertDelivery>();
    for (const each of pending) if (!heads.has(each.subject)) heads.set(each.subject, each);
    return [...heads.values()];
  }

  #isBusyWith(ruleId: number): boolean {
    return [...this.#running.values()].some((running) => running.ruleId === ruleId);
  }

  /** When a message is due; one that another process sends is due when its claim ends. */
  #dueAtUs(delivery: AlertDelivery): number {
    const { id, nextAttemptAtUs, claimedBy, claimedUntilUs } = delivery;
    const isClaimed = claimedBy !== null && (this.#running.has(id) || isOtherProcessAlive(claimedBy));
    return isClaimed ? Math.max(nextAttemptAtUs, claimedUntilUs ?? 0) : nextAttemptAtUs;
  }

  #planIn(waitMs: number): void {
    clearTimeout(this.#timer);
    if (this.#stop.signal.aborted) return;
    this.#timer = setTimeout(() => this.plan(), Math.min(waitMs, sleepMsMax)).unref();
  }

  #runAndPlan(delivery: AlertDelivery): void {
    this.#run(delivery).then(
      () => this.plan(),
      (error: unknown) => {
        this.#report?.fault(error);
        this.#planIn(errorMs);
      },
    );
  }

  #run({ id, ruleId }: AlertDelivery): Promise<void> {
    const running = this.#running.get(id);
    if (running) return running.done;
    const done = this.#attempt(id).finally(() => this.#running.delete(id));
    this.#running.set(id, { ruleId, done });
    return done;
  }

  async #attempt(id: number): Promise<void> {
    const { ledger, limits, wallUs, log } = this.#services;
    const claimed = await ledger.write((tx) => this.#claim(tx, id));
    if (!claimed) return;
    const { delivery, hook } = claimed;
    const startedUs = wallUs();
    const result = await sendMessage(delivery, hook, { limits, nowUs: startedUs, signal: this.#stop.signal });
    const durationMs = Math.round((wallUs() - startedUs) / 1000);
    const settled = await ledger.write((tx) => this.#settle(tx, delivery, { ...result, durationMs }));
    const { ruleId: alert, event, attempts } = delivery;
    log.debug({ alert, event, attempts, state: settled, ...result }, 'an attempt to deliver an alert ended');
    if (settled === 'FAILED' && result.error !== null)
      this.#report?.failed({ ...delivery, responseStatus: result.responseStatus });
  }

  /** Takes a message for this process, so that no other sends it. Null when it is not due any more. */
  #claim(tx: Tx, id: number) {
    const { wallUs, limits } = this.#services;
    const nowUs = wallUs();
    const delivery = tx.findLatest(alertDeliveries, { id });
    if (delivery?.state !== 'PENDING' || this.#isClaimedElsewhere(delivery, nowUs)) return null;
    const hook = tx.findLatest(alertRules, { id: delivery.ruleId });
    if (!hook) return null;
    const changes = {
      attempts: delivery.attempts + 1,
      lastAttemptAtUs: nowUs,
      claimedBy: process.pid,
      claimedUntilUs: nowUs + (limits.alertTimeoutMs + claimMarginMs) * 1000,
    };
    tx.update(alertDeliveries, { id }, changes);
    return { delivery: { ...delivery, ...changes }, hook };
  }

  #isClaimedElsewhere({ claimedBy, claimedUntilUs }: AlertDelivery, nowUs: number): boolean {
    return claimedBy !== null && (claimedUntilUs ?? 0) > nowUs && isOtherProcessAlive(claimedBy);
  }

  /** Stores the result of an attempt, and when the next one is due. */
  #settle(tx: Tx, delivery: AlertDelivery, result: AttemptResult & { readonly durationMs: number }): string {
    const { id, attempts } = delivery;
    const { responseStatus, error, durationMs } = result;
    const origin = { importId: null, line: null, sentBy: null };
    tx.append(alertAttempts, { ...origin, deliveryId: id, number: attempts, responseStatus, error, durationMs });
    const current = tx.findLatest(alertDeliveries, { id });
    // The rule may have been removed meanwhile.
    if (current?.state !== 'PENDING') return current?.state ?? 'FAILED';
    const nowUs = this.#services.wallUs();
    const next = error === null ? null : this.#nextAttemptAtUs(delivery, result, nowUs);
    const state = error === null ? 'DELIVERED' : next === null ? 'FAILED' : 'PENDING';
    tx.update(
      alertDeliveries,
      { id },
      {
        ...{ state, responseStatus, lastError: error, claimedBy: null, claimedUntilUs: null },
        ...(next === null ? { settledAtUs: nowUs } : { nextAttemptAtUs: next }),
      },
    );
    return state;
  }

  /**
   * Null after the last attempt. The delays double, up to a maximum; a random part of up to a half is taken off, so that
   * messages that failed together do not return together.
   */
  #nextAttemptAtUs(delivery: AlertDelivery, result: AttemptResult, nowUs: number): number | null {
    const { alertRetryMs, alertRetryMsMax, alertGiveUpMs } = this.#services.limits;
    const { attempts, event, createdAtUs } = delivery;
    if (result.isStopped) return nowUs;
    const isLast = result.isFinal || event === testEvent || nowUs - createdAtUs >= alertGiveUpMs * 1000;
    if (isLast) return null;
    const backoffMs = Math.min(alertRetryMs * 2 ** Math.min(attempts - 1, 30), alertRetryMsMax);
    const delayMs = Math.max(backoffMs * (1 - Math.random() / 2), result.retryAfterMs ?? 0);
    return nowUs + Math.ceil(Math.min(delayMs, alertGiveUpMs)) * 1000;
  }
}
