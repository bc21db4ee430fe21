import type { AlertChange } from '../../src/domains/alerts/alerts.ts';
import type { AlertRule } from '../../src/domains/alerts/rules.ts';
import type { ImportTargetName } from '../../src/import-targets.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { ImportTargetEnum } from '../imports/imports.ts';
import { type Counted, numericCursor, pageOf, selectPage, totalCountOf } from '../page.ts';
import { Provenance } from '../provenance.ts';

export const AlertEventEnum = builder.enumType('AlertEvent', {
  description: 'What an alert reports: that it happened, and that it is over.',
  values: {
    EXPERIMENT_BROKEN: {
      value: 'experiment.broken',
      description: 'The verdict of the monitor on an experiment is BROKEN.',
    },
    REJECTS_RATE: {
      value: 'rejects.rate',
      description: 'Too large a share of the records of an import, or of those sent through the API, is rejected.',
    },
    SYNC_FAILED: {
      value: 'sync.failed',
      description: 'A synchronization of user files failed, or its table could not be written.',
    },
    IMPORT_FAILED: {
      value: 'import.failed',
      description: 'An import failed, refreshes of datasets from their links included.',
    },
    SOURCE_SILENT: { value: 'source.silent', description: 'No record of a target arrived for some time.' },
  } as const,
});

export const AlertFormatEnum = builder.enumType('AlertFormat', {
  description: 'The format of the messages of an alert.',
  values: {
    JSON: { value: 'json', description: 'JSON with a signature, by the specification Standard Webhooks.' },
    SLACK: { value: 'slack', description: 'An incoming webhook of Slack, or of what accepts the same.' },
  } as const,
});

const AlertState = builder.enumType('AlertState', {
  description: 'The state of what an alert watches.',
  values: {
    OK: { description: 'Not broken; also while there is not enough data.' },
    BROKEN: { description: 'What the alert reports is the case.' },
  } as const,
});

const AlertChangeType = builder.objectRef<AlertChange>('AlertChange').implement({
  description: 'A change of the state of what an alert watches. Each is reported by one message.',
  fields: (t) => ({
    subject: t.exposeString('subject', {
      description: 'What has changed: the key of an experiment, or a target with the source of its records.',
    }),
    state: t.field({ type: AlertState, description: 'The state since then.', resolve: ({ state }) => state }),
    message: t.exposeString('message', { description: 'One sentence for a person.' }),
    figures: t.string({
      description: 'The figures behind the sentence, as a JSON object.',
      resolve: ({ figures }) => JSON.stringify(figures),
    }),
    provenance: t.field({ type: Provenance, description: 'When it was recorded.', resolve: (change) => change }),
  }),
});

const AlertChangeConnection = connectionType<AlertChange, Counted>(
  {
    type: AlertChangeType,
    name: 'AlertChangeConnection',
    description: 'A page of changes of state.',
    fields: (t) => ({
      totalCount: t.int({ description: 'The number of changes on all pages.', resolve: totalCountOf }),
    }),
  },
  { name: 'AlertChangeEdge', description: 'A change of state with its cursor.' },
);

export const AlertType = builder.objectRef<AlertRule>('Alert');

