import type { ColumnType, ImportMode, PreviewDatasetMutation, StartImportInput } from '../../../generated/graphql.ts';

/** Where the file comes from. */
export type Source = { readonly kind: 'file'; readonly file: File } | { readonly kind: 'link'; readonly url: string };

/** What a person can say about the import. Null and empty: found by the server. */
export interface ImportOptions {
  readonly name: string;
  readonly mode: ImportMode;
  readonly keyColumns: readonly string[];
  readonly delimiter: StartImportInput['delimiter'];
  readonly encoding: StartImportInput['encoding'];
  /** A line number, or `NONE`. */
  readonly headerLine: string | null;
  readonly decimal: StartImportInput['decimal'];
  readonly dateOrder: StartImportInput['dateOrder'];
  /** One a line. */
  readonly nullMarkers: string;
  readonly types: Readonly<Record<string, ColumnType>>;
  /** `1h`; empty: only once. */
  readonly refreshEvery: string;
}

export type PreviewedImport = Extract<
  NonNullable<PreviewDatasetMutation['startImport']>,
  { __typename: 'StartImportPayload' }
>['import'];

/** A problem that the server names a field for, or that belongs to the whole. */
export interface ImportProblem {
  readonly path: string;
  readonly message: string;
}

/** A valid name of a dataset from that of a file or the path of a link: `games.csv.gz` is `games`. */
const nameOfSource = (source: Source): string => {
  const path = source.kind === 'file' ? source.file.name : pathOfLink(source.url);
  const file = path.split('/').findLast((part) => part !== '') ?? '';
  const stem = file.replace(/(\.(csv|tsv|txt|gz|zip|dat))+$/i, '');
  const name = stem.replace(/[^\p{L}\p{N} ._-]+/gu, ' ').replace(/^[ ._-]+/, '');
  return name.trim().slice(0, 100);
};

const pathOfLink = (url: string): string => {
  try {
    return decodeURIComponent(new URL(url).pathname);
  } catch {
    return '';
  }
};

export const firstOptions = (source: Source, into: string | undefined): ImportOptions => ({
  name: into ?? nameOfSource(source),
  mode: 'REPLACE',
  keyColumns: [],
  delimiter: null,
  encoding: null,
  headerLine: null,
  decimal: null,
  dateOrder: null,
  nullMarkers: '',
  types: {},
  refreshEvery: '',
});

const headerLineOf = (text: string | null): number | string | undefined => {
  if (text === null || text === '') return undefined;
  return /^\d+$/.test(text) ? Number(text) : text;
};

/**
 * The options that change what a dry run says. It needs no good name unless rows are added to those of that name, and no
 * key columns before some are chosen.
 */
export const previewOptions = (options: ImportOptions): ImportOptions => {
  const isComplete = options.mode !== 'UPSERT' || options.keyColumns.length > 0;
  const mode = isComplete ? options.mode : 'REPLACE';
  return { ...options, mode, name: mode === 'REPLACE' ? 'preview' : options.name, refreshEvery: '' };
};

export const inputOf = (source: Source, options: ImportOptions, dryRun: boolean): StartImportInput => {
  const { mode, keyColumns, refreshEvery } = options;
  const markers = options.nullMarkers.split('\n').filter((marker) => marker !== '');
  return {
    target: 'DATASET',
    source: source.kind === 'file' ? { file: null as never } : { url: source.url },
    datasetName: options.name,
    mode,
    keyColumns: keyColumns.length === 0 ? null : [...keyColumns],
    delimiter: options.delimiter,
    encoding: options.encoding,
    headerLine: headerLineOf(options.headerLine) as StartImportInput['headerLine'],
    decimal: options.decimal,
    dateOrder: options.dateOrder,
    nullMarkers: markers.length === 0 ? null : markers,
    types: Object.entries(options.types).map(([column, type]) => ({ column, type })),
    refreshEvery: source.kind === 'file' || refreshEvery === '' ? null : refreshEvery,
    dryRun,
    wait: false,
  };
};

/** The sentence to show at a field; other problems are shown above the preview. */
export const problemAt = (problems: readonly ImportProblem[], field: keyof ImportOptions): string | undefined =>
  problems.find(({ path }) => path === field || (field === 'name' && path === 'datasetName'))?.message;

const shownAtFields: ReadonlySet<string> = new Set(['name', 'datasetName', 'keyColumns', 'headerLine', 'refreshEvery']);

export const otherProblems = (problems: readonly ImportProblem[]): readonly ImportProblem[] =>
  problems.filter(({ path }) => !shownAtFields.has(path));
