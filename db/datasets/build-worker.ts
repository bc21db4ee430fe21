import { rm, stat } from 'node:fs/promises';
import { DomainError, type FieldProblem } from '../../src/errors.ts';
import type { FileDialect } from '../../src/lib/import-options.ts';
import type { CsvRow } from '../../src/sources/csv-row.ts';
import { readCsvRows } from '../../src/sources/csv-rows.ts';
import { detectDialect, fileDialect } from '../../src/sources/dialect.ts';
import { type ColumnFile, readColumnFile } from './column-file.ts';
import type { BuildObserver, BuildRequest, BuildResult, DatasetLimits, RejectedRow } from './engine.ts';
import { mergedRows } from './merge.ts';
import { send, serveTasks } from './worker-messages.ts';
import { type ColumnSpec, type TextRow, writeColumns } from './write-columns.ts';

type BuiltRows = Omit<BuildResult, 'dialect'>;

type BuildCallbacks = Omit<BuildObserver, 'signal'>;

const chunkBytes = 256 * 1024;

/** Rejected rows of one message. */
const rejectsPerMessage = 200;

/**
 * Builds a version from a CSV file and, for APPEND and UPSERT, from an earlier version. Throws NOT_A_TABLE or
 * SCHEMA_CHANGED when the file as a whole is faulty, and BAD_REQUEST when the request names a column that does not exist.
 */
const buildTable = async (
  request: BuildRequest,
  limits: DatasetLimits,
  callbacks: BuildCallbacks,
): Promise<BuildResult> => {
  const csv = await openCsv(request, limits, callbacks);
  const { earlier, mode } = request;
  const built =
    earlier === null || mode === 'REPLACE'
      ? await buildFromCsv(request, csv)
      : await buildOnEarlier(request, csv, earlier);
  return { ...built, dialect: csv.dialect };
};

const buildFromCsv = async ({ target, keyColumns }: BuildRequest, csv: CsvInput): Promise<BuiltRows> => {
  indexesOfKeys(keyColumns, csv.columns);
  const { columns, rowCount } = await writeColumns(target, csv.columns, () => csv.rows());
  return { columns, rowCount, ...csv.counts, accepted: rowCount, unchanged: 0 };
};

/** The rows of the CSV file are written to a staged file first, because merging reads them more than once. */
const buildOnEarlier = async (request: BuildRequest, csv: CsvInput, earlierPath: string): Promise<BuiltRows> => {
  const { target, mode, keyColumns } = request;
  const staged = `${target}.staged`;
  const earlier = readColumnFile(earlierPath);
  try {
    checkSameColumns(earlier, csv.columns);
    const { rowCount: addedCount } = await writeColumns(staged, csv.columns, () => csv.rows());
    const added = readColumnFile(staged);
    try {
      const keys = mode === 'UPSERT' ? indexesOfKeys(keyColumns, csv.columns) : [];
      const merged = mergedRows(earlier, added, keys);
      const { columns, rowCount } = await writeColumns(target, mergedSpecs(earlier, request), merged.rows);
      const unchanged = merged.unchanged();
      return { columns, rowCount, ...csv.counts, accepted: addedCount - unchanged, unchanged };
    } finally {
      added.close();
    }
  } finally {
    earlier.close();
    await rm(staged, { force: true });
  }
};

/** The columns of the earlier version with the types that this request or an earlier one states explicitly. */
const mergedSpecs = (earlier: ColumnFile, request: BuildRequest): ColumnSpec[] => {
  const requested = new Map(request.columns.map(({ column, type }) => [column, type]));
  return earlier.columns.map(({ name, header, type, isExplicit }) => ({
    name,
    header,
    explicitType: requested.get(name) ?? (isExplicit ? type : undefined),
  }));
};

const openCsv = async (request: BuildRequest, limits: DatasetLimits, callbacks: BuildCallbacks): Promise<CsvInput> => {
  const { path } = request;
  const { size: bytes } = await stat(path);
  const dialect = await detectDialect(path, bytes);
  const header = dialect.names;
  if (header.length > limits.datasetColumnsMax)
    throw new DomainError(
      'NOT_A_TABLE',
      `the header has ${header.length} columns, over the limit of ${limits.datasetColumnsMax} (setting datasetColumnsMax)`,
    );
  const requested = new Map(request.columns.map(({ column, type }) => [column, type]));
  const columns = uniqueNames(header).map((name, index) => ({
    name,
    header: header[index] as string,
    explicitType: requested.get(name),
  }));
  checkColumnsExist('columns', [...requested.keys()], columns);
  const batches = () => readCsvRows({ path, recordBytesMax: limits.recordBytesMax, chunkBytes }, dialect);
  return new CsvInput({
    columns,
    dialect: fileDialect(dialect),
    batches,
    importId: request.importId,
    limits,
    callbacks,
  });
};

interface CsvInputOptions {
  readonly columns: readonly ColumnSpec[];
  readonly dialect: FileDialect;
  readonly batches: () => ReturnType<typeof readCsvRows>;
  readonly importId: number;
  readonly limits: DatasetLimits;
  readonly callbacks: BuildCallbacks;
}

