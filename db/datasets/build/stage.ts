import { rm } from 'node:fs/promises';
import type { ColumnSurvey } from '../../../src/lib/cells/column-survey.ts';
import { readsAlike } from '../../../src/lib/cells/plan-columns.ts';
import type { ColumnPlan } from '../../../src/lib/column.ts';
import type { DatasetColumn } from '../../../src/lib/dataset-column.ts';
import type { FileDialect } from '../../../src/lib/import-options.ts';
import type { CsvRow } from '../../../src/sources/csv-row.ts';
import type { BuildRequest } from '../engine.ts';
import type { DatasetLimits } from '../limits.ts';
import { fieldNames } from '../parquet-layout.ts';
import { checkColumnsExist, checkSameColumns, uniqueNames } from './column-names.ts';
import { type BuildCallbacks, CsvInput } from './csv-input.ts';
import { hasReadDecimals, type PlannedColumn, plansOf, surveysOf } from './plans.ts';
import { type PassOptions, RowPass } from './row-pass.ts';
import type { RowSink } from './row-passing.ts';

export interface StageRequest extends BuildRequest {
  /** The staging file to write. */
  readonly staged: string;
}

/** A column of the staging file. */
export interface StagedColumn extends DatasetColumn {
  readonly hasEscapes: boolean;
}

/** What a staging file holds. */
export interface StagedRows {
  readonly columns: readonly StagedColumn[];
  readonly rowCount: number;
}

export interface StageResult extends StagedRows {
  readonly read: number;
  readonly rejected: number;
  readonly dialect: FileDialect;
}

/** A column as the file or, for APPEND and UPSERT, the earlier version names it. */
interface ColumnSpec extends PlannedColumn {
  readonly name: string;
  readonly header: string;
  /** The index of the column in the file. */
  readonly source: number;
}

/**
 * Reads a CSV file and writes its rows in canonical text. The type of a column is found from all of its cells: the first pass
 * guesses it from the first rows and surveys every cell; a second pass follows where the guess turns out wrong. Throws
 * NOT_A_TABLE or SCHEMA_CHANGED when the file as a whole is faulty, BAD_REQUEST when the request names unknown columns.
 */
export const stageRows = async (
  request: StageRequest,
  limits: DatasetLimits,
  callbacks: BuildCallbacks,
): Promise<StageResult> => {
  const csv = await CsvInput.open(request, limits, callbacks);
  const specs = columnSpecs(request, csv.header);
  const keys = request.keyColumns.map((key) => specs.findIndex(({ name }) => name === key));
  const { delimiter } = csv.dialect;
  const surveys = surveysOf(specs, request);
  const parts = {
    sources: specs.map(({ source }) => source),
    keys,
    names: specs.map(({ name }) => name),
    importId: request.importId,
  };
  const first = await runPass(csv, request.staged, (rows) => ({
    ...parts,
    plans: plansOf(specs, surveysOfRows(specs, rows, request), delimiter),
    surveys,
  }));
  const plans = plansOf(specs, surveys, delimiter);
  let pass = first;
  if (plans.some((plan, column) => needsSecondPass(plan, first, column))) {
    await rm(request.staged);
    pass = await runPass(csv, request.staged, () => ({ ...parts, plans, surveys: null }));
  }
  const { nulls, misfits, writer } = pass;
  const fields = fieldNames(specs.map(({ name }) => name));
  const columns = specs.map(
    ({ name, header, earlier }, column): StagedColumn => ({
      ...(plans[column] as ColumnPlan),
      name,
      header,
      field: earlier?.field ?? (fields[column] as string),
      nulls: nulls[column] as number,
      misfits: misfits[column] as number,
      isAscii: writer.isAscii[column] as boolean,
      hasEscapes: writer.hasEscapes[column] as boolean,
    }),
  );
  return { columns, rowCount: writer.rows, ...csv.counts, dialect: withNotes(csv.dialect, columns) };
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

const runPass = async (
  csv: CsvInput,
  staged: string,
  optionsFor: (first: readonly CsvRow[]) => PassOptions,
): Promise<RowPass> => {
  let pass: RowPass | undefined;
  try {
    await csv.readInto((first): RowSink => {
      pass = new RowPass(staged, optionsFor(first));
      return pass;
    });
    const complete = pass as RowPass | undefined;
    if (!complete) throw new Error('the file was read without a pass over its rows');
    complete.writer.finish();
    return complete;
  } catch (error) {
    pass?.writer.close();
    throw error;
  }
};

/** Whether the cells of a column would be read otherwise than the first pass has read them. */
const needsSecondPass = (plan: ColumnPlan, { plans, surveys }: RowPass, column: number): boolean =>
  !readsAlike(plans[column] as ColumnPlan, plan) || hasReadDecimals(plan, surveys?.[column] as ColumnSurvey);
