import type { DatasetImport, DatasetOptions } from '../../src/domains/datasets/import-version.ts';
import type { Import } from '../../src/domains/imports/job.ts';
import type { DatasetOrigin, DatasetUploads } from '../../src/domains/uploads/dataset-uploads.ts';
import { DomainError } from '../../src/errors.ts';
import { builder } from '../builder.ts';
import { FieldProblemType, memberOf, NotFoundError, outcomeOf, ValidationError } from '../faults.ts';
import { ImportType } from '../imports/imports.ts';
import { ColumnRef, ColumnTypeEnum } from './columns.ts';
import { DatasetType } from './datasets.ts';

const ImportMode = builder.enumType('ImportMode', {
  description: 'What becomes of the rows that a dataset has.',
  values: {
    APPEND: { description: 'They stay, the file’s follow.' },
    REPLACE: { description: 'The file’s take their place.' },
    UPSERT: { description: 'Those with the file’s keys are replaced by its rows; the others stay, new ones follow.' },
  } as const,
});

const ColumnTypeInput = builder.inputType('ColumnTypeInput', {
  description: 'The type of a column, where it is not to be inferred.',
  fields: (t) => ({
    column: t.string({ required: true, description: 'The column’s `name`.' }),
    type: t.field({
      type: ColumnTypeEnum,
      required: true,
      description:
        'STRING_LIST takes cells that are no list literal apart at commas, BOOLEAN also takes yes, no, 1, 0.',
    }),
  }),
});

type InputFields = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0];

/** What `startImport` takes for datasets only. */
export const datasetArgs = (t: InputFields) => ({
  datasetName: t.string({ description: 'For `DATASET`: its name. One that is there gets a new version.' }),
  mode: t.field({ type: ImportMode, description: 'For `DATASET`: default `REPLACE`.' }),
  keyColumns: t.stringList({ description: 'For `DATASET`: the columns that name a row; needed for `UPSERT`.' }),
  columns: t.field({ type: [ColumnTypeInput], description: 'For `DATASET`: types that are not to be inferred.' }),
  dryRun: t.boolean({
    required: true,
    defaultValue: false,
    description:
      'For `DATASET`: reads and judges every row and stores nothing. The import has `inferredColumns` and `firstRejects`.',
  }),
});

interface DatasetInput extends Omit<DatasetOptions, 'name' | 'dryRun'> {
  readonly datasetName?: string | null | undefined;
  readonly source?: DatasetOrigin | null | undefined;
  readonly dryRun: boolean;
  readonly wait: boolean;
}

/** Starts the import that the input describes. */
export const importedDataset = async (
  uploads: DatasetUploads,
  { datasetName, source, mode, keyColumns, columns, dryRun, wait }: DatasetInput,
): Promise<{ import: DatasetImport }> => {
  if (datasetName == null) throw new DomainError('BAD_REQUEST', 'datasetName is needed for DATASET');
  const run = await uploads.importFrom(source, { name: datasetName, mode, keyColumns, columns, dryRun });
  return { import: wait || dryRun ? await run.done : run.import };
};

/** Throws BAD_REQUEST for what other targets do not take. */
export const refuseDatasetArgs = ({ datasetName, source, mode, keyColumns, columns, dryRun }: DatasetInput): void => {
  const options = { datasetName, mode, keyColumns, columns, 'source.url': source?.url, dryRun: dryRun || null };
  const names = Object.entries(options).flatMap(([name, value]) => (value == null ? [] : [name]));
  if (names.length > 0) throw new DomainError('BAD_REQUEST', `${names.join(', ')}: only for the target DATASET`);
};

const FirstReject = builder
  .objectRef<NonNullable<DatasetImport['dryRun']>['rejects'][number]>('FirstReject')
  .implement({
    description: 'A row that the import would reject.',
    fields: (t) => ({
      line: t.exposeInt('line', { description: 'The line it begins on, from 1.' }),
      raw: t.exposeString('raw', { description: 'The row as it came.' }),
      problems: t.field({
        type: [FieldProblemType],
        description: 'The reasons for the rejection.',
        resolve: ({ problems }) => problems,
      }),
    }),
  });

