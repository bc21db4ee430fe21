import { CellReader } from '../../../src/lib/cells/cell-reader.ts';
import { ColumnSurvey } from '../../../src/lib/cells/column-survey.ts';
import { planColumns } from '../../../src/lib/cells/plan-columns.ts';
import type { ColumnPlan, ColumnType, FileHints } from '../../../src/lib/column.ts';
import type { ValueOptions } from '../../../src/lib/import-options.ts';

interface ColumnContext extends ValueOptions {
  readonly explicitType?: ColumnType;
  readonly hints?: FileHints;
}

export interface ColumnResult {
  readonly plan: ColumnPlan;
  /** Canonical texts; null for missing values, undefined for misfits. */
  readonly values: readonly (string | null | undefined)[];
}

const surveyOf = (cells: readonly string[], { explicitType, hints, ...options }: ColumnContext): ColumnSurvey => {
  const survey = new ColumnSurvey(
    options,
    explicitType === undefined ? null : { type: explicitType, isExplicit: true },
  );
  for (const cell of cells) survey.add(cell);
  return survey;
};

const readBy = (plan: ColumnPlan, cells: readonly string[]): ColumnResult => {
  const reader = new CellReader(plan);
  return { plan, values: cells.map((cell) => reader.read(cell)) };
};

/** Surveys a column and reads it by the plan of the survey. */
export const readColumn = (cells: readonly string[], context: ColumnContext = {}): ColumnResult =>
  readBy(surveyOf(cells, context).plan(context.hints), cells);

/** Surveys the columns of a file, separated by commas unless the hints say otherwise, and reads them by their plans. */
export const readFile = (
  columns: readonly (readonly string[])[],
  { hints = {}, ...context }: ColumnContext = {},
): ColumnResult[] => {
  const surveys = columns.map((cells) => surveyOf(cells, context));
  const plans = planColumns(surveys, { ...hints, delimiter: hints.delimiter ?? ',' });
  return plans.map((plan, index) => readBy(plan, columns[index] as readonly string[]));
};
