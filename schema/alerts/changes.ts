import type { AlertDelivery } from '../../src/domains/alerts/deliveries.ts';
import type { AddedAlertRule, AlertRule } from '../../src/domains/alerts/rules.ts';
import { builder } from '../builder.ts';
import { memberOf, NotFoundError, OverloadedError, outcomeOf, SourceError, ValidationError } from '../faults.ts';
import { ImportTargetEnum } from '../imports/imports.ts';
import { AlertEventEnum, AlertFormatEnum, AlertType } from './alerts.ts';
import { AlertDeliveryType } from './deliveries.ts';

const AddAlertInput = builder.inputType('AddAlertInput', {
  description: 'What to report, and where. Options without an effect on the event are refused.',
  fields: (t) => ({
    when: t.field({ type: AlertEventEnum, required: true, description: 'What to report.' }),
    url: t.string({
      required: true,
      description: 'Where to send messages, by POST: a public address, or a host of the setting alertAllow.',
    }),
    format: t.field({
      type: AlertFormatEnum,
      required: true,
      defaultValue: 'json',
      description: 'The format of the messages.',
    }),
    secret: t.string({
      description:
        'The secret of the signature of JSON: `whsec_` and base64, or any text, whose bytes are then the key. Default: a new one.',
    }),
    experiment: t.string({ description: 'Only this experiment; default: all that run.' }),
    target: t.field({
      type: ImportTargetEnum,
      description: 'Only this target; default: all. SOURCE_SILENT needs one.',
    }),
    rate: t.float({
      description:
        'The share of rejected records above which REJECTS_RATE is reported; default: alertRejectRate (0.05).',
    }),
    recordsMin: t.int({
      description: 'The number of records below which REJECTS_RATE is not judged; default: alertRecordsMin (100).',
    }),
    window: t.string({
      description:
        'The time over which REJECTS_RATE counts records of the API, such as `1h`; default: alertWindowMs (1 h).',
    }),
    silence: t.string({
      description:
        'How long nothing may arrive before SOURCE_SILENT is reported, such as `1h`; default: alertSilenceMs (1 h).',
    }),
  }),
});

const AddAlertPayload = builder.objectRef<AddedAlertRule>('AddAlertPayload').implement({
  description: 'The new alert.',
  fields: (t) => ({
    alert: t.field({ type: AlertType, description: 'The alert.', resolve: ({ rule }) => rule }),
    secret: t.exposeString('secret', {
      nullable: true,
      description: 'The secret of its signature, shown this once; null for SLACK, whose messages have no signature.',
    }),
  }),
});

const AddAlertResult = builder.unionType('AddAlertResult', {
  description: 'The new alert, or why there is none.',
  types: [AddAlertPayload, ValidationError, SourceError, OverloadedError],
  resolveType: memberOf('AddAlertPayload'),
});

const AlertInput = builder.inputType('AlertInput', {
  description: 'An alert.',
  fields: (t) => ({ alertId: t.globalID({ required: true, for: [AlertType], description: 'The `id` of the alert.' }) }),
});

const RemoveAlertPayload = builder.objectRef<{ alert: AlertRule }>('RemoveAlertPayload').implement({
  description: 'The alert that was removed.',
  fields: (t) => ({
    alert: t.field({ type: AlertType, description: 'The alert.', resolve: ({ alert }) => alert }),
  }),
});

const RemoveAlertResult = builder.unionType('RemoveAlertResult', {
  description: 'The alert that was removed, or why it was not.',
  types: [RemoveAlertPayload, NotFoundError, OverloadedError],
  resolveType: memberOf('RemoveAlertPayload'),
});

const TestAlertPayload = builder.objectRef<{ delivery: AlertDelivery }>('TestAlertPayload').implement({
  description: 'What became of the test message.',
  fields: (t) => ({
    delivery: t.field({
      type: AlertDeliveryType,
      description: 'Its delivery, DELIVERED or FAILED: a test is sent once.',
      resolve: ({ delivery }) => delivery,
    }),
  }),
});

const TestAlertResult = builder.unionType('TestAlertResult', {
  description: 'What became of the test message, or why there is none.',
  types: [TestAlertPayload, NotFoundError, ValidationError, OverloadedError],
  resolveType: memberOf('TestAlertPayload'),
});

// Messages leave the server, so only those who may do everything change where they go.
const extensions = { scopes: ['admin'] };

builder.mutationFields((t) => ({
  addAlert: t.field({
    extensions,
    type: AddAlertResult,
    description:
      'Reports an event to a hook from now on: once when it happens and once when it is over. Where API keys are used, the key needs the scope `admin`.',
    args: { input: t.arg({ type: AddAlertInput, required: true, description: 'The alert.' }) },
    resolve: (_root, { input }, { alerts, sentBy }) =>
      outcomeOf(alerts.add(input, { sentBy, refusesAddress: true }), [
        'ValidationError',
        'SourceError',
        'OverloadedError',
      ]),
  }),
  removeAlert: t.field({
    extensions,
    type: RemoveAlertResult,
    description:
      'Ends an alert, with its messages that are not delivered yet; its URL and secret are erased. A repeat changes nothing. Needs the scope `admin`.',
    args: { input: t.arg({ type: AlertInput, required: true, description: 'The alert.' }) },
    resolve: (_root, { input: { alertId } }, { alerts, sentBy }) =>
      outcomeOf(
        alerts.remove(Number(alertId.id), sentBy).then((alert) => ({ alert })),
        ['NotFoundError', 'OverloadedError'],
      ),
  }),
  testAlert: t.field({
    extensions,
    type: TestAlertResult,
    description: 'Sends a test message to the hook of an alert and waits for the result. Needs the scope `admin`.',
    args: { input: t.arg({ type: AlertInput, required: true, description: 'The alert.' }) },
    resolve: (_root, { input: { alertId } }, { alerts }) =>
      outcomeOf(
        alerts.test(Number(alertId.id)).then((delivery) => ({ delivery })),
        ['NotFoundError', 'ValidationError', 'OverloadedError'],
      ),
  }),
}));
