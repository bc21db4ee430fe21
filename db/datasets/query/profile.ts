import type { DuckDBValue } from '@duckdb/node-api';
import type { Cell } from '../../../src/lib/cell-text.ts';
import { isNumeric } from '../../../src/lib/column.ts';
import { formatDays } from '../../../src/lib/time.ts';
import { type DuckdbSession, identifier } from '../duckdb.ts';
import type { ProfileResult, ValueCount } from '../engine.ts';
import { cellOf, cellSql, digitsOf, formatMicros, numberCell } from './decode.ts';
import { mostCommonOf } from './facets.ts';
import { measureSql } from './measures.ts';
import type { Source, SourceColumn } from './source.ts';

const bins = 20n;
const mostCommonMax = 10;

/** Statistics of a column. */
export const profileOf = async (session: DuckdbSession, source: Source, index: number): Promise<ProfileResult> => {
  const column = source.column(index);
  const { distinct, least, greatest, mostCommon } =
    column.type === 'STRING_LIST'
      ? await listValuesOf(session, source, index)
      : await valuesOf(session, source, column);
  return {
    nulls: column.nulls,
    distinct,
    min: cellOf(column.type, least),
    max: cellOf(column.type, greatest),
    ...(await averagesOf(session, source, index)),
    histogram:
      least === null || greatest === null ? [] : await histogramOf(session, source, { column, least, greatest }),
    mostCommon,
  };
};

interface Values {
  readonly distinct: number;
  readonly least: DuckDBValue;
  readonly greatest: DuckDBValue;
  readonly mostCommon: readonly ValueCount[];
}

/** All of them from one count of the values, which costs most. */
const valuesOf = async (session: DuckdbSession, source: Source, { field, type }: SourceColumn): Promise<Values> => {
  const bounds = ['min', 'max'].map((name) => `(select ${cellSql(type, `${name}(v)`)} from counted)`);
  const rows = await session.rows(
    `with counted as materialized (select ${identifier(field)} as v, count(*) as n from ${source.from} group by 1)
      select ${cellSql(type, 'v')}, n, (select count(v) from counted), ${bounds.join(', ')} from counted
      order by n desc, v asc nulls last limit ${mostCommonMax}`,
  );
  const [, , distinct = 0, least = null, greatest = null] = rows[0] ?? [];
  const mostCommon = rows.map(([value, count]) => ({ value: cellOf(type, value), count: Number(count) }));
  return { distinct: Number(distinct), least, greatest, mostCommon };
};

const listValuesOf = async (session: DuckdbSession, source: Source, index: number): Promise<Values> => {
  const sql = identifier(source.column(index).field);
  const lists = `select ${sql} as v from ${source.from} where ${sql} is not null group by 1`;
  const [[distinct] = []] = await session.rows(`select count(*) from (${lists})`);
  const mostCommon = await mostCommonOf(session, source, index, mostCommonMax);
  return { distinct: Number(distinct), least: null, greatest: null, mostCommon };
};

const averagesOf = async (
  session: DuckdbSession,
  source: Source,
  index: number,
): Promise<Pick<ProfileResult, 'mean' | 'median'>> => {
  if (!isNumeric(source.column(index))) return { mean: null, median: null };
  const measures = (['AVERAGE', 'MEDIAN'] as const).map((name) =>
    measureSql(source, { function: name, column: index }),
  );
  const aggregates = measures.flatMap((measure) => measure.aggregates);
  const [values = []] = await session.rows(`select ${aggregates.join(', ')} from ${source.from}`);
  let at = 0;
  const [mean = null, median = null] = measures.map((measure) => {
    at += measure.aggregates.length;
    const cell = measure.cell(values.slice(at - measure.aggregates.length, at));
    return cell === null ? null : Number(cell);
  });
  return { mean, median };
};

interface Range {
  readonly column: SourceColumn;
  readonly least: DuckDBValue;
  readonly greatest: DuckDBValue;
}

