import type { DatasetImport } from '../../src/domains/datasets/import-version.ts';
import type { TablePreview } from '../../src/domains/datasets/preview.ts';
import type { Import } from '../../src/domains/imports/job.ts';
import type { DatasetOrigin, DatasetUploadOptions, DatasetUploads } from '../../src/domains/uploads/dataset-uploads.ts';
import { DomainError } from '../../src/errors.ts';
import { readOptionsOf } from '../../src/lib/import-option-texts.ts';
import { builder } from '../builder.ts';
import { memberOf, NotFoundError, outcomeOf, ValidationError } from '../faults.ts';
import { ImportType } from '../imports/imports.ts';
import type { ReadOptionInput } from '../imports/options.ts';
import { ColumnRef, ColumnTypeEnum } from './columns.ts';
import { DatasetType, DatasetVersionType } from './datasets.ts';
import { Misfit } from './rows.ts';

const ImportMode = builder.enumType('ImportMode', {
  description: 'What happens to the existing rows of a dataset.',
  values: {
    APPEND: { description: 'They stay; the rows of the file are added after them.' },
    REPLACE: { description: 'The rows of the file replace them.' },
    UPSERT: {
      description: 'Rows of the file replace those with the same key; other rows stay, new ones are added after them.',
    },
  } as const,
});

const ColumnTypeInput = builder.inputType('ColumnTypeInput', {
  description: 'The type of a column that is not inferred.',
  fields: (t) => ({
    column: t.string({ required: true, description: 'The column’s `name`.' }),
    type: t.field({
      type: ColumnTypeEnum,
      required: true,
      description:
        'STRING_LIST splits cells that are not a list literal at commas; BOOLEAN also accepts yes, no, 1, 0.',
    }),
  }),
});

type InputFields = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0];

/** The arguments of `startImport` that only datasets have. */
export const datasetArgs = (t: InputFields) => ({
  datasetName: t.string({ description: 'For `DATASET`: its name. An existing dataset gets a new version.' }),
  mode: t.field({ type: ImportMode, description: 'For `DATASET`: default `REPLACE`.' }),
  keyColumns: t.stringList({ description: 'For `DATASET`: the columns that identify a row; needed for `UPSERT`.' }),
  types: t.field({ type: [ColumnTypeInput], description: 'For `DATASET`: types of columns that are not inferred.' }),
  keepVersions: t.int({
    description:
      'For `DATASET`: how many of its versions are kept from now on, the current one included; default: as before, or the setting keepVersions (10).',
  }),
  refreshEvery: t.string({
    description:
      'For `DATASET` with `source.url`: imports the link again after each such duration, e.g. `15m`, `1h`, `1d` or `PT1H`, with these options; at least the setting refreshMsMin. `never` ends that. Default: as before.',
  }),
  dryRun: t.boolean({
    required: true,
    defaultValue: false,
    description:
      'Reads and judges every record and stores nothing. The result has the counts, `dialect` and `firstRejects`, for `DATASET` also `preview` and `inferredColumns`, for records `recordPreview`. Not for `USER_FILES`.',
  }),
});

interface DatasetInput
  extends Pick<DatasetUploadOptions, 'mode' | 'keyColumns' | 'types' | 'keepVersions' | 'refreshEvery'>,
    ReadOptionInput {
  readonly datasetName?: string | null | undefined;
  readonly source?: DatasetOrigin | null | undefined;
  readonly dryRun: boolean;
  readonly wait: boolean;
}

/** Starts the import that the input describes. */
export const importedDataset = async (
  uploads: DatasetUploads,
  { datasetName, source, dryRun, wait, ...input }: DatasetInput,
): Promise<{ import: DatasetImport }> => {
  if (datasetName == null) throw new DomainError('BAD_REQUEST', 'datasetName is needed for DATASET');
  const { mode, keyColumns, types, keepVersions, refreshEvery } = input;
  const options = {
    ...readOptionsOf(input),
    ...{ name: datasetName, mode, keyColumns, types, keepVersions, refreshEvery, dryRun },
  };
  const run = await uploads.importFrom(source, options);
  return { import: wait || dryRun ? await run.done : run.import };
};

/** Throws BAD_REQUEST for arguments that other targets do not have. */
export const refuseDatasetArgs = (input: DatasetInput): void => {
  const { datasetName, mode, keyColumns, types, keepVersions, refreshEvery } = input;
  const options = { datasetName, mode, keyColumns, types, keepVersions, refreshEvery };
  const names = Object.entries(options).flatMap(([name, value]) => (value == null ? [] : [name]));
  if (names.length > 0) throw new DomainError('BAD_REQUEST', `${names.join(', ')}: only for the target DATASET`);
};

const PreviewColumn = builder.objectRef<TablePreview['columns'][number]>('PreviewColumn').implement({
  description: 'A column as an import would store it.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name.' }),
    type: t.field({ type: ColumnTypeEnum, description: 'Its type.', resolve: ({ type }) => type }),
    examples: t.field({
      type: ['CellValue'],
      description: 'Different values of the first rows, at most 5.',
      resolve: ({ examples }) => examples.filter((example) => example !== null),
    }),
    nullCount: t.field({
      type: 'BigInt',
      description: 'Number of cells without a value, including those that do not fit the type.',
      resolve: ({ nulls }) => nulls,
    }),
    misfitCount: t.field({
      type: 'BigInt',
      description: 'Number of cells whose text does not fit the type.',
      resolve: ({ misfits }) => misfits,
    }),
  }),
});

