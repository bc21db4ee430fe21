import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { DatasetColumn } from '../../src/lib/dataset-column.ts';
import type { DatasetRefresh } from '../../src/lib/dataset-refresh.ts';

/** Datasets. The rows of each version are in a file of their own, which the dataset engine manages. */
export const datasets = sqliteTable(
  'datasets',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    /** Unique among the datasets that are not deleted. */
    name: text('name').notNull(),
    createdAtUs: integer('created_at_us').notNull(),
    /** The current version. */
    versionId: integer('version_id').notNull(),
    deletedAtUs: integer('deleted_at_us'),
    /** How many versions are kept, the current one included; null for the setting. */
    keepVersions: integer('keep_versions'),
    /** The link that the dataset is imported from by schedule; null when there is none. */
    refresh: text('refresh', { mode: 'json' }).$type<DatasetRefresh>(),
  },
  (table) => [index('datasets_by_name').on(table.name)],
);

/** Versions of datasets, which are immutable. */
export const datasetVersions = sqliteTable(
  'dataset_versions',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    datasetId: integer('dataset_id').notNull(),
    /** Consecutive in a dataset, from 1. */
    number: integer('number').notNull(),
    importId: integer('import_id').notNull(),
    createdAtUs: integer('created_at_us').notNull(),
    file: text('file').notNull(),
    /** Null for files of before these columns, until they are converted to Parquet. */
    fileBytes: integer('file_bytes'),
    fileSha256: text('file_sha256'),
    rowCount: integer('row_count').notNull(),
    columns: text('columns', { mode: 'json' }).$type<readonly DatasetColumn[]>().notNull(),
    keyColumns: text('key_columns', { mode: 'json' }).$type<string[]>().notNull(),
  },
  (table) => [index('dataset_versions_by_dataset').on(table.datasetId, table.number)],
);
