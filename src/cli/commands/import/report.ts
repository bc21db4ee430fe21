import type { Import } from '../../../domains/imports/job.ts';
import type { RecordPreview } from '../../../domains/imports/record-preview.ts';
import type { FieldProblem } from '../../../errors.ts';
import type { FileDialect } from '../../../lib/import-options.ts';

/** A record that was not stored. */
export interface Reject {
  readonly line: number;
  /** Its original text. */
  readonly raw: string;
  readonly problems: readonly FieldProblem[];
}

/** The counts of one file as `--json` prints them: read = stored + duplicates + conflicts + rejected. */
export interface ImportReport {
  /** Null for a dry run. */
  readonly id: number | null;
  readonly file: string;
  readonly state: Import['state'];
  readonly read: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly rejected: number;
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** How the CSV file was read; null for other formats. */
  readonly dialect: FileDialect | null;
  /** The first records that were rejected or in conflict. */
  readonly rejects: readonly Reject[];
}

/** The counts of a file of records. */
export interface RecordReport extends ImportReport {
  /** Only of a dry run: the columns of the file, and the first records that would be stored. */
  readonly preview?: RecordPreview | null;
}

export const rejectsShownMax = 20;
const rejectLinesMax = 5;

type Ended = Omit<Import, 'id'> & { readonly id: number | null };

export const reportOf = (
  { id, state, read, accepted, unchanged, conflicts, rejected, failureCode, failureMessage, dialect }: Ended,
  file: string,
  rejects: readonly Reject[],
): ImportReport => ({
  id,
  file,
  state,
  read,
  stored: accepted,
  duplicates: unchanged,
  conflicts,
  rejected,
  failure:
    state === 'FAILED' ? { code: failureCode ?? 'INTERNAL', message: failureMessage ?? 'the reason is unknown' } : null,
  dialect,
  rejects,
});

export const isAllStored = ({ failure, conflicts, rejected }: ImportReport): boolean =>
  failure === null && conflicts + rejected === 0;

/** Lines for people: the counts, then the reasons of the first rejects. */
export const reportLines = (report: ImportReport, isDryRun: boolean): string[] => {
  const { file, read, stored, duplicates, conflicts, rejected, failure, dialect, rejects } = report;
  const storedWord = isDryRun ? 'would be stored' : 'stored';
  const account = `${stored} ${storedWord}, ${duplicates} duplicates, ${conflicts} conflicts, ${rejected} rejected`;
  const lines = [`${file}: ${read} read = ${account}`];
  if (dialect) lines.push(...dialectLines(dialect));
  if (failure) lines.push(`  failed, ${failure.code}: ${failure.message}`);
  for (const { line, problems } of rejects.slice(0, rejectLinesMax))
    lines.push(`  line ${line}: ${problems.map(({ message }) => message).join('; ')}`);
  const more = rejects.length === 0 ? 0 : conflicts + rejected - Math.min(rejects.length, rejectLinesMax);
  const hint = isDryRun ? '' : '; asof rejects list prints them all';
  if (more > 0) lines.push(`  and ${more} more${hint}`);
  return lines;
};

const delimiterNames: Readonly<Record<FileDialect['delimiter'], string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'pipes',
  '~': 'tildes',
  '^': 'carets',
  '\x1f': 'the control character U+001F',
  '\x01': 'the control character U+0001',
  ':': 'colons',
  ' ': 'spaces',
};

/** How the file was read, unless it is plain CSV, and what a person should check. */
const dialectLines = ({ encoding, delimiter, headerLine, warnings }: FileDialect): string[] => {
  const isPlain = encoding === 'UTF-8' && delimiter === ',' && headerLine === 1;
  const header = headerLine === null ? 'no header' : `header in line ${headerLine}`;
  const lines = isPlain ? [] : [`  read as ${encoding}, cells separated by ${delimiterNames[delimiter]}, ${header}`];
  return [...lines, ...warnings.map((warning) => `  note: ${warning}`)];
};

const columnLinesMax = 50;

/** Lines for people about the columns of a dry run: which fields are read from each. */
export const recordColumnLines = ({ preview }: Pick<RecordReport, 'preview'>): string[] => {
  const columns = preview?.columns ?? [];
  const lines = columns.slice(0, columnLinesMax).map(({ name, fields, examples }) => {
    const use = fields.length > 0 ? fields.join(', ') : 'ignored';
    const hint = examples.length > 0 ? `, e.g. ${examples.map((example) => JSON.stringify(example)).join(', ')}` : '';
    return `  ${JSON.stringify(name)}: ${use}${hint}`;
  });
  return columns.length > columnLinesMax ? [...lines, `  and ${columns.length - columnLinesMax} more columns`] : lines;
};
