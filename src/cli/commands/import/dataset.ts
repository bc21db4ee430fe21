import type { RejectedRow } from '../../../../db/datasets/build-observer.ts';
import type { DatasetProgress } from '../../../domains/datasets/import-version.ts';
import { previewJson } from '../../../domains/datasets/preview.ts';
import type { DatasetUploadOptions } from '../../../domains/uploads/dataset-uploads.ts';
import type { Domains } from '../../../domains.ts';
import { stringifyExact } from '../../../lib/exact-json.ts';
import { type ExplicitType, readOptionsOf } from '../../../lib/import-option-texts.ts';
import type { ImportReadOptions } from '../../../lib/import-options.ts';
import { CommandError, exitUsageError } from '../../exit.ts';
import { type ImportReport, type Reject, rejectsShownMax, reportOf } from './report.ts';

/** The options of `asof import dataset`. */
export interface DatasetCommandOptions extends ImportReadOptions {
  readonly dryRun?: true;
  readonly mode?: 'replace' | 'append' | 'upsert';
  readonly key?: readonly string[];
  readonly types?: readonly ExplicitType[];
  readonly keepVersions?: number;
  readonly refreshEvery?: string;
}

export interface DatasetReport extends ImportReport {
  readonly columns: readonly { readonly name: string; readonly type: string; readonly misfits: number }[];
  /** Only of a dry run. */
  readonly preview?: ReturnType<typeof previewJson> | null;
}

/** Imports a CSV file, or the file behind a link, as the dataset `name`. */
export const importDataset = async (
  { datasets, datasetUploads }: Domains,
  [name, source, ...more]: readonly string[],
  { dryRun, mode, key, types, keepVersions, refreshEvery, ...readOptions }: DatasetCommandOptions,
  onProgress: (current: DatasetProgress) => void,
): Promise<DatasetReport> => {
  if (name === undefined || source === undefined || more.length > 0)
    throw new CommandError(
      exitUsageError,
      'a dataset is imported by its name and one file or link: asof import dataset games games.csv',
    );
  const rejects: Reject[] = [];
  const options: DatasetUploadOptions = {
    name,
    dryRun: dryRun === true,
    mode: mode && (mode.toUpperCase() as Uppercase<typeof mode>),
    keyColumns: key,
    types,
    keepVersions,
    refreshEvery,
    ...readOptionsOf(readOptions),
    onProgress,
    onReject({ line, raw, problems }: RejectedRow) {
      if (rejects.length < rejectsShownMax) rejects.push({ line, raw, problems });
    },
  };
  const isLink = /^[a-z][a-z0-9+.-]*:\/\//i.test(source);
  const run = await (isLink
    ? datasetUploads.importFrom({ url: source }, options)
    : datasetUploads.importFile(source, options));
  const ended = await run.done;
  const dataset = dryRun || ended.state === 'FAILED' ? undefined : datasets.findByName(name);
  const columns = ended.dryRun?.columns ?? (dataset ? datasets.current(dataset).columns : []);
  return {
    ...reportOf({ ...ended, id: dryRun ? null : ended.id }, source, rejects),
    columns: columns.map((column) => ({ name: column.name, type: column.type, misfits: column.misfits })),
    ...(ended.dryRun ? { preview: ended.dryRun.preview && previewJson(ended.dryRun.preview) } : {}),
  };
};

/** The lines about each column. */
export const columnLines = ({ columns, preview }: DatasetReport): string[] =>
  columns.map(({ name, type, misfits }, index) => {
    const note = misfits > 0 ? `, ${misfits} cells do not fit and are kept as text` : '';
    const examples = preview?.columns[index]?.examples ?? [];
    const hint = examples.length > 0 ? `, e.g. ${examples.map((example) => stringifyExact(example)).join(', ')}` : '';
    return `  ${JSON.stringify(name)}: ${type}${note}${hint}`;
  });
