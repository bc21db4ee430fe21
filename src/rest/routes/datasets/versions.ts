import { z } from '@hono/zod-openapi';
import { formatInstant } from '../../../lib/time.ts';
import { datasetName } from '../../parameters.ts';
import { defineRoute } from '../../route.ts';

export const versionsOfDataset = defineRoute({
  operationId: 'listDatasetVersions',
  tag: 'Datasets',
  path: '/datasets/{name}/versions',
  subject: 'facts',
  summary: 'The versions of a dataset, newest first',
  description:
    'At most as many versions as the setting pageSizeMax (1000). `version` is the number that `_version` accepts elsewhere.',
  params: { name: datasetName },
  response: {
    schema: z.array(
      z.object({
        version: z.int(),
        is_current: z.boolean(),
        created_at: z.string(),
        rows: z.int(),
        key_columns: z.array(z.string()),
        columns: z.array(z.object({ name: z.string(), type: z.string(), nulls: z.int(), misfits: z.int() })),
        import: z.string(),
      }),
    ),
    example: [
      {
        version: 1,
        is_current: true,
        created_at: '2026-11-25T10:00:03Z',
        rows: 100,
        key_columns: [],
        columns: [{ name: 'Release date', type: 'DATE', nulls: 1, misfits: 1 }],
        import: 'http://127.0.0.1:4000/imports/7',
      },
    ],
  },
  errorCodes: ['NOT_FOUND'],
  handle({ name }, { datasets, config }, { origin }) {
    const dataset = datasets.getByName(name);
    return datasets
      .versionsPage(dataset, { limit: config.pageSizeMax, fromEnd: false })
      .rows.map(({ id, number, createdAtUs, rowCount, keyColumns, columns, importId }) => ({
        version: number,
        is_current: id === dataset.versionId,
        created_at: formatInstant(createdAtUs),
        rows: rowCount,
        key_columns: keyColumns,
        columns: columns.map(({ name: column, type, nulls, misfits }) => ({ name: column, type, nulls, misfits })),
        import: `${origin}/imports/${importId}`,
      }));
  },
});

export const removeDataset = defineRoute({
  operationId: 'deleteDataset',
  tag: 'Datasets',
  method: 'DELETE',
  path: '/datasets/{name}',
  subject: 'facts',
  scopes: ['admin'],
  summary: 'Deletes a dataset with all its versions',
  description: 'Its imports stay listed.',
  params: { name: datasetName },
  response: {
    schema: z.object({ name: z.string(), versions_removed: z.int() }),
    example: { name: 'games', versions_removed: 3 },
  },
  errorCodes: ['NOT_FOUND'],
  async handle({ name }, { datasets }) {
    const dataset = datasets.getByName(name);
    const versions = datasets.versionsPage(dataset, { limit: 1, fromEnd: false }).totalCount();
    await datasets.remove(dataset.id);
    return { name, versions_removed: versions };
  },
});
