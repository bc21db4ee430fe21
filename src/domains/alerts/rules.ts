import type { Match, Row, Store, Tx } from '../../../db/store.ts';
import { alertCursors, alertDeliveries, alertRules } from '../../../db/tables/alerts.ts';
import { imports } from '../../../db/tables/imports.ts';
import { DomainError, type FieldProblem } from '../../errors.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { pageOfTable, type TablePage, type TablePageRequest } from '../../ledger/table-page.ts';
import { type HostPort, plainHost } from '../../lib/host-port.ts';
import { preview } from '../../lib/problems.ts';
import { parseRefreshInterval } from '../../lib/refresh-interval.ts';
import { isTextId, textIdLengthMax } from '../../lib/text-id.ts';
import { parseLink } from '../../sources/link-rules.ts';
import { type AlertEvent, type AlertFormat, type AlertOption, alertEvents, alertFormats } from './events.ts';
import { newSecret, secretProblem } from './secret.ts';

type StoredRule = Row<typeof alertRules>;

/** A rule without its secret. */
export type AlertRule = Omit<StoredRule, 'secret'>;

/** Options are null or absent for the setting; durations are like `90s`, `1h` or `PT1H`. */
export interface NewAlertRule {
  readonly when: AlertEvent;
  readonly url: string;
  readonly format: AlertFormat;
  /** Default: a new one. */
  readonly secret?: string | null | undefined;
  readonly experiment?: string | null | undefined;
  /** The name or the command word of an import target. */
  readonly target?: string | null | undefined;
  readonly rate?: number | null | undefined;
  readonly recordsMin?: number | null | undefined;
  readonly window?: string | null | undefined;
  readonly silence?: string | null | undefined;
}

export interface AddedAlertRule {
  readonly rule: AlertRule;
  /** Null for a format without a signature. It is not shown again. */
  readonly secret: string | null;
  /** Whether a server with these settings sends to the address of the URL, as far as that shows in the URL. */
  readonly isAddressAllowed: boolean;
}

export interface AddOptions {
  readonly sentBy: string | null;
  /** Refuse a URL whose address this process may not send to. */
  readonly refusesAddress: boolean;
}

export interface RuleServices {
  readonly store: Store;
  /** The import targets that a rule can name. */
  readonly targets: readonly { readonly name: string; readonly command: string }[];
  readonly limits: { readonly alertRulesMax: number; readonly alertAllow: readonly HostPort[] };
}

const urlLengthMax = 2000;
const rulesInStoreMax = 1_000_000;

/** Which events are sent where. Rules never change: they are added and removed. */
export class AlertRules {
  readonly #services: RuleServices;
  #active: readonly AlertRule[] | null = null;

  constructor(services: RuleServices) {
    this.#services = services;
  }

  /** The rules that are not removed, the oldest first. Cached, because a server looks at them every few seconds. */
  active(): readonly AlertRule[] {
    this.#active ??= this.#services.store
      .page(alertRules, { key: 'id', direction: 'asc', match: { removedAtUs: null }, limit: rulesInStoreMax })
      .map(withoutSecret);
    return this.#active;
  }

  /** Reads the rules again, because another process may have changed them. */
  refresh(): void {
    this.#active = null;
  }

