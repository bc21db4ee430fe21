import { csvLine, formulaSafe } from '../../lib/csv-line.ts';
import { mapInSlices } from '../../lib/yielding.ts';
import { piecesOf } from '../execution/texts.ts';
import type { ResponsePath, RowSource } from './row-source.ts';

/** The forms of rows, by the suffix of the address. */
export const rowTypes = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson; charset=utf-8',
} as const;

export type RowFormat = keyof typeof rowTypes;

/** The data of a response as CSV (RFC 4180) or as one JSON object a line, with a column for each path, in pieces. */
export const rowPieces = async (data: unknown, source: RowSource, format: RowFormat): Promise<readonly string[]> => {
  const found = source.list === null ? [data] : valueAt(data, source.list);
  const items: readonly unknown[] = Array.isArray(found) ? found : [];
  const names = source.columns.map(nameOf);
  const lines = await mapInSlices(items, (item) => {
    const values = source.columns.map((path) => valueAt(item, path));
    if (format === 'csv') return `${csvLine(values.map(cellOf))}\r\n`;
    return `${JSON.stringify(Object.fromEntries(names.map((name, index) => [name, values[index]])))}\n`;
  });
  return piecesOf(format === 'csv' ? [`${csvLine(names)}\r\n`, ...lines] : lines);
};

/** Items that are no objects have one column without a path. */
const nameOf = (path: ResponsePath): string => (path.length === 0 ? 'value' : path.join('.'));

/** Null where an object on the way is null, or of a type without the field. */
export const valueAt = (value: unknown, path: ResponsePath): unknown => {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return null;
    current = (current as Readonly<Record<string, unknown>>)[key];
  }
  return current ?? null;
};

const plainNumber = /^-?\d+(?:\.\d+)?$/;

/** Text that begins like a formula gets an apostrophe in front, as in all other CSV files for spreadsheets. */
const cellOf = (value: unknown): string | number | boolean | null => {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return plainNumber.test(text) ? text : formulaSafe(text);
};
