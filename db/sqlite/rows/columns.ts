import { Column, getTableColumns, getTableName } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { RecordColumns } from '../../../src/lib/record-columns.ts';
import { unreadable } from './damage-errors.ts';

type Convert = (value: unknown) => unknown;

/** A property of a row whose driver value is not of the type that the table declares. */
export interface ColumnDecoder {
  readonly key: string;
  readonly decode: Convert;
}

/** The columns of a table by their property names, in the table's order. */
export const columnsOf = (table: SQLiteTable): [key: string, column: SQLiteColumn][] =>
  Object.entries(getTableColumns(table));

export const columnOf = (table: SQLiteTable, key: string): SQLiteColumn => {
  const column = (getTableColumns(table) as Record<string, SQLiteColumn>)[key];
  if (!column) throw new Error(`${getTableName(table)} has no column ${key}`);
  return column;
};

/** The encoder for values of the declared type; null where the driver accepts them unchanged. */
export const encoderOf = (column: SQLiteColumn): Convert | null =>
  column.mapToDriverValue === Column.prototype.mapToDriverValue ? null : (value) => column.mapToDriverValue(value);

/** The parameters of a statement for these properties: their values as the driver stores them. */
export const encodeValues = (table: SQLiteTable, values: Readonly<Record<string, unknown>>): unknown[] =>
  Object.entries(values).map(([key, value]) => (value === null ? null : columnOf(table, key).mapToDriverValue(value)));

/** The comparisons, or assignments, of these properties with the parameters of a statement. */
export const equalities = (table: SQLiteTable, values: object, separator = ' and '): string =>
  Object.keys(values)
    .map((key) => `"${columnOf(table, key).name}" = ?`)
    .join(separator);

/** The decoders that rows with these properties need: none for most tables, because numbers and texts need none. */
export const decodersOf = (table: SQLiteTable, keys: readonly string[]): readonly ColumnDecoder[] =>
  keys.flatMap((key) => {
    const column = columnOf(table, key);
    if (column.mapFromDriverValue === Column.prototype.mapFromDriverValue) return [];
    return [{ key, decode: (value: unknown) => column.mapFromDriverValue(value) }];
  });

/** `decodeRow` for rows with these properties; null when their values are as declared. */
export const rowDecoderOf = (
  table: SQLiteTable,
  keys: readonly string[],
): ((row: Record<string, unknown>) => void) | null => {
  const decoders = decodersOf(table, keys);
  return decoders.length === 0 ? null : (row) => decodeRow(row, decoders);
};

/** Replaces the driver values of a row by values of the declared types. Throws DATA_DAMAGED for one that cannot be read. */
export const decodeRow = (row: Record<string, unknown>, decoders: readonly ColumnDecoder[]): void => {
  for (const { key, decode } of decoders) {
    if (row[key] === null) continue;
    try {
      row[key] = decode(row[key]);
    } catch (error) {
      throw unreadable(error);
    }
  }
};

/** Some columns of records whose driver values are in the order of the table's columns. */
export const columnsOfValues = (
  table: SQLiteTable,
  columns: readonly string[],
  records: readonly (readonly unknown[])[],
): RecordColumns => {
  const keys = columnsOf(table).map(([key]) => key);
  const valuesOf = (column: string): unknown[] => {
    const position = keys.indexOf(column);
    return records.map((values) => values[position]);
  };
  return new RecordColumns({
    length: records.length,
    columns: new Map(columns.map((column) => [column, valuesOf(column)])),
    decode: rowDecoderOf(table, columns),
  });
};
