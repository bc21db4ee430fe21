import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { DatasetColumn } from '../../src/lib/cells.ts';

/** Tables of uploaded files. Their rows are in files of their own, one a version; here is what there is. */
export const datasets = sqliteTable(
  'datasets',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    /** Of one that is not deleted it is its own. */
    name: text('name').notNull(),
    createdAtUs: integer('created_at_us').notNull(),
    /** The version that answers. */
    versionId: integer('version_id').notNull(),
    deletedAtUs: integer('deleted_at_us'),
  },
  (table) => [index('datasets_by_name').on(table.name)],
);

/** Versions of datasets; none is ever changed. */
export const datasetVersions = sqliteTable(
  'dataset_versions',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    datasetId: integer('dataset_id').notNull(),
    /** From 1, one after the other. */
    number: integer('number').notNull(),
    importId: integer('import_id').notNull(),
    createdAtUs: integer('created_at_us').notNull(),
    file: text('file').notNull(),
    rowCount: integer('row_count').notNull(),
    columns: text('columns', { mode: 'json' }).$type<readonly DatasetColumn[]>().notNull(),
    keyColumns: text('key_columns', { mode: 'json' }).$type<string[]>().notNull(),
  },
  (table) => [index('dataset_versions_by_dataset').on(table.datasetId, table.number)],
);