builder.objectFields(ImportType, (t) => ({
  dataset: t.field({
    type: DatasetType,
    nullable: true,
    description: 'The dataset it became a version of; null while there is none, and for other targets.',
    resolve: ({ id }, _args, { load, datasets }) => load(datasets.byImportIds, id),
  }),
  inferredColumns: t.field({
    type: [ColumnRef],
    description: 'The columns and types of a dataset’s file, of a dry run also; empty until they are known.',
    resolve: async (current: Import, _args, { load, datasets }) => {
      const { dryRun } = current as DatasetImport;
      if (dryRun) return [...datasets.columns(dryRunVersion(dryRun))];
      const version = await load(datasets.versionsByImportIds, current.id);
      return version ? [...datasets.columns(version)] : [];
    },
  }),
  firstRejects: t.field({
    type: [FirstReject],
    description:
      'For a dry run, the first 20 rows that the import would reject; other imports list them in `rejectedRecords`.',
    resolve: (current: Import) => [...((current as DatasetImport).dryRun?.rejects ?? [])],
  }),
}));

/** What is not stored has columns all the same; nothing can be asked of their cells. */
const dryRunVersion = ({ columns }: NonNullable<DatasetImport['dryRun']>) => ({
  id: 0,
  datasetId: 0,
  number: 0,
  importId: 0,
  createdAtUs: 0,
  file: '',
  rowCount: 0,
  columns: [...columns],
  keyColumns: [],
});

const CancelImportInput = builder.inputType('CancelImportInput', {
  description: 'An import to end.',
  fields: (t) => ({
    importId: t.globalID({ required: true, for: [ImportType], description: 'The import’s `id`.' }),
  }),
});

const CancelImportPayload = builder.objectRef<{ import: Import }>('CancelImportPayload').implement({
  description: 'The import as it ended.',
  fields: (t) => ({
    import: t.field({ type: ImportType, description: 'The import.', resolve: (payload) => payload.import }),
  }),
});

const DeleteDatasetInput = builder.inputType('DeleteDatasetInput', {
  description: 'A dataset to delete.',
  fields: (t) => ({
    datasetId: t.globalID({ required: true, for: [DatasetType], description: 'The dataset’s `id`.' }),
  }),
});

const DeleteDatasetPayload = builder.objectRef<{ id: string }>('DeleteDatasetPayload').implement({
  description: 'It is gone.',
  fields: (t) => ({
    deletedDatasetId: t.id({ description: 'The `id` it had.', resolve: ({ id }) => id }),
  }),
});

builder.mutationFields((t) => ({
  cancelImport: t.field({
    type: builder.unionType('CancelImportResult', {
      description: 'The import, or why it could not be ended.',
      types: [CancelImportPayload, NotFoundError, ValidationError],
      resolveType: memberOf('CancelImportPayload'),
    }),
    description: 'Ends the import of a dataset, of which then nothing is stored; one that has ended stays as it is.',
    args: { input: t.arg({ type: CancelImportInput, required: true, description: 'Which.' }) },
    resolve: (_root, { input }, { datasetImports }) =>
      outcomeOf(
        datasetImports.cancel(Number(input.importId.id)).then((ended) => ({ import: ended })),
        ['NotFoundError', 'ValidationError'],
      ),
  }),
  deleteDataset: t.field({
    type: builder.unionType('DeleteDatasetResult', {
      description: 'What was deleted, or why nothing was.',
      types: [DeleteDatasetPayload, NotFoundError],
      resolveType: memberOf('DeleteDatasetPayload'),
    }),
    extensions: { scopes: ['admin'] },
    description:
      'Deletes a dataset with all its versions; the account of its imports stays. Where API keys are in use it needs one of scope `admin`.',
    args: { input: t.arg({ type: DeleteDatasetInput, required: true, description: 'Which.' }) },
    resolve: (_root, { input: { datasetId } }, { datasets }) => {
      const id = Buffer.from(`Dataset:${datasetId.id}`).toString('base64url');
      return outcomeOf(
        datasets.remove(Number(datasetId.id)).then(() => ({ id })),
        ['NotFoundError'],
      );
    },
  }),
}));
