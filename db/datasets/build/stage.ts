import { mkdir, rm, stat } from 'node:fs/promises';
import type { ColumnSurvey, SurveySeen } from '../../../src/lib/cells/column-survey.ts';
import { readsAlike } from '../../../src/lib/cells/plan-columns.ts';
import type { ColumnPlan } from '../../../src/lib/column.ts';
import type { FileDialect } from '../../../src/lib/import-options.ts';
import { partStarts } from '../../../src/sources/csv-parts.ts';
import type { CsvRow } from '../../../src/sources/csv-row.ts';
import { fileDialect } from '../../../src/sources/dialect.ts';
import type { DatasetLimits } from '../limits.ts';
import { fieldNames } from '../parquet-layout.ts';
import { checkColumnsExist, checkSameColumns, uniqueNames } from './column-names.ts';
import { firstRowsOf, openCsvFile } from './csv-file.ts';
import type { PartThreads } from './part-threads.ts';
import { hasReadDecimals, plansOf, surveysOf } from './plans.ts';
import type { ColumnSpec } from './read-part.ts';
import { type ReadPart, readInParts } from './read-parts.ts';
import { type BuildCallbacks, ReadReport } from './read-report.ts';
import type { StagedColumn, StageRequest, StageResult } from './staged-rows.ts';

export interface StageServices {
  readonly limits: DatasetLimits;
  readonly callbacks: BuildCallbacks;
  readonly threads: PartThreads;
}

/** More parts than threads, so that these end at about the same time. */
const partsPerThread = 4;

/**
 * Reads a CSV file and writes its rows in canonical text. The type of a column is found from all of its cells: the first pass
 * guesses it from the first rows and surveys every cell; a second pass follows where the guess turns out wrong. Throws
 * NOT_A_TABLE or SCHEMA_CHANGED when the file as a whole is faulty, BAD_REQUEST when the request names unknown columns.
 */
export const stageRows = async (request: StageRequest, services: StageServices): Promise<StageResult> => {
  const { limits, callbacks, threads } = services;
  const { staged: folder } = request;
  const { size } = await stat(request.path);
  const partCount = Math.min((threads.size + 1) * partsPerThread, Math.floor(size / limits.datasetPartBytesMin));
  if (partCount > 1) threads.prepare(partCount - 1);
  const file = await openCsvFile(request.path, request, limits);
  const { dialect } = file;
  const columns = columnSpecs(request, dialect.names);
  const { decimal, dateOrder, nullMarkers, importId } = request;
  const shared = {
    ...{ file, columns, importId, limits, options: { decimal, dateOrder, nullMarkers } },
    keys: request.keyColumns.map((key) => columns.findIndex(({ name }) => name === key)),
  };
  const firstRows = await firstRowsOf(file, limits);
  const guessed = plansOf(columns, surveysOfRows(columns, firstRows, request), dialect.delimiter);
  const positions = threads.size > 0 ? await partStarts({ ...file, ...limits }, dialect, partCount) : [];
  const starts = [dialect.textStart, ...positions].map((start) => ({ start, rejectedLines: [] }));
  const report = new ReadReport(callbacks, limits);
  await mkdir(folder);
  const first = await readInParts({ ...shared, plans: guessed, isFirst: true }, { folder, starts, threads, report });
  const surveys = mergedSurveys(columns, request, first);
  const plans = plansOf(columns, surveys, dialect.delimiter);
  const { rejected } = report;
  let parts = first;
  if (plans.some((plan, column) => needsSecondPass(plan, guessed[column] as ColumnPlan, surveys[column]))) {
    await rm(folder, { recursive: true });
    await mkdir(folder);
    const again = { folder, starts: first, threads, report: new ReadReport(callbacks, limits, rejected) };
    parts = await readInParts({ ...shared, plans, isFirst: false }, again);
  }
  const staged = stagedColumns(columns, plans, parts);
  return {
    columns: staged,
    rowCount: sumOf(parts, ({ rowCount }) => rowCount),
    lineBytesMax: Math.max(...parts.map(({ lineBytesMax }) => lineBytesMax)),
    parts: parts.map(({ staged: path, lineOffset }) => ({ path, lineOffset })),
    ...{ read: sumOf(first, ({ read }) => read), rejected },
    dialect: withNotes(fileDialect(dialect), staged),
  };
};