builder.node(AlertType, {
  description: 'A rule by which changes of state are reported to a hook.',
  id: { resolve: ({ id }) => id },
  loadMany: (ids, { alerts }) => alerts.rules.byIds(ids.map(Number)),
  fields: (t) => ({
    number: t.exposeInt('id', { description: 'Its number, which messages and `asof alerts` name.' }),
    event: t.field({ type: AlertEventEnum, description: 'What it reports.', resolve: ({ event }) => event }),
    format: t.field({ type: AlertFormatEnum, description: 'Format of its messages.', resolve: ({ format }) => format }),
    url: t.string({
      description:
        'Where messages are sent. Its path may contain a token, so callers without the scope `admin` see scheme and host only; so does everybody once the alert is removed.',
      resolve: ({ url, publicUrl }, _args, { caller }) =>
        caller?.scopes.includes('admin') && url !== '' ? url : publicUrl,
    }),
    experiment: t.exposeString('experiment', {
      nullable: true,
      description: 'The only experiment that it watches; null for all that run.',
    }),
    target: t.field({
      type: ImportTargetEnum,
      nullable: true,
      description: 'The only target that it watches; null for all.',
      resolve: ({ target }) => target as ImportTargetName | null,
    }),
    addedAt: t.field({
      type: 'DateTime',
      description: 'When it was added.',
      resolve: ({ addedAtUs }) => addedAtUs,
    }),
    addedBy: t.exposeString('addedBy', {
      nullable: true,
      description: 'Name of the API key it was added with; null for the command line and without keys.',
    }),
    removedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was removed; null while it is in force.',
      resolve: ({ removedAtUs }) => removedAtUs,
    }),
    removedBy: t.exposeString('removedBy', {
      nullable: true,
      description: 'Name of the API key it was removed with.',
    }),
    broken: t.stringList({
      description: 'The subjects that are BROKEN.',
      resolve: ({ id }, _args, { alerts }) => alerts.states.brokenSubjects(id),
    }),
    changes: t.field({
      type: AlertChangeConnection,
      args: t.arg.connectionArgs(),
      description: 'The changes of state that it has reported, the newest first.',
      resolve: ({ id }, args, { alerts, config }) => {
        const list = { field: 'Alert.changes', parent: id };
        const { limit, fromEnd, after, before, cursors } = selectPage(list, args, config);
        const request = { limit, fromEnd, after: numericCursor(after), before: numericCursor(before) };
        const page = alerts.changes(id, request);
        return { ...pageOf(page.rows, ({ seq }) => seq, { ...page, cursors }), totalCount: page.totalCount };
      },
    }),
  }),
});

/** The options in force: those of the rule, or the settings. */
builder.objectFields(AlertType, (t) => ({
  rate: t.float({
    nullable: true,
    description: 'The share of rejected records above which `REJECTS_RATE` is reported; null for other events.',
    resolve: ({ event, rate }, _args, { config }) =>
      event === 'rejects.rate' ? (rate ?? config.alertRejectRate) : null,
  }),
  recordsMin: t.int({
    nullable: true,
    description: 'The number of records below which `REJECTS_RATE` is not judged; null for other events.',
    resolve: ({ event, recordsMin }, _args, { config }) =>
      event === 'rejects.rate' ? (recordsMin ?? config.alertRecordsMin) : null,
  }),
  window: t.field({
    type: 'Duration',
    nullable: true,
    description: 'The time over which `REJECTS_RATE` counts records of the API; null for other events.',
    resolve: ({ event, windowMs }, _args, { config }) =>
      event === 'rejects.rate' ? durationOf(windowMs ?? config.alertWindowMs) : null,
  }),
  silence: t.field({
    type: 'Duration',
    nullable: true,
    description: 'How long nothing may arrive before `SOURCE_SILENT` is reported; null for other events.',
    resolve: ({ event, silenceMs }, _args, { config }) =>
      event === 'source.silent' ? durationOf(silenceMs ?? config.alertSilenceMs) : null,
  }),
}));

const durationOf = (ms: number): string => `PT${ms / 1000}S`;

const AlertConnection = connectionType<AlertRule, Counted>(
  {
    type: AlertType,
    name: 'AlertConnection',
    description: 'A page of alerts.',
    fields: (t) => ({
      totalCount: t.int({ description: 'The number of alerts on all pages.', resolve: totalCountOf }),
    }),
  },
  { name: 'AlertEdge', description: 'An alert with its cursor.' },
);

builder.queryField('alert', (t) =>
  t.field({
    type: AlertType,
    nullable: true,
    description: 'An alert by its number, also one that was removed; null when there is none.',
    args: { number: t.arg.int({ required: true, description: 'Its number, which messages and `asof alerts` name.' }) },
    resolve: (_root, { number }, { load, alerts }) => load(alerts.rules.byIds, number),
  }),
);

builder.queryField('alerts', (t) =>
  t.field({
    type: AlertConnection,
    description: 'The alerts in force, the newest first.',
    args: {
      ...t.arg.connectionArgs(),
      includeRemoved: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Whether to list alerts that were removed, too.',
      }),
    },
    resolve: (_root, args, { alerts, config }) => {
      const { limit, fromEnd, after, before, cursors } = selectPage({ field: 'Query.alerts' }, args, config);
      const request = { limit, fromEnd, after: numericCursor(after), before: numericCursor(before) };
      const page = alerts.rules.page(args.includeRemoved ? {} : { removedAtUs: null }, request);
      return { ...pageOf(page.rows, ({ id }) => id, { ...page, cursors }), totalCount: page.totalCount };
    },
  }),
);
