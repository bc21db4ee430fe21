import type { DuckDBValue } from '@duckdb/node-api';
import { DomainError } from '../../../src/errors.ts';
import type { Cell } from '../../../src/lib/cell-text.ts';
import { isNumeric } from '../../../src/lib/column.ts';
import { identifier } from '../duckdb.ts';
import type { MeasureFunction, TableMeasure } from '../engine.ts';
import { misfitField } from '../parquet-layout.ts';
import { cellOf, digitsOf, finiteOrNull, numberCell } from './decode.ts';
import type { Expression, Source, SourceColumn } from './source.ts';

/** A measure of groups in SQL. */
export interface MeasureSql {
  /** Aggregate functions whose values make up the measure. */
  readonly aggregates: readonly string[];
  /** The measure as a value that conditions and orders compare; `names` are those of the aggregates. */
  comparable(names: readonly string[]): Omit<Expression, 'name'>;
  /** The measure from the values of the aggregates as `cellSql` selects them. */
  cell(values: readonly DuckDBValue[]): Cell;
  /** The text of cells that the measure leaves out because they do not fit the type; null when there are none. */
  readonly misfit: string | null;
}

const comparableAs = (
  sql: string,
  type: Expression['type'],
  { precision = 38, scale = 0 }: { precision?: number; scale?: number } = {},
): Omit<Expression, 'name'> => {
  const text = scale > 0 ? `rtrim(rtrim(${sql}::VARCHAR, '0'), '.')` : `${sql}::VARCHAR`;
  return { sql, type, precision, scale, misfit: null, searchable: text, isAscii: false };
};

/** The measure in SQL. Throws BAD_REQUEST when the column does not have the measure. */
export const measureSql = (source: Source, { function: name, column: index }: TableMeasure): MeasureSql => {
  if (index === null) {
    if (name !== 'COUNT') throw new DomainError('BAD_REQUEST', `${name} needs a column`);
    return counting('count(*)', null);
  }
  const column = source.column(index);
  const sql = identifier(column.field);
  const misfit = column.misfits > 0 ? identifier(misfitField(index)) : null;
  if (name === 'COUNT') return counting(`count(${sql})`, misfit);
  if (name === 'COUNT_DISTINCT') return counting(`count(distinct ${sql})`, misfit);
  if (name === 'MIN' || name === 'MAX') {
    if (column.type === 'STRING_LIST')
      throw new DomainError('BAD_REQUEST', `${JSON.stringify(column.name)} is STRING_LIST: lists have no order`);
    return { ...columnValue(`${name.toLowerCase()}(${sql})`, column), misfit };
  }
  if (!isNumeric(column))
    throw new DomainError(
      'BAD_REQUEST',
      `${JSON.stringify(column.name)} is ${column.type}: ${name} applies to INTEGER, DECIMAL and FLOAT only`,
    );
  return { ...numericMeasure(name, sql, column), misfit };
};

type WithoutMisfit = Omit<MeasureSql, 'misfit'>;

const counting = (aggregate: string, misfit: string | null): MeasureSql => ({
  aggregates: [aggregate],
  comparable: ([count = '']) => comparableAs(count, 'INTEGER', { precision: 18 }),
  cell: ([count]) => Number(count),
  misfit,
});

/** An aggregate whose value is a value of the column. */
const columnValue = (aggregate: string, { type, precision, scale, isAscii }: SourceColumn): WithoutMisfit => ({
  aggregates: [aggregate],
  comparable: ([value = '']) => ({ ...comparableAs(value, type, { precision, scale }), isAscii }),
  cell: ([value]) => cellOf(type, value),
});

const numericMeasure = (
  name: Exclude<MeasureFunction, 'COUNT' | 'COUNT_DISTINCT' | 'MIN' | 'MAX'>,
  sql: string,
  column: SourceColumn,
): WithoutMisfit => {
  switch (name) {
    case 'SUM':
      return sumOf(sql, column);
    case 'AVERAGE':
      return averageOf(sql, column);
    case 'MEDIAN':
      return medianOf(sql, column);
    case 'P95':
      // The nearest-rank percentile: the least value that at least 95 of 100 values do not exceed.
      return columnValue(`quantile_disc(${sql}, 0.95)`, column);
    case 'STANDARD_DEVIATION':
      return deviationOf(sql, column);
  }
};

/** Sums of columns with more digits could exceed the 38 digits of DuckDB's decimals in a version of 10^10 rows. */
const summableDigits = 28;
const half = 10n ** 19n;

