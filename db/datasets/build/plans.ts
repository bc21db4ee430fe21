import { ColumnSurvey } from '../../../src/lib/cells/column-survey.ts';
import { planColumn } from '../../../src/lib/cells/plan-column.ts';
import { planColumns } from '../../../src/lib/cells/plan-columns.ts';
import { type ColumnPlan, exactDigitsMax, type FileHints, type FixedType } from '../../../src/lib/column.ts';
import type { DatasetColumn } from '../../../src/lib/dataset-column.ts';
import type { Delimiter, ValueOptions } from '../../../src/lib/import-options.ts';

/** A column to be read: its type is that of the earlier version, or as stated, or inferred. */
export interface PlannedColumn {
  readonly fixedType: FixedType | null;
  readonly earlier: DatasetColumn | undefined;
}

/** What will see the cells of each column. The null markers of the dataset apply to the files that are added to it. */
export const surveysOf = (columns: readonly PlannedColumn[], options: ValueOptions): ColumnSurvey[] =>
  columns.map(({ fixedType, earlier }) => {
    const nullMarkers = options.nullMarkers ?? earlier?.reading.nullMarkers ?? undefined;
    return new ColumnSurvey({ ...options, nullMarkers }, earlier ?? fixedType);
  });

/**
 * The plans of the columns of a file. What a file that is added to a dataset leaves open, such as the order of its dates, is
 * read as in the dataset.
 */
export const plansOf = (
  columns: readonly PlannedColumn[],
  surveys: readonly ColumnSurvey[],
  delimiter: Delimiter,
): ColumnPlan[] => {
  const plansByHints = new Map<string, ColumnPlan[]>();
  return columns.map(({ earlier }, index) => {
    const hints = hintsOf(earlier);
    const key = JSON.stringify(hints);
    let plans = plansByHints.get(key);
    if (!plans) {
      plans = planColumns(surveys, { ...hints, delimiter });
      plansByHints.set(key, plans);
    }
    const plan = plans[index] as ColumnPlan;
    return earlier ? widened(earlier, plan, surveys[index] as ColumnSurvey) : plan;
  });
};

/** Whether decimals were read for an INTEGER: see `CellReader`, which accepts them until the survey is complete. */
export const hasReadDecimals = ({ type, reading }: ColumnPlan, survey: ColumnSurvey): boolean =>
  type === 'INTEGER' && planAs(survey, 'DECIMAL', reading).scale > 0;

const hintsOf = (earlier: DatasetColumn | undefined): FileHints =>
  earlier ? { decimal: earlier.reading.decimal, dateOrder: earlier.reading.dateOrder ?? undefined } : {};

/**
 * The plan of a column to which a file adds cells. The type of the dataset stays; it widens only where each value that the
 * dataset has keeps its meaning: numbers get more digits, and an inferred INTEGER becomes DECIMAL. Other types would change
 * what is stored (a DATE would get a time, a number loses how it was written), so new cells that do not fit are misfits.
 */
const widened = (earlier: DatasetColumn, plan: ColumnPlan, survey: ColumnSurvey): ColumnPlan => {
  if (plan.type !== 'INTEGER' && plan.type !== 'DECIMAL') return plan;
  const isWidened = plan.type === 'INTEGER' && !plan.isExplicit && inferredType(survey, plan.reading) === 'DECIMAL';
  const added = isWidened ? planAs(survey, 'DECIMAL', plan.reading) : plan;
  const scale = Math.max(earlier.scale, added.scale);
  const whole = Math.max(earlier.precision - earlier.scale, added.precision - added.scale);
  // Beyond the limit the column keeps its size, and what does not fit is a misfit.
  if (whole + scale > exactDigitsMax) return { ...plan, precision: earlier.precision, scale: earlier.scale };
  return { ...added, precision: whole + scale, scale };
};

const planAs = (survey: ColumnSurvey, type: FixedType['type'], reading: ColumnPlan['reading']): ColumnPlan =>
  planColumn({ ...survey, fixed: { type, isExplicit: false } }, hintsOfReading(reading));

const inferredType = (survey: ColumnSurvey, reading: ColumnPlan['reading']): FixedType['type'] =>
  planColumn({ ...survey, fixed: null }, hintsOfReading(reading)).type;

const hintsOfReading = ({ decimal, dateOrder }: ColumnPlan['reading']): FileHints => ({
  decimal,
  dateOrder: dateOrder ?? undefined,
});