/** The rows of a CSV file. They may be read several times; the first pass counts them and reports progress and rejects. */
class CsvInput {
  readonly columns: readonly ColumnSpec[];
  readonly dialect: FileDialect;
  readonly #options: CsvInputOptions;
  #read = 0;
  #rejected = 0;
  #isFirstPass = true;

  constructor(options: CsvInputOptions) {
    this.#options = options;
    this.columns = options.columns;
    this.dialect = options.dialect;
  }

  get counts(): { readonly read: number; readonly rejected: number } {
    return { read: this.#read, rejected: this.#rejected };
  }

  async *rows(): AsyncGenerator<readonly TextRow[]> {
    const { batches, importId, limits } = this.#options;
    const isFirstPass = this.#isFirstPass;
    this.#isFirstPass = false;
    for await (const { rows, bytesRead } of batches()) {
      const accepted: TextRow[] = [];
      const rejects: RejectedRow[] = [];
      for (const row of rows) {
        const problem = problemOf(row, limits);
        if (problem === null) accepted.push({ cells: row.cells as string[], line: row.line, importId });
        else rejects.push({ line: row.line, raw: row.raw, problems: [problem] });
      }
      if (isFirstPass) await this.#report(rows.length, rejects, bytesRead);
      if (accepted.length > 0) yield accepted;
    }
  }

  async #report(read: number, rejects: readonly RejectedRow[], bytesRead: number): Promise<void> {
    const { callbacks, limits } = this.#options;
    this.#read += read;
    this.#rejected += rejects.length;
    for (let start = 0; start < rejects.length; start += rejectsPerMessage)
      await callbacks.onRejects(rejects.slice(start, start + rejectsPerMessage));
    callbacks.onProgress({ bytesRead, ...this.counts });
    if (this.#rejected > limits.datasetRejectsMax)
      throw new DomainError(
        'NOT_A_TABLE',
        `more than ${limits.datasetRejectsMax} rows cannot be read (setting datasetRejectsMax)`,
      );
  }
}

const problemOf = ({ cells, fault }: CsvRow, { datasetCellLengthMax }: DatasetLimits): FieldProblem | null => {
  if (fault) return { path: '', ...fault };
  if (!cells.some(({ length }) => length > datasetCellLengthMax)) return null;
  const message = `a cell has more than ${datasetCellLengthMax} characters (setting datasetCellLengthMax)`;
  return { path: '', code: 'OUT_OF_RANGE', message };
};

/** A unique name for each column: its header, with a number appended where another column has the same header. */
const uniqueNames = (header: readonly string[]): string[] => {
  const used = new Set<string>(header);
  const seen = new Set<string>();
  return header.map((name) => {
    if (!seen.has(name)) {
      seen.add(name);
      return name;
    }
    let number = 2;
    while (used.has(`${name}_${number}`)) number += 1;
    used.add(`${name}_${number}`);
    return `${name}_${number}`;
  });
};

const checkColumnsExist = (option: string, names: readonly string[], columns: readonly ColumnSpec[]): void => {
  const missing = names.filter((name) => !columns.some((column) => column.name === name));
  if (missing.length === 0) return;
  const existing = quotedList(columns.map(({ name }) => name));
  const message = `${option} names ${quotedList(missing)}, which the file does not have; it has ${existing}`;
  throw new DomainError('BAD_REQUEST', message, {
    problems: [{ path: option, code: 'NOT_ALLOWED', message }],
  });
};

const indexesOfKeys = (keys: readonly string[], columns: readonly ColumnSpec[]): number[] => {
  checkColumnsExist('keyColumns', keys, columns);
  return keys.map((key) => columns.findIndex(({ name }) => name === key));
};

const checkSameColumns = (earlier: ColumnFile, columns: readonly ColumnSpec[]): void => {
  const before = earlier.columns.map(({ name }) => name);
  const after = columns.map(({ name }) => name);
  const missing = before.filter((name) => !after.includes(name));
  const added = after.filter((name) => !before.includes(name));
  if (missing.length + added.length === 0) return;
  const parts = [
    missing.length > 0 ? `${quotedList(missing)} is missing` : '',
    added.length > 0 ? `${quotedList(added)} is new` : '',
  ].filter(Boolean);
  throw new DomainError('SCHEMA_CHANGED', `the file has other columns than the dataset: ${parts.join(', ')}`);
};

const quotedList = (names: readonly string[]): string => {
  const text = names.map((name) => JSON.stringify(name)).join(', ');
  return text.length > 300 ? `${text.slice(0, 300).toWellFormed()}…` : text;
};

let onAck: (() => void) | undefined;

const callbacks: BuildCallbacks = {
  onProgress: (progress) => send({ progress }),
  onRejects: (rejects) =>
    new Promise((resolve) => {
      onAck = resolve;
      send({ rejects });
    }),
};

serveTasks<'build'>(
  (request, limits) => buildTable(request, limits, callbacks),
  () => onAck?.(),
);