/** The whole number of the last decimal unit, as the two halves of its digits; their sums are exact for any number of rows. */
const halvesOf = (sql: string): readonly [string, string] => {
  const digits = `replace(${sql}::VARCHAR, '.', '')::HUGEINT`;
  return [`sum(${digits} // ${half}::HUGEINT)`, `sum(${digits} % ${half}::HUGEINT)`];
};

const digitsOfHalves = (upper: DuckDBValue | undefined, lower: DuckDBValue | undefined): bigint =>
  BigInt(upper as bigint) * half + BigInt(lower as bigint);

const isWide = ({ type, precision }: SourceColumn): boolean => type !== 'FLOAT' && precision > summableDigits;

const sumOf = (sql: string, column: SourceColumn): WithoutMisfit => {
  const { type, scale } = column;
  if (isWide(column))
    return {
      aggregates: halvesOf(sql),
      comparable: ([upper, lower]) =>
        comparableAs(`((${upper}::DOUBLE * 1e19 + ${lower}::DOUBLE) / 1e${scale})`, 'FLOAT'),
      cell: ([upper, lower]) => (upper === null ? null : numberCell(type, digitsOfHalves(upper, lower), scale)),
    };
  return columnValue(type === 'FLOAT' ? finite(`sum(${sql})`) : `sum(${sql})`, { ...column, precision: 38 });
};

const finite = (sql: string): string => `case when isfinite(${sql}) then ${sql} end`;

const averageOf = (sql: string, column: SourceColumn): WithoutMisfit => {
  const { type, scale } = column;
  if (isWide(column))
    return {
      aggregates: [...halvesOf(sql), `count(${sql})`],
      comparable: ([upper, lower, count]) =>
        comparableAs(`((${upper}::DOUBLE * 1e19 + ${lower}::DOUBLE) / (${count} * 1e${scale}))`, 'FLOAT'),
      cell: ([upper, lower, count]) =>
        upper === null ? null : Number(digitsOfHalves(upper, lower)) / (Number(count) * 10 ** scale),
    };
  // The exact sum is divided once, so that the mean of 10.1, 10.2 and 10.3 is 10.2.
  const sum = type === 'FLOAT' ? `sum(${sql})` : `replace(sum(${sql})::VARCHAR, '.', '')::DOUBLE`;
  const average = `(${sum} / (count(${sql}) * 1e${type === 'FLOAT' ? 0 : scale}))`;
  return floatOf(finite(average));
};

const floatOf = (aggregate: string): WithoutMisfit => ({
  aggregates: [aggregate],
  comparable: ([value = '']) => comparableAs(value, 'FLOAT'),
  cell: ([value]) => cellOf('FLOAT', value),
});

/** The digits with which the mean of two values is exact in a decimal of DuckDB. */
const medianDigits = 34;

const medianOf = (sql: string, column: SourceColumn): WithoutMisfit => {
  const { type, precision, scale } = column;
  // The two middle values, which are the same for an odd count.
  const middle = `quantile_disc(${sql}, [0.5, 0.500000000001])`;
  const mean = (values: string, cast: string, by: string): string =>
    `((${values}[1]::${cast} + ${values}[2]::${cast}) ${by})`;
  return {
    aggregates: [middle],
    comparable: ([values = '']) =>
      type !== 'FLOAT' && precision <= medianDigits
        ? comparableAs(mean(values, `DECIMAL(38, ${scale})`, '* 0.5'), 'DECIMAL', { scale: scale + 1 })
        : comparableAs(mean(values, 'DOUBLE', '/ 2'), 'FLOAT'),
    cell([values]) {
      const [lower, upper] = (values as { readonly items: readonly DuckDBValue[] } | null)?.items ?? [];
      if (lower === undefined || upper === undefined) return null;
      if (type === 'FLOAT') return finiteOrNull((Number(lower) + Number(upper)) / 2);
      // Half of a whole number has one more decimal digit.
      return numberCell(type, (digitsOf(lower).digits + digitsOf(upper).digits) * 5n, scale + 1);
    },
  };
};

/** Beyond this size squares exceed the largest double, and DuckDB would fail. */
const squareMax = '1e150';

const deviationOf = (sql: string, { type }: SourceColumn): WithoutMisfit => {
  if (type !== 'FLOAT') return floatOf(`stddev_samp(${sql}::DOUBLE)`);
  const isSmall = `abs(${sql}) < ${squareMax}`;
  return floatOf(`case when max(abs(${sql})) < ${squareMax} then stddev_samp(${sql}) filter (${isSmall}) end`);
};
