import type { DuckDBDateValue, DuckDBDecimalValue, DuckDBTimestampValue, DuckDBValue } from '@duckdb/node-api';
import { type Cell, formatScaled } from '../../../src/lib/cell-text.ts';
import type { ColumnType } from '../../../src/lib/column.ts';
import { formatDays } from '../../../src/lib/time.ts';

const dayMicros = 86_400_000_000n;

/** Microseconds since 1970 as `2024-12-31T10:00:00.5Z`, for all years of the calendar, beyond what a double counts exactly. */
export const formatMicros = (micros: bigint): string => {
  const within = ((micros % dayMicros) + dayMicros) % dayMicros;
  const days = Number((micros - within) / dayMicros);
  const seconds = Number(within / 1_000_000n);
  const fraction = Number(within % 1_000_000n);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(Math.trunc(seconds / 3600))}:${two(Math.trunc(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const after = fraction === 0 ? '' : `.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
  return `${formatDays(days)}T${clock}${after}Z`;
};

/** A whole number or decimal as its digits and their scale. */
export const digitsOf = (value: DuckDBValue): { readonly digits: bigint; readonly scale: number } => {
  if (typeof value === 'bigint' || typeof value === 'number') return { digits: BigInt(value), scale: 0 };
  const { value: digits, scale } = value as DuckDBDecimalValue;
  return { digits, scale };
};

/** Decimals are text, and so is what a double does not hold exactly, such as whole numbers beyond 2^53. */
export const numberCell = (type: ColumnType, digits: bigint, scale: number): Cell => {
  const text = formatScaled(digits, scale);
  const number = Number(text);
  return type === 'DECIMAL' || Math.abs(number) > Number.MAX_SAFE_INTEGER || String(number) !== text ? text : number;
};

/**
 * A value as a result shows it to `cellOf`. The driver drops a byte order mark that begins a text, so each text gets one that
 * it may drop.
 */
export const cellSql = (type: ColumnType, sql: string): string => {
  if (type === 'STRING') return `chr(65279) || ${sql}`;
  return type === 'STRING_LIST' ? `list_transform(${sql}, lambda item: chr(65279) || item)` : sql;
};

/** The cell of a value of the type that `cellSql` has selected. */
export const cellOf = (type: ColumnType, value: DuckDBValue | undefined): Cell => {
  if (value === null || value === undefined) return null;
  switch (type) {
    case 'STRING':
      return value as string;
    case 'STRING_LIST':
      return (value as { readonly items: readonly DuckDBValue[] }).items.map(String);
    case 'INTEGER':
    case 'DECIMAL': {
      const { digits, scale } = digitsOf(value);
      return numberCell(type, digits, scale);
    }
    case 'FLOAT':
      return finiteOrNull(Number(value));
    case 'BOOLEAN':
      return value as boolean;
    case 'DATE':
      return formatDays((value as DuckDBDateValue).days);
    case 'DATE_TIME':
      return formatMicros((value as DuckDBTimestampValue).micros);
  }
};

export const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