/** Bins of equal width from the least to the greatest value; the last bin includes the greatest value. Text and booleans have none. */
const histogramOf = async (
  session: DuckdbSession,
  source: Source,
  range: Range,
): Promise<ProfileResult['histogram']> => {
  const { type } = range.column;
  if (type === 'FLOAT') return floatHistogram(session, source, range);
  return isNumeric(range.column) || type === 'DATE' || type === 'DATE_TIME'
    ? wholeHistogram(session, source, range)
    : [];
};

/** A value as a whole number: of the last decimal unit, of days, or of microseconds. */
const wholeOf = (value: DuckDBValue): bigint => {
  if (typeof value === 'object' && value !== null && 'days' in value) return BigInt(value.days as number);
  if (typeof value === 'object' && value !== null && 'micros' in value) return value.micros as bigint;
  return digitsOf(value).digits;
};

const wholeSql = (column: SourceColumn): string => {
  const sql = identifier(column.field);
  const { type, precision, scale } = column;
  if (type === 'DATE') return `(${sql} - DATE '1970-01-01')::BIGINT`;
  if (type === 'DATE_TIME') return `epoch_us(${sql})`;
  if (type === 'INTEGER') return precision <= 18 ? sql : `${sql}::HUGEINT`;
  if (precision + scale < 38) return `(${sql} * ${10n ** BigInt(scale)})::${precision <= 18 ? 'BIGINT' : 'HUGEINT'}`;
  return `replace(${sql}::VARCHAR, '.', '')::HUGEINT`;
};

const wholeCell = ({ type, scale }: SourceColumn, value: bigint): Cell => {
  if (type === 'DATE') return formatDays(Number(value));
  return type === 'DATE_TIME' ? formatMicros(value) : numberCell(type, value, scale);
};

const wholeHistogram = async (
  session: DuckdbSession,
  source: Source,
  { column, least, greatest }: Range,
): Promise<ProfileResult['histogram']> => {
  const [first, last] = [wholeOf(least), wholeOf(greatest)];
  const span = last - first;
  const width = span <= bins ? 1n : (span + bins - 1n) / bins;
  const count = Number(span === 0n ? 1n : (span + width - 1n) / width);
  const counts = await countBins(session, source, {
    bin: `(${wholeSql(column)} - ${first}) // ${width}`,
    field: column.field,
    count,
  });
  return counts.map((inBin, bin) => ({
    from: wholeCell(column, first + BigInt(bin) * width),
    to: wholeCell(column, bin === count - 1 ? last : first + BigInt(bin + 1) * width),
    count: inBin,
  }));
};

const floatHistogram = async (
  session: DuckdbSession,
  source: Source,
  { column, least, greatest }: Range,
): Promise<ProfileResult['histogram']> => {
  const [first, last] = [Number(least), Number(greatest)];
  const parts = Number(bins);
  // The span of the largest doubles is no double.
  const width = last / parts - first / parts || 1;
  const count = first === last ? 1 : parts;
  const counts = await countBins(session, source, {
    bin: `floor((${identifier(column.field)} / 2 - ${first}::DOUBLE / 2) / ${width}::DOUBLE * 2)`,
    field: column.field,
    count,
  });
  return counts.map((inBin, bin) => ({
    from: first + bin * width,
    to: bin === count - 1 ? last : first + (bin + 1) * width,
    count: inBin,
  }));
};

const countBins = async (
  session: DuckdbSession,
  source: Source,
  { bin, field, count }: { readonly bin: string; readonly field: string; readonly count: number },
): Promise<number[]> => {
  const counts = new Array<number>(count).fill(0);
  const sql = `select ${bin} as b, count(*) from ${source.from} where ${identifier(field)} is not null group by 1`;
  for (const [number, inBin] of await session.rows(sql)) {
    // The greatest value belongs to the last bin, of which it is the bound.
    const at = Math.min(count - 1, Math.max(0, Number(number)));
    counts[at] = (counts[at] as number) + Number(inBin);
  }
  return counts;
};
