import type { DatasetRefresh } from '../../src/lib/dataset-refresh.ts';
import { builder } from '../builder.ts';
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
