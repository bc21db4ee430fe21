import { CellReader } from '../../../src/lib/cells/cell-reader.ts';
import { ColumnSurvey } from '../../../src/lib/cells/column-survey.ts';
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

/** Surveys a column and reads it by the plan of the survey. */
export const readColumn = (
  cells: readonly string[],
  { explicitType, hints, ...options }: ColumnContext = {},
): ColumnResult => {
  const fixed = explicitType === undefined ? null : { type: explicitType, isExplicit: true };
  const survey = new ColumnSurvey(options, fixed);
  for (const cell of cells) survey.add(cell);
  const plan = survey.plan(hints);
  const reader = new CellReader(plan);
  return { plan, values: cells.map((cell) => reader.read(cell)) };
};
