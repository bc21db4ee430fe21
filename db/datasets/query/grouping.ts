import { DomainError } from '../../../src/errors.ts';
import { isNumeric } from '../../../src/lib/column.ts';
import type { Grain } from '../../../src/lib/periods.ts';
import { identifier } from '../duckdb.ts';
import type { GroupOfTable, TableGrouping } from '../engine.ts';
import { storedType } from '../parquet-layout.ts';
import { periodSql } from './period-sql.ts';
import type { Expression, Source, SourceColumn } from './source.ts';

/** A key of groups. */
export interface GroupingExpression extends Expression {
  /** The type of its values in DuckDB. */
  readonly keyType: string;
}

/** A column by whose values, or rounded values, rows are grouped. Throws BAD_REQUEST where the rounding does not apply to the column. */
export const groupingExpression = (
  source: Source,
  { column: index, grain, binWidth }: TableGrouping,
  timeZone: string,
): GroupingExpression => {
  const column = source.column(index);
  if (grain !== undefined && binWidth !== undefined)
    throw new DomainError(
      'BAD_REQUEST',
      `${JSON.stringify(column.name)} is grouped by grain or by binWidth, not by both`,
    );
  const plain = { ...source.expression(index), misfit: null, searchable: null, keyType: storedType(column) };
  if (grain !== undefined) return { ...plain, sql: periods(source, index, { grain, timeZone }) };
  if (binWidth !== undefined) return { ...plain, ...binsOf(column, binWidth) };
  return plain;
};

/** The columns of a request whose ranges `groupingExpression` needs. */
export const columnsInTimeZone = (source: Source, { by, timeZone }: GroupOfTable): number[] =>
  timeZone.toUpperCase() === 'UTC'
    ? []
    : by.flatMap(({ column, grain }) =>
        grain !== undefined && source.column(column).type === 'DATE_TIME' ? [column] : [],
      );

const periods = (
  source: Source,
  index: number,
  { grain, timeZone }: { readonly grain: Grain; readonly timeZone: string },
): string => {
  const { name, type, field } = source.column(index);
  const sql = identifier(field);
  if (type === 'DATE') {
    if (grain === 'MINUTE' || grain === 'HOUR')
      throw new DomainError('BAD_REQUEST', `${JSON.stringify(name)} is DATE: its smallest grain is DAY`);
    // A date has no time zone; its periods follow the calendar.
    return `date_trunc('${grain}', ${sql})::DATE`;
  }
  if (type !== 'DATE_TIME')
    throw new DomainError(
      'BAD_REQUEST',
      `${JSON.stringify(name)} is ${type}: grain applies to DATE and DATE_TIME only`,
    );
  return periodSql(sql, grain, { timeZone, ranges: source.ranges.get(index) ?? [] });
};

const binsOf = (
  column: SourceColumn,
  binWidth: number,
): Pick<GroupingExpression, 'sql' | 'precision' | 'scale' | 'keyType'> => {
  const { name, type, precision, scale } = column;
  const sql = identifier(column.field);
  if (!(binWidth > 0 && Number.isFinite(binWidth)))
    throw new DomainError('BAD_REQUEST', 'binWidth must be a number greater than 0');
  if (!isNumeric(column))
    throw new DomainError(
      'BAD_REQUEST',
      `${JSON.stringify(name)} is ${type}: binWidth applies to INTEGER, DECIMAL and FLOAT only`,
    );
  const [, whole = '', fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(String(binWidth)) ?? [];
  // The finer of both scales keeps every bound exact.
  const digitsAfterPoint = Math.max(scale, fraction.length);
  const digits = Math.max(precision - scale, whole.length) + digitsAfterPoint + 1;
  if (type === 'FLOAT' || whole === '' || digits > 38) {
    const width = `${binWidth}::DOUBLE`;
    return { sql: `floor(${sql}::DOUBLE / ${width}) * ${width}`, precision, scale, keyType: 'DOUBLE' };
  }
  const keyType = `DECIMAL(${digits <= 18 ? 18 : 38}, ${digitsAfterPoint})`;
  const value = `${sql}::${keyType}`;
  const width = `${whole}${fraction === '' ? '' : `.${fraction}`}::${keyType}`;
  const rest = `(${value} % ${width})`;
  return {
    // The rest has the sign of the value.
    sql: `(${value} - ${rest} - case when ${rest} < 0 then ${width} else 0 end)::${keyType}`,
    precision: digits <= 18 ? 18 : 38,
    scale: digitsAfterPoint,
    keyType,
  };
};
