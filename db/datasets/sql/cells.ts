import type { DuckDBValue } from '@duckdb/node-api';
import { formatScaled } from '../../../src/lib/cell-text.ts';
import { formatInstant } from '../../../src/lib/time.ts';
import type { DuckdbLibrary } from '../duckdb-library.ts';
import type { SqlCell } from './engine.ts';

/** An exact number in its digits. */
class Digits {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Plain = string | number | boolean | null | Digits | Plain[] | Map<string, Plain>;

/** An instant as in other responses; what JavaScript cannot count in microseconds is written as DuckDB writes it. */
const instantText = (value: { readonly micros?: bigint; toString(): string }): string => {
  const us = Number(value.micros);
  if (Number.isSafeInteger(us)) return formatInstant(us);
  const text = value.toString().replace(/\+00$/, '');
  return /^\d/.test(text) ? `${text.replace(' ', 'T')}Z` : text;
};

/** Reads values of DuckDB: what JSON has as it is, exact numbers as digits, and all else as text. */
export const createCellReader = (api: DuckdbLibrary) => {
  const instants = [
    api.DuckDBTimestampValue,
    api.DuckDBTimestampTZValue,
    api.DuckDBTimestampSecondsValue,
    api.DuckDBTimestampMillisecondsValue,
    api.DuckDBTimestampNanosecondsValue,
  ];
  const plain = (value: DuckDBValue): Plain => {
    switch (typeof value) {
      case 'bigint':
        return Number.isSafeInteger(Number(value)) ? Number(value) : new Digits(String(value));
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'object':
        return value === null ? null : plainObject(value);
      default:
        return value;
    }
  };
  const plainObject = (value: Exclude<DuckDBValue, string | number | bigint | boolean | null>): Plain => {
    if (value instanceof api.DuckDBDecimalValue) return new Digits(formatScaled(value.value, value.scale));
    if (instants.some((type) => value instanceof type)) return instantText(value);
    if (value instanceof api.DuckDBListValue || value instanceof api.DuckDBArrayValue) return value.items.map(plain);
    if (value instanceof api.DuckDBStructValue)
      return new Map(Object.entries(value.entries).map(([name, entry]) => [name, plain(entry)]));
    if (value instanceof api.DuckDBMapValue)
      return new Map(value.entries.map(({ key, value: entry }) => [textOf(plain(key)), plain(entry)]));
    if (value instanceof api.DuckDBUnionValue) return plain(value.value);
    return String(value);
  };
  return {
    /** The value as a cell: decimals, and whole numbers beyond 2^53, are text. */
    cell: (value: DuckDBValue): SqlCell => cellOf(plain(value)),
    /** The value as JSON: numbers that a double does not hold exactly are text. */
    json: (value: DuckDBValue): string => jsonOf(plain(value)),
    /** The value as text of a CSV file. */
    text: (value: DuckDBValue): string => textOf(plain(value)),
  };
};

export type CellReader = ReturnType<typeof createCellReader>;

/** Any decimal of so many digits has a double that is shown with the same digits. */
const doubleDigits = 15;

const digitsJson = ({ text }: Digits): string =>
  text.replace(/^-?0?\.?0*|\./g, '').length <= doubleDigits ? text : JSON.stringify(text);

const cellOf = (value: Plain): SqlCell => {
  if (value instanceof Digits) return value.text;
  if (Array.isArray(value)) return value.map(cellOf);
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, entry]) => [name, cellOf(entry)]));
  return value;
};

const jsonOf = (value: Plain): string => {
  if (value instanceof Digits) return digitsJson(value);
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`;
  if (value instanceof Map)
    return `{${[...value].map(([name, entry]) => `${JSON.stringify(name)}:${jsonOf(entry)}`).join(',')}}`;
  return JSON.stringify(value);
};

const textOf = (value: Plain): string => {
  if (value === null) return '';
  if (value instanceof Digits) return value.text;
  return typeof value === 'object' ? jsonOf(value) : String(value);
};