const sumOf = (parts: readonly ReadPart[], count: (part: ReadPart) => number): number =>
  parts.reduce((sum, part) => sum + count(part), 0);

/** The surveys of all rows. */
const mergedSurveys = (
  columns: readonly ColumnSpec[],
  request: StageRequest,
  parts: readonly ReadPart[],
): readonly ColumnSurvey[] => {
  const surveys = surveysOf(columns, request);
  for (const { seen } of parts)
    for (const [column, survey] of surveys.entries())
      survey.merge((seen as readonly SurveySeen[])[column] as SurveySeen);
  return surveys;
};

const stagedColumns = (
  columns: readonly ColumnSpec[],
  plans: readonly ColumnPlan[],
  parts: readonly ReadPart[],
): StagedColumn[] => {
  const fields = fieldNames(columns.map(({ name }) => name));
  return columns.map(({ name, header, earlier }, column) => ({
    ...(plans[column] as ColumnPlan),
    name,
    header,
    field: earlier?.field ?? (fields[column] as string),
    nulls: sumOf(parts, ({ nulls }) => nulls[column] as number),
    misfits: sumOf(parts, ({ misfits }) => misfits[column] as number),
    isAscii: parts.every(({ isAscii }) => isAscii[column]),
    hasEscapes: parts.some(({ hasEscapes }) => hasEscapes[column]),
  }));
};

/** The warnings of the dialect and, after them, what a person should know about the reading of columns. */
const withNotes = (dialect: FileDialect, columns: readonly StagedColumn[]): FileDialect => ({
  ...dialect,
  warnings: [
    ...dialect.warnings,
    ...columns.flatMap(({ name, reading }) => reading.notes.map((note) => `column ${JSON.stringify(name)}: ${note}`)),
  ],
});

/** The columns in the order in which they are stored: that of the earlier version for APPEND and UPSERT. */
const columnSpecs = ({ types, keyColumns, mode, earlier }: StageRequest, header: readonly string[]): ColumnSpec[] => {
  const names = uniqueNames(header);
  const requested = new Map(types.map(({ column, type }) => [column, type]));
  checkColumnsExist('types', [...requested.keys()], names);
  checkColumnsExist('keyColumns', keyColumns, names);
  if (earlier === null || mode === 'REPLACE')
    return names.map((name, source) => {
      const type = requested.get(name);
      const fixedType = type ? { type, isExplicit: true } : null;
      return { name, header: header[source] as string, source, fixedType, earlier: undefined };
    });
  checkSameColumns(
    earlier.columns.map(({ name }) => name),
    names,
  );
  return earlier.columns.map((column) => ({
    name: column.name,
    header: column.header,
    source: names.indexOf(column.name),
    fixedType: null,
    // A column without values has no type yet.
    earlier: column.nulls - column.misfits === earlier.rowCount && !column.isExplicit ? undefined : column,
  }));
};

/** Surveys of the first rows, from which the types of the first pass are guessed. */
const surveysOfRows = (
  specs: readonly ColumnSpec[],
  rows: readonly CsvRow[],
  request: StageRequest,
): readonly ColumnSurvey[] => {
  const surveys = surveysOf(specs, request);
  for (const { cells } of rows)
    for (const [column, { source }] of specs.entries()) surveys[column]?.add(cells?.[source] as string);
  return surveys;
};

/** Whether the cells of a column would be read otherwise than the first pass has read them. */
const needsSecondPass = (plan: ColumnPlan, guessed: ColumnPlan, survey: ColumnSurvey | undefined): boolean =>
  !readsAlike(guessed, plan) || hasReadDecimals(plan, survey as ColumnSurvey);
