import type { DatasetRefresh } from '../../src/lib/dataset-refresh.ts';
import { builder } from '../builder.ts';
import { memberOf, NotFoundError, outcomeOf, ValidationError } from '../faults.ts';
import { DatasetType } from './datasets.ts';

const DatasetRefreshType = builder.objectRef<DatasetRefresh>('DatasetRefresh').implement({
  description: 'How a dataset is imported from its link by schedule.',
  fields: (t) => ({
    url: t.string({
      description: 'The link, without user information and query, which may contain secrets.',
      resolve: ({ url }, _args, { datasetRefreshes }) => datasetRefreshes.publicLink(url),
    }),
    every: t.exposeString('every', { description: 'The interval, an ISO 8601 duration.' }),
    lastAttemptAt: t.field({
      type: 'DateTime',
      description: 'When it was last tried.',
      resolve: ({ lastAttemptAtUs }) => lastAttemptAtUs,
    }),
    lastSuccessAt: t.field({
      type: 'DateTime',
      description: 'When the link was last imported, or its content found to be the same.',
      resolve: ({ lastSuccessAtUs }) => lastSuccessAtUs,
    }),
    lastError: t.exposeString('lastError', {
      nullable: true,
      description: 'Why the last attempt failed; the earlier version stays current then. Null when it did not fail.',
    }),
    nextAttemptAt: t.field({
      type: 'DateTime',
      description: 'When it is due next.',
      resolve: ({ nextAttemptAtUs }) => nextAttemptAtUs,
    }),
  }),
});

builder.objectFields(DatasetType, (t) => ({
  keepVersions: t.int({
    description: 'How many of its versions are kept, the current one included.',
    resolve: (dataset, _args, { datasets }) => datasets.keptVersions(dataset),
  }),
  refresh: t.field({
    type: DatasetRefreshType,
    nullable: true,
    description: 'How it is imported from its link by schedule; null when it is not.',
    resolve: ({ refresh }) => refresh,
  }),
}));

const ChangeDatasetRefreshInput = builder.inputType('ChangeDatasetRefreshInput', {
  description: 'A dataset, and how often it is imported again from its link.',
  fields: (t) => ({
    datasetId: t.globalID({ required: true, for: [DatasetType], description: 'The dataset’s `id`.' }),
    every: t.string({
      required: true,
      description:
        'The interval, e.g. `15m`, `1h`, `1d` or `PT1H`; at least the setting refreshMsMin. `never` ends the schedule.',
    }),
  }),
});

const ChangeDatasetRefreshPayload = builder
  .objectRef<{ dataset: typeof DatasetType.$inferType }>('ChangeDatasetRefreshPayload')
  .implement({
    description: 'The dataset with its new schedule.',
    fields: (t) => ({
      dataset: t.field({ type: DatasetType, description: 'The dataset.', resolve: ({ dataset }) => dataset }),
    }),
  });

builder.mutationField('changeDatasetRefresh', (t) =>
  t.field({
    type: builder.unionType('ChangeDatasetRefreshResult', {
      description: 'The dataset, or why its schedule stays as it was.',
      types: [ChangeDatasetRefreshPayload, NotFoundError, ValidationError],
      resolveType: memberOf('ChangeDatasetRefreshPayload'),
    }),
    description:
      'Changes how often a dataset that `startImport` imported with `refreshEvery` is imported again; the next attempt is after the new interval.',
    args: { input: t.arg({ type: ChangeDatasetRefreshInput, required: true, description: 'The schedule.' }) },
    resolve: (_root, { input: { datasetId, every } }, { datasetRefreshes }) =>
      outcomeOf(
        datasetRefreshes.reschedule(Number(datasetId.id), every).then((dataset) => ({ dataset })),
        ['NotFoundError', 'ValidationError'],
      ),
  }),
);
