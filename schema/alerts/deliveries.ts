import type { AlertAttempt, AlertDelivery } from '../../src/domains/alerts/deliveries.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { type Counted, numericCursor, pageOf, selectPage, totalCountOf } from '../page.ts';
import { Provenance } from '../provenance.ts';
import { AlertType } from './alerts.ts';

const AlertDeliveryState = builder.enumType('AlertDeliveryState', {
  description: 'The state of a delivery.',
  values: {
    PENDING: { description: 'It is sent now or will be, again or for the first time.' },
    DELIVERED: { description: 'The hook answered with a status of 200 to 299.' },
    FAILED: { description: 'It is not sent again; `lastError` says why.' },
  } as const,
});

const AlertAttemptType = builder.objectRef<AlertAttempt>('AlertAttempt').implement({
  description: 'An attempt to deliver a message.',
  fields: (t) => ({
    number: t.exposeInt('number', {
      description: 'From 1. A number is missing when its process ended in the attempt.',
    }),
    responseStatus: t.exposeInt('responseStatus', {
      nullable: true,
      description: 'The status of the response; null when there was none.',
    }),
    error: t.exposeString('error', { nullable: true, description: 'Why it failed; null when it did not.' }),
    duration: t.field({
      type: 'Duration',
      description: 'How long it took.',
      resolve: ({ durationMs }) => `PT${durationMs / 1000}S`,
    }),
    provenance: t.field({ type: Provenance, description: 'When it ended.', resolve: (attempt) => attempt }),
  }),
});

export const AlertDeliveryType = builder.objectRef<AlertDelivery>('AlertDelivery');

builder.node(AlertDeliveryType, {
  description: 'A message of an alert and its way to the hook. It is delivered at least once.',
  id: { resolve: ({ id }) => id },
  loadMany: (ids, { alerts }) => alerts.deliveries.byIds(ids.map(Number)),
  fields: (t) => ({
    messageId: t.exposeString('messageId', {
      description: 'The header `webhook-id`, the same in each attempt: hooks drop repeats by it.',
    }),
    alert: t.field({
      type: AlertType,
      nullable: true,
      description: 'Its alert.',
      resolve: ({ ruleId }, _args, { load, alerts }) => load(alerts.rules.byIds, ruleId),
    }),
    event: t.exposeString('event', { description: 'The event, as the message names it; `alert.test` for a test.' }),
    subject: t.exposeString('subject', {
      description: 'What has changed. Messages about one subject keep their order.',
    }),
    state: t.field({ type: AlertDeliveryState, description: 'Its state.', resolve: ({ state }) => state }),
    payload: t.exposeString('body', { description: 'The body, the same in each attempt.' }),
    attemptCount: t.exposeInt('attempts', { description: 'How often it was sent, or is being sent.' }),
    attempts: t.field({
      type: [AlertAttemptType],
      description: 'The attempts that ended, in order.',
      resolve: ({ id }, _args, { load, alerts }) => load(alerts.deliveries.attemptsOf, id),
    }),
    responseStatus: t.exposeInt('responseStatus', {
      nullable: true,
      description: 'The status of the last response; null without one.',
    }),
    lastError: t.exposeString('lastError', {
      nullable: true,
      description: 'Why the last attempt failed, or why there is none; null when it did not fail.',
    }),
    sequence: t.field({
      type: 'BigInt',
      nullable: true,
      description: 'The sequence number of the change that it reports; null for a test.',
      resolve: ({ changeSeq }) => changeSeq,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was stored, in the transaction of the change that it reports.',
      resolve: ({ createdAtUs }) => createdAtUs,
    }),
    lastAttemptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was last sent; null before the first attempt.',
      resolve: ({ lastAttemptAtUs }) => lastAttemptAtUs,
    }),
    nextAttemptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it is due; null unless it is PENDING.',
      resolve: ({ state, nextAttemptAtUs }) => (state === 'PENDING' ? nextAttemptAtUs : null),
    }),
    settledAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was delivered or failed; null while it is PENDING.',
      resolve: ({ settledAtUs }) => settledAtUs,
    }),
  }),
});

const AlertDeliveryConnection = connectionType<AlertDelivery, Counted>(
  {
    type: AlertDeliveryType,
    name: 'AlertDeliveryConnection',
    description: 'A page of deliveries.',
    fields: (t) => ({
      totalCount: t.int({ description: 'The number of deliveries on all pages.', resolve: totalCountOf }),
    }),
  },
  { name: 'AlertDeliveryEdge', description: 'A delivery with its cursor.' },
);

builder.queryField('alertDeliveries', (t) =>
  t.field({
    type: AlertDeliveryConnection,
    description: 'Messages of alerts and their way to the hooks, the newest first.',
    args: {
      ...t.arg.connectionArgs(),
      alert: t.arg.globalID({ for: [AlertType], description: 'Only those of this alert.' }),
      state: t.arg({ type: AlertDeliveryState, description: 'Only those in this state, such as `FAILED`.' }),
    },
    resolve: (_root, args, { alerts, config }) => {
      const { alert, state } = args;
      const list = { field: 'Query.alertDeliveries' };
      const { limit, fromEnd, after, before, cursors } = selectPage(list, args, config);
      const request = { limit, fromEnd, after: numericCursor(after), before: numericCursor(before) };
      const match = { ...(alert ? { ruleId: Number(alert.id) } : {}), ...(state ? { state } : {}) };
      const page = alerts.deliveries.page(match, request);
      return {
        ...pageOf(page.rows, ({ id }) => id, { ...page, cursors }),
        totalCount: page.totalCount,
      };
    },
  }),
);
