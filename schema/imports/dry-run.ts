import type { DatasetImport } from '../../src/domains/datasets/import-version.ts';
import type { Import } from '../../src/domains/imports/job.ts';
import type {
  FirstReject,
  RecordColumn,
  RecordImport,
  RecordPreview,
} from '../../src/domains/imports/record-preview.ts';
import type { Cell } from '../../src/lib/cell-text.ts';
import { builder } from '../builder.ts';
import { FieldProblemType } from '../faults.ts';
import { ImportType } from './imports.ts';

const FirstRejectType = builder.objectRef<FirstReject>('FirstReject').implement({
  description: 'A row or record that the import would reject.',
  fields: (t) => ({
    line: t.exposeInt('line', { description: 'The line on which it begins, from 1.' }),
    raw: t.exposeString('raw', { description: 'Its original text.' }),
    problems: t.field({
      type: [FieldProblemType],
      description: 'The reasons for the rejection.',
      resolve: ({ problems }) => problems,
    }),
  }),
});

const RecordColumnType = builder.objectRef<RecordColumn>('RecordColumn').implement({
  description: 'A column of a CSV file, or a field of the objects of a JSON file.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name in the file.' }),
    fields: t.stringList({
      description: 'The fields of the records that are read from it; empty for a column that is ignored.',
      resolve: ({ fields }) => [...fields],
    }),
    examples: t.stringList({
      description: 'Different texts of it as the file has them, at most 5, each cut after 200 characters.',
      resolve: ({ examples }) => [...examples],
    }),
  }),
});

interface RecordValues {
  readonly line: number;
  readonly values: readonly Cell[];
}

const RecordPreviewRowType = builder.objectRef<RecordValues>('RecordPreviewRow').implement({
  description: 'A record as an import would store it.',
  fields: (t) => ({
    line: t.exposeInt('line', { description: 'The line on which it begins, from 1.' }),
    values: t.field({
      type: ['CellValue'],
      nullable: { list: false, items: true },
      description: 'Its values in the order of `fields`; null for a field that it does not have.',
      resolve: ({ values }) => [...values],
    }),
  }),
});

const RecordPreviewType = builder.objectRef<RecordPreview>('RecordPreview').implement({
  description: 'The records of a file as an import would store them.',
  fields: (t) => ({
    columns: t.field({
      type: [RecordColumnType],
      description: 'The columns of the file, the first 1000.',
      resolve: ({ columns }) => [...columns],
    }),
    fields: t.stringList({
      description: 'The fields of the records, under their names in files.',
      resolve: ({ fields }) => [...fields],
    }),
    rows: t.field({
      type: [RecordPreviewRowType],
      description: 'The first 100 records that the import would store: not duplicates, conflicts and rejects.',
      resolve: ({ rows, fields }) =>
        rows.map(({ line, record }) => ({ line, values: fields.map((name) => (record[name] ?? null) as Cell) })),
    }),
  }),
});

builder.objectFields(ImportType, (t) => ({
  recordPreview: t.field({
    type: RecordPreviewType,
    nullable: true,
    description:
      'For a dry run of records, what it would store; null when nothing of the file can be read as records, and for other imports. Datasets have `preview`.',
    resolve: (current: Import) => (current as RecordImport).recordDryRun?.preview ?? null,
  }),
  firstRejects: t.field({
    type: [FirstRejectType],
    description:
      'For a dry run, the first 20 rows or records that the import would reject; other imports list them in `rejectedRecords`.',
    resolve: (current: Import) => [
      ...(((current as DatasetImport).dryRun ?? (current as RecordImport).recordDryRun)?.rejects ?? []),
    ],
  }),
}));