const PreviewRow = builder.objectRef<TablePreview['rows'][number]>('PreviewRow').implement({
  description: 'A row as an import would store it.',
  fields: (t) => ({
    line: t.exposeInt('line', { description: 'The line on which it begins, from 1.' }),
    values: t.field({
      type: ['CellValue'],
      nullable: { list: false, items: true },
      description: 'Its cells in the order of `columns`.',
      resolve: ({ cells }) => [...cells],
    }),
    misfits: t.field({
      type: [Misfit],
      description: 'The cells whose text does not fit the type of their column; their values are null.',
      resolve: ({ misfits }) => [...misfits],
    }),
  }),
});

const ImportPreview = builder.objectRef<TablePreview>('ImportPreview').implement({
  description: 'A table as an import would store it.',
  fields: (t) => ({
    columns: t.field({ type: [PreviewColumn], description: 'Its columns.', resolve: ({ columns }) => [...columns] }),
    rows: t.field({ type: [PreviewRow], description: 'Its first 100 rows.', resolve: ({ rows }) => [...rows] }),
  }),
});

builder.objectFields(ImportType, (t) => ({
  dataset: t.field({
    type: DatasetType,
    nullable: true,
    description: 'The dataset that has the imported version; null until the version exists, and for other targets.',
    resolve: ({ id, target }, _args, { load, datasets }) =>
      target === 'DATASET' ? load(datasets.byImportIds, id) : null,
  }),
  datasetVersion: t.field({
    type: DatasetVersionType,
    nullable: true,
    description:
      'The version that the import made; null until it exists, once it is no longer kept, and for other targets.',
    resolve: ({ id, target }, _args, { load, datasets }) =>
      target === 'DATASET' ? load(datasets.versionsByImportIds, id) : null,
  }),
  inferredColumns: t.field({
    type: [ColumnRef],
    description: 'The columns and types of a dataset’s file, in a dry run, too; empty until they are known.',
    resolve: async (current: Import, _args, { load, datasets }) => {
      const { dryRun } = current as DatasetImport;
      if (dryRun) return [...datasets.columns(dryRunVersion(dryRun))];
      if (current.target !== 'DATASET') return [];
      const version = await load(datasets.versionsByImportIds, current.id);
      return version ? [...datasets.columns(version)] : [];
    },
  }),
  preview: t.field({
    type: ImportPreview,
    nullable: true,
    description:
      'For a dry run of a dataset, what it would store; null when the file cannot be read, and for other imports; records have `recordPreview`.',
    resolve: (current: Import) => (current as DatasetImport).dryRun?.preview ?? null,
  }),
}));

/** A dry run has columns, but no stored cells to query. */
const dryRunVersion = ({ columns }: NonNullable<DatasetImport['dryRun']>) => ({
  id: 0,
  datasetId: 0,
  number: 0,
  importId: 0,
  createdAtUs: 0,
  file: '',
  fileBytes: null,
  fileSha256: null,
  rowCount: 0,
  columns: [...columns],
  keyColumns: [],
});

const CancelImportInput = builder.inputType('CancelImportInput', {
  description: 'The import to cancel.',
  fields: (t) => ({
    importId: t.globalID({ required: true, for: [ImportType], description: 'The import’s `id`.' }),
  }),
});

const CancelImportPayload = builder.objectRef<{ import: Import }>('CancelImportPayload').implement({
  description: 'The import at its end.',
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
  description: 'The deleted dataset.',
  fields: (t) => ({
    deletedDatasetId: t.id({ description: 'The `id` it had.', resolve: ({ id }) => id }),
  }),
});

builder.mutationFields((t) => ({
  cancelImport: t.field({
    type: builder.unionType('CancelImportResult', {
      description: 'The import, or why it could not be cancelled.',
      types: [CancelImportPayload, NotFoundError, ValidationError],
      resolveType: memberOf('CancelImportPayload'),
    }),
    description: 'Cancels the import of a dataset; nothing of it is stored. An import that has ended stays as it is.',
    args: { input: t.arg({ type: CancelImportInput, required: true, description: 'The import.' }) },
    resolve: (_root, { input }, { datasetImports }) =>
      outcomeOf(
        datasetImports.cancel(Number(input.importId.id)).then((ended) => ({ import: ended })),
        ['NotFoundError', 'ValidationError'],
      ),
  }),
  deleteDataset: t.field({
    type: builder.unionType('DeleteDatasetResult', {
      description: 'The deleted dataset, or why it was not deleted.',
      types: [DeleteDatasetPayload, NotFoundError],
      resolveType: memberOf('DeleteDatasetPayload'),
    }),
    extensions: { scopes: ['admin'] },
    description:
      'Deletes a dataset with all its versions; its imports stay listed. When API keys are in use, it needs the scope `admin`.',
    args: { input: t.arg({ type: DeleteDatasetInput, required: true, description: 'The dataset.' }) },
    resolve: (_root, { input: { datasetId } }, { datasets }) => {
      const id = Buffer.from(`Dataset:${datasetId.id}`).toString('base64url');
      return outcomeOf(
        datasets.remove(Number(datasetId.id)).then(() => ({ id })),
        ['NotFoundError'],
      );
    },
  }),
}));
