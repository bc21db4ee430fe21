import type { ColumnPlan, FileHints } from '../column.ts';
import type { DateOrder, Delimiter } from '../import-options.ts';
import type { ColumnSurvey } from './column-survey.ts';
import { dateOrderOf, decimalShown } from './plan-column.ts';

/** What is known about a file besides its columns. */
export interface FileContext extends FileHints {
  readonly delimiter: Delimiter;
}

/** The decimal sign that columns which leave it open have, by the others; undefined when nothing decides. */
const fileDecimal = (surveys: readonly ColumnSurvey[], { delimiter, decimal }: FileContext): '.' | ',' | undefined => {
  const signs = new Set(surveys.map(decimalShown));
  // Where the comma separates cells, a decimal comma is the exception; elsewhere it is a habit of the whole file.
  if (signs.has(',') && (delimiter !== ',' || !signs.has('.'))) return ',';
  return signs.has('.') ? '.' : decimal;
};

const fileDateOrder = (surveys: readonly ColumnSurvey[], stated: DateOrder | undefined): DateOrder | undefined => {
  const orders = new Set(surveys.flatMap((survey) => dateOrderOf(survey) ?? []));
  return orders.size === 1 ? [...orders][0] : stated;
};

/**
 * The plans of all columns of a file: a column that leaves its decimal sign or its order of dates open is read as the
 * other columns are, then as the context says (that is what an earlier version of the dataset has).
 */
export const planColumns = (surveys: readonly ColumnSurvey[], context: FileContext): ColumnPlan[] => {
  const decimal = fileDecimal(surveys, context);
  const dateOrder = fileDateOrder(surveys, context.dateOrder);
  return surveys.map((survey) => survey.plan({ decimal, dateOrder, delimiter: context.delimiter }));
};

/**
 * Whether the canonical texts that were read by a first plan stand under the final one, so that no second pass is needed:
 * the precision and scale may differ, and a column that was INTEGER may have become DECIMAL.
 */
export const readsAlike = (first: ColumnPlan, final: ColumnPlan): boolean => {
  const isSameType = first.type === final.type || (first.type === 'INTEGER' && final.type === 'DECIMAL');
  const [a, b] = [first.reading, final.reading];
  const isLimited = first.precision === 38 || final.precision === 38;
  return (
    isSameType &&
    first.isExplicit === final.isExplicit &&
    a.decimal === b.decimal &&
    a.thousands === b.thousands &&
    a.dateOrder === b.dateOrder &&
    JSON.stringify(a.nullMarkers) === JSON.stringify(b.nullMarkers) &&
    (!isLimited || (first.precision === final.precision && first.scale === final.scale))
  );
};