  /** The newest first. */
  page(match: Match<typeof alertRules>, page: TablePageRequest): TablePage<AlertRule> {
    const found = pageOfTable(this.#services.store, alertRules, { key: 'id', direction: 'desc', match }, page);
    return { ...found, rows: found.rows.map(withoutSecret) };
  }

  readonly byIds = (ids: readonly number[]): (AlertRule | null)[] =>
    rowsByKey(this.#services.store, alertRules, 'id', ids).map((rule) => rule && withoutSecret(rule));

  /** Throws VALIDATION_FAILED with the fields at fault, ADDRESS_NOT_ALLOWED, and LIMIT_EXCEEDED for one rule too many. */
  async add(rule: NewAlertRule, { sentBy, refusesAddress }: AddOptions): Promise<AddedAlertRule> {
    const { store, limits } = this.#services;
    const { fields, isAddressAllowed } = this.#read(rule);
    if (refusesAddress && !isAddressAllowed)
      throw new DomainError(
        'ADDRESS_NOT_ALLOWED',
        'alerts may be sent to public addresses, and to hosts of the setting alertAllow',
      );
    const secret = rule.format === 'slack' ? null : (rule.secret ?? newSecret());
    const added = await store.write((tx) => {
      const active = store.count(alertRules, { removedAtUs: null });
      if (active >= limits.alertRulesMax)
        throw new DomainError(
          'LIMIT_EXCEEDED',
          `there are ${active} alerts already, and at most ${limits.alertRulesMax} are allowed (setting alertRulesMax)`,
        );
      // Imports that ended before there was any rule concern nobody.
      if (active === 0) skipImports(store, tx);
      const row = { ...fields, secret, addedAtUs: tx.nowUs, addedBy: sentBy, removedAtUs: null, removedBy: null };
      return { id: tx.insert(alertRules, row), ...row };
    });
    this.refresh();
    return { rule: withoutSecret(added), secret, isAddressAllowed };
  }

  /** Ends a rule and its pending messages; a repeat changes nothing. Throws NOT_FOUND. */
  async remove(id: number, sentBy: string | null): Promise<AlertRule> {
    const { store } = this.#services;
    await store.write((tx) => {
      const found = tx.findLatest(alertRules, { id });
      if (!found) throw ruleNotFound(id);
      if (found.removedAtUs !== null) return;
      tx.update(alertRules, { id }, { url: '', secret: null, removedAtUs: tx.nowUs, removedBy: sentBy });
      tx.update(
        alertDeliveries,
        { ruleId: id, state: 'PENDING' },
        { state: 'FAILED', lastError: 'the alert was removed', settledAtUs: tx.nowUs, claimedBy: null },
      );
    });
    this.refresh();
    return this.byIds([id])[0] as AlertRule;
  }

  /** The fields of a new rule. Throws VALIDATION_FAILED naming all that are at fault. */
  #read(rule: NewAlertRule) {
    const problems: FieldProblem[] = [];
    const refuse = (path: string, code: FieldProblem['code'], message: string): null => {
      problems.push({ path, code, message });
      return null;
    };
    const { when, format } = rule;
    refuseUnknownOptions(rule, refuse);
    if (!alertFormats.includes(format))
      refuse('format', 'NOT_ALLOWED', `format must be one of ${alertFormats.join(', ')}, not ${preview(format)}`);
    const hook = readHook(rule.url, this.#services.limits.alertAllow, refuse);
    if (rule.secret != null) {
      const problem =
        format === 'slack' ? 'messages for Slack are not signed: leave secret out' : secretProblem(rule.secret);
      if (problem !== null) refuse('secret', format === 'slack' ? 'NOT_ALLOWED' : 'MALFORMED', problem);
    }
    if (rule.experiment != null && !isTextId(rule.experiment))
      refuse('experiment', 'MALFORMED', `experiment must be 1 to ${textIdLengthMax} characters of well-formed text`);
    const target = this.#readTarget(rule, refuse);
    if (rule.rate != null && !(rule.rate >= 0 && rule.rate < 1))
      refuse('rate', 'OUT_OF_RANGE', `rate must be a share from 0 to below 1, such as 0.05, not ${rule.rate}`);
    if (rule.recordsMin != null && !(Number.isSafeInteger(rule.recordsMin) && rule.recordsMin >= 1))
      refuse('recordsMin', 'OUT_OF_RANGE', `recordsMin must be a whole number of at least 1, not ${rule.recordsMin}`);
    const fields = {
      ...{ event: when, format, target, experiment: rule.experiment ?? null },
      ...{ url: hook?.href ?? '', publicUrl: hook === null ? '' : `${hook.protocol}//${hook.host}/…` },
      ...{ rate: rule.rate ?? null, recordsMin: rule.recordsMin ?? null },
      windowMs: readDuration('window', rule.window, refuse),
      silenceMs: readDuration('silence', rule.silence, refuse),
    };
    const message = problems.map((problem) => problem.message).join('; ');
    if (problems.length > 0) throw new DomainError('VALIDATION_FAILED', message, { problems });
    return { fields, isAddressAllowed: hook !== null && isLinkAllowed(hook, this.#services.limits.alertAllow) };
  }

  #readTarget({ when, target }: NewAlertRule, refuse: Refuse): string | null {
    const { targets } = this.#services;
    const words = targets.map(({ command }) => command).join(', ');
    if (target == null)
      return when === 'source.silent'
        ? refuse('target', 'MISSING', `source.silent needs a target: one of ${words}`)
        : null;
    const found = targets.find(({ name, command }) => name === target || command === target);
    return found?.name ?? refuse('target', 'NOT_ALLOWED', `target must be one of ${words}, not ${preview(target)}`);
  }
}

export const ruleNotFound = (id: number): DomainError => new DomainError('NOT_FOUND', `no alert has the id ${id}`);

const withoutSecret = ({ secret: _secret, ...rule }: StoredRule): AlertRule => rule;

type Refuse = (path: string, code: FieldProblem['code'], message: string) => null;

const refuseUnknownOptions = (rule: NewAlertRule, refuse: Refuse): void => {
  const event = alertEvents.find(({ name }) => name === rule.when);
  if (!event) {
    const names = alertEvents.map(({ name }) => name).join(', ');
    refuse('when', 'NOT_ALLOWED', `when must be one of ${names}, not ${preview(rule.when)}`);
    return;
  }
  const all: readonly AlertOption[] = ['experiment', 'target', 'rate', 'recordsMin', 'window', 'silence'];
  for (const option of all)
    if (rule[option] != null && !event.options.includes(option))
      refuse(option, 'NOT_ALLOWED', `${option} has no effect on ${event.name}: leave it out`);
};

/** Names that are resolved when a message is sent cannot be judged here. */
const isLinkAllowed = ({ href }: URL, allow: readonly HostPort[]): boolean => {
  try {
    parseLink(href, allow);
    return true;
  } catch {
    return false;
  }
};

const readHook = (url: string, allow: readonly HostPort[], refuse: Refuse): URL | null => {
  if (url.length > urlLengthMax)
    return refuse('url', 'OUT_OF_RANGE', `url must have at most ${urlLengthMax} characters`);
  if (!URL.canParse(url)) return refuse('url', 'MALFORMED', 'url must be an absolute URL, such as https://host/path');
  try {
    // Whether the address is allowed is judged apart.
    return parseLink(url, [...allow, { host: plainHost(new URL(url).hostname), port: null }]);
  } catch {
    return refuse('url', 'NOT_ALLOWED', 'url must begin with https:// or http:// and have no user name and password');
  }
};

const readDuration = (path: 'window' | 'silence', text: string | null | undefined, refuse: Refuse): number | null => {
  if (text == null) return null;
  const duration = parseRefreshInterval(text);
  const message = `${path} must be a duration such as 90s, 15m, 1h, 1d or PT1H, not ${preview(text)}`;
  return duration ? Math.ceil(duration.ms) : refuse(path, 'MALFORMED', message);
};

const skipImports = (store: Store, tx: Tx): void => {
  const unfinished = store.page(imports, { key: 'id', direction: 'desc', match: { state: 'RUNNING' }, limit: 10_000 });
  const position = {
    importId: tx.findLatest(imports, {})?.id ?? 0,
    unfinished: unfinished.map(({ id }) => id),
  };
  tx.remove(alertCursors, { id: 1 });
  tx.insert(alertCursors, { id: 1, ...position });
};
