import type { Store } from '../../../db/store.ts';
import { imports, rejectedRecords } from '../../../db/tables/imports.ts';
import { formatInstant } from '../../lib/time.ts';
import { recordTables } from './api-records.ts';
import type { Observation } from './observation.ts';
import type { AlertRule } from './rules.ts';

export interface SilenceLimits {
  readonly alertSilenceMs: number;
}

interface SilenceSources {
  readonly store: Store;
  readonly limits: SilenceLimits;
  readonly nowUs: number;
  readonly judgedSeq: number;
}

/** Whether nothing of the rule's target arrived for too long. Before the first record, the time counts from the rule on. */
export const observeSilence = (rule: AlertRule, sources: SilenceSources): Observation => {
  const { store, limits, nowUs, judgedSeq } = sources;
  const target = rule.target ?? '';
  const silenceMs = rule.silenceMs ?? limits.alertSilenceMs;
  const lastAtUs = lastArrivalUs(store, target);
  const silentUs = nowUs - Math.max(lastAtUs ?? -Infinity, rule.addedAtUs);
  const isBroken = silentUs > silenceMs * 1000;
  const last = lastAtUs === null ? 'since the alert was added' : `after ${formatInstant(lastAtUs)}`;
  return {
    subject: target,
    isBroken,
    sentence: isBroken
      ? `No record of ${target} arrived ${last}, for more than ${silenceMs / 1000} s.`
      : `Records of ${target} arrive; the last one at ${lastAtUs === null ? 'no time' : formatInstant(lastAtUs)}.`,
    figures: {
      target,
      lastArrival: lastAtUs === null ? null : formatInstant(lastAtUs),
      silentSeconds: Math.floor(silentUs / 1_000_000),
      limitSeconds: silenceMs / 1000,
    },
    query: `{ imports(first: 5) { nodes { target source state finishedAt } } rejectedRecords(target: ${target}, first: 5) { nodes { receivedAt source } } }`,
    judgedSeq,
  };
};

/** When the newest record of a target arrived, stored or rejected, or the last import of it succeeded; null for never. */
const lastArrivalUs = (store: Store, target: string): number | null => {
  const table = recordTables[target];
  const newest = { direction: 'desc', limit: 1 } as const;
  const ended = (state: 'SUCCEEDED' | 'SUCCEEDED_WITH_REJECTS') =>
    store.page(imports, { ...newest, key: 'id', match: { target, state } })[0]?.finishedAtUs;
  const rejected = (state: 'OPEN' | 'RESOLVED' | 'DISCARDED') =>
    store.page(rejectedRecords, { ...newest, key: 'id', match: { target, state } })[0]?.receivedAtUs;
  const times = [
    table && store.page(table, { ...newest, key: 'seq' } as never)[0]?.recordedAtUs,
    ...[ended('SUCCEEDED'), ended('SUCCEEDED_WITH_REJECTS')],
    ...[rejected('OPEN'), rejected('RESOLVED'), rejected('DISCARDED')],
  ].filter((atUs) => atUs != null);
  return times.length === 0 ? null : Math.max(...times);
};
